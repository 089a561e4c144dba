"""Remember one letter across many random ones: a task whose only difficulty is the distance.

A sequence is a letter, then `distance` distractors, then a query: "C f a d d ?". The answer at the query is the
letter. The distractors come from an alphabet of their own and say nothing about the answer, so a reader can do no
better than guess unless its state carries the first letter to the end. To learn to carry it, the gradient of the loss
has to travel back the same way.

The task is a small relative of those with which recurrent networks have been probed since Hochreiter and Schmidhuber
1997, "Long Short-Term Memory" (Neural Computation 9), section 5.

Any recurrent module can be put to it: see `Reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from utils import pace
from utils.training import seeded

__all__ = [
    "MemoryTask",
    "Reader",
    "accuracy",
    "gradient_by_place",
    "solvable_distance",
    "train_reader",
]


class MemoryTask:
    """Sequences that begin with a letter to remember and end with a question for it.

    Token ids: 0 … symbols − 1 are the letters, the next `distractors` ids are the distractors, the last id is the
    query.

    Args:
        symbols: how many letters there are to tell apart, at least 2.
        distance: how many distractors stand between the letter and the query, 0 or more.
        distractors: how many different distractors there are, at least 1.

    Attributes:
        symbols, distance, distractors: as given.
        vocabulary: number of token ids, symbols + distractors + 1.
        length: number of tokens in a sequence, distance + 2.
        query: the id of the query token.
        chance: the accuracy of guessing, 1 / symbols.

    Raises:
        ValueError: for fewer than two letters, a negative distance, or no distractor.

    >>> task = MemoryTask(symbols=3, distance=4)
    >>> ids, answers = task.batch(2, torch.Generator().manual_seed(0))
    >>> tuple(ids.shape), ids[:, 0].equal(answers), task.spell(ids[0])
    ((2, 6), True, 'C f a d d ?')
    """

    def __init__(self, symbols: int = 8, distance: int = 20, distractors: int = 8) -> None:
        if symbols < 2 or distance < 0 or distractors < 1:
            raise ValueError(
                "A memory task needs at least 2 letters, a distance of 0 or more and at least 1 distractor, not"
                f" symbols={symbols}, distance={distance}, distractors={distractors}."
            )
        self.symbols, self.distance, self.distractors = symbols, distance, distractors
        self.vocabulary = symbols + distractors + 1
        self.length = distance + 2
        self.query = self.vocabulary - 1
        self.chance = 1 / symbols

    def __repr__(self) -> str:
        return f"MemoryTask(symbols={self.symbols}, distance={self.distance}, distractors={self.distractors})"

    def batch(self, count: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Random sequences.

        Args:
            count: how many, at least 1.
            generator: where the random numbers come from; None takes PyTorch's own.

        Returns:
            ids: (count, distance + 2), int64.
            answers: (count,), int64, the id of each sequence's first letter.

        Raises:
            ValueError: for a count below 1.
        """
        if count < 1:
            raise ValueError(f"A batch needs at least one sequence, not {count}.")
        answers = torch.randint(self.symbols, (count, 1), generator=generator)
        between = torch.randint(self.symbols, self.query, (count, self.distance), generator=generator)
        asked = torch.full((count, 1), self.query)
        return torch.cat([answers, between, asked], dim=1), answers[:, 0]

    def spell(self, ids: Tensor) -> str:
        """One sequence to read: letters in capitals, distractors in small letters, "?" for the query.

        Args:
            ids: (length,). Beyond 26 letters or distractors, ids are written as numbers.
        """
        return " ".join(self._name(int(i)) for i in ids)

    def _name(self, token: int) -> str:
        if token == self.query:
            return "?"
        is_letter = token < self.symbols
        place = token if is_letter else token - self.symbols
        return chr(ord("A" if is_letter else "a") + place) if place < 26 else str(token)


class Reader(nn.Module):
    """Reads a sequence with a recurrent module and answers from its last state: embedding → cell → answer.

    Args:
        cell: `nn.RNN`, `nn.LSTM`, `nn.GRU`, or a module of your own with the same interface: called with the vectors
            (batch, length, width), it returns a pair whose first part is the states (batch, length, hidden). A cell
            with an attribute `batch_first` that is False gets and gives (length, batch, …).
        vocabulary: number of token ids.
        width: width of the embeddings, which is the cell's input size. It is the width of the states too, unless the
            cell says otherwise in `hidden_size` (and in `bidirectional`, as PyTorch's do).
        symbols: number of possible answers.

    Attributes:
        embedding: `nn.Embedding(vocabulary, width)`.
        cell: as given.
        answer: `nn.Linear(hidden, symbols)`.
    """

    def __init__(self, cell: nn.Module, vocabulary: int, width: int, symbols: int) -> None:
        super().__init__()
        both = 2 if getattr(cell, "bidirectional", False) else 1
        self.embedding = nn.Embedding(vocabulary, width)
        self.cell = cell
        self.answer = nn.Linear(both * int(getattr(cell, "hidden_size", width)), symbols)

    def forward(self, ids: Tensor) -> Tensor:
        """Scores of each answer: ids (batch, length), int64 → (batch, symbols)."""
        return self.read(self.embedding(ids))

    def read(self, vectors: Tensor) -> Tensor:
        """The same from the embedded tokens: (batch, length, width) → (batch, symbols)."""
        if getattr(self.cell, "batch_first", True):
            states, _ = self.cell(vectors)
        else:
            states = self.cell(vectors.transpose(0, 1))[0].transpose(0, 1)
        return self.answer(states[:, -1])


