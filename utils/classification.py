"""One answer for a sentence, and one for each word: convolutions, recurrent readers, pooling under masks, tagging.

Shapes are written as tuples of names: `batch`, `length` (of the longest sentence), `width` (of a word's vector),
`vocabulary`, `classes`, `tags`.

One convention holds everywhere: a mask is boolean, (batch, length), and **True means "a real word"**, False means
padding. Padding stands at the end of a row.

Sources: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2 (EMNLP, arXiv:1408.5882);
Collobert et al. 2011, "Natural Language Processing (Almost) from Scratch", section 3 (JMLR 12, arXiv:1103.0398), for
pooling over time and for tagging by windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pace
from utils.reviews import TAGS, Review
from utils.training import by_steps, seeded

__all__ = [
    "PAD",
    "UNKNOWN",
    "BagOfWords",
    "RNNClassifier",
    "Tagger",
    "TextCNN",
    "Words",
    "accuracy",
    "bag_of_words",
    "convolve",
    "f1_scores",
    "fit",
    "guesses",
    "last_state",
    "masked_max",
    "masked_mean",
    "most_frequent_tags",
    "pad_batch",
    "tagging_loss",
]

PAD, UNKNOWN = 0, 1


class Words:
    """Numbers for words: 0 is padding, 1 stands for every word that is not known, then the words in the order given.

    Args:
        words: the words to know; what comes twice is kept once. A word spelled "<pad>" or "<unk>" is not known.
    """

    def __init__(self, words: Iterable[str]) -> None:
        special = ["<pad>", "<unk>"]
        self.words = [*special, *(word for word in dict.fromkeys(words) if word not in special)]
        self.index = {word: number for number, word in enumerate(self.words) if number > UNKNOWN}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The words' numbers; `UNKNOWN` for a word that is not known."""
        return [self.index.get(token, UNKNOWN) for token in tokens]


