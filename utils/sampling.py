"""From a distribution over the next token to a text: greedy, beam search, temperature, top-k, top-p, and what they do.

A language model gives *logits*, one number for each symbol. What turns them into a choice is a chain of small steps,
and each is a function here: `with_temperature` makes probabilities of logits, `keep_top_k` and `keep_top_p` take
probabilities and return probabilities, `draw` draws. They may be combined in any order that fits. Beam search is apart:
it compares whole texts.

Shapes are written as tuples of names: `batch`, `symbols` (how many tokens there are to choose from), `beams` (how many
unfinished texts beam search holds). Tokens are counted from 0.

Sources: Wu et al. 2016, "Google's Neural Machine Translation System" (beam search and length, arXiv:1609.08144); Fan,
Lewis and Dauphin 2018, "Hierarchical Neural Story Generation" (top-k, arXiv:1805.04833); Holtzman et al. 2020, "The
Curious Case of Neural Text Degeneration" (top-p, repetition, human text as a point of comparison, arXiv:1904.09751);
Keskar et al. 2019, "CTRL" (the penalty, arXiv:1909.05858); Welleck et al. 2020, "Neural Text Generation With
Unlikelihood Training" (the share of repeated n-grams, arXiv:1908.04319); Li et al. 2016, "A Diversity-Promoting
Objective Function for Neural Conversation Models" (distinct-n, arXiv:1510.03055).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from utils.language_models import Alphabet
from utils.pace import one_thread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Hypothesis",
    "Recorded",
    "Sampler",
    "beam_search",
    "chi_square",
    "chi_square_limit",
    "constrained",
    "continuations",
    "distinct_share",
    "draw",
    "draw_tree",
    "extend_beam",
    "generate",
    "greedy",
    "keep_top_k",
    "keep_top_p",
    "penalise_repetition",
    "repeated_share",
    "with_temperature",
    "write",
]

Step = Callable[[Sequence[tuple[int, ...]]], Tensor]
"""What beam search asks: for some texts of equal length, tokens as tuples, the log-probabilities (texts, symbols) of
the token that comes next. The first text is the empty one."""

# ------------------------------------------------------------------------------------------------------ one choice


def greedy(logits: Tensor) -> Tensor:
    """The likeliest token, of every row: y_t = argmax p(y | y_<t).

    Args:
        logits: (..., symbols); probabilities or their logarithms will do, too.

    Returns:
        (...), int64: the number of the largest entry, the lowest number if several are equal.
    """
    ### BEGIN SOLUTION
    return logits.argmax(dim=-1)
    ### END SOLUTION


def with_temperature(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """Probabilities from logits, sharper or flatter: p_τ(y) = exp(z_y / τ) / Σ_w exp(z_w / τ).

    τ = 1 is the softmax. Below 1 the likely becomes likelier; towards 0 only the likeliest is left. Above 1 the
    distribution becomes flatter.

    Args:
        logits: (..., symbols), z; −∞ is allowed (that token cannot come) for all but one of a row.
        temperature: τ, at least 0. For 0 everything goes to the token that `greedy` takes.

    Returns:
        (..., symbols), of the type of `logits`; each row sums to one. No τ from 10⁻³⁶ upwards gives nan.

    Raises:
        ValueError: a temperature below 0, infinite, or not a number; it names the temperature.

    Ackley, Hinton and Sejnowski 1985, "A Learning Algorithm for Boltzmann Machines", for two states.
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"The temperature must be at least 0, and finite, not {temperature}.")
    ### BEGIN SOLUTION
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.zeros_like(logits).scatter(-1, best, 1.0)
    # What is subtracted from all logits cancels. With the largest at 0, z / τ may overflow to −∞, never to +∞.
    below = logits - logits.amax(dim=-1, keepdim=True)
    return torch.softmax(below.double() / temperature, dim=-1).to(logits.dtype)
    ### END SOLUTION


