"""Skip-gram with negative sampling on a whole book, in seconds: vocabulary, pairs, trainer, and the trained vectors.

The formulas are those of `utils.word_vectors`; three things make them fast.

*Many pairs at a time.* A step takes a batch of pairs and adds up their gradients by word (`index_add_`).
*One pool of noise a batch.* Instead of K noise words for each pair, a batch shares `pool` of them, each weighted by
K / pool. The expected gradient is the same, and two matrix products replace a gather of batch · K vectors.
*Adagrad by word.* A sum over thousands of pairs is a long step for "the" and a short one for "honey". Dividing each
word's step by the root of its own summed squared gradients lets large batches learn as fast as single pairs do.

With `subwords`, the centre's vector is the mean of the vectors of its character n-grams (fastText). It is one sparse
matrix M, (words, n-grams): V = M Z, and the gradient of Z is Mᵀ times that of V.
"""

from __future__ import annotations

import dataclasses
import math
import random
import re
import time
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from utils import pace
from utils.pace import one_thread
from utils.word_vectors import character_ngrams, keep_probability, nearest, noise_distribution

__all__ = [
    "HELD_OUT_PROBES",
    "PROBES",
    "Vocabulary",
    "WordVectors",
    "batch_gradients",
    "context_accuracy",
    "hits",
    "misspellings",
    "pairs",
    "ranks",
    "tokenize",
    "train",
]

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")

_PROBES = """
gold silver brass iron | father mother brother sister son daughter wife | bread wine oil meal
sheep oxen goats lambs cows | two three four five six seven | north south east west | morning evening night
sun moon stars | sword bow spear arrows | blue purple red | river sea waters | joy grief fear
judah israel ephraim | peter james john | paul barnabas silas | foot hand arm fingers | eyes ears mouth nose
horses asses camels | king ruler captain chiefs | priest priests levites | tree branch vine fruit leaf
wind rain storm thunder snow | house tent wall door roof | egypt assyria babylon | wise foolish | old young
lion bear | sin evil wrongdoing
"""
_HELD_OUT_PROBES = """
days months years | hundred thousand | jerusalem samaria zion | moab ammon edom | david saul solomon
abraham isaac jacob | moses aaron | lips tongue teeth | bones skin flesh blood | haircloth dust
mountains hills valleys | cloud smoke fire | herds flocks cattle | servant master | death life | love hate
good bad | first second third fourth | black white | pillars curtains rings hooks | philistines ammonites
men women children | salt honey milk | clothing robe linen | strong feeble | music songs | arms legs knees
"""


def _groups(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group.split()) for line in text.strip().splitlines() for group in line.split("|"))


PROBES = _groups(_PROBES)
"""Groups of words that belong together, written down before the first run; the settings were chosen on them."""
HELD_OUT_PROBES = _groups(_HELD_OUT_PROBES)
"""Other groups, on which nothing was chosen."""


def tokenize(text: str) -> list[list[str]]:
    """Each line of a text as a list of its words, in lower case; an empty list where a line has no letter.

    A word is a run of letters of any alphabet; apostrophes and hyphens count inside a word.

    >>> tokenize("Let there be light: 3 times!\\n1:3")
    [['let', 'there', 'be', 'light', 'times'], []]
    """
    return [_WORD.findall(line.lower()) for line in text.splitlines()]


class Vocabulary:
    """The words that occur at least `min_count` times, the most frequent first, equal ones in alphabetical order.

    Attributes:
        words: the words by number.
        index: the number of each word.
        counts: (words,), int64: how often each occurs.

    Raises:
        ValueError: no word occurs so often.
    """

    def __init__(self, sentences: Iterable[Sequence[str]], min_count: int = 5) -> None:
        found = Counter(word for sentence in sentences for word in sentence)
        self.words = sorted((w for w, n in found.items() if n >= min_count), key=lambda w: (-found[w], w))
        if not self.words:
            raise ValueError(
                f"No word occurs {min_count} times or more ({len(found)} different words in all): take a longer text,"
                " or a smaller min_count."
            )
        self.index = {word: number for number, word in enumerate(self.words)}
        self.counts = torch.tensor([found[word] for word in self.words])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def encode(self, sentences: Iterable[Sequence[str]]) -> tuple[Tensor, Tensor]:
        """Numbers of all known words, one after the other, and for each the number of its sentence; others are left
        out.
        """
        ids: list[int] = []
        place: list[int] = []
        for number, sentence in enumerate(sentences):
            known = [self.index[word] for word in sentence if word in self.index]
            ids += known
            place += [number] * len(known)
        return torch.tensor(ids, dtype=torch.int64), torch.tensor(place, dtype=torch.int64)


