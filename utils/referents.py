"""Sentences in which "it" may stand for either of two nouns, and a small attention model that finds out which.

"The animal did not cross the street because it was too tired." What was too tired? Put "wide" in place of "tired" and
the answer changes, although nothing before that word does. (Such pairs are Winograd schemas: Levesque, Davis and
Morgenstern 2012, "The Winograd Schema Challenge". The animal and the street come from Uszkoreit 2017, "Transformer: A
Novel Neural Network Architecture for Language Understanding", who drew a Transformer's attention over them.)

The sentences are made here, always in pairs that differ in the last adjective alone: a rule that ignores the adjective,
such as "the first noun", is right in exactly half of them. The held-out nouns, "animal" and "street" among them, never
stand in such a sentence in training. The model meets them in simple sentences, as in "the street was wide", and learns
from the company they keep what kind of thing they are.

Nobody tells the model where to look. It is trained on blanks to fill and on the noun that "it" stands for, never on
attention weights.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.attention import MultiHeadAttention
from utils.positions import LearnedPositions
from utils.training import by_steps, one_cycle, seeded

__all__ = [
    "ADJECTIVES",
    "BLANK",
    "NOUNS",
    "PAD",
    "Blank",
    "ReferentModel",
    "Sentence",
    "answers",
    "attention",
    "attention_to_referent",
    "baselines",
    "best_head",
    "evaluate",
    "sentences",
    "simple_sentences",
    "train",
    "vocabulary",
]

Part = Literal["train", "heldout"]

PAD, BLANK, IT = "<pad>", "<blank>", "it"
MAX_LENGTH = 32


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


NOUNS: dict[str, dict[Part, tuple[str, ...]]] = {
    "animal": {
        "train": _list(
            """dog cat horse cow sheep goat pig donkey camel lion wolf bear deer rabbit hare mouse hen duck goose calf
            lamb pony kitten puppy monkey elephant zebra otter beaver badger hedgehog lizard tortoise bull
            hound"""
        ),
        "heldout": _list("animal fox mule ox tiger squirrel swan ram turtle leopard foal"),
    },
    "place": {
        "train": _list(
            """road bridge path field square park valley beach meadow avenue lane trail highway track yard garden court
            ford plain river harbour pasture terrace crossing footpath driveway market slope pier channel marsh plaza
            ridge canyon dam"""
        ),
        "heldout": _list("street alley hill lawn pavement glacier stream orchard causeway railway dune"),
    },
    "thing": {
        "train": _list(
            """box basket sack bag log bucket barrel crate parcel chair table pot trunk suitcase ladder drum mirror
            statue lamp cupboard bench vase clock piano sofa wardrobe desk stove jar bottle plank stool rug shelf
            anchor"""
        ),
        "heldout": _list("chest cradle bell kettle harp bed sledge easel cabinet globe carpet"),
    },
}
"""Three kinds of nouns; the kind's name is for the generator and for counting, the model is never told it."""

ADJECTIVES: dict[str, tuple[str, ...]] = {
    "animal": _list("tired hungry afraid sleepy thirsty ill shy lazy nervous weary"),
    "place": _list("wide long icy muddy crowded windy flooded foggy steep busy"),
    "thing": _list("heavy fragile bulky brittle costly delicate cumbersome unwieldy expensive breakable"),
}
"""What can be said of each kind, and of no other."""

# name: kind of the first noun, kind of the second, the words around them, the verbs that fit. Every pair of kinds
# stands in both orders, so neither place in the sentence belongs to a kind.
TEMPLATES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "cross": ("animal", "place", "{a} did not {v} {b}", ("cross", "enter", "pass", "reach")),
    "crossed": ("place", "animal", "{a} was not {v} by {b}", ("crossed", "entered", "passed", "reached")),
    "away": ("animal", "place", "{a} {v} away from {b}", ("stayed", "kept", "turned", "walked")),
    "before": ("place", "animal", "before {a} {b} {v}", ("stopped", "halted", "waited", "rested")),
    "drag": ("animal", "thing", "{a} did not {v} {b}", ("pull", "push", "drag", "move")),
    "dragged": ("thing", "animal", "{a} was not {v} by {b}", ("pulled", "pushed", "dragged", "moved")),
    "carried": ("thing", "place", "{a} was not {v} across {b}", ("carried", "taken", "brought", "rolled")),
    "across": ("place", "thing", "across {a} nobody {v} {b}", ("carried", "took", "brought", "rolled")),
}
# What moves the nouns about without changing the answer. An empty string leaves the place empty.
OPENINGS = ("", "", "yesterday", "this morning", "in the end", "on that day", "after the rain")
ATTRIBUTES = ("", "", "", "other", "same", "old", "little", "very same")
ADVERBS = ("", "", "again", "at noon", "that evening", "after all")
REASONS = (
    "because it was too",
    "because it was far too",
    "because it looked too",
    "since it was too",
    "as it was much too",
)

