"""Words as numbers, batches, training and greedy translation; encoder–decoders with and without attention."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import decoder_block, seq2seq
from utils.attention_scores import AdditiveScore
from utils.seq2seq import BOS, EOS, PAD, UNK, WordVocabulary, batches, collate, train_translator, translations
from utils.translator import Encoder, Translator


class Pair(NamedTuple):
    source: tuple[str, ...]
    target: tuple[str, ...]


LETTERS = "abcdefgh"


def copies(count: int, longest: int, seed: int = 0) -> list[Pair]:
    """Sentences of letters, whose translation is the same letters in capitals."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(count):
        length = int(torch.randint(1, longest + 1, (), generator=generator))
        words = [LETTERS[i] for i in torch.randint(len(LETTERS), (length,), generator=generator).tolist()]
        made.append(Pair(tuple(words), tuple(word.upper() for word in words)))
    return made


PAIRS = copies(300, 6)
SOURCE = WordVocabulary(pair.source for pair in PAIRS)
TARGET = WordVocabulary(pair.target for pair in PAIRS)


def small(seed: int = 0, **options: object) -> Translator:
    torch.manual_seed(seed)
    return Translator(len(SOURCE), len(TARGET), **{"d": 12, **options}).eval()  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------- vocabulary


def test_a_vocabulary_numbers_the_special_words_first_and_the_others_in_code_order() -> None:
    words = WordVocabulary([["b", "a"], [], ["b", "я"]])
    assert words.words == ("<pad>", "<bos>", "<eos>", "<unk>", "a", "b", "я")
    assert words.encode(["я", "a", "x"]).tolist() == [6, 4, UNK]
    assert words.encode([]).dtype == torch.int64 and words.encode([]).shape == (0,)
    assert words.decode(torch.tensor([BOS, 6, PAD, UNK, 4, EOS, 5])) == ["я", "<unk>", "a"]
    assert "a" in words and "x" not in words and len(WordVocabulary([])) == 4


def test_a_text_that_holds_the_special_words_does_not_get_their_numbers() -> None:
    words = WordVocabulary([["<eos>", "a", "<pad>"]])
    assert words.encode(["<eos>", "<pad>", "a"]).tolist() == [UNK, UNK, 4] and "<eos>" not in words


def test_a_vocabulary_refuses_strings_and_unknown_numbers() -> None:
    with pytest.raises(TypeError, match="split it first"):
        WordVocabulary(["we sleep"])
    with pytest.raises(ValueError, match="9 is not one of them"):
        WordVocabulary([["a"]]).decode([4, 9])
    with pytest.raises(ValueError, match="-1 is not"):
        WordVocabulary([["a"]]).decode([-1])


# ---------------------------------------------------------------------------------------------- batches


def test_a_batch_is_padded_shifted_and_masked() -> None:
    batch = collate([Pair(("a", "b", "c"), ("A",)), Pair(("b",), ("B", "C"))], SOURCE, TARGET)
    a, b, c = TARGET.encode(["A", "B", "C"]).tolist()
    assert batch.source.tolist() == [SOURCE.encode(["a", "b", "c"]).tolist(), [int(SOURCE.encode(["b"])), PAD, PAD]]
    assert batch.source_mask.tolist() == [[True, True, True], [True, False, False]]
    assert batch.target_in.tolist() == [[BOS, a, PAD], [BOS, b, c]]
    assert batch.target_out.tolist() == [[a, EOS, PAD], [b, c, EOS]]


def test_an_empty_target_is_only_its_end_and_an_empty_source_is_refused_by_its_place() -> None:
    batch = collate([Pair(("a",), ())], SOURCE, TARGET)
    assert batch.target_in.tolist() == [[BOS]] and batch.target_out.tolist() == [[EOS]]
    with pytest.raises(ValueError, match="Pair number 1"):
        collate([Pair(("a",), ("A",)), Pair((), ("A",))], SOURCE, TARGET)
    with pytest.raises(ValueError, match="no pairs"):
        collate([], SOURCE, TARGET)