MakeReader = Callable[[MemoryTask], nn.Module]
"""Makes a fresh model for a task, such as
`lambda task: Reader(nn.LSTM(16, 32, batch_first=True), task.vocabulary, 16, task.symbols)`."""


def train_reader(
    make_reader: MakeReader,
    task: MemoryTask,
    steps: int = 600,
    seed: int = 0,
    batch: int = 64,
    rate: float = 5e-3,
    clip: float | None = 1.0,
    every: int = 50,
    enough: float = 0.999,
    progress: bool = True,
) -> tuple[nn.Module, list[float]]:
    """Train a fresh reader on fresh sequences, with Adam, on one thread; the same seed gives the same weights.

    Args:
        make_reader: called once with `task`, after the seed is set; makes the model, ids → scores (batch, symbols).
        task: what to learn.
        steps: batches at most.
        seed: of the weights and of the sequences. The caller's random state is left alone.
        batch: sequences in a batch.
        rate: Adam's learning rate.
        clip: the norm above which the gradient is rescaled, all parameters together; None leaves it alone.
        every: how often, in steps, to measure the accuracy.
        enough: stop before `steps` once the accuracy has reached this.
        progress: show a bar.

    Returns:
        The reader, in eval mode, and its accuracies, on 512 sequences that are the same each time and come from
        another generator than those trained on: one after every `every` steps, and one at the end.

    Raises:
        ValueError: for fewer than one step, or `every` below 1.
    """
    if steps < 1 or every < 1:
        raise ValueError(f"Training needs at least one step and `every` of at least 1, not {steps} and {every}.")
    steps = pace.steps(steps)
    numbers = torch.Generator().manual_seed(seed)
    asked = task.batch(512, torch.Generator().manual_seed(seed + 1_000_003))
    with seeded(seed):
        reader = make_reader(task)
        optimiser = torch.optim.Adam(reader.parameters(), lr=rate)
        accuracies: list[float] = []
        bar = tqdm(range(1, steps + 1), desc=f"distance {task.distance}", disable=not progress, leave=False)
        for step in bar:
            ids, answers = task.batch(batch, numbers)
            loss = F.cross_entropy(reader(ids), answers)
            optimiser.zero_grad()
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(reader.parameters(), clip)
            optimiser.step()
            if step % every == 0 or step == steps:
                accuracies.append(accuracy(reader, *asked))
                bar.set_postfix(loss=f"{loss.item():.2f}", accuracy=f"{accuracies[-1]:.2f}")
                if accuracies[-1] >= enough:
                    break
        bar.close()
    return reader.eval(), accuracies


def accuracy(reader: nn.Module, ids: Tensor, answers: Tensor) -> float:
    """The share of right answers; the reader's mode is left as it was.

    Args:
        reader: ids → scores (batch, symbols).
        ids: (batch, length).
        answers: (batch,).
    """
    training = reader.training
    reader.eval()
    with torch.no_grad():
        right = reader(ids).argmax(dim=1) == answers
    reader.train(training)
    return float(right.float().mean())


def solvable_distance(
    make_reader: MakeReader,
    distances: Sequence[int],
    steps: int = 600,
    seed: int = 0,
    needed: float = 0.9,
    symbols: int = 8,
    stop: bool = False,
    **options: float | int | bool | None,
) -> tuple[int | None, dict[int, float]]:
    """How far a kind of reader can remember: one is trained at each distance, from the shortest to the longest.

    Args:
        make_reader: as in `train_reader`.
        distances: what to try; sorted here.
        steps, seed: as in `train_reader`, for each distance.
        needed: the accuracy from which a distance counts as solved.
        symbols: how many letters the task has.
        stop: do not try what lies beyond the first distance that was not solved.
        options: handed to `train_reader`, such as `rate=1e-2`.

    Returns:
        The longest distance up to which all those tried were solved (None if the shortest was not), and the final
        accuracy at each distance tried, in order.

    Raises:
        ValueError: if there is no distance to try.
    """
    if not distances:
        raise ValueError("solvable_distance needs at least one distance to try.")
    longest: int | None = None
    found: dict[int, float] = {}
    unbroken = True
    for distance in sorted(set(distances)):
        task = MemoryTask(symbols, distance)
        _, accuracies = train_reader(make_reader, task, steps, seed, **options)  # type: ignore[arg-type]
        found[distance] = accuracies[-1]
        unbroken = unbroken and accuracies[-1] >= needed
        if unbroken:
            longest = distance
        elif stop:
            break
    return longest, found


def gradient_by_place(reader: Reader, ids: Tensor, answers: Tensor) -> Tensor:
    """How strongly the loss at the end pulls at each place: ‖∂L/∂x_t‖, averaged over the sequences.

    Here x_t is the vector of the token at place t, and L one sequence's cross-entropy. It works for any cell, because
    every cell has inputs, while not all show the states between.

    Args:
        reader: a `Reader`; its weights and their gradients are left alone.
        ids: (batch, length).
        answers: (batch,).

    Returns:
        (length,): entry 0 belongs to the letter, the last to the query.
    """
    with torch.enable_grad():
        vectors = reader.embedding(ids).detach().requires_grad_()
        loss = F.cross_entropy(reader.read(vectors), answers, reduction="sum")  # a sum: each sequence its own gradient
        (gradient,) = torch.autograd.grad(loss, vectors)
    return gradient.norm(dim=2).mean(dim=0)
