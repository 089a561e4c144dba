"""What every translation model of words needs: numbers for words, batches of pairs, training, greedy translations.

A pair is anything with two sequences of words, `source` and `target` (such as `utils.translation_corpus.Pair`).
A translation model here is an `nn.Module` with two ways to be used:

- `model(source, source_mask, target_in)` gives `logits, weights`: scores (batch, length_t, words) for the word that
  comes after each word of `target_in`, and attention weights (batch, length_t, length_s), or None if it has none;
- `model.translate(source, source_mask, limit)` gives `ids, weights`: a translation chosen word by word,
  (batch, at most limit) with EOS behind its last word and PAD behind that, and the weights it was chosen with.

An encoder and a decoder with and without attention (lesson 09) and a Transformer (lesson 11) fit this form, so one loop
trains them, and the same functions score them.

Masks are boolean, as everywhere in the course: True where there is a word, False at padding.

Source: Sutskever, Vinyals and Le 2014, "Sequence to Sequence Learning with Neural Networks" (NeurIPS 27,
arXiv:1409.3215), section 2.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.pace import one_thread
from utils.training import History, by_budget, device_of

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "SPECIAL",
    "UNK",
    "Batch",
    "SentencePair",
    "WordVocabulary",
    "attention_maps",
    "batches",
    "collate",
    "greedy",
    "last_state",
    "log_probability",
    "train_translator",
    "translations",
]

PAD, BOS, EOS, UNK = 0, 1, 2, 3
"""The numbers of what is not a word: padding, the begin and the end of a sentence, and any unknown word."""

SPECIAL: tuple[str, ...] = ("<pad>", "<bos>", "<eos>", "<unk>")
"""How these four are written, in the order of their numbers."""


class SentencePair(Protocol):
    """A sentence and its translation, both as words."""

    @property
    def source(self) -> Sequence[str]: ...

    @property
    def target(self) -> Sequence[str]: ...


class WordVocabulary:
    """The words of some sentences, numbered: first the four of `SPECIAL`, then the words in code order.

    >>> words = WordVocabulary([["we", "sleep"], ["we", "read"]])
    >>> len(words), words.encode(["we", "fly"]).tolist(), words.decode([6, 3, 2, 6])
    (7, [6, 3], ['we', '<unk>'])
    """

    def __init__(self, sentences: Iterable[Sequence[str]]) -> None:
        """Args:
            sentences: sequences of words. None at all leaves only the special ones.

        Raises:
            TypeError: a sentence is one string and not a sequence of words.
        """
        found: set[str] = set()
        for sentence in sentences:
            if isinstance(sentence, str):
                raise TypeError(f"A sentence is a sequence of words, not the string {sentence[:30]!r}: split it first.")
            found.update(sentence)
        self.words: tuple[str, ...] = (*SPECIAL, *sorted(found - set(SPECIAL)))
        self._numbers = {word: number for number, word in enumerate(self.words) if number >= len(SPECIAL)}

    def __len__(self) -> int:
        """How many different numbers there are, the four special ones included."""
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Whether it is a word with a number of its own; none of `SPECIAL` is."""
        return word in self._numbers

    def encode(self, words: Sequence[str]) -> Tensor:
        """The numbers of the words, (words,) int64; UNK for each that is not in the vocabulary."""
        return torch.tensor([self._numbers.get(word, UNK) for word in words], dtype=torch.int64)

    def decode(self, ids: Iterable[int] | Tensor) -> list[str]:
        """The words of these numbers up to the first EOS, without PAD and BOS.

        Raises:
            ValueError: a number that no word has.
        """
        words: list[str] = []
        for number in map(int, ids):
            if not 0 <= number < len(self):
                raise ValueError(f"The vocabulary has the numbers 0 to {len(self) - 1}; {number} is not one of them.")
            if number == EOS:
                break
            if number not in (PAD, BOS):
                words.append(self.words[number])
        return words


