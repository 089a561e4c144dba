"""Sampling: equal to Hugging Face's processors, drawn in the right shares, and the best text found by beam search."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from utils import sampling
from utils.language_models import Alphabet


def probabilities(*shape: int, seed: int = 0, std: float = 2.0) -> Tensor:
    return torch.softmax(std * torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def language(limit: int, symbols: int, seed: int = 0) -> sampling.Step:
    """What comes next depends on the number of tokens so far and on the last one."""
    logits = 1.5 * torch.randn(limit, symbols + 1, symbols, generator=torch.Generator().manual_seed(seed))
    tables = torch.log_softmax(logits.double(), dim=-1)
    return lambda texts: torch.stack([tables[len(text), text[-1] if text else -1] for text in texts])


class Echo(nn.Module):
    """A language model that wants the token before last again, and remembers both."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.symbols = symbols
        self.reads: list[int] = []

    def forward(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.reads.append(ids.shape[1])
        seen = torch.cat([torch.zeros_like(ids[:, :1]) if state is None else state, ids], dim=1)
        return 9.0 * nn.functional.one_hot(seen[:, :-1], self.symbols).float(), ids[:, -1:]


# ------------------------------------------------------------------------------------ equal to Hugging Face's


def test_every_step_equals_hugging_face() -> None:
    """One test, because the import takes seconds."""
    transformers = pytest.importorskip("transformers")
    from transformers import (
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    assert transformers
    logits = 3 * torch.randn(50, 40, generator=torch.Generator().manual_seed(1))
    ids = torch.randint(40, (50, 12), generator=torch.Generator().manual_seed(2))
    for temperature in (0.1, 0.7, 1.0, 1.8):
        theirs = TemperatureLogitsWarper(temperature)(ids, logits).softmax(-1)
        torch.testing.assert_close(sampling.with_temperature(logits, temperature), theirs)
    probs = logits.softmax(-1)
    for k in (1, 3, 17, 40, 99):
        theirs = TopKLogitsWarper(k)(ids, logits).softmax(-1)
        torch.testing.assert_close(sampling.keep_top_k(probs, k), theirs)
    tied = torch.tensor([[0.1, 0.3, 0.3, 0.3]])
    torch.testing.assert_close(sampling.keep_top_k(tied, 2), TopKLogitsWarper(2)(ids[:1], tied.log()).softmax(-1))
    for p in (0.0, 0.3, 0.9, 0.95, 1.0):
        theirs = TopPLogitsWarper(p)(ids, logits).softmax(-1)
        torch.testing.assert_close(sampling.keep_top_p(probs, p), theirs)
    for penalty in (0.8, 1.0, 1.2, 3.0):
        theirs = RepetitionPenaltyLogitsProcessor(penalty)(ids, logits)
        torch.testing.assert_close(sampling.penalise_repetition(logits, ids, penalty), theirs)


# ------------------------------------------------------------------------------------------------------ one choice


def test_the_token_that_crosses_p_belongs() -> None:
    probs = torch.tensor([[0.05, 0.5, 0.3, 0.15]])
    assert (sampling.keep_top_p(probs, 0.7) > 0).tolist() == [[False, True, True, False]]
    assert (sampling.keep_top_p(probs, 0.0) > 0).tolist() == [[False, True, False, False]]
    tail = torch.softmax(torch.linspace(0, -80, 60), dim=0)
    assert (sampling.keep_top_p(tail, 1.0) > 0).all()


@pytest.mark.parametrize("temperature", [0.0, 1e-320, 1e-40, 1e-6])
def test_towards_zero_temperature_becomes_greedy(temperature) -> None:
    logits = torch.tensor([[400.0, -3.0, 399.0], [-math.inf, 1.0, 0.0]])
    assert sampling.with_temperature(logits, temperature).tolist() == [[1, 0, 0], [0, 1, 0]]
    chosen = sampling.Sampler(temperature=temperature, never=())(logits)
    assert torch.equal(chosen, sampling.greedy(logits))


def test_knobs_turned_too_far_are_refused() -> None:
    probs = probabilities(2, 5)
    for call, seen in (
        (lambda: sampling.with_temperature(probs, -0.5), "-0.5"),
        (lambda: sampling.with_temperature(probs, math.nan), "nan"),
        (lambda: sampling.with_temperature(probs, math.inf), "inf"),
        (lambda: sampling.keep_top_k(probs, 0), "0"),
        (lambda: sampling.keep_top_p(probs, 1.5), "1.5"),
        (lambda: sampling.penalise_repetition(probs, torch.zeros(2, 1, dtype=torch.int64), 0.0), "0.0"),
        (lambda: sampling.repeated_share("abc", 0), "0"),
        (lambda: sampling.distinct_share(["abc"], 0), "0"),
        (lambda: sampling.beam_search(language(2, 3), 0, 2), "0"),
    ):
        with pytest.raises(ValueError, match=seen):
            call()


def test_a_chi_square_tells_a_wrong_sampler_from_a_right_one() -> None:
    probs = probabilities(9, seed=3, std=1.0)

    def distance(draws: Tensor) -> float:
        return sampling.chi_square(torch.bincount(draws, minlength=9), probs)

    limit = sampling.chi_square_limit(8)
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        assert distance(sampling.draw(probs.expand(20_000, -1), generator)) < limit
        sharper = probs**1.1 / (probs**1.1).sum()
        assert distance(sampling.draw(sharper.expand(20_000, -1), generator)) > limit
    nucleus = sampling.keep_top_p(probs, 0.8)
    inside = sampling.draw(nucleus.expand(5000, -1), torch.Generator().manual_seed(0))
    assert sampling.chi_square(torch.bincount(inside, minlength=9), nucleus) < limit
    outside = torch.bincount(inside, minlength=9) + 1
    assert sampling.chi_square(outside, nucleus) == math.inf
    assert sampling.chi_square_limit(0) == 0


def test_tokens_of_probability_zero_are_never_drawn() -> None:
    probs = torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0]]).expand(5000, -1)
    assert set(sampling.draw(probs, torch.Generator().manual_seed(0)).tolist()) == {1, 3}


