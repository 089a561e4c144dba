"""The GPT: equal to PyTorch's layers and to GPT-2, and the same with its cache as without."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from utils import gpt, sampling
from utils.attention import FusedAttention, MultiHeadAttention, causal_mask
from utils.language_models import Alphabet, bits_per_character
from utils.transformer import as_torch


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """The model with weights large enough that nothing hides."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(0.4 * torch.randn(weight.shape, generator=generator))
    return model.eval()


def tokens(*shape: int, below: int = 9, seed: int = 0) -> Tensor:
    return torch.randint(below, shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_a_gpt_is_made_of_pytorchs_layers() -> None:
    model = shaken(gpt.GPT(9, 12, heads=3, layers=2, block=10))
    ids = tokens(2, 7)
    x = model.embedding(ids) + model.positions.weight[:7]
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    for layer in model.layers:
        x = as_torch(layer)(x, mask, is_causal=True)
    torch.testing.assert_close(model(ids), model.output(model.norm(x)), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_nobody_sees_the_future_and_long_texts_are_refused() -> None:
    model = shaken(gpt.GPT(9, 12, heads=3, layers=2, block=10))
    ids = tokens(1, 10)
    other = ids.clone()
    other[0, 6] = (ids[0, 6] + 1) % 9
    torch.testing.assert_close(model(ids)[:, :6], model(other)[:, :6])
    assert not torch.allclose(model(ids)[:, 6:], model(other)[:, 6:])
    with pytest.raises(ValueError, match=r"11.*10"):
        model(tokens(1, 11))


@pytest.mark.parametrize("kind", [MultiHeadAttention, FusedAttention])
@pytest.mark.parametrize("cuts", [(1,) * 9, (4, 5), (1, 7, 1), (9,)])
@torch.no_grad()
def test_cached_attention_equals_attention(kind, cuts) -> None:
    attention = shaken(kind(12, 3))
    x = torch.randn(2, 9, 12, generator=torch.Generator().manual_seed(1))
    whole, _ = attention(x, causal_mask(9))
    past, parts = None, []
    for part in x.split(list(cuts), dim=1):
        found, past = gpt.cached_attention(attention, part, past)
        parts.append(found)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    assert past is not None and past[0].shape == past[1].shape == (2, 3, 9, 4)


@pytest.mark.parametrize("grams", [(), (2,), (2, 3)])
@torch.no_grad()
def test_with_the_cache_everything_is_the_same_however_the_text_is_cut(grams) -> None:
    """Far beyond the table of positions, too."""
    model = shaken(gpt.GPTLanguageModel(9, 12, heads=3, layers=2, block=8, grams=grams, rows=50))
    ids = tokens(3, 41)
    whole, _ = model(ids)
    for size in (1, 3, 8, 13):
        state, parts = None, []
        for part in ids.split(size, dim=1):
            logits, state = model(part, state)
            parts.append(logits)
        torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-4, rtol=1e-4)
    if not grams:
        torch.testing.assert_close(model.gpt(ids[:, :8]), whole[:, :8], atol=1e-4, rtol=1e-4)
    assert state is not None and state[0].shape[1] <= 8


@torch.no_grad()
def test_after_the_block_the_window_slides_by_half() -> None:
    model = shaken(gpt.GPTLanguageModel(9, 12, heads=3, layers=1, block=8))
    ids = tokens(1, 16)
    logits, _ = model(ids)
    torch.testing.assert_close(logits[:, 8:12], model.gpt(ids[:, 4:12])[:, 4:], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(logits[:, 12:], model.gpt(ids[:, 8:])[:, 4:], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_a_readers_own_gpt_and_cache_take_the_place_of_the_courses() -> None:
    class Own(gpt.GPT):
        """Only its parameters count."""

    asked = []

    def attend(attention, x, past=None):
        asked.append(x.shape[1])
        return gpt.cached_attention(attention, x, past)

    own = gpt.GPTLanguageModel(9, 12, heads=3, layers=2, block=8, grams=(2,), gpt=Own)
    course = gpt.GPTLanguageModel(9, 12, heads=3, layers=2, block=8, grams=(2,))
    course.load_state_dict(own.state_dict())
    own.attend = attend
    ids = tokens(2, 11)
    torch.testing.assert_close(own(ids)[0], course(ids)[0])
    assert isinstance(own.gpt, Own) and asked == [8, 8, 4, 4, 3, 3]


def test_generation_with_the_cache_is_generation_without() -> None:
    model = shaken(gpt.GPTLanguageModel(9, 12, heads=3, layers=2, block=50, grams=(2,)))
    prompt = tokens(3, 6)
    runs = [
        sampling.generate(model, prompt, 40, sampling.Sampler(0.9, top_k=6, top_p=0.95, seed=4), cached=cached)
        for cached in (True, False)
    ]
    assert torch.equal(*runs)


def test_beam_search_with_the_cache_finds_the_same() -> None:
    model = shaken(gpt.GPTLanguageModel(9, 12, heads=3, layers=2, block=16))
    prompt = tokens(5)
    kept = sampling.beam_search(gpt.CachedSteps(model, prompt), 4, 9, end=2, alpha=0.6)
    anew = sampling.beam_search(sampling.continuations(model, prompt), 4, 9, end=2, alpha=0.6)
    assert [h.tokens for h in kept] == [h.tokens for h in anew]
    assert kept[0].score == pytest.approx(anew[0].score, abs=1e-4)
    long = sampling.beam_search(gpt.CachedSteps(model, tokens(40)), 3, 20)
    assert len(long[0].tokens) == 20  # a prompt longer than the block, and a text that leaves it
    with pytest.raises(ValueError, match="go on"):
        gpt.CachedSteps(model, prompt)([(1, 2)])
    with pytest.raises(ValueError, match="empty"):
        gpt.CachedSteps(model, prompt[:0])


def test_a_gpt_trains_scores_and_writes_like_any_language_model() -> None:
    text = "in the beginning was the word and the word was good\n" * 60
    letters = Alphabet(text)
    ids = letters.encode(text)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = gpt.GPTLanguageModel(len(letters), 32, heads=2, layers=1, block=32, grams=(2,))
    history = gpt.train_gpt(model, ids, steps=80, batch=8, rate=1e-2, progress=False)
    assert history.losses[-1] < 0.5 * history.losses[0]
    assert bits_per_character(model, ids[:500]) < 2
    written = sampling.write(model, letters, "in the beginning", 80, sampling.Sampler(0.0))[0]
    assert len(written) == 80 and "word" in written
    assert sampling.write(model, letters, "Ω", 3, sampling.Sampler(0.0))  # a character it does not know


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="1"):
        gpt.GPTLanguageModel(5, 8, heads=2, layers=1, block=1)
    with pytest.raises(ValueError, match="3"):
        gpt.GPTLanguageModel(5, 8, heads=3, layers=1, block=4)
    model = gpt.GPTLanguageModel(5, 8, heads=2, layers=1, block=4)
    with pytest.raises(ValueError, match="two tokens"):
        gpt.GPTLanguageModel(5, 8, heads=2, layers=1, block=4, grams=(1,))
    with pytest.raises(ValueError, match="either"):
        gpt.train_gpt(model, torch.zeros(9, dtype=torch.int64))
    with pytest.raises(ValueError, match="too short"):
        gpt.train_gpt(model, torch.zeros(4, dtype=torch.int64), steps=3)
    with pytest.raises(ValueError, match="nothing to read"):
        model(torch.zeros(1, 0, dtype=torch.int64))


@torch.no_grad()
def test_it_is_gpt2_under_the_same_weights() -> None:
    """Hugging Face's GPT2LMHeadModel with our weights gives our logits (its GELU is the exact one here)."""
    transformers = pytest.importorskip("transformers")
    model = shaken(gpt.GPT(11, 12, heads=3, layers=2, block=10))
    config = transformers.GPT2Config(
        vocab_size=11,
        n_positions=10,
        n_embd=12,
        n_layer=2,
        n_head=3,
        activation_function="gelu",
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=0,
    )
    theirs = transformers.GPT2LMHeadModel(config).eval()
    ours, state = model.state_dict(), {}
    for name, weight in theirs.state_dict().items():
        state[name] = weight
    for i in range(2):
        here, there = f"layers.{i}", f"transformer.h.{i}"
        for kind in ("weight", "bias"):
            stacked = torch.cat([ours[f"{here}.attention.{part}.{kind}"] for part in ("query", "key", "value")])
            state[f"{there}.attn.c_attn.{kind}"] = stacked.T if kind == "weight" else stacked
            for name, own in (
                ("attn.c_proj", "attention.output"),
                ("mlp.c_fc", "feed_forward.expand"),
                ("mlp.c_proj", "feed_forward.project"),
            ):
                weight = ours[f"{here}.{own}.{kind}"]
                state[f"{there}.{name}.{kind}"] = weight.T if kind == "weight" else weight
            for name, own in (("ln_1", "norm1"), ("ln_2", "norm2")):
                state[f"{there}.{name}.{kind}"] = ours[f"{here}.{own}.{kind}"]
            state[f"transformer.ln_f.{kind}"] = ours[f"norm.{kind}"]
    state["transformer.wte.weight"], state["transformer.wpe.weight"] = (
        ours["embedding.weight"],
        ours["positions.weight"],
    )
    state["lm_head.weight"] = ours["output.weight"]
    theirs.load_state_dict(state)
    ids = tokens(3, 10, below=11)
    torch.testing.assert_close(model(ids), theirs(ids).logits, atol=2e-4, rtol=1e-4)


def test_the_bench_measures_the_cache() -> None:
    pytest.importorskip("transformers")
    from bench import sampling as bench

    rows = bench.measure(quick=True)
    assert len(rows) == 2 and all(row.value and row.unit == "×" for row in rows)