@dataclasses.dataclass(frozen=True)
class Batch:
    """Some pairs side by side, as numbers, the shorter ones filled up with PAD on the right.

    Args:
        source: (batch, length_s) int64.
        source_mask: (batch, length_s), True where a word stands.
        target_in: (batch, length_t) int64: BOS and the words. What a decoder reads.
        target_out: (batch, length_t) int64: the words and EOS. What it should answer, place by place.
    """

    source: Tensor
    source_mask: Tensor
    target_in: Tensor
    target_out: Tensor

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        return Batch(*(getattr(self, field.name).to(device) for field in dataclasses.fields(self)))


def collate(
    pairs: Sequence[SentencePair], source_vocabulary: WordVocabulary, target_vocabulary: WordVocabulary
) -> Batch:
    """One batch of all these pairs, in their order.

    Raises:
        ValueError: no pairs, or a pair whose source has no words. (An empty target is only its end.)
    """
    empty = [number for number, pair in enumerate(pairs) if not len(pair.source)]
    if not pairs or empty:
        what = f"Pair number {empty[0]} (from 0) has an empty source" if empty else "There are no pairs"
        raise ValueError(f"{what}: a model needs at least one word to read.")
    sources = [source_vocabulary.encode(pair.source) for pair in pairs]
    targets = [target_vocabulary.encode(pair.target) for pair in pairs]
    bos, eos = torch.tensor([BOS]), torch.tensor([EOS])
    source = _padded(sources)
    lengths = torch.tensor([len(sentence) for sentence in sources])
    return Batch(
        source,
        torch.arange(source.shape[1]) < lengths[:, None],
        _padded([torch.cat([bos, target]) for target in targets]),
        _padded([torch.cat([target, eos]) for target in targets]),
    )


def _padded(sentences: Sequence[Tensor]) -> Tensor:
    return nn.utils.rnn.pad_sequence(list(sentences), batch_first=True, padding_value=PAD)


def batches(
    pairs: Sequence[SentencePair],
    source_vocabulary: WordVocabulary,
    target_vocabulary: WordVocabulary,
    size: int,
    generator: torch.Generator | None = None,
) -> Iterator[Batch]:
    """Every pair once, in random batches of similar lengths, so that little is padding.

    The pairs are shuffled, sorted by length within heaps of 20 batches, and the batches of a heap are shuffled again.

    Args:
        pairs: what to learn from.
        source_vocabulary, target_vocabulary: numbers for the words of the two sides.
        size: how many pairs a batch holds, at least 1; the last one of a heap may hold fewer.
        generator: of the order; by default torch's own.

    Yields:
        batches, see `Batch`.

    Raises:
        ValueError: a size below one, no pairs, or an empty source.
    """
    if size < 1:
        raise ValueError(f"A batch holds at least one pair, not {size}.")
    if not pairs:
        raise ValueError("There are no pairs: a model needs at least one word to read.")
    order = torch.randperm(len(pairs), generator=generator).tolist()
    heap = 20 * size
    for start in range(0, len(order), heap):
        chosen = sorted(order[start : start + heap], key=lambda i: (len(pairs[i].source), len(pairs[i].target)))
        groups = [chosen[i : i + size] for i in range(0, len(chosen), size)]
        for i in torch.randperm(len(groups), generator=generator).tolist():
            yield collate([pairs[j] for j in groups[i]], source_vocabulary, target_vocabulary)


def log_probability(logits: Tensor, target_out: Tensor) -> Tensor:
    """ln p(y | x) of whole translations: the logarithms of their words' probabilities, added up.

    p(y_1, …, y_n | x) = Π_t p(y_t | y_<t, x), and the end of the sentence counts as a word.

    Args:
        logits: (batch, length_t, words): row t holds the scores for y_t, given what came before.
        target_out: (batch, length_t) int64: the words that came, then EOS, then PAD (0). Padding does not count.

    Returns:
        (batch,): natural logarithms, 0 or below; 0 for a row of padding alone.

    Sutskever et al. 2014, equation 1.
    """
    ### BEGIN SOLUTION
    of_words = torch.log_softmax(logits, dim=-1).gather(2, target_out[:, :, None]).squeeze(2)
    return of_words.masked_fill(target_out == 0, 0.0).sum(dim=1)
    ### END SOLUTION