def test_rows_are_drawn_independently() -> None:
    """Pairs of neighbours come as often as the product of their shares says."""
    probs = torch.tensor([[0.2, 0.5, 0.3]])
    drawn = sampling.draw(probs.expand(20_000, -1), torch.Generator().manual_seed(1))
    pairs = torch.bincount(3 * drawn[::2] + drawn[1::2], minlength=9)
    assert sampling.chi_square(pairs, torch.outer(probs[0], probs[0]).flatten()) < sampling.chi_square_limit(8)


# ------------------------------------------------------------------------------------------------------ a text


def test_generation_reads_each_token_once_and_changes_nothing_else() -> None:
    model = Echo(7).train()
    prompt = torch.tensor([[3, 5], [1, 6]])
    written = sampling.generate(model, prompt, 5, lambda logits, ids: sampling.greedy(logits))
    assert written.tolist() == [[3, 5, 3, 5, 3], [1, 6, 1, 6, 1]] and model.training
    assert model.reads == [2, 1, 1, 1, 1]
    again = sampling.generate(model, prompt, 5, lambda logits, ids: sampling.greedy(logits), cached=False)
    assert torch.equal(again, written) and model.reads[5:] == [2, 3, 4, 5, 6]
    assert sampling.generate(model, prompt, 0, lambda logits, ids: sampling.greedy(logits)).shape == (2, 0)
    with pytest.raises(ValueError, match="empty"):
        sampling.generate(model, prompt[:, :0], 3, lambda logits, ids: sampling.greedy(logits))
    with pytest.raises(ValueError, match="-1"):
        sampling.generate(model, prompt, -1, lambda logits, ids: sampling.greedy(logits))


def test_texts_can_be_written_and_repeated_by_their_seed() -> None:
    letters = Alphabet("abcdef")
    texts = [sampling.write(Echo(7), letters, "ab?", 30, sampling.Sampler(4.0, seed=s), samples=3) for s in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2] and len(set(texts[0])) == 3
    assert all(len(text) == 30 and "\ufffd" not in text for text in texts[0])
    with pytest.raises(ValueError, match="empty"):
        sampling.write(Echo(7), letters, "", 3, sampling.Sampler())
    with pytest.raises(ValueError, match="0"):
        sampling.write(Echo(7), letters, "a", 3, sampling.Sampler(), samples=0)


# ------------------------------------------------------------------------------------------------------ beam search


def brute_force(step: sampling.Step, limit: int, symbols: int, end: int | None) -> dict[tuple[int, ...], float]:
    """Every text there is, with its log-probability."""
    found = {}
    for length in range(1, limit + 1):
        for text in itertools.product(range(symbols), repeat=length):
            if (text[-1] == end) <= (length <= limit) and end not in text[:-1] and (text[-1] == end or length == limit):
                found[text] = sum(float(step([text[:i]])[0, text[i]]) for i in range(length))
    return found


@pytest.mark.parametrize(("end", "alpha"), [(None, 0.0), (1, 0.0), (1, 0.7), (2, 1.0)])
def test_a_beam_wider_than_everything_is_exhaustive(end, alpha) -> None:
    step = language(4, 3, seed=5)
    every = brute_force(step, 4, 3, end)
    found = sampling.beam_search(step, 500, 4, end, alpha)
    assert {h.tokens for h in found} == set(every)
    for h in found:
        assert math.isclose(h.log_prob, every[h.tokens]) and math.isclose(h.score, h.log_prob / len(h.tokens) ** alpha)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    if end is None:
        assert math.isclose(sum(math.exp(p) for p in every.values()), 1.0)