def draw(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw one token for every row, each with its probability.

    Lay a row's probabilities side by side: they fill the way from 0 to 1. A random number falls into one of them.

    Args:
        probs: (batch, symbols), each row sums to one.
        generator: where the random numbers come from; None = torch's own. Call after call goes on with them.

    Returns:
        (batch,), int64. The draws of different rows are independent. A token of probability 0 is never drawn.
    """
    ### BEGIN SOLUTION
    reached = probs.double().cumsum(dim=-1)  # (batch, symbols): where each token's stretch ends
    u = torch.rand(len(probs), 1, dtype=torch.float64, generator=generator).to(probs.device)
    return (reached <= u * reached[:, -1:]).sum(dim=-1)  # how many stretches end before u
    ### END SOLUTION


def keep_top_k(probs: Tensor, k: int) -> Tensor:
    """Keep the k likeliest tokens of every row, set the others to zero, and scale the rest so that it sums to one.

    Args:
        probs: (..., symbols), each row sums to one.
        k: how many, at least 1. If there are fewer symbols, all stay.

    Returns:
        (..., symbols), of the same type. Tokens exactly as likely as the k-th stay, too, even if that makes more than
        k: nothing tells them apart. (Hugging Face's `TopKLogitsWarper` does the same.)

    Raises:
        ValueError: k below 1; it names k.

    Fan, Lewis and Dauphin 2018.
    """
    if k < 1:
        raise ValueError(f"At least one token has to stay: k must be 1 or more, not {k}.")
    ### BEGIN SOLUTION
    kth = probs.topk(min(k, probs.shape[-1]), dim=-1).values[..., -1:]  # (..., 1): the smallest that stays
    kept = torch.where(probs >= kth, probs, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)
    ### END SOLUTION


def keep_top_p(probs: Tensor, p: float) -> Tensor:
    """Keep the smallest set of tokens whose probabilities together reach p, the *nucleus*, and scale it to sum to one.

    V^(p) is the smallest set with Σ_{w ∈ V^(p)} p(w | y_<t) ≥ p. So the token with which the sum reaches p belongs.

    Args:
        probs: (..., symbols), each row sums to one.
        p: from 0 to 1. For 0 only the likeliest token stays, for 1 all.

    Returns:
        (..., symbols), of the same type. Of equally likely tokens those with lower numbers come first. Sums are taken
        in float64, of binary fractions: 0.7 + 0.2 falls a little short of 0.9.

    Raises:
        ValueError: p outside of 0 to 1; it names p.

    Holtzman et al. 2020 (there with V^(p) for the top-p vocabulary).
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p is a share of the probability: it must lie between 0 and 1, not at {p}.")
    ### BEGIN SOLUTION
    ordered, order = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.double().cumsum(dim=-1) - ordered  # the sum of all likelier tokens
    stays = (before < p) | (p == 1)  # at 1 rounding must not cost anybody their place
    stays[..., 0] = True
    kept = torch.zeros_like(probs).scatter(-1, order, ordered * stays)
    return kept / kept.sum(dim=-1, keepdim=True)
    ### END SOLUTION


def penalise_repetition(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Make the tokens that were already written less likely.

    A logit above zero is divided by the penalty, one below zero is multiplied by it: both become smaller. Zero stays,
    so the effect depends on where zero lies, though adding a number to all logits changes no probability.

    Args:
        logits: (batch, symbols).
        ids: (batch, length) int64, what was written so far in each row; the length may be 0.
        penalty: θ, above 0; 1 changes nothing, the paper recommends 1.2.

    Returns:
        (batch, symbols).

    Raises:
        ValueError: a penalty that is not above 0.

    Keskar et al. 2019; the two cases are Hugging Face's `RepetitionPenaltyLogitsProcessor`.
    """
    if not penalty > 0:
        raise ValueError(f"The penalty must be above 0, not {penalty}.")
    found = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(found < 0, found * penalty, found / penalty))


@dataclasses.dataclass
class Sampler:
    """All knobs together: penalty, then temperature, then top-k, then top-p, then a draw.

    Called as `sampler(logits, ids)`: logits (batch, symbols), ids (batch, length) what was written so far; returns the
    chosen tokens, (batch,) int64.

    Args:
        temperature: see `with_temperature`; 0 is greedy.
        top_k: see `keep_top_k`; None keeps all.
        top_p: see `keep_top_p`; 1 keeps all.
        penalty: see `penalise_repetition`; 1 does nothing.
        seed: of the draws.
        never: numbers of tokens that must not be written; in this course 0, the unknown character.

    Raises:
        ValueError: at the first call, for a knob turned too far.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    penalty: float = 1.0
    seed: int = 0
    never: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        self._generator = torch.Generator().manual_seed(self.seed)

    def probs(self, logits: Tensor, ids: Tensor | None = None) -> Tensor:
        """The distribution that is drawn from: (batch, symbols)."""
        logits = logits.clone()
        logits[:, list(self.never)] = -math.inf
        if self.penalty != 1.0 and ids is not None:
            logits = penalise_repetition(logits, ids, self.penalty)
        probs = with_temperature(logits, self.temperature)
        if self.top_k is not None:
            probs = keep_top_k(probs, self.top_k)
        return keep_top_p(probs, self.top_p) if self.top_p != 1.0 else probs

    def __call__(self, logits: Tensor, ids: Tensor | None = None) -> Tensor:
        return draw(self.probs(logits, ids), self._generator)


# ------------------------------------------------------------------------------------------------------ a text


@torch.no_grad()
def generate(
    model: nn.Module, ids: Tensor, length: int, choose: Callable[[Tensor, Tensor], Tensor], cached: bool = True
) -> Tensor:
    """Let a language model go on writing: each token that is chosen is read next.

    Args:
        model: a language model in the form of `utils.language_models`: `logits, state = model(ids, state)`.
        ids: (batch, prompt) int64, at least one token.
        length: how many tokens to write, at least 0.
        choose: `choose(logits, written)`, (batch, symbols) and (batch, prompt + so far), gives (batch,); a
            `Sampler`, or any function.
        cached: carry the state, so that each token is read once. False reads all from the beginning for every token.

    Returns:
        (batch, length) int64, without the prompt.

    Raises:
        ValueError: an empty prompt, or a length below 0.
    """
    if ids.shape[1] == 0:
        raise ValueError("The prompt is empty: the model needs at least one token to go on from.")
    if length < 0:
        raise ValueError(f"The length cannot be negative, and {length} is.")
    was_training = model.training
    model.eval()
    written, news, state = ids, ids, None
    with one_thread():
        for _ in range(length):
            logits, state = model(news, state)
            chosen = choose(logits[:, -1], written)
            written = torch.cat([written, chosen[:, None]], dim=1)
            news, state = (written[:, -1:], state) if cached else (written, None)
    model.train(was_training)
    return written[:, ids.shape[1] :]


def write(
    model: nn.Module,
    alphabet: Alphabet,
    prompt: str,
    length: int,
    choose: Callable[[Tensor, Tensor], Tensor],
    samples: int = 1,
) -> list[str]:
    """Several texts that go on from the same prompt, written side by side, without the prompt.

    Args:
        model, length, choose: see `generate`.
        alphabet: of the text that the model was trained on; a character that it lacks is read as the unknown one.
        prompt: at least one character.
        samples: how many texts.

    Raises:
        ValueError: an empty prompt, a negative length, or fewer than one sample.
    """
    if samples < 1:
        raise ValueError(f"At least one text has to be written, not {samples}.")
    ids = alphabet.encode(prompt).expand(samples, -1)
    return [alphabet.decode(row) for row in generate(model, ids, length, choose)]


# ------------------------------------------------------------------------------------------------------ beam search


class Hypothesis(NamedTuple):
    """A text that beam search holds: its tokens, the sum of their log-probabilities, and its score."""

    tokens: tuple[int, ...]
    log_prob: float
    score: float


def extend_beam(log_probs: Tensor, totals: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """One step of beam search: of all texts with one more token, the k likeliest.

    Args:
        log_probs: (beams, symbols), for each text the log-probabilities of the next token; −∞ = cannot come.
        totals: (beams,), for each text the sum of its log-probabilities so far.
        k: how many to keep, at least 1.

    Returns:
        rows: (kept,) int64, which text each of them goes on from.
        tokens: (kept,) int64, with which token.
        totals: (kept,), the new sums.
        The likeliest first; among equals the lower row, then the lower token. `kept` is k, or as many as are possible
        at all: those with a sum of −∞ are none.
    """
    ### BEGIN SOLUTION
    sums = (totals[:, None] + log_probs).flatten()  # (beams · symbols,), row after row
    sums, places = sums.sort(descending=True, stable=True)
    places, sums = places[sums > -math.inf][:k], sums[sums > -math.inf][:k]
    symbols = log_probs.shape[1]
    return places // symbols, places % symbols, sums
    ### END SOLUTION


@torch.no_grad()
def beam_search(step: Step, k: int, limit: int, end: int | None = None, alpha: float = 0.0) -> list[Hypothesis]:
    """Look for the likeliest text, with k candidates at a time.

    It starts from one empty text. At each step every candidate is extended by every token, and the likeliest stay
    (`extend_beam`): k of them, less those that are finished. A text that ends with the token `end` is finished and
    leaves the beam, and its place stays empty. The search is over after `limit` steps, or when no candidate is left.
    Sums are taken in float64.

    Args:
        step: `step(texts)`, a list of tuples of tokens, all of the same length, gives the log-probabilities (texts,
            symbols) of the next token; the first list is [()].
        k: how many candidates, at least 1; 1 is greedy. May be larger than the number of symbols.
        limit: the largest number of tokens, at least 1.
        end: the token that finishes a text; None = every text has `limit` tokens.
        alpha: a text's score is its log-probability divided by length ** alpha, where the length counts all its
            tokens, `end` too. 0 compares the probabilities themselves, 1 the mean for each token.

    Returns:
        Finished texts, and those that had not ended at the limit: the highest score first, at most k. Among equal
        scores those that finished earlier come first, and those that never finished last. A text that no token can
        follow (all −∞) before the limit is lost; so the list may be empty.

    Raises:
        ValueError: k or limit below 1; it names the number.

    That finished texts narrow the beam is one convention; other programs give their places away again (Sutskever,
    Vinyals and Le 2014, section 3.2, leave it open). Wu et al. 2016 divide by ((5 + length) / 6) ** alpha.
    """
    if k < 1 or limit < 1:
        raise ValueError(f"Both k and limit must be at least 1, not {k} and {limit}.")
    ### BEGIN SOLUTION
    beam = [Hypothesis((), 0.0, 0.0)]
    finished: list[Hypothesis] = []
    while beam and len(beam[0].tokens) < limit:
        totals = torch.tensor([h.log_prob for h in beam], dtype=torch.float64)
        found = extend_beam(step([h.tokens for h in beam]), totals, k - len(finished))
        grown = []
        for row, token, total in zip(*(part.tolist() for part in found)):
            tokens = (*beam[row].tokens, token)
            grown.append(Hypothesis(tokens, total, total / len(tokens) ** alpha))
        finished += [h for h in grown if h.tokens[-1] == end]
        beam = [h for h in grown if h.tokens[-1] != end]
    return sorted(finished + beam, key=lambda h: -h.score)
    ### END SOLUTION


def continuations(model: nn.Module, prompt: Tensor) -> Step:
    """A language model as beam search wants it: what comes after the prompt and the tokens chosen since.

    Args:
        model: in the form of `utils.language_models`; it reads everything anew at each step. (`utils.gpt` has one that
            keeps what it has read.)
        prompt: (length,) int64, at least one token.

    Raises:
        ValueError: an empty prompt.
    """
    if len(prompt) == 0:
        raise ValueError("The prompt is empty: the model needs at least one token to go on from.")

    def step(texts: Sequence[tuple[int, ...]]) -> Tensor:
        ids = torch.tensor(list(texts), dtype=torch.int64).view(len(texts), -1)
        logits, _ = model(torch.cat([prompt.expand(len(texts), -1), ids], dim=1))
        return torch.log_softmax(logits[:, -1].double(), dim=-1)

    return step


def constrained(step: Step, allowed: Sequence[Sequence[int]]) -> Step:
    """The same language, in which the token at each place has to be one of those that are allowed there.

    What is forbidden gets the log-probability −∞. The others keep theirs, so that whole texts are still compared by the
    probability that the model gives them.

    Args:
        step: see `beam_search`.
        allowed: for each place, from 0, the tokens that may stand there.

    Raises:
        ValueError: when asked about a place beyond the last.
    """

    def answer(texts: Sequence[tuple[int, ...]]) -> Tensor:
        place = len(texts[0])
        if place >= len(allowed):
            raise ValueError(f"Only {len(allowed)} places are described, and number {place + 1} was asked for.")
        log_probs = step(texts)
        chosen = list(allowed[place])
        return torch.full_like(log_probs, -math.inf).index_copy(1, torch.tensor(chosen), log_probs[:, chosen])

    return answer


# ------------------------------------------------------------------------------------------------ the tree of a search


class Recorded:
    """A step function that keeps what it was asked and what it answered, so that the search can be drawn.

    Args:
        step: see `beam_search`.

    Attributes:
        calls: for each step of the search the texts in the beam, and their log-probabilities (texts, symbols).
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.calls: list[tuple[list[tuple[int, ...]], Tensor]] = []

    def __call__(self, texts: Sequence[tuple[int, ...]]) -> Tensor:
        log_probs = self.step(texts)
        self.calls.append((list(texts), log_probs))
        return log_probs


class Twig(NamedTuple):
    """A candidate in the tree of a beam search: its tokens, their summed log-probability, and whether it was kept."""

    tokens: tuple[int, ...]
    log_prob: float
    kept: bool


def twigs(recorded: Recorded, found: Sequence[Hypothesis], each: int) -> list[list[Twig]]:
    """The tree of a search: for each depth what was kept, and of what was not, the `each` likeliest of every text.

    Args:
        recorded: the step function of a search that has been run.
        found: what that search returned.
        each: how many candidates of every text to show, beside those that were kept.
    """
    kept = {text for texts, _ in recorded.calls for text in texts} | {h.tokens for h in found}
    sums: dict[tuple[int, ...], float] = {(): 0.0}
    levels = []
    for texts, log_probs in recorded.calls:
        level = []
        for text, row in zip(texts, log_probs):
            order = row.sort(descending=True, stable=True).indices.tolist()
            for place, token in enumerate(order):
                tokens = (*text, token)
                if (place < each or tokens in kept) and row[token] > -math.inf:
                    sums[tokens] = sums[text] + float(row[token])
                    level.append(Twig(tokens, sums[tokens], tokens in kept))
        levels.append(level)
    return levels


def draw_tree(
    recorded: Recorded,
    found: Sequence[Hypothesis],
    names: Callable[[int], str],
    each: int = 2,
    title: str = "",
    root: str = "",
    alt: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw the tree of a beam search: time runs to the right, and each token stands with its text's probability.

    Kept candidates are black, dropped ones grey; the text that won has thick lines.

    Args:
        recorded, found, each: see `twigs`.
        names: what to call a token.
        title: above the tree.
        root: what stands at its root, such as the last word of the prompt.
        alt: the text alternative; composed from the tree if empty.
        ax: where to draw; None makes a new figure.
    """
    from utils import plots

    levels = twigs(recorded, found, each)
    places = _rows_of_leaves(levels)
    height = max(2.6, 0.36 * (max(places.values()) + 1) + 0.9)
    if ax is None:
        ax = plots.panels(1, size=(min(10.0, 2.0 + 1.5 * len(levels)), min(height, 9.0)))[0]
    winner = found[0].tokens if found else ()
    ax.annotate(root or "▪", (0, places[()]), ha="right", va="center", fontsize=10, color=plots.INK)
    for level in levels:
        for twig in level:
            depth, best = len(twig.tokens), twig.tokens == winner[: len(twig.tokens)]
            colour = plots.COLOURS[0] if best else plots.INK if twig.kept else "#8a8a86"
            start = (depth - 1 + (0.62 if depth > 1 else 0.05), places[twig.tokens[:-1]])
            ax.plot(
                [start[0], depth - 0.08],
                [start[1], places[twig.tokens]],
                color=colour,
                linewidth=2.4 if best else 1.0,
                linestyle="-" if twig.kept else ":",
            )
            words = f"{names(twig.tokens[-1])}  {_probability(twig.log_prob)}"
            ax.annotate(
                plots.plain_text(words),
                (depth, places[twig.tokens]),
                xytext=(-3, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=colour,
                fontweight="bold" if best else "normal",
            )
    ax.set_xlim(-0.35, len(levels) + 0.75)
    ax.set_ylim(max(places.values()) + 0.6, -0.6)
    ax.set_yticks([])
    ax.set_xticks(range(1, len(levels) + 1))
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("step")
    ax.set_title(title)
    kept = ["; ".join("".join(names(t) for t in twig.tokens) for twig in level if twig.kept) for level in levels]
    words = f"A tree of {len(levels)} steps. Kept: {' / '.join(kept)}. The best: {''.join(names(t) for t in winner)}."
    plots.attach_text(ax, alt or words)
    return ax


def _probability(log_prob: float) -> str:
    p = math.exp(log_prob)
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"


def _rows_of_leaves(levels: Sequence[Sequence[Twig]]) -> dict[tuple[int, ...], float]:
    """The height of every node: leaves one below the other, each parent in the middle of its children."""
    children: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for level in levels:
        for twig in level:
            children.setdefault(twig.tokens[:-1], []).append(twig.tokens)
    places: dict[tuple[int, ...], float] = {}
    leaves = 0

    def place(node: tuple[int, ...]) -> float:
        nonlocal leaves
        below = [place(child) for child in children.get(node, [])]
        if not below:
            leaves += 1
        places[node] = (below[0] + below[-1]) / 2 if below else float(leaves - 1)
        return places[node]

    place(())
    return places


# ------------------------------------------------------------------------------------------------------ measures


def repeated_share(tokens: Sequence[Any], n: int = 4) -> float:
    """The share of a text's n-grams that have stood in it before: 1 − (different n-grams) / (all n-grams).

    Args:
        tokens: a list of words, or anything in a row; a string counts characters.
        n: at least 1.

    Returns:
        0 if every n-gram is new, close to 1 for a loop. A text of fewer than n tokens has no n-grams: 0.

    Raises:
        ValueError: n below 1; it names n.

    Welleck et al. 2020, "seq-rep-n".

    >>> repeated_share("to be or not to be".split(), 2)
    0.2
    """
    if n < 1:
        raise ValueError(f"An n-gram has at least one token: n must be 1 or more, not {n}.")
    ### BEGIN SOLUTION
    ngrams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0
    ### END SOLUTION


def distinct_share(texts: Sequence[Sequence[Any]], n: int = 2) -> float:
    """How various several texts are: the different n-grams of all texts, divided by the number of all n-grams.

    Texts of the same number of tokens should be compared: the longer, the smaller.

    Args:
        texts: each a list of tokens. n-grams do not cross from one to the next.
        n: at least 1.

    Returns:
        1 if no n-gram comes twice; 0 if there is none.

    Raises:
        ValueError: n below 1.

    After Li et al. 2016, "distinct-1" and "distinct-2", who divide by the number of tokens.
    """
    if n < 1:
        raise ValueError(f"An n-gram has at least one token: n must be 1 or more, not {n}.")
    ngrams = [tuple(text[i : i + n]) for text in texts for i in range(len(text) - n + 1)]
    return len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def chi_square(counts: Tensor, probs: Tensor) -> float:
    """How far counts are from what probabilities promise: Σ (counted − expected)² / expected.

    Args:
        counts: (symbols,), how often each token was drawn.
        probs: (symbols,), the distribution that they should have been drawn from.

    Returns:
        About as large as the number of tokens with a probability above 0, less one, if the draws are right;
        see `chi_square_limit`. Infinite if a token of probability 0 was drawn.

    Pearson 1900.
    """
    counts, expected = counts.double(), probs.double() * counts.sum()
    if (counts[expected == 0] > 0).any():
        return math.inf
    possible = expected > 0
    return float(((counts - expected)[possible] ** 2 / expected[possible]).sum())


def chi_square_limit(freedom: int, sigmas: float = 4.0) -> float:
    """What a χ² with so many degrees of freedom hardly ever exceeds, by the cube-root approximation.

    Args:
        freedom: the number of tokens that can be drawn, less one; for 0 the limit is 0.
        sigmas: how seldom; 4 is about three times in 100,000.

    Wilson and Hilferty 1931, "The Distribution of Chi-Square", PNAS 17.
    """
    if freedom < 1:
        return 0.0
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + sigmas * math.sqrt(part)) ** 3)