# One noun only. The first six have a blank to fill; in the last four "it" has just one noun to stand for.
WITH_BLANK = (
    "the {n} was {a} .",
    "the {n} looked {a} .",
    "this {n} is {a} .",
    "the {n} was very {a} that evening .",
    "yesterday the {n} was {a} .",
    "the other {n} is not {a} .",
)
WITH_IT = (
    "here is the {n} and it is {a} .",
    "this is the old {n} and it was {a} again .",
    "we saw the {n} yesterday and it looked very {a} .",
    "in the end the {n} was there and it was {a} .",
)


@dataclasses.dataclass(frozen=True)
class Blank:
    """A simple sentence with one question: which word belongs at `query`?

    Attributes:
        tokens: the words as the model reads them, `BLANK` or "it" at `query`.
        query: the place of the question.
        answer: the word asked for.
    """

    tokens: tuple[str, ...]
    query: int
    answer: str


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A sentence with two nouns and an "it".

    Attributes:
        tokens: the words, in lower case, with the full stop.
        it: the place of "it".
        adjective: the place of the adjective that decides.
        candidates: the places of the two nouns, in order.
        referent: the place of the noun that "it" stands for, one of `candidates`.
        template: the name of the frame it was made from.
    """

    tokens: tuple[str, ...]
    it: int
    adjective: int
    candidates: tuple[int, int]
    referent: int
    template: str

    @property
    def query(self) -> int:
        """The place of the question: that of "it"."""
        return self.it

    @property
    def answer(self) -> str:
        """The noun that "it" stands for."""
        return self.tokens[self.referent]

    @property
    def text(self) -> str:
        """The sentence as one string."""
        return " ".join(self.tokens)

    def without_adjective(self) -> Sentence:
        """The same sentence with the deciding adjective blanked: nobody can tell the answer any more."""
        tokens = list(self.tokens)
        tokens[self.adjective] = BLANK
        return dataclasses.replace(self, tokens=tuple(tokens))


def sentences(part: Part, count: int, seed: int = 0) -> list[Sentence]:
    """Sentences about two nouns in minimal pairs: numbers 2i and 2i + 1 differ in the adjective and in the answer.

    Args:
        part: "train" or "heldout": which nouns may occur. The two parts share no noun.
        count: how many; even. The templates take turns, so they are as equal in number as `count` allows.
        seed: the same seed gives the same sentences.

    Raises:
        ValueError: for another part, or a count that is negative or odd.

    >>> one, two = sentences("heldout", 2)
    >>> one.tokens[: one.adjective] == two.tokens[: two.adjective], one.answer == two.answer
    (True, False)
    """
    if part not in ("train", "heldout"):
        raise ValueError(f'part must be "train" or "heldout", not {part!r}.')
    if count < 0 or count % 2:
        raise ValueError(f"The sentences come in pairs: count must be even and not negative, not {count}.")
    rng = random.Random(f"{part} {seed}")
    made: list[Sentence] = []
    for number in range(count // 2):
        if number % len(TEMPLATES) == 0:
            turns = rng.sample(sorted(TEMPLATES), len(TEMPLATES))
        made += _pair(part, turns[number % len(TEMPLATES)], rng)
    return made


def _pair(part: Part, template: str, rng: random.Random) -> list[Sentence]:
    """One frame filled twice: once the adjective fits the first noun, once the second."""
    first, second, frame, verbs = TEMPLATES[template]
    slots = {"{first}": rng.choice(NOUNS[first][part]), "{second}": rng.choice(NOUNS[second][part])}
    a, b = (f"the {rng.choice(ATTRIBUTES)} {slot}" for slot in slots)
    body = frame.format(a=a, b=b, v=rng.choice(verbs))
    words = f"{rng.choice(OPENINGS)} {body} {rng.choice(ADVERBS)} {rng.choice(REASONS)} {{adjective}} .".split()
    one, two, adjective, it = (words.index(w) for w in (*slots, "{adjective}", IT))
    words[one], words[two] = slots.values()
    pair = []
    for kind, referent in ((first, one), (second, two)):
        words[adjective] = rng.choice(ADJECTIVES[kind])
        pair.append(Sentence(tuple(words), it, adjective, (one, two), referent, template))
    return pair


def simple_sentences() -> list[Blank]:
    """All simple sentences: every noun, held-out ones too, with every adjective of its kind. None has a reason in it.

    In "the <blank> was wide ." and "the street was <blank> ." a noun and its adjectives teach each other. In "here is
    the street and it is wide ." the model learns to name a noun it has read; there is only one to name.
    """
    made = []
    for kind, parts in NOUNS.items():
        for noun in parts["train"] + parts["heldout"]:
            for adjective in ADJECTIVES[kind]:
                for frame in WITH_BLANK:
                    words = frame.format(n=noun, a=adjective).split()
                    for word in (noun, adjective):
                        place = words.index(word)
                        made.append(Blank((*words[:place], BLANK, *words[place + 1 :]), place, word))
                for frame in WITH_IT:
                    words = frame.format(n=noun, a=adjective).split()
                    made.append(Blank(tuple(words), words.index(IT), noun))
    return made


def vocabulary() -> list[str]:
    """Every word that the generator can use, sorted, after the two special tokens. Its order numbers the words."""
    frames = [text.replace("{v}", " ".join(verbs)) for _, _, text, verbs in TEMPLATES.values()]
    texts = [*frames, *OPENINGS, *ATTRIBUTES, *ADVERBS, *REASONS, *WITH_BLANK, *WITH_IT]
    words = {word for text in texts for word in text.split() if not word.startswith("{")} | {"the", "."}
    words.update(noun for parts in NOUNS.values() for nouns in parts.values() for noun in nouns)
    words.update(adjective for adjectives in ADJECTIVES.values() for adjective in adjectives)
    return [PAD, BLANK, *sorted(words)]


class ReferentModel(nn.Module):
    """A small encoder made of attention alone, which says what word belongs at a place.

    All layers but the last are self-attention with a residual: they tell each word what stands around it. The last
    layer looks back at the words *as they were read*, and what it brings is the whole answer: there is no residual
    around it. So whatever the model says has come through the weights of the last map, and a column of that map means
    the word written under it, not a mixture that an earlier layer gathered there.

    With `reads="states"` the last layer may look at those mixtures. It answers as well, but its best head has its
    largest weight on the noun in a third to three fifths of the sentences only: a weight on a column that holds a
    mixture says little of the word written there (Brunner et al. 2020, "On Identifiability in Transformers",
    arXiv:1908.04211).

    Args:
        vocab: the words, in the order of their numbers.
        d_model: width of the vectors.
        heads: heads of every layer; must divide `d_model`.
        layers: attention layers, at least 1.
        reads: what the last layer looks at: "words" or "states".
    """

    def __init__(
        self,
        vocab: Sequence[str],
        d_model: int = 64,
        heads: int = 4,
        layers: int = 2,
        reads: Literal["words", "states"] = "words",
    ) -> None:
        super().__init__()
        if layers < 1 or reads not in ("words", "states"):
            raise ValueError(f'Needs at least one layer and reads "words" or "states", not {layers} and {reads!r}.')
        self.vocab, self.reads = list(vocab), reads
        self.index = {word: number for number, word in enumerate(self.vocab)}
        self.embedding = nn.Embedding(len(self.vocab), d_model)
        self.positions = LearnedPositions(MAX_LENGTH, d_model)
        self.attentions = nn.ModuleList(MultiHeadAttention(d_model, heads) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(layers + 1))
        # Vectors of length about 1: larger ones would start with scores that are far too sure.
        for table in (self.embedding, self.positions.table):
            nn.init.normal_(table.weight, std=d_model**-0.5)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Read sentences.

        Args:
            tokens: (batch, length), the words' numbers, padded with 0.

        Returns:
            scores: (batch, length, vocabulary), how well each word would fit at each place.
            maps: (layers, batch, heads, length, length), the attention weights.
        """
        keep = (tokens != 0)[:, None, None, :]  # (batch, 1, 1, length): nobody looks at padding
        words = self.positions(self.embedding(tokens))  # (batch, length, d_model)
        x, maps = words, []
        for attend, norm in zip(self.attentions[:-1], self.norms, strict=False):
            brought, weights = attend(norm(x), keep)
            x = x + brought
            maps.append(weights)
        norm = self.norms[-2]
        brought, weights = self.attentions[-1](norm(x), keep, norm(words if self.reads == "words" else x))
        maps.append(weights)
        # The scores use the table of embeddings again, so a noun that can be read can also be answered.
        return self.norms[-1](brought) @ self.embedding.weight.T, torch.stack(maps)

    def encode(self, texts: Sequence[Sequence[str]]) -> Tensor:
        """Numbers for words: (batch, longest), padded with 0.

        Raises:
            ValueError: for no sentence or an empty one, and for words that the model does not know (it names them).
        """
        if not texts or not all(texts):
            raise ValueError("There is nothing to read: give at least one sentence with at least one word.")
        unknown = sorted({word for text in texts for word in text if word not in self.index})
        if unknown:
            raise ValueError(f"The model does not know: {', '.join(unknown)}. Its words are in vocabulary().")
        longest = max(map(len, texts))
        return torch.tensor([[self.index[w] for w in text] + [0] * (longest - len(text)) for text in texts])


