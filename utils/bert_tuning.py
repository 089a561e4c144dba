"""Using a pre-trained BERT: fine-tuning, the same model from scratch, and frozen features of every layer.

The task is to find the names in a verse. Its labels cost nothing: a capital letter inside a sentence makes a name (God,
Moses, Egypt, Israelites). The tokenizer puts everything in lower case first, so the model cannot see them.

Source: Devlin et al. 2019, "BERT" (arXiv:1810.04805), section 4 (fine-tuning) and 5.3 (tagging, with features of
several layers).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pace
from utils.bert_inputs import IGNORED, Inputs, in_batch, tag_labels
from utils.bert_tokenizer import WordPiece
from utils.classification import f1_scores
from utils.training import by_steps, drawn, seeded

__all__ = [
    "BertTagger",
    "NameScores",
    "Tagged",
    "fine_tune",
    "layer_features",
    "mark_names",
    "names_in",
    "probe",
    "score",
    "tagged_names",
]

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_MAY_BEGIN = set(",.:?!;\"'()-\u2014\u201c\u2018")  # after a comma, too, somebody may begin to speak: "said, Let …"


class Tagged(NamedTuple):
    """A sentence as piece numbers, and a label for each token of its input, [CLS] and [SEP] included."""

    sentence: list[int]
    labels: list[int]


def mark_names(text: str) -> list[tuple[str, int]]:
    """The words and signs of a text, each with 1 for a name, 0 for anything else, and `IGNORED` where one cannot say.

    A word with a capital letter is a name, unless it is "I" or "O". Behind a sign (a full stop, a comma before direct
    speech) any word may have a capital: of one that has, nothing is asked there.

    >>> mark_names("And God said to Moses, Go.")[:4]
    [('And', -100), ('God', 1), ('said', 0), ('to', 0)]
    """
    marked = []
    behind_a_sign = True
    for word in _TOKEN.findall(text):
        capital = word[0].isupper() and word not in ("I", "O")
        marked.append((word, IGNORED if capital and behind_a_sign else int(capital)))
        behind_a_sign = word in _MAY_BEGIN
    return marked


def names_in(texts: Iterable[str]) -> set[str]:
    """The names that `mark_names` finds in some texts."""
    return {word for text in texts for word, tag in mark_names(text) if tag == 1}


def tagged_names(
    texts: Iterable[str], tokenizer: WordPiece, limit: int = 32, known: Collection[str] = (), only_known: bool = False
) -> list[Tagged]:
    """Texts as piece numbers, with labels at first pieces.

    Args:
        texts: sentences, with their capitals.
        tokenizer: cuts the words.
        limit: of a long text, the words that fit into so many tokens, [CLS] and [SEP] included.
        known: names about which nothing is asked: with `names_in` of the training texts, a test asks for new ones only.
        only_known: the other way round: nothing is asked about names that are not `known`.
    """
    tagged = []
    known = set(known)
    for text in texts:
        sentence: list[int] = []
        lengths: list[int] = []
        tags: list[int] = []
        for word, tag in mark_names(text):
            pieces = tokenizer.encode(word)
            if len(sentence) + len(pieces) > limit - 2:
                break
            if pieces:
                sentence += pieces
                lengths.append(len(pieces))
                tags.append(IGNORED if tag == 1 and (word in known) != only_known else tag)
        tagged.append(Tagged(sentence, tag_labels(lengths, tags)))
    return tagged


class BertTagger(nn.Module):
    """A pre-trained encoder with one new linear layer, which reads the states of one of its layers.

    Args:
        bert: is copied, so that the original stays as it is.
        tags: how many scores each token gets.
        layer: whose states are read: a number in the encoder's list of states, 0 for the embeddings, −1 for the last.
        frozen: True: no gradient reaches the encoder's weights, only the new layer learns (features). False: all
            weights learn (fine-tuning).

    Attributes:
        bert: the copy.
        output: `nn.Linear(width, tags)`.

    Devlin et al. 2019, figure 4(d), and section 5.3 for the frozen kind.
    """

    def __init__(self, bert: Any, tags: int = 2, layer: int = -1, frozen: bool = False) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.bert = copy.deepcopy(bert)
        if frozen:
            self.bert.requires_grad_(False)
        self.layer = layer
        self.output = nn.Linear(bert.config.width, tags)
        ### END SOLUTION

    def forward(self, ids: Tensor, segments: Tensor | None = None, real: Tensor | None = None) -> Tensor:
        """Score the tags of each token.

        Args:
            ids, segments, real: (batch, length), as for `Bert`.

        Returns:
            (batch, length, tags).
        """
        ### BEGIN SOLUTION
        states, _ = self.bert(ids, segments, real)
        return self.output(states[self.layer])
        ### END SOLUTION


def read(tokenizer: WordPiece, examples: Sequence[Tagged]) -> tuple[Inputs, Tensor]:
    """The inputs of some examples, and their labels (batch, length), `IGNORED` at padding."""
    sentences = [example.sentence for example in examples]
    inputs = in_batch(sentences, tokenizer.classify, tokenizer.separate, pad=tokenizer.pad)
    labels = torch.full_like(inputs.ids, IGNORED)
    for row, example in zip(labels, examples):
        row[: len(example.labels)] = torch.tensor(example.labels)
    return inputs, labels


def fine_tune(
    bert: Any,
    tokenizer: WordPiece,
    examples: Sequence[Tagged],
    steps: int = 100,
    batch: int = 16,
    rate: float = 2e-3,
    seed: int = 0,
    progress: bool = True,
    tagger: Callable[[Any], nn.Module] = BertTagger,
) -> nn.Module:
    """Train a BERT with a fresh linear layer on labelled sentences: all weights, unless the tagger freezes some.

    AdamW; the rate rises over the first tenth of the steps and falls to zero. Torch's random state is left alone.

    Args:
        bert: the start, pre-trained or fresh; it is not changed.
        tokenizer: of the examples.
        examples: at least one.
        steps, batch, rate: how many steps, how many examples each, the highest learning rate.
        seed: of the new layer and of the batches.
        progress: whether to show a bar.
        tagger: makes the model from the start. Your own will do.

    Raises:
        ValueError: no examples, no steps, or an empty batch.
    """
    if not examples:
        raise ValueError("There is nothing to fine-tune on: no examples.")
    if steps < 1 or batch < 1:
        raise ValueError(f"Training needs steps and examples, not {steps} steps of {batch} examples.")
    with seeded(seed):
        model = tagger(bert).train()
        batches = drawn(lambda: torch.randperm(len(examples)).tolist(), batch)

        def loss(step: int) -> Tensor:
            inputs, labels = read(tokenizer, [examples[n] for n in next(batches)])
            total = F.cross_entropy(model(*inputs).flatten(0, 1), labels.flatten(), reduction="sum")
            return total / (labels != IGNORED).sum().clamp(min=1)

        learning = [weight for weight in model.parameters() if weight.requires_grad]
        optimiser = torch.optim.AdamW(learning, lr=rate, weight_decay=0.01)
        by_steps(optimiser, loss, steps, title="fine-tuning", progress=progress)
    return model.eval()


class NameScores(NamedTuple):
    """How well names were found: the share of right finds, the share of found ones, and their harmonic mean."""

    precision: float
    recall: float
    f1: float


def _judged(guessed: Tensor, labels: Tensor) -> NameScores:
    """Guesses and labels of any shape; nothing counts where a label is `IGNORED`."""
    asked = labels != IGNORED
    hits = int(((guessed == 1) & (labels == 1) & asked).sum())
    found, names = int(((guessed == 1) & asked).sum()), int((labels == 1).sum())
    f1 = float(f1_scores(guessed, labels, asked, 2)[1])
    return NameScores(hits / max(1, found), hits / max(1, names), f1)


@torch.no_grad()
def score(model: nn.Module, tokenizer: WordPiece, examples: Sequence[Tagged]) -> NameScores:
    """Precision, recall and F1 of the names that a tagger finds.

    Raises:
        ValueError: no examples.
    """
    if not examples:
        raise ValueError("There are no examples to judge a model by.")
    guessed, right = [], []
    with pace.one_thread():
        for start in range(0, len(examples), 50):
            inputs, labels = read(tokenizer, examples[start : start + 50])
            guessed.append(model(*inputs).argmax(dim=-1).flatten())
            right.append(labels.flatten())
    return _judged(torch.cat(guessed), torch.cat(right))


@torch.no_grad()
def layer_features(bert: nn.Module, tokenizer: WordPiece, examples: Sequence[Tagged]) -> tuple[list[Tensor], Tensor]:
    """What each layer of a frozen BERT says of every token that has a label.

    Returns:
        features: layers + 1 tensors (tokens, width); number 0 is what the embeddings give.
        labels: (tokens,).
    """
    found: list[list[Tensor]] = []
    asked: list[Tensor] = []
    examples = pace.few(examples, 20)
    with pace.one_thread():
        for start in range(0, len(examples), 50):
            inputs, labels = read(tokenizer, examples[start : start + 50])
            states, _ = bert(*inputs)
            found.append([state[labels != IGNORED] for state in states])
            asked.append(labels[labels != IGNORED])
    return [torch.cat(parts) for parts in zip(*found)], torch.cat(asked)


def probe(
    training: Tensor, labels: Tensor, testing: Tensor, truth: Tensor, decay: float = 0.01, steps: int = 50
) -> float:
    """F1 of the names by logistic regression on frozen features: a linear probe.

    The features are brought to mean 0 and deviation 1 first, by the training's numbers. Fitted by L-BFGS to the mean
    cross-entropy and decay / 2 · ‖W‖²; a convex problem, so there is nothing random in it.

    Args:
        training: (tokens, width).
        labels: (tokens,), int64, 0 or 1.
        testing: (tests, width).
        truth: (tests,), int64.
    """
    mean, deviation = training.mean(dim=0), training.std(dim=0, unbiased=False).clamp(min=1e-6)
    features, tests = (training - mean) / deviation, (testing - mean) / deviation
    weight = torch.zeros(features.shape[1], 2, requires_grad=True)
    bias = torch.zeros(2, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=pace.steps(steps), line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(features @ weight + bias, labels) + decay / 2 * weight.pow(2).sum()
        loss.backward()
        return loss

    with torch.enable_grad(), pace.one_thread():
        solver.step(closure)
    with torch.no_grad():
        return _judged((tests @ weight + bias).argmax(dim=1), truth).f1