def test_one_candidate_is_greedy_and_more_find_better_texts() -> None:
    better = 0
    for seed in range(20):
        step = language(6, 5, seed)
        text: tuple[int, ...] = ()
        for _ in range(6):
            text = (*text, int(sampling.greedy(step([text])[0])))
        ones, fives = (sampling.beam_search(step, k, 6) for k in (1, 5))
        assert ones[0].tokens == text and len(fives) == 5
        better += fives[0].log_prob > ones[0].log_prob + 1e-9
    assert better >= 5


def test_beam_search_equals_hugging_face_without_an_end() -> None:
    """On a random GPT-2, the five best texts and their scores."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=11, n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None
    )
    config.initializer_range = 0.5
    model = transformers.GPT2LMHeadModel(config).eval()
    prompt = torch.tensor([[3, 1, 4]])
    theirs = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        pad_token_id=0,
        num_beams=5,
        num_return_sequences=5,
        max_new_tokens=7,
        do_sample=False,
        output_scores=True,
        return_dict_in_generate=True,
    )

    class Theirs(nn.Module):
        def forward(self, ids: Tensor, state: object = None) -> tuple[Tensor, None]:
            return model(ids).logits, None

    found = sampling.beam_search(sampling.continuations(Theirs(), prompt[0]), 5, 7, alpha=1.0)
    assert [list(h.tokens) for h in found] == theirs.sequences[:, 3:].tolist()
    torch.testing.assert_close(torch.tensor([h.score for h in found]), theirs.sequences_scores, atol=1e-4, rtol=1e-4)


def test_the_tree_of_a_search_holds_what_was_kept_and_the_best_of_the_rest() -> None:
    recorded = sampling.Recorded(language(4, 5, seed=2))
    found = sampling.beam_search(recorded, 3, 4, end=0)
    levels = sampling.twigs(recorded, found, each=2)
    assert len(levels) == 4 and sum(twig.kept for twig in levels[0]) == 3
    assert {h.tokens for h in found} <= {twig.tokens for level in levels for twig in level if twig.kept}
    assert any(not twig.kept for level in levels for twig in level)
    for level in levels:
        for twig in level:
            total = sum(float(recorded.step([twig.tokens[:i]])[0, t]) for i, t in enumerate(twig.tokens))
            assert math.isclose(twig.log_prob, total)
    axes = sampling.draw_tree(recorded, found, "abcde".__getitem__, title="a tree")
    from utils import plots

    assert "Kept" in plots.describe(axes) and axes.get_title(loc="left") + axes.get_title() == "a tree"


def test_a_constrained_search_stays_within_what_is_allowed() -> None:
    step = language(3, 4, seed=7)
    held = sampling.constrained(step, [[0, 2], [1], [1, 3]])
    found = sampling.beam_search(held, 9, 3)
    assert {h.tokens for h in found} == set(itertools.product((0, 2), (1,), (1, 3)))
    every = brute_force(step, 3, 4, None)
    assert all(math.isclose(h.log_prob, every[h.tokens]) for h in found)
    with pytest.raises(ValueError, match="3"):
        sampling.beam_search(held, 2, 4)


def test_an_empty_prompt_has_no_continuations() -> None:
    with pytest.raises(ValueError, match="empty"):
        sampling.continuations(Echo(3), torch.zeros(0, dtype=torch.int64))


# ------------------------------------------------------------------------------------------------------ measures


def test_a_text_that_nothing_can_follow_is_lost() -> None:
    def step(texts: list[tuple[int, ...]]) -> Tensor:
        rows = [[0.6, 0.4] if not text else [0.0, 0.0] if text[-1] == 0 else [0.5, 0.5] for text in texts]
        return torch.tensor(rows, dtype=torch.float64).log()

    assert [found.tokens for found in sampling.beam_search(step, 2, 2)] == [(1, 0), (1, 1)]
    assert sampling.beam_search(step, 1, 2) == []


def test_repetition_and_diversity() -> None:
    assert sampling.repeated_share(["to", "be", "or", "not", "to", "be"], 2) == pytest.approx(0.2)
    assert sampling.repeated_share(["a", "b", "c"], 4) == 0 and sampling.repeated_share([]) == 0
    assert sampling.repeated_share("la " * 100, 3) > 0.98
    assert sampling.distinct_share(["ab", "ab"], 2) == 0.5 and sampling.distinct_share([], 2) == 0
    assert sampling.distinct_share(["abcd", "efgh"], 2) == 1.0