def _tensors(model: ReferentModel, examples: Sequence[Blank | Sentence]) -> tuple[Tensor, Tensor, Tensor]:
    """Words (n, longest), places of the questions (n,), answers (n,)."""
    places = torch.tensor([e.query for e in examples])
    return model.encode([e.tokens for e in examples]), places, torch.tensor([model.index[e.answer] for e in examples])


def train(
    seed: int = 0,
    steps: int = 600,
    batch: int = 96,
    rate: float = 3e-3,
    reads: Literal["words", "states"] = "words",
    heads: int = 4,
    layers: int = 2,
    progress: bool = True,
) -> tuple[ReferentModel, list[float]]:
    """Train a fresh model on answers: half of every batch are sentences with a reason, half simple ones.

    The loss is the cross-entropy of the word asked for, over the whole vocabulary. Attention weights are not in it. It
    does not go to zero: many animals fit "the <blank> was tired", and the model can only learn how many.

    Args:
        seed: start of the weights, of the training sentences and of the batches. The global random state is left alone.
        steps, batch, rate: how long, how many examples a step, and the highest learning rate (it rises, then falls).
        reads, heads, layers: see `ReferentModel`.
        progress: whether to show a bar with the loss.

    Returns:
        The model in evaluation mode, and the loss of each step.

    Raises:
        ValueError: for fewer than 10 steps or a batch smaller than 2.
    """
    if steps < 10 or batch < 2:
        raise ValueError(f"Needs at least 10 steps and a batch of at least 2, not {steps} and {batch}.")
    with seeded(seed):
        model = ReferentModel(vocabulary(), heads=heads, layers=layers, reads=reads)
        sources = [_tensors(model, sentences("train", 6000, seed)), _tensors(model, simple_sentences())]

        def loss(step: int) -> Tensor:
            total = torch.zeros(())
            for tokens, places, right in sources:
                chosen = torch.randint(len(tokens), (batch // 2,))
                scores, _ = model(tokens[chosen])
                total = total + F.cross_entropy(scores[torch.arange(len(chosen)), places[chosen]], right[chosen]) / 2
            return total

        optimiser = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.98))
        losses = by_steps(optimiser, loss, steps, one_cycle, progress=progress)
    return model.eval(), losses


