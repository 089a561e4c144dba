"""Using a pre-trained BERT: fine-tuning, the same model from scratch, and frozen features of every layer.

The task is to tell from one verse which kind of book it stands in. `verse_task` draws it; a few labels of each kind are
for training, the rest for testing.

Sources: Devlin et al. 2019, "BERT" (arXiv:1810.04805), section 4 (fine-tuning) and 5.3 (features).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from utils import data, pace
from utils.bert import Bert
from utils.bert_inputs import Inputs, in_batch
from utils.bert_tokenizer import WordPiece
from utils.classification import masked_mean

__all__ = ["KINDS", "BertClassifier", "Example", "fine_tune", "layer_features", "linear_probe", "score", "verse_task"]

KINDS: dict[str, tuple[str, ...]] = {
    "law": ("Leviticus", "Numbers", "Deuteronomy"),
    "history": ("Joshua", "2 Samuel", "2 Kings", "1 Chronicles", "2 Chronicles"),
    "wisdom": ("Job", "Proverbs", "Ecclesiastes"),
    "psalms": ("Psalms",),
    "prophets": ("Isaiah", "Jeremiah", "Ezekiel"),
    "gospels": ("Matthew", "Luke", "John"),
    "letters": ("Romans", "1 Corinthians", "2 Corinthians", "Ephesians", "1 Peter"),
}
"""Kinds of books, each with some books of the training part."""


class Example(NamedTuple):
    """A sentence as piece numbers, and the number of its class."""

    sentence: Sequence[int]
    label: int


def verse_task(
    verses: Mapping[int, str],
    tokenizer: WordPiece,
    labels: int = 30,
    tests: int = 150,
    seed: int = 0,
    kinds: Mapping[str, Sequence[str]] | None = None,
) -> tuple[list[Example], list[Example]]:
    """Draw verses of each kind of book, some to learn from and some to be tested on.

    Args:
        verses: verse id → text, as `utils.data.verses` gives them.
        tokenizer: makes numbers of them.
        labels: how many verses of each kind are for training.
        tests: how many of each kind are for the test; none is in both.
        seed: of the draw.
        kinds: name → books; `KINDS` by default. A class's number is its place.

    Raises:
        ValueError: a kind has too few verses, or a book is unknown.
    """
    kinds = KINDS if kinds is None else kinds
    numbers = {book.name: book.number for book in data.BOOKS}
    training: list[Example] = []
    testing: list[Example] = []
    chooser = random.Random(seed)
    for label, (kind, books) in enumerate(kinds.items()):
        unknown = [book for book in books if book not in numbers]
        if unknown:
            raise ValueError(f"There is no book {unknown[0]!r}.")
        wanted = {numbers[book] for book in books}
        pool = [text for verse, text in verses.items() if verse // 1_000_000 in wanted]
        if len(pool) < labels + tests:
            raise ValueError(f"The kind {kind!r} has {len(pool)} verses; {labels + tests} are asked for.")
        drawn = [Example(tokenizer.encode(text), label) for text in chooser.sample(pool, labels + tests)]
        training += drawn[:labels]
        testing += drawn[labels:]
    return training, testing


class BertClassifier(nn.Module):
    """A BERT with one linear layer on the mean of its last states.

    BERT base reads the pooled vector of [CLS] instead, which next sentence prediction has trained. A model that was
    pre-trained for half a minute has nothing in [CLS] yet.

    Args:
        bert: is copied, so that the original stays as it is.
        classes: number of answers.
    """

    def __init__(self, bert: Bert, classes: int) -> None:
        super().__init__()
        self.bert = copy.deepcopy(bert)
        self.output = nn.Linear(bert.config.width, classes)

    def forward(self, inputs: Inputs) -> Tensor:
        """Scores (batch, classes)."""
        states, _ = self.bert(*inputs)
        return self.output(masked_mean(states[-1], inputs.real))


def read(tokenizer: WordPiece, examples: Sequence[Example], limit: int) -> tuple[Inputs, Tensor]:
    """Inputs and labels (batch,) of some examples."""
    sentences = [example.sentence for example in examples]
    inputs = in_batch(sentences, tokenizer.classify, tokenizer.separate, limit, tokenizer.pad)
    return inputs, torch.tensor([example.label for example in examples])


def fine_tune(
    bert: Bert,
    tokenizer: WordPiece,
    examples: Sequence[Example],
    classes: int,
    steps: int = 120,
    batch: int = 32,
    rate: float = 1e-3,
    limit: int = 48,
    seed: int = 0,
    progress: bool = True,
) -> BertClassifier:
    """Train all weights of a BERT and a fresh linear layer on labelled sentences.

    AdamW; the rate rises over the first tenth of the steps and falls to zero. Torch's random state is left alone.

    Args:
        bert: the start, pre-trained or fresh; it is not changed.
        tokenizer: of the examples.
        examples: at least one.
        classes: number of answers.
        steps, batch, rate: how many steps, how many examples each, the highest learning rate.
        limit: how many tokens of a sentence are read.
        seed: of the new layer and of the batches.
        progress: whether to show a bar.

    Raises:
        ValueError: no examples.
    """
    if not examples:
        raise ValueError("There is nothing to fine-tune on: no examples.")
    steps = pace.steps(steps)
    with torch.random.fork_rng(devices=[]), pace.one_thread():
        torch.manual_seed(seed)
        model = BertClassifier(bert, classes).train()
        optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
        warm = max(1, steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
        )
        waiting: list[int] = []
        for _ in tqdm(range(steps), desc="fine-tuning", disable=not progress, leave=False):
            while len(waiting) < batch:
                waiting += torch.randperm(len(examples)).tolist()
            chosen, waiting = waiting[:batch], waiting[batch:]
            inputs, labels = read(tokenizer, [examples[n] for n in chosen], limit)
            loss = F.cross_entropy(model(inputs), labels)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def score(model: BertClassifier, tokenizer: WordPiece, examples: Sequence[Example], limit: int = 48) -> float:
    """The share of examples that a classifier gets right.

    Raises:
        ValueError: no examples.
    """
    if not examples:
        raise ValueError("There are no examples to judge a model by.")
    right = 0
    for start in range(0, len(examples), 64):
        inputs, labels = read(tokenizer, examples[start : start + 64], limit)
        right += int((model(inputs).argmax(dim=1) == labels).sum())
    return right / len(examples)


@torch.no_grad()
def layer_features(
    bert: Bert, tokenizer: WordPiece, examples: Sequence[Example], limit: int = 48
) -> tuple[list[Tensor], Tensor]:
    """One vector a sentence from each layer of a frozen BERT: the mean of its tokens' states.

    Returns:
        features: layers + 1 tensors (examples, width); number 0 is what the embeddings give.
        labels: (examples,).
    """
    found: list[list[Tensor]] = []
    for start in range(0, len(examples), 64):
        inputs, _ = read(tokenizer, examples[start : start + 64], limit)
        states, _ = bert(*inputs)
        found.append([masked_mean(state, inputs.real) for state in states])
    return [torch.cat(parts) for parts in zip(*found)], torch.tensor([example.label for example in examples])


def linear_probe(
    training: Tensor, labels: Tensor, testing: Tensor, truth: Tensor, decay: float = 0.1, steps: int = 30
) -> float:
    """The accuracy of logistic regression on frozen features.

    The features are brought to mean 0 and deviation 1 first, as they are in training. Fitted by L-BFGS with a penalty
    decay / 2 · ‖W‖² / classes on the weights; a convex problem, so there is nothing random in it.

    Args:
        training: (examples, width).
        labels: (examples,), int64.
        testing: (tests, width).
        truth: (tests,), int64.
    """
    mean, deviation = training.mean(dim=0), training.std(dim=0, unbiased=False).clamp(min=1e-6)
    features, tests = (training - mean) / deviation, (testing - mean) / deviation
    classes = int(max(labels.max(), truth.max())) + 1
    weight = torch.zeros(features.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(features @ weight + bias, labels) + decay / (2 * classes) * weight.pow(2).sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        solver.step(closure)
    with torch.no_grad():
        return float(((tests @ weight + bias).argmax(dim=1) == truth).float().mean())