def last_state(states: Tensor, mask: Tensor) -> Tensor:
    """What an encoder knows after the last word of each sentence: all that a decoder without attention is given.

    Args:
        states: (batch, length, d), the state after each place; sentences are padded on the right.
        mask: (batch, length) boolean, True where a word stands.

    Returns:
        (batch, d): the state at each sentence's last word; zeros for a sentence without words.
    """
    ### BEGIN SOLUTION
    lengths = mask.sum(dim=1)
    last = states[torch.arange(len(states)), (lengths - 1).clamp(min=0)]  # (batch, d)
    return last.masked_fill((lengths == 0)[:, None], 0.0)
    ### END SOLUTION


def train_translator(
    model: nn.Module,
    pairs: Sequence[SentencePair],
    source_vocabulary: WordVocabulary,
    target_vocabulary: WordVocabulary,
    steps: int | None = None,
    seconds: float | None = None,
    size: int = 64,
    rate: float = 3e-3,
    clip: float = 1.0,
    smoothing: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.98),
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a translation model in place with AdamW: it reads the right words before each word ("teacher forcing").

    The learning rate rises over the first twentieth of the budget, then falls as a cosine. The model is left in
    evaluation mode, and torch's random state as it was. One thread is used, so that the weights are the same whatever
    the setting of threads.

    Args:
        model: see the top of this module. Its present weights are the start.
        pairs: what it learns from.
        source_vocabulary, target_vocabulary: numbers for the words of the two sides.
        steps: how many steps; the result is then the same on every run.
        seconds: how long instead, in seconds of the wall clock. Give one of the two.
        size: pairs in a batch.
        rate: the highest learning rate.
        clip: the largest norm of the gradient over all weights.
        smoothing: the share of each target's probability that is spread over all words (label smoothing).
        betas: AdamW's two.
        seed: of the order of the pairs, and of the dropout if the model has any.
        progress: whether to show a bar with the loss.

    Returns:
        The loss of every step in nats per word (padding left out, EOS included), the seconds and the steps.

    Raises:
        ValueError: a budget that is missing, given twice, or not positive; no pairs; a loss that is no longer a number.
    """
    order = torch.Generator().manual_seed(seed)
    endless = _endless(lambda: batches(pairs, source_vocabulary, target_vocabulary, size, order))

    def loss() -> Tensor:
        batch = next(endless).to(device_of(model))
        logits, _ = model(batch.source, batch.source_mask, batch.target_in)
        return F.cross_entropy(
            logits.flatten(0, 1), batch.target_out.flatten(), ignore_index=PAD, label_smoothing=smoothing
        )

    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=betas, weight_decay=0.01, fused=True)
    return by_budget(model, [optimiser], loss, steps, seconds, rate, clip, seed, progress)


def _endless(once: Callable[[], Iterator[Batch]]) -> Iterator[Batch]:
    while True:
        yield from once()


@torch.no_grad()
def greedy(
    step: Callable[[Tensor, Any], tuple[Tensor, Any, Tensor | None]], state: Any, batch: int, limit: int, like: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Translate word by word: the likeliest word is taken, and read at the next step, until EOS or the limit.

    Args:
        step: `step(words, state) -> (logits (batch, words), state, weights (batch, length_s) or None)`, where `words`
            (batch,) are the words just written, BOS at first.
        state: for the first step; whatever `step` understands.
        batch: how many sentences.
        limit: how many words at most, EOS included; at least 1.
        like: a tensor on the device to be used.

    Returns:
        ids (batch, at most limit), PAD behind each EOS, and the weights (batch, the same, length_s) or None.

    Raises:
        ValueError: a limit below one.
    """
    if limit < 1:
        raise ValueError(f"A translation has room for at least one word, not {limit}.")
    words = torch.full((batch,), BOS, dtype=torch.int64, device=like.device)
    done = torch.zeros(batch, dtype=torch.bool, device=like.device)
    written: list[Tensor] = []
    looks: list[Tensor] = []
    while len(written) < limit and not bool(done.all()):
        logits, state, weights = step(words, state)
        logits = logits.clone()
        logits[:, [PAD, BOS]] = -math.inf  # neither is ever an answer
        words = logits.argmax(dim=1).masked_fill(done, PAD)
        done = done | (words == EOS)
        written.append(words)
        if weights is not None:
            looks.append(weights)
    ids = torch.stack(written, dim=1) if written else torch.zeros(batch, 0, dtype=torch.int64, device=like.device)
    return ids, torch.stack(looks, dim=1) if looks else None