@torch.no_grad()
def _read(model: ReferentModel, tests: Sequence[Sentence]) -> tuple[Tensor, Tensor]:
    """At "it": scores (n, vocabulary) and weights (layers, n, heads, length)."""
    tokens, places, _ = _tensors(model, tests)
    scores, maps = model(tokens)
    rows = torch.arange(len(tests))
    # Two index tensors with a slice between them: torch puts their common axis first.
    return scores[rows, places], maps[:, rows, :, places].permute(1, 0, 2, 3)


def attention_to_referent(model: ReferentModel, tests: Sequence[Sentence]) -> tuple[np.ndarray, np.ndarray]:
    """How each head's row of "it" treats the referent.

    Returns:
        share: (layers, heads), the share of sentences in which the referent gets the row's largest weight.
        weight: (layers, heads), the mean weight of the referent.
    """
    _, weights = _read(model, tests)
    referents = torch.tensor([t.referent for t in tests])
    share = (weights.argmax(-1) == referents[None, :, None]).double().mean(1)
    weight = weights[:, torch.arange(len(tests)), :, referents].mean(0)  # (n, layers, heads) -> (layers, heads)
    return share.numpy(), weight.numpy()


def best_head(model: ReferentModel, count: int = 400, seed: int = 1_000_003) -> tuple[int, int]:
    """The (layer, head) that gives the referent the largest mean weight on fresh sentences of *training* nouns."""
    _, weight = attention_to_referent(model, sentences("train", count, seed))
    layer, head = np.unravel_index(weight.argmax(), weight.shape)
    return int(layer), int(head)