def pad_batch(sentences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Sentences of different lengths as one table, with a mask that says which places are real.

    Args:
        sentences: at least one sentence, each a list of word numbers; a sentence may be empty.

    Returns:
        ids: (batch, length), int64, each sentence at the beginning of its row, zeros after it. `length` is that of the
            longest sentence, and 1 if all are empty.
        mask: (batch, length), boolean: True at words, False at padding.

    Raises:
        ValueError: if there is no sentence.
    """
    if not sentences:
        raise ValueError("There is no sentence to put into a batch.")
    ### BEGIN SOLUTION
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    ids = torch.zeros(len(sentences), max(1, int(lengths.max())), dtype=torch.int64)
    for row, sentence in zip(ids, sentences):
        row[: len(sentence)] = torch.tensor(sentence, dtype=torch.int64)
    return ids, torch.arange(ids.shape[1]) < lengths[:, None]
    ### END SOLUTION


def bag_of_words(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    """How often each word of the vocabulary stands in each sentence; its order is lost.

    Args:
        ids: (batch, length), int64: from 1 to vocabulary − 1 at words, any number below `vocabulary` at padding.
        mask: (batch, length), True at words, padding at the end.
        vocabulary: number of words.

    Returns:
        (batch, vocabulary), float32: counts. Padding is not counted.
    """
    ### BEGIN SOLUTION
    counts = torch.zeros(ids.shape[0], vocabulary)
    return counts.scatter_add(1, ids, mask.to(counts.dtype))
    ### END SOLUTION


def convolve(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A 1-D convolution: the same small linear layer applied to every stretch of `k` neighbours.

    output[b, o, t] = bias[o] + Σ_i Σ_j weight[o, i, j] · x[b, i, t + j]

    Args:
        x: (batch, channels, length).
        weight: (channels_out, channels, k), as in `nn.Conv1d`.
        bias: (channels_out,).

    Returns:
        (batch, channels_out, length − k + 1).

    Raises:
        ValueError: if the kernel is longer than the text: k > length.

    Kim 2014, equation 2, without the nonlinearity.
    """
    k = weight.shape[2]
    if k > x.shape[2]:
        raise ValueError(f"A kernel of width {k} does not fit a text of length {x.shape[2]}.")
    ### BEGIN SOLUTION
    places = x.shape[2] - k + 1
    output = bias[None, :, None]
    for j in range(k):  # what the j-th column of the kernel sees, at all places at once
        output = output + torch.einsum("oi,bit->bot", weight[:, :, j], x[:, :, j : j + places])
    return output
    ### END SOLUTION


class TextCNN(nn.Module):
    """Embeddings, convolutions of several widths, the largest value of each filter, one linear layer.

    Args:
        vocabulary: number of words, padding included.
        width: width of a word's vector.
        kernels: the widths of the convolutions.
        filters: how many filters each width has.
        classes: number of answers.

    Attributes:
        embedding: `nn.Embedding(vocabulary, width)`.
        convolutions: `nn.ModuleList` of `nn.Conv1d(width, filters, k)`, one for each k of `kernels`, in their order.
        output: `nn.Linear(filters · len(kernels), classes)`.

    Kim 2014, section 2, without dropout.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = 32,
        kernels: Sequence[int] = (2, 3, 4),
        filters: int = 32,
        classes: int = 2,
    ) -> None:
        super().__init__()
        self.kernels = tuple(kernels)
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocabulary, width)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, filters, k) for k in kernels)
        self.output = nn.Linear(filters * len(self.kernels), classes)
        ### END SOLUTION

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Scores of the classes.

        Padding is a vector of zeros, and a window counts if it starts in the sentence and ends in it. A sentence of
        `n` words has n − k + 1 such windows; one that is shorter than the kernel has a single one, which starts at its
        first place and is filled up with zeros. So the scores do not depend on how much padding the batch has.

        Args:
            ids: (batch, length), int64.
            mask: (batch, length), True at words.

        Returns:
            (batch, classes).
        """
        ### BEGIN SOLUTION
        x = (self.embedding(ids) * mask[:, :, None]).transpose(1, 2)  # (batch, width, length), zeros at padding
        x = F.pad(x, (0, max(self.kernels)))  # room for every kernel
        lengths = mask.sum(dim=1, keepdim=True)  # (batch, 1)
        found = []
        for k, convolution in zip(self.kernels, self.convolutions):
            features = torch.relu(convolution(x))  # (batch, filters, windows)
            windows = (lengths - k + 1).clamp(min=1)  # (batch, 1): how many count
            counts = torch.arange(features.shape[2], device=ids.device) < windows
            found.append(features.masked_fill(~counts[:, None, :], 0.0).amax(dim=2))  # relu: nothing is below 0
        return self.output(torch.cat(found, dim=1))
        ### END SOLUTION


def masked_mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean over the real words of each sentence.

    Args:
        states: (batch, length, width).
        mask: (batch, length), True at words; the True need not be neighbours.

    Returns:
        (batch, width), float64 if the states are; zeros for a sentence without words.
    """
    ### BEGIN SOLUTION
    total = states.masked_fill(~mask[:, :, None], 0.0).sum(dim=1)
    return total / mask.sum(dim=1, keepdim=True).clamp(min=1)
    ### END SOLUTION


def masked_max(states: Tensor, mask: Tensor) -> Tensor:
    """The largest value of each component over the real words of each sentence.

    Args:
        states: (batch, length, width).
        mask: (batch, length), True at words; the True need not be neighbours.

    Returns:
        (batch, width), float64 if the states are; zeros for a sentence without words.

    Collobert et al. 2011, section 3.3.2, "max layer".
    """
    ### BEGIN SOLUTION
    largest = states.masked_fill(~mask[:, :, None], float("-inf")).amax(dim=1)
    return largest.masked_fill(~mask.any(dim=1, keepdim=True), 0.0)
    ### END SOLUTION


def last_state(states: Tensor, mask: Tensor) -> Tensor:
    """The state after the last real word of each sentence.

    Args:
        states: (batch, length, width): the states of a recurrent network, first word first.
        mask: (batch, length), True at words; padding at the end.

    Returns:
        (batch, width), float64 if the states are; zeros for a sentence without words.
    """
    ### BEGIN SOLUTION
    lengths = mask.sum(dim=1)  # (batch,)
    rows = torch.arange(states.shape[0], device=states.device)
    found = states[rows, (lengths - 1).clamp(min=0)]
    return found.masked_fill(lengths[:, None] == 0, 0.0)
    ### END SOLUTION


class RNNClassifier(nn.Module):
    """Embeddings, a GRU, its states made into one vector, one linear layer.

    Args:
        vocabulary: number of words, padding included.
        width: width of a word's vector.
        hidden: width of a state.
        pooling: "last", "mean" or "max": what is made of the states.
        classes: number of answers.

    Attributes:
        embedding: `nn.Embedding(vocabulary, width)`.
        rnn: `nn.GRU(width, hidden, batch_first=True)`.
        output: `nn.Linear(hidden, classes)`.

    Raises:
        ValueError: for another pooling.
    """

    def __init__(
        self, vocabulary: int, width: int = 32, hidden: int = 48, pooling: str = "max", classes: int = 2
    ) -> None:
        super().__init__()
        if pooling not in ("last", "mean", "max"):
            raise ValueError(f"pooling must be 'last', 'mean' or 'max', not {pooling!r}.")
        self.pooling = pooling
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocabulary, width)
        self.rnn = nn.GRU(width, hidden, batch_first=True)
        self.output = nn.Linear(hidden, classes)
        ### END SOLUTION

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Scores of the classes: (batch, classes), from `ids` and `mask`, both (batch, length)."""
        ### BEGIN SOLUTION
        states, _ = self.rnn(self.embedding(ids))  # (batch, length, hidden)
        pool = {"last": last_state, "mean": masked_mean, "max": masked_max}[self.pooling]
        return self.output(pool(states, mask))
        ### END SOLUTION


def tagging_loss(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    """The cross-entropy of the right tags, averaged over all real words of the batch.

    Args:
        logits: (batch, length, tags).
        tags: (batch, length), int64: the right tag of each word. At padding any number may stand.
        mask: (batch, length), True at words.

    Returns:
        A tensor with a single number, ≥ 0, float64 if the logits are: the sum over real words of
        −log softmax(logits)[tag], divided by how many there are; 0 if there are none.
    """
    ### BEGIN SOLUTION
    log_probabilities = torch.log_softmax(logits[mask], dim=-1)  # (words, tags)
    found = log_probabilities.gather(1, tags[mask][:, None])
    return (-found).sum() / max(1, len(found))
    ### END SOLUTION


def f1_scores(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    """For each tag, the harmonic mean of precision and recall over all real words.

    Precision is the share of rightly given among all that were given this tag, recall the share of rightly given among
    all that have it: F1 = 2 · right / (given + there).

    Args:
        predicted: (batch, length), int64: the tag that was given.
        tags: (batch, length), int64: the right one.
        mask: (batch, length), True at words, padding at the end.
        count: how many tags there are; they are 0, …, count − 1.

    Returns:
        (count,), float32 or float64; 0 for a tag that is neither given nor there.
    """
    ### BEGIN SOLUTION
    given = torch.bincount(predicted[mask], minlength=count)
    there = torch.bincount(tags[mask], minlength=count)
    right = torch.bincount(tags[mask & (predicted == tags)], minlength=count)
    return 2 * right / (given + there).clamp(min=1)
    ### END SOLUTION


# ------------------------------------------------------------------------------------------------ models that are given


class BagOfWords(nn.Module):
    """Logistic regression on counts: one weight for each word and class.

    Args:
        vocabulary: number of words, padding included.
        classes: number of answers.
    """

    def __init__(self, vocabulary: int, classes: int = 2) -> None:
        super().__init__()
        self.output = nn.Linear(vocabulary, classes)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Scores of the classes: (batch, classes)."""
        return self.output(bag_of_words(ids, mask, self.output.in_features))


class Tagger(nn.Module):
    """One answer a word: embeddings, a GRU, a linear layer on every state.

    Args:
        vocabulary: number of words, padding included.
        width: width of a word's vector.
        hidden: width of a state, in each direction.
        tags: number of tags.
        both: read in both directions.
    """

    def __init__(
        self, vocabulary: int, width: int = 32, hidden: int = 32, tags: int = len(TAGS), both: bool = True
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.rnn = nn.GRU(width, hidden, batch_first=True, bidirectional=both)
        self.output = nn.Linear((1 + both) * hidden, tags)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Scores of the tags: (batch, length, tags). Padding is never read before a word.

        The packed form lets the backward direction start at each sentence's own last word.
        """
        lengths = mask.sum(dim=1).clamp(min=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(ids), lengths, True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], True, total_length=ids.shape[1])
        return self.output(states)


# ------------------------------------------------------------------------------------------------------------- training


def _table(rows: Sequence[Sequence[int]], columns: int) -> Tensor:
    """`pad_batch` for thousands of rows at once: (batch, columns), zeros behind the rows."""
    return torch.tensor([[*row, *[PAD] * (columns - len(row))] for row in rows], dtype=torch.int64)


def _tensors(words: Words, reviews: Sequence[Review], columns: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """ids, mask (batch, length), labels (batch,), tags (batch, length); `columns` pads further, if it is larger."""
    lengths = torch.tensor([len(review.tokens) for review in reviews])
    columns = max(1, columns, int(lengths.max()))
    place = {tag: number for number, tag in enumerate(TAGS)}
    ids = _table([words.encode(review.tokens) for review in reviews], columns)
    tags = _table([[place[tag] for tag in review.tags] for review in reviews], columns)
    labels = torch.tensor([review.label for review in reviews])
    return ids, torch.arange(columns) < lengths[:, None], labels, tags


def fit(
    make: Callable[[], nn.Module],
    words: Words,
    training: Sequence[Review],
    steps: int = 400,
    batch: int = 64,
    rate: float = 1e-2,
    seed: int = 0,
    columns: int = 0,
    watch: Sequence[Review] = (),
    progress: bool = True,
) -> tuple[nn.Module, list[tuple[int, float]]]:
    """Train a fresh model on labels, or on tags if its scores have one for each word.

    AdamW; the rate rises over the first tenth of the steps and then falls to zero. The global random state is left
    alone, and the same seed gives the same weights.

    Args:
        make: makes the model; called once.
        words: numbers for the words.
        training: the reviews to learn from.
        steps, batch, rate: how many steps, how many reviews each, and the highest learning rate.
        seed: start of the weights and of the batches.
        columns: pad every batch to at least so many columns.
        watch: reviews on which the accuracy is taken, ten times during the training.
        progress: whether to show a bar with the loss.

    Returns:
        The model in evaluation mode, and (step, accuracy on `watch`) pairs, none without `watch`.

    Raises:
        ValueError: for no reviews, fewer than 1 step, or batches of fewer than 1.
    """
    if not training or steps < 1 or batch < 1:
        raise ValueError(
            f"Training needs reviews and steps, not {len(training)} reviews and {steps} steps of {batch} reviews."
        )
    steps = pace.steps(steps)
    history: list[tuple[int, float]] = []
    with seeded(seed):
        model = make()
        ids, mask, labels, tags = _tensors(words, training)
        longest = mask.sum(dim=1)

        def loss(step: int) -> Tensor:
            chosen = torch.randint(len(ids), (min(batch, len(ids)),))
            wide = max(1, int(longest[chosen].max()))
            more = max(0, columns - wide)
            some, real = F.pad(ids[chosen, :wide], (0, more)), F.pad(mask[chosen, :wide], (0, more))
            logits = model(some, real)
            if logits.dim() == 3:
                return tagging_loss(logits, F.pad(tags[chosen, :wide], (0, more)), real)
            return F.cross_entropy(logits, labels[chosen])

        def look(step: int) -> None:
            if watch and (step + 1) % max(1, steps // 10) == 0:
                history.append((step + 1, accuracy(model.eval(), words, watch)))
                model.train()

        optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
        by_steps(optimiser, loss, steps, after=look, progress=progress)
    return model.eval(), history


@torch.no_grad()
def guesses(
    model: nn.Module, words: Words, reviews: Sequence[Review], columns: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """What a model answers, what is right, and where there is something to answer.

    Args:
        model: a classifier or a tagger.
        words: numbers for the words.
        reviews: at least one.
        columns: pad to at least so many columns.

    Returns:
        guessed, right, mask: each (batch,) for a classifier, (batch, length) for a tagger; mask True where it counts.

    Raises:
        ValueError: for no reviews.
    """
    if not reviews:
        raise ValueError("There are no reviews to judge a model by.")
    ids, mask, labels, tags = _tensors(words, reviews, columns)
    guessed = model(ids, mask).argmax(dim=-1)
    return (guessed, tags, mask) if guessed.dim() == 2 else (guessed, labels, torch.ones_like(labels, dtype=torch.bool))


def accuracy(model: nn.Module, words: Words, reviews: Sequence[Review], columns: int = 0) -> float:
    """The share of right answers: of labels, or of tags of all words together.

    Raises:
        ValueError: for no reviews, or (for a tagger) none with a word.
    """
    guessed, right, mask = guesses(model, words, reviews, columns)
    if not mask.any():
        raise ValueError("There are no words in these reviews to judge a tagger by.")
    return float((guessed == right)[mask].double().mean())


def most_frequent_tags(training: Sequence[Review], reviews: Sequence[Review]) -> list[list[str]]:
    """The per-word baseline: each word gets the tag it had most often in training ("O" if it never occurred).

    Ties go to the tag that stands first in `TAGS`.
    """
    counts: dict[str, dict[str, int]] = {}
    for review in training:
        for token, tag in zip(review.tokens, review.tags, strict=True):
            of_word = counts.setdefault(token, dict.fromkeys(TAGS, 0))
            of_word[tag] += 1
    best = {token: max(TAGS, key=lambda tag: of_word[tag]) for token, of_word in counts.items()}
    return [[best.get(token, "O") for token in review.tokens] for review in reviews]