def pairs(
    ids: Tensor, sentence: Tensor, window: int, generator: torch.Generator, keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Pairs (centre, outside) of a whole text in random order, windows never crossing from one sentence into the next.

    As in Mikolov's program, words are dropped by subsampling first, and each centre draws how far its window reaches,
    from 1 to `window`: near words are taken more often.

    Args:
        ids: (tokens,): numbers of words.
        sentence: (tokens,): number of the sentence each stands in, never falling.
        window: the farthest reach.
        generator: where the random numbers come from.
        keep: (words,): the probability with which an occurrence of each word is kept; None keeps all.

    Returns:
        Two tensors (pairs,).
    """
    if keep is not None:
        kept = torch.rand(len(ids), generator=generator) < keep[ids]
        ids, sentence = ids[kept], sentence[kept]
    reach = torch.randint(1, window + 1, (len(ids),), generator=generator)
    centres, outsides = [ids[:0]], [ids[:0]]
    for distance in range(1, min(window, len(ids) - 1) + 1):
        left, right = ids[:-distance], ids[distance:]
        together = sentence[:-distance] == sentence[distance:]
        for centre, outside, far in ((left, right, reach[:-distance]), (right, left, reach[distance:])):
            chosen = together & (far >= distance)
            centres.append(centre[chosen])
            outsides.append(outside[chosen])
    centre, outside = torch.cat(centres), torch.cat(outsides)
    order = torch.randperm(len(centre), generator=generator)
    return centre[order], outside[order]


@dataclasses.dataclass
class WordVectors:
    """Trained vectors, with what it takes to ask them.

    Attributes:
        vocabulary: the words.
        vectors: (words, d): v_w, the vectors as centre. These are meant by "the vector of a word".
        outside: (words, d): u_w.
        losses: the mean loss of a pair, for each twentieth of the training; fewer numbers in trainings of few steps.
        steps, seconds: how long the training was.
        ngrams: number of each character n-gram; empty without subwords.
        ngram_vectors: (n-grams, d).
        lengths: the shortest and the longest n-gram.
    """

    vocabulary: Vocabulary
    vectors: Tensor
    outside: Tensor
    losses: list[float]
    steps: int
    seconds: float
    ngrams: dict[str, int] = dataclasses.field(default_factory=dict)
    ngram_vectors: Tensor = dataclasses.field(default_factory=lambda: torch.zeros(0, 0))
    lengths: tuple[int, int] = (3, 6)

    def vector(self, word: str) -> Tensor:
        """(d,): a word's vector; for a word that is not in the vocabulary it is made from n-grams if there are any.

        A word none of whose n-grams is known gets zeros.

        Raises:
            KeyError: the word is unknown and these vectors have no n-grams.
        """
        if word in self.vocabulary:
            return self.vectors[self.vocabulary.index[word]]
        if not self.ngrams:
            raise KeyError(f"{word!r} is not among the {len(self.vocabulary)} words; these vectors know whole words.")
        return self.from_ngrams(word)

    def from_ngrams(self, word: str) -> Tensor:
        """(d,): the mean of the vectors of the word's known n-grams; zeros if none is known.

        Raises:
            ValueError: these vectors have no n-grams.
        """
        if not self.ngrams:
            raise ValueError("These vectors know whole words only: train with subwords=(3, 6) to get n-grams.")
        known = [self.ngrams[gram] for gram in character_ngrams(word, *self.lengths) if gram in self.ngrams]
        return self.ngram_vectors[known].sum(dim=0) / max(len(known), 1)

    def neighbours(self, word: str, k: int = 5) -> list[tuple[str, float]]:
        """The k words with the largest cosine, without the word itself."""
        own = {self.vocabulary.index[word]} if word in self.vocabulary else set()
        return [(self.vocabulary.words[i], cosine) for i, cosine in nearest(self.vectors, self.vector(word), k, own)]


def train(
    sentences: Sequence[Sequence[str]],
    d: int = 64,
    window: int = 5,
    epochs: int = 5,
    negatives: int = 5,
    threshold: float = 1e-3,
    rate: float = 0.2,
    batch: int = 1024,
    pool: int = 64,
    min_count: int = 5,
    subwords: tuple[int, int] | None = None,
    seed: int = 0,
    progress: bool = True,
) -> WordVectors:
    """Trains skip-gram with negative sampling; with `subwords`, fastText.

    Args:
        sentences: lists of words; windows do not cross from one into the next.
        d: width of the vectors.
        window, epochs, negatives: the farthest reach, passes over the text, noise words for each pair.
        threshold: of the subsampling; 0 keeps all words. In a text of fewer than 1 / threshold words every word is
            frequent by this measure: there, 0 is best.
        rate: the first step's rate; it falls to zero on a straight line.
        batch: pairs a step. A short text needs a small one, or it is over after a few steps.
        pool: noise words that a batch shares, each weighted by negatives / pool.
        min_count: rarer words are left out.
        subwords: the shortest and the longest character n-gram, or None for whole words only.
        seed: the same seed gives the same vectors on the same machine.
        progress: show a bar with the loss.

    Raises:
        ValueError: no word is frequent enough, no two words stand together, subsampling leaves no pairs, or a number is
            out of range.
    """
    whole = dict(d=d, window=window, epochs=epochs, negatives=negatives, batch=batch, pool=pool, min_count=min_count)
    for name, value in whole.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}.")
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be a number above 0, not {rate}.")
    if not (math.isfinite(threshold) and threshold >= 0):
        raise ValueError(f"threshold must be 0 or a number above it, not {threshold}.")
    if subwords is not None and not (len(subwords) == 2 and 1 <= subwords[0] <= subwords[1]):
        raise ValueError(f"subwords must be the shortest and the longest length, such as (3, 6), not {subwords}.")
    vocabulary = Vocabulary(sentences, min_count)
    ids, sentence = vocabulary.encode(sentences)
    if not bool((sentence[1:] == sentence[:-1]).any()):
        raise ValueError("No two known words stand in one sentence, so there are no pairs to learn from.")
    began = time.perf_counter()
    with one_thread(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        made = _train(vocabulary, ids, sentence, d, window, epochs, negatives, threshold, rate, batch, pool, subwords,
                      torch.Generator().manual_seed(seed), progress)  # fmt: skip
    made.seconds = time.perf_counter() - began
    return made


def _train(
    vocabulary: Vocabulary,
    ids: Tensor,
    sentence: Tensor,
    d: int,
    window: int,
    epochs: int,
    negatives: int,
    threshold: float,
    rate: float,
    batch: int,
    pool: int,
    subwords: tuple[int, int] | None,
    generator: torch.Generator,
    progress: bool,
) -> WordVectors:
    noise = noise_distribution(vocabulary.counts.double())
    keep = keep_probability(vocabulary.counts.double(), threshold) if threshold > 0 else None
    ngrams, mix = _mixing(vocabulary, subwords) if subwords else ({}, None)
    # The parameters: one row a word, or one row an n-gram.
    inner = (torch.rand(len(ngrams) or len(vocabulary), d, generator=generator) - 0.5) / d
    outer = torch.zeros(len(vocabulary), d)
    squares = [torch.full((len(inner), 1), 1e-10), torch.full((len(outer), 1), 1e-10)]
    turned = mix.t().to_sparse_csr() if mix is not None else None
    losses: list[float] = []
    done, last, total, running = 0, 0, 0, torch.zeros(())
    with tqdm(total=epochs, desc="fastText" if subwords else "skip-gram", unit="epoch", disable=not progress) as bar:
        for _ in range(epochs):
            centres, outsides = pairs(ids, sentence, window, generator, keep)
            steps = -(-len(centres) // batch)
            total = total or epochs * steps
            if not steps:  # in a short text subsampling may drop every pair of a pass
                bar.update()
                continue
            drawn = torch.multinomial(noise, steps * pool, replacement=True, generator=generator).view(steps, pool)
            for c, o, n in zip(centres.split(batch), outsides.split(batch), drawn[: pace.steps(steps)]):
                table = torch.sparse.mm(mix, inner) if mix is not None else inner
                loss, slopes, outer_slopes = batch_gradients(table, outer, c, o, n, negatives)
                if turned is not None:
                    slopes = torch.sparse.mm(turned, slopes)
                step = rate * max(1 - done / total, 0.0)
                _adagrad(inner, slopes, squares[0], step)
                _adagrad(outer, outer_slopes, squares[1], step)
                done += 1
                running += loss
                if len(losses) < 20 and done * 20 // total > len(losses):
                    losses.append(float(running) / (done - last))
                    running, last = torch.zeros(()), done
                    bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
            bar.update()
    if not done:
        raise ValueError(
            f"Subsampling with the threshold {threshold:g} leaves no two words side by side: this text is too short for"
            " it. Set threshold=0."
        )
    if done > last and len(losses) < 20:  # the passes differ a little in length, so the last twentieth may be short
        losses.append(float(running) / (done - last))
    table = torch.sparse.mm(mix, inner) if mix is not None else inner
    own = dict(ngrams=ngrams, ngram_vectors=inner, lengths=subwords) if subwords else {}
    return WordVectors(vocabulary, table, outer, losses, done, 0.0, **own)  # type: ignore[arg-type]


def batch_gradients(
    inner: Tensor, outer: Tensor, centre: Tensor, outside: Tensor, noise: Tensor, negatives: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Loss of a batch, and the gradients of its sum with respect to all vectors, noise words shared by the batch.

    Args:
        inner, outer: (words, d): v and u.
        centre, outside: (batch,): numbers of words.
        noise: (pool,): numbers of the noise words.
        negatives: K; each noise word counts K / pool times.

    Returns:
        The mean loss of a pair; two gradients (words, d).
    """
    v, u, w = inner[centre], outer[outside], outer[noise]
    weight = negatives / len(noise)
    scores, wrong_scores = (v * u).sum(dim=1), v @ w.T  # (batch,), (batch, pool)
    right = torch.sigmoid(scores) - 1
    wrong = torch.sigmoid(wrong_scores).mul_(weight)
    loss = F.softplus(-scores).mean() + weight * F.softplus(wrong_scores).sum(dim=1).mean()
    slopes = torch.zeros_like(inner).index_add_(0, centre, torch.addmm(right[:, None] * u, wrong, w))
    outer_slopes = torch.zeros_like(outer).index_add_(0, outside, right[:, None] * v).index_add_(0, noise, wrong.T @ v)
    return loss, slopes, outer_slopes


def _adagrad(parameters: Tensor, slopes: Tensor, squares: Tensor, rate: float) -> None:
    """One step of Adagrad with one rate a row (Duchi, Hazan & Singer 2011, averaged over the row)."""
    squares += slopes.square().mean(dim=1, keepdim=True)
    parameters.addcdiv_(slopes, squares.sqrt(), value=-rate)


def _mixing(vocabulary: Vocabulary, lengths: tuple[int, int]) -> tuple[dict[str, int], Tensor]:
    """The n-grams of all words, and the sparse matrix (words, n-grams) whose rows average them."""
    ngrams: dict[str, int] = {}
    starts, columns, values = [0], [], []
    for word in vocabulary.words:
        own = sorted(ngrams.setdefault(gram, len(ngrams)) for gram in character_ngrams(word, *lengths))
        columns += own
        values += [1 / len(own)] * len(own)
        starts.append(len(columns))
    parts = torch.tensor(starts), torch.tensor(columns), torch.tensor(values)
    return ngrams, torch.sparse_csr_tensor(*parts, (len(vocabulary), len(ngrams)), check_invariants=True)


def hits(vectors: Tensor, index: dict[str, int], groups: Sequence[Sequence[str]], k: int = 5) -> float:
    """The share of probe words that have another word of their group among their k nearest neighbours.

    Probe words that are not in the vocabulary are left out, and so are groups of which only one word is left.

    Raises:
        ValueError: no group has two known words.
    """
    unit = F.normalize(vectors, dim=1)
    found: list[bool] = []
    for group in groups:
        known = [index[word] for word in group if word in index]
        for word in known if len(known) > 1 else ():
            cosines = unit @ unit[word]
            cosines[word] = -2.0
            found.append(bool(set(cosines.topk(min(k, len(unit) - 1)).indices.tolist()) & set(known)))
    if not found:
        raise ValueError("No group has two words of the vocabulary.")
    return sum(found) / len(found)


def misspellings(
    vocabulary: Vocabulary, count: int, least: int = 20, letters: int = 5, seed: int = 0
) -> list[tuple[str, str]]:
    """Words, each with one letter put wrong: exchanged for another, left out, put in, or swapped with the next one.

    Letters that are put in are those of the vocabulary.

    Args:
        vocabulary: where the words come from; a misspelling that is itself a word in it is not used.
        count: how many; all suitable words if there are fewer.
        least: words that occur less often are not taken.
        letters: shorter words are not taken.
        seed: the same seed gives the same list.

    Returns:
        Pairs (word, misspelt).
    """
    rng = random.Random(seed)
    alphabet = sorted({letter for word in vocabulary.words if word.isalpha() for letter in word})
    suitable = [
        word
        for word, n in zip(vocabulary.words, vocabulary.counts.tolist())
        if n >= least and len(word) >= letters and word.isalpha()
    ]
    made = []
    for word in rng.sample(suitable, min(count, len(suitable))):
        wrong = word
        while wrong == word or wrong in vocabulary:
            i, other = rng.randrange(len(word)), rng.choice(alphabet)
            before, here, after = word[:i], word[i], word[i + 1 :]
            swapped = before + after[:1] + here + after[1:]
            wrong = rng.choice((before + other + after, before + after, before + other + here + after, swapped))
        made.append((word, wrong))
    return made


def ranks(vectors: WordVectors, asked: Sequence[tuple[str, str]]) -> Tensor:
    """(asked,): for each pair (word, misspelt), the place of the word among the neighbours of the misspelt one; 1 is
    best. The vector of the misspelt word is made from its n-grams; words with an equal cosine count as before it.
    """
    unit = F.normalize(vectors.vectors, dim=1)
    places = []
    for word, wrong in asked:
        cosines = unit @ vectors.from_ngrams(wrong)
        places.append(int((cosines >= cosines[vectors.vocabulary.index[word]]).sum()))
    return torch.tensor(places)


def context_accuracy(
    vectors: WordVectors, sentences: Sequence[Sequence[str]], words: Collection[str], window: int = 5, seed: int = 0
) -> tuple[float, int]:
    """How well vectors made from n-grams know the company of `words`: true outside words against drawn ones.

    For each occurrence of a word in the sentences, each true outside word in its window is compared with 20 words drawn
    in proportion to their counts; the model is right where it scores the true one higher. The most frequent words,
    above a share of 0.001, are neither asked for nor drawn: they stand beside everything.

    Returns:
        The share of comparisons won (1/2 is chance), and the number of true pairs.

    Raises:
        ValueError: there is nothing to compare.
    """
    vocabulary = vectors.vocabulary
    counts = vocabulary.counts.double()
    counts = torch.where(counts / counts.sum() < 1e-3, counts, torch.zeros_like(counts))
    generator, wins, asked = torch.Generator().manual_seed(seed), 0.0, 0
    for sentence in sentences:
        for i, word in enumerate(sentence):
            if word not in words:
                continue
            vector = vectors.from_ngrams(word)
            for j in range(max(0, i - window), min(len(sentence), i + window + 1)):
                number = vocabulary.index.get(sentence[j], -1)
                if j == i or number < 0 or not counts[number]:
                    continue
                drawn = torch.multinomial(counts, 20, replacement=True, generator=generator)
                true, others = vectors.outside[number] @ vector, vectors.outside[drawn] @ vector
                wins += float(((true > others).double() + 0.5 * (true == others).double()).mean())
                asked += 1
    if not asked:
        raise ValueError("None of these words stands beside a known word in these sentences.")
    return wins / asked, asked