def test_batches_hold_every_pair_once_and_repeat_with_the_seed() -> None:
    def contents(seed: int) -> list[list[str]]:
        generator = torch.Generator().manual_seed(seed)
        return [
            [" ".join(TARGET.decode(row)) for row in batch.target_out]
            for batch in batches(PAIRS, SOURCE, TARGET, 7, generator)
        ]

    first = contents(1)
    assert sorted(one for group in first for one in group) == sorted(" ".join(pair.target) for pair in PAIRS)
    assert first == contents(1) and first != contents(2)
    assert max(map(len, first)) == 7


def test_batches_waste_little_on_padding() -> None:
    filled = total = 0
    for batch in batches(copies(640, 20), SOURCE, TARGET, 16, torch.Generator().manual_seed(0)):
        filled, total = filled + int(batch.source_mask.sum()), total + batch.source_mask.numel()
    assert filled / total > 0.93  # sentences in random batches: 0.55


@pytest.mark.parametrize(("pairs", "size", "said"), [(PAIRS, 0, "not 0"), ([], 4, "no pairs")])
def test_batches_refuse_what_cannot_be(pairs: list[Pair], size: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        next(batches(pairs, SOURCE, TARGET, size))


# ------------------------------------------------------------------------- probabilities and last states


def test_log_probability_is_minus_the_summed_cross_entropy() -> None:
    batch, logits = collate(PAIRS[:5], SOURCE, TARGET), torch.randn(5, 7, len(TARGET))
    logits = logits[:, : batch.target_out.shape[1]]
    by_torch = F.cross_entropy(logits.transpose(1, 2), batch.target_out, ignore_index=PAD, reduction="none").sum(1)
    assert torch.allclose(seq2seq.log_probability(logits, batch.target_out), -by_torch, atol=1e-5)
    assert seq2seq.log_probability(logits, torch.zeros_like(batch.target_out)).tolist() == [0.0] * 5


def test_probabilities_of_all_short_translations_sum_to_one() -> None:
    """p(y | x) is a distribution over whole sentences: those that end within three words, and the rest."""
    model, batch = small(3), collate(PAIRS[:1], SOURCE, TARGET)
    words = len(TARGET)

    def total(prefix: list[int], left: int) -> float:
        read = torch.tensor([[BOS, *prefix]])
        logits, _ = model(batch.source, batch.source_mask, read)
        if not left:
            return float(seq2seq.log_probability(logits[:, :-1], read[:, 1:]).exp()) if prefix else 1.0
        ended = float(seq2seq.log_probability(logits, torch.tensor([[*prefix, EOS]])).exp())
        return ended + sum(total([*prefix, w], left - 1) for w in range(1, words) if w != EOS) + _pad(logits, prefix)

    def _pad(logits: Tensor, prefix: list[int]) -> float:
        # PAD is the one number that the formula leaves out; its share has to be added by hand.
        share = logits[0, -1].softmax(0)[PAD]
        before = float(seq2seq.log_probability(logits[:, :-1], torch.tensor([prefix])).exp()) if prefix else 1.0
        return before * float(share)

    with torch.no_grad():
        assert math.isclose(total([], 2), 1.0, abs_tol=1e-4)


def test_the_last_state_is_the_one_at_the_last_word() -> None:
    states = torch.randn(3, 4, 2)
    mask = torch.tensor([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)
    assert torch.equal(seq2seq.last_state(states, mask), torch.stack([states[0, 3], states[1, 0], torch.zeros(2)]))


# ------------------------------------------------------------------------------------------------ models


@pytest.mark.parametrize("both", [False, True])
def test_the_encoder_gives_what_a_gru_gives_to_each_sentence_alone(both: bool) -> None:
    torch.manual_seed(1)
    encoder, batch = Encoder(len(SOURCE), 10, both), collate(PAIRS[:6], SOURCE, TARGET)
    states, h_e = encoder(batch.source, batch.source_mask)
    for row, pair in enumerate(PAIRS[:6]):
        alone, last = encoder.rnn(encoder.embedding(SOURCE.encode(pair.source))[None])
        assert torch.allclose(states[row, : len(pair.source)], alone[0], atol=1e-6)
        assert not states[row, len(pair.source) :].any()
        assert torch.allclose(h_e[row], last[:, 0].flatten(), atol=1e-6)


@pytest.mark.parametrize("block", decoder_block.BLOCKS)
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("attention", [False, True])
def test_padding_changes_nothing(block: str, both: bool, attention: bool) -> None:
    model = small(block=block, both=both, attention=attention, score="additive")
    batch = collate([pair for pair in PAIRS if len(pair.source) == 3][:2], SOURCE, TARGET)
    logits, weights = model(batch.source, batch.source_mask, batch.target_in)
    wider = torch.cat([batch.source, torch.full((2, 4), 5)], dim=1)  # not even PAD: the mask alone decides
    mask = torch.cat([batch.source_mask, torch.zeros(2, 4, dtype=torch.bool)], dim=1)
    again, looks = model(wider, mask, batch.target_in)
    assert torch.allclose(logits, again, atol=1e-6)
    if attention:
        assert torch.allclose(weights, looks[:, :, :3], atol=1e-6) and not looks[:, :, 3:].any()
        assert torch.allclose(looks.sum(-1), torch.ones(looks.shape[:2]))
    else:
        assert weights is None and looks is None


def test_an_all_padding_row_gives_numbers_and_leaves_its_neighbours_alone() -> None:
    for both in (False, True):
        model = small(both=both)
        batch = collate(PAIRS[:3], SOURCE, TARGET)
        right, _ = model(batch.source, batch.source_mask, batch.target_in)
        mask = batch.source_mask.clone()
        mask[1] = False
        logits, weights = model(batch.source, mask, batch.target_in)
        assert logits.isfinite().all() and not weights[1].any()
        assert torch.allclose(logits[[0, 2]], right[[0, 2]], atol=1e-6)


def test_without_attention_the_same_weights_look_at_the_last_state_alone() -> None:
    with_, without = small(score="bilinear"), small(score="bilinear", attention=False)
    without.load_state_dict(with_.state_dict())
    for pair in PAIRS[:40]:
        batch = collate([pair], SOURCE, TARGET)
        a, _ = with_(batch.source, batch.source_mask, batch.target_in)
        b, _ = without(batch.source, batch.source_mask, batch.target_in)
        assert torch.allclose(a, b, atol=1e-6) == (len(pair.source) == 1)


@pytest.mark.parametrize("block", decoder_block.BLOCKS)
def test_translate_is_the_argmax_of_forward_fed_back(block: str) -> None:
    model, batch = small(5, block=block), collate(PAIRS[:6], SOURCE, TARGET)
    ids, weights = model.translate(batch.source, batch.source_mask, 9)
    read = torch.cat([torch.full((6, 1), BOS), ids[:, :-1]], dim=1)
    logits, looks = model(batch.source, batch.source_mask, read)
    logits[:, :, [PAD, BOS]] = -math.inf
    assert ids.shape[1] <= 9 and weights.shape == (*ids.shape, batch.source.shape[1])
    for row, answer in enumerate(ids.tolist()):
        length = answer.index(EOS) + 1 if EOS in answer else len(answer)
        assert answer[:length] == logits[row, :length].argmax(-1).tolist() and not any(answer[length:])
        assert torch.allclose(weights[row, :length], looks[row, :length], atol=1e-6)
    with pytest.raises(ValueError, match="not 0"):
        model.translate(batch.source, batch.source_mask, 0)


def test_states_projected_once_score_as_states_projected_at_every_step() -> None:
    """The translator's additive score and the lesson's: equal answers, equal gradients, and nothing is kept."""
    one, other = small(score="additive", block="luong"), small(score="additive", block="luong")
    plain = AdditiveScore(12, 12, 12)
    plain.load_state_dict(other.block.score.state_dict())
    other.block.score = plain
    batch = collate(PAIRS[:7], SOURCE, TARGET)
    grads = []
    for model in (one, other):
        logits, weights = model(batch.source, batch.source_mask, batch.target_in)
        ids, looks = model.translate(batch.source, batch.source_mask, 8)
        grads.append(
            (logits, weights, ids, looks, *torch.autograd.grad(logits.square().sum(), list(model.parameters())))
        )
    for a, b in zip(*grads, strict=True):
        assert torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-5)
    states, query = torch.randn(2, 3, 12), torch.randn(2, 12)
    assert torch.equal(one.block.score(states, query), plain(states, query))


@pytest.mark.parametrize("options", [{"score": "cosine"}, {"block": "cho"}, {"both": True, "d": 7}])
def test_a_translator_refuses_what_it_does_not_know(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cosine|cho|even, not 7"):
        small(**options)


# ---------------------------------------------------------------------------------------------- training


def test_training_learns_repeats_with_the_seed_and_leaves_the_random_state() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    runs = []
    for _ in range(2):
        model = small(d=32)
        torch.set_rng_state(before)
        history = train_translator(model, PAIRS, SOURCE, TARGET, steps=150, rate=1e-2, size=32, progress=False)
        assert torch.equal(before, torch.get_rng_state())
        runs.append((history.losses, translations(model, PAIRS[:50], SOURCE, TARGET)))
    assert runs[0] == runs[1] and len(runs[0][0]) == 150
    assert sum(a == " ".join(p.target) for a, p in zip(runs[0][1], PAIRS)) >= 35
    assert not model.training


def test_training_may_be_limited_by_time_and_refuses_budgets_that_cannot_be() -> None:
    model = small()
    history = train_translator(model, PAIRS, SOURCE, TARGET, seconds=0.2, progress=False)
    assert history.steps >= 1 and 0.2 <= history.seconds < 5
    for budget in ({}, {"steps": 2, "seconds": 1.0}, {"steps": 0}, {"seconds": -1.0}):
        with pytest.raises(ValueError, match=r"steps|budget"):
            train_translator(model, PAIRS, SOURCE, TARGET, progress=False, **budget)
    with pytest.raises(ValueError, match="no pairs"):
        train_translator(model, [], SOURCE, TARGET, steps=1, progress=False)


def test_training_is_short_at_quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_PACE", "quick")
    assert train_translator(small(), PAIRS, SOURCE, TARGET, steps=900, progress=False).steps < 20
    assert train_translator(small(), PAIRS, SOURCE, TARGET, seconds=900, progress=False).steps < 20


def test_a_loss_that_is_no_number_stops_the_training() -> None:
    model = small()
    nn.init.constant_(model.block.output.bias, math.nan)
    with pytest.raises(ValueError, match="nan after 1 steps"):
        train_translator(model, PAIRS, SOURCE, TARGET, steps=5, progress=False)


def test_translations_keep_the_order_and_do_not_depend_on_the_batch() -> None:
    model = small(2)
    sources = [list(pair.source) for pair in PAIRS[:20]] + [[], ["a"], ["unknown"], ["a"] * 40]
    alone = [translations(model, [source], SOURCE, TARGET, limit=8)[0] for source in sources]
    assert translations(model, sources, SOURCE, TARGET, size=5, limit=8) == alone and alone[20] == ""
    assert translations(model, PAIRS[:20], SOURCE, TARGET, limit=8) == alone[:20]
    assert translations(model, [], SOURCE, TARGET) == []
    with pytest.raises(TypeError, match="split it first"):
        translations(model, ["a b"], SOURCE, TARGET)


def test_attention_maps_are_cut_to_their_sentences() -> None:
    model = small(4)
    maps = seq2seq.attention_maps(model, PAIRS[:9], SOURCE, TARGET, size=4)
    for pair, map_ in zip(PAIRS, maps):
        assert map_.shape == (len(pair.target) + 1, len(pair.source))
        assert torch.allclose(map_.sum(1), torch.ones(len(map_)), atol=1e-5)
    with pytest.raises(ValueError, match="no attention"):
        seq2seq.attention_maps(small(attention=False), PAIRS[:2], SOURCE, TARGET)