def baselines(tests: Sequence[Sentence]) -> dict[str, float]:
    """Accuracy of rules that choose between the two nouns without reading the adjective.

    The last rule knows which kind of noun is the answer most often in training, and takes a noun of that kind.
    """
    kinds = {n: kind for kind, parts in NOUNS.items() for nouns in parts.values() for n in nouns}
    order = [kind for kind, _ in Counter(kinds[s.answer] for s in sentences("train", 2000)).most_common()]
    rules = {
        "the first noun": lambda s: s.candidates[0],
        "the nearest noun": lambda s: s.candidates[1],
        "the commonest kind": lambda s: min(s.candidates, key=lambda place: order.index(kinds[s.tokens[place]])),
    }
    return {name: float(np.mean([rule(s) == s.referent for s in tests])) for name, rule in rules.items()}


def evaluate(model: ReferentModel, tests: Sequence[Sentence], head: tuple[int, int] | None = None) -> dict[str, float]:
    """What the model knows, and whether it looks where it should.

    Args:
        model: trained or not.
        tests: sentences as `sentences` makes them; pairs complete, or the rules of chance are not one half.
        head: (layer, head) whose map is judged; by default `best_head`, which never sees `tests`.

    Returns:
        accuracy: the right noun is first among all words of the vocabulary.
        accuracy_of_two: the right noun beats the other noun of the sentence.
        accuracy_without_adjective: as `accuracy_of_two`, with the adjective blanked; one half is chance.
        share: share of sentences in which the head's row of "it" has its largest weight on the referent.
        weight: mean weight of the referent in that row.
        layer, head: the head judged, counted from 0.
        and one number for each rule of `baselines`.

    Raises:
        ValueError: for no sentences.
    """
    if not tests:
        raise ValueError("There are no sentences to evaluate on.")
    layer, number = head or best_head(model)
    right = torch.tensor([model.index[t.answer] for t in tests])
    scores, _ = _read(model, tests)
    share, weight = attention_to_referent(model, tests)
    return {
        "accuracy": (scores.argmax(-1) == right).double().mean().item(),
        "accuracy_of_two": _of_two(model, tests),
        "accuracy_without_adjective": _of_two(model, [t.without_adjective() for t in tests]),
        "share": float(share[layer, number]),
        "weight": float(weight[layer, number]),
        "layer": layer,
        "head": number,
        **baselines(tests),
    }


def _of_two(model: ReferentModel, tests: Sequence[Sentence]) -> float:
    """Share of sentences in which the referent scores higher than the other noun."""
    scores, _ = _read(model, tests)
    nouns = torch.tensor([[model.index[t.tokens[place]] for place in t.candidates] for t in tests])
    chosen = scores.gather(1, nouns).argmax(1)
    return float(np.mean([t.candidates[int(c)] == t.referent for t, c in zip(tests, chosen, strict=True)]))


def _words(tokens: str | Sequence[str]) -> list[str]:
    """A string is split at spaces, its full stop too, and put in lower case."""
    return tokens.lower().replace(".", " . ").split() if isinstance(tokens, str) else list(tokens)


@torch.no_grad()
def attention(model: ReferentModel, tokens: str | Sequence[str], head: tuple[int, int] | None = None) -> np.ndarray:
    """The attention weights over one sentence, for a heatmap: rows look, columns are looked at.

    Args:
        model: a model.
        tokens: the words, or a string to be split at spaces.
        head: (layer, head), counted from 0; None = all.

    Returns:
        (length, length) for one head, else (layers, heads, length, length).
    """
    maps = model(model.encode([_words(tokens)]))[1][:, 0].numpy()
    return maps if head is None else maps[head]


@torch.no_grad()
def answers(model: ReferentModel, tokens: str | Sequence[str], count: int = 3) -> list[tuple[str, float]]:
    """The likeliest words for the first "it" of a sentence, with their probabilities.

    Raises:
        ValueError: for a sentence without "it", or with a word that the model does not know.
    """
    words = _words(tokens)
    if IT not in words:
        raise ValueError('The sentence has no "it" to ask about.')
    probabilities = model(model.encode([words]))[0][0, words.index(IT)].softmax(-1)
    best = probabilities.topk(count)
    return [(model.vocab[int(n)], float(p)) for p, n in zip(best.values, best.indices, strict=True)]