@torch.no_grad()
def translations(
    model: nn.Module,
    sources: Sequence[SentencePair] | Sequence[Sequence[str]],
    source_vocabulary: WordVocabulary,
    target_vocabulary: WordVocabulary,
    size: int = 128,
    limit: int | None = None,
) -> list[str]:
    """What the model makes of each sentence, its words joined by spaces, in the order of the sentences.

    Args:
        model: see the top of this module; it is used in evaluation mode and left as it was.
        sources: pairs (their targets are not looked at), or sentences as sequences of words. An empty sentence is
            translated by an empty one, without asking the model. Unknown words are read as UNK.
        source_vocabulary, target_vocabulary: those the model was trained with.
        size: how many sentences go side by side; it changes the speed only.
        limit: how many words a translation has at most; by default twice the source and ten more.

    Raises:
        TypeError: a sentence is one string and not a sequence of words.
    """
    sentences = [_words(source) for source in sources]
    asked = sorted((i for i, words in enumerate(sentences) if words), key=lambda i: len(sentences[i]))
    answers = [""] * len(sentences)
    was_training, device = model.training, device_of(model)
    model.eval()
    translate: Callable[..., tuple[Tensor, Tensor | None]] = model.translate  # type: ignore[assignment]
    try:
        with one_thread():
            for start in range(0, len(asked), size):
                chosen = asked[start : start + size]
                source = _padded([source_vocabulary.encode(sentences[i]) for i in chosen])
                lengths = torch.tensor([len(sentences[i]) for i in chosen])
                mask = torch.arange(source.shape[1]) < lengths[:, None]
                room = limit if limit is not None else 2 * source.shape[1] + 10
                ids, _ = translate(source.to(device), mask.to(device), room)
                for i, row in zip(chosen, ids.tolist(), strict=True):
                    answers[i] = " ".join(target_vocabulary.decode(row))
    finally:
        model.train(was_training)
    return answers


def _words(source: Any) -> list[str]:
    if isinstance(source, str):
        raise TypeError(f"A sentence is a sequence of words, not the string {source[:30]!r}: split it first.")
    return list(source.source if hasattr(source, "source") else source)


@torch.no_grad()
def attention_maps(
    model: nn.Module,
    pairs: Sequence[SentencePair],
    source_vocabulary: WordVocabulary,
    target_vocabulary: WordVocabulary,
    size: int = 128,
) -> list[Tensor]:
    """Where the model looks while it is made to write the *given* translations, pair by pair.

    Args:
        model: a model with attention; it is used in evaluation mode and left as it was.
        pairs: sentences and the translations to write.
        source_vocabulary, target_vocabulary: those the model was trained with.
        size: how many pairs go side by side; it changes the speed only.

    Returns:
        For each pair (words of the target + 1, words of the source): a row for each word written, and one for EOS.
        A model with several heads, (batch, heads, length_t, length_s), is averaged over them.

    Raises:
        ValueError: the model has no attention weights, or a source is empty.
    """
    maps: dict[int, Tensor] = {}
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].source))
    was_training, device = model.training, device_of(model)
    model.eval()
    try:
        with one_thread():
            for start in range(0, len(order), size):
                chosen = order[start : start + size]
                batch = collate([pairs[i] for i in chosen], source_vocabulary, target_vocabulary).to(device)
                _, weights = model(batch.source, batch.source_mask, batch.target_in)
                if weights is None:
                    raise ValueError("This model has no attention weights to show.")
                if weights.dim() == 4:
                    weights = weights.mean(dim=1)
                for i, map_ in zip(chosen, weights.cpu(), strict=True):
                    maps[i] = map_[: len(pairs[i].target) + 1, : len(pairs[i].source)].clone()
    finally:
        model.train(was_training)
    return [maps[i] for i in range(len(pairs))]
