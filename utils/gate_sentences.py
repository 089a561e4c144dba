"""Small Russian sentences that a few gates can master, and a tiny LSTM that learns them: to see what each gate does.

Two tasks, made after the lecture's two sentences:

- **opinion**: "еда была вкусная и мы не разочаровались" (the food was tasty and we were not disappointed). After every
  word: what does the guest think by now? The last opinion counts, and "не" (not) turns the next one round. So a word of
  opinion is the moment to forget and to write; at all others the memory has to be kept.
- **subject**: "учитель ведёт урок , посвящённый рекуррентным моделям . _" (the teacher gives a lesson on recurrent
  models). At the mark "_", where a new sentence begins, the model has to say the pronoun of the subject: он, она or они
  (he, she, they). At every other word it has to say nothing. So the memory is kept all along, and shown at one place.

The model is told the answers, never the gates. It pays a small price for every gate that moves: for what it erases,
what it writes and what it shows. Without one, a gate that may stand anywhere does stand anywhere.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pace
from utils.gated_rnn import open_forget_gates
from utils.training import by_steps, one_cycle, seeded

__all__ = [
    "ANSWERS",
    "FOOD",
    "TEACHER",
    "GateReader",
    "Sentence",
    "accuracy",
    "gates",
    "gates_by_kind",
    "sentences",
    "train",
    "vocabulary",
]

ANSWERS: dict[str, tuple[str, ...]] = {
    "opinion": ("none yet", "good", "bad"),
    "subject": ("(silent)", "он", "она", "они"),
}
"""What can be answered in each task, by number."""

GOOD = (
    "вкусный вкусная вкусное вкусные",
    "хороший хорошая хорошее хорошие",
    "отличный отличная отличное отличные",
    "свежий свежая свежее свежие",
    "приятный приятная приятное приятные",
    "чудесный чудесная чудесное чудесные",
)
BAD = (
    "плохой плохая плохое плохие",
    "ужасный ужасная ужасное ужасные",
    "скучный скучная скучное скучные",
    "противный противная противное противные",
    "холодный холодная холодное холодные",
    "грубый грубая грубое грубые",
)
THINGS = (
    "обед ужин салат хлеб сервис",
    "еда рыба каша музыка комната",
    "мясо кофе вино обслуживание место",
    "блины цены закуски напитки официанты",
)  # by gender, in the order of the adjectives: masculine, feminine, neuter, plural
WAS = ("был", "была", "было", "были")
FEELINGS = {"обрадовались": 1, "насладились": 1, "отдохнули": 1, "разочаровались": 2, "пожалели": 2, "расстроились": 2}
FACTS = (
    "мы пришли вечером",
    "за окном шёл дождь",
    "на столе стояла лампа",
    "мы сидели у окна",
    "потом мы ушли",
    "рядом играли дети",
)
LINKS = ("и", "а", "но", ",")

SUBJECTS = {
    1: ["учитель", "мальчик", "врач", "директор", "студент", "писатель"],
    2: ["учительница", "девочка", "певица", "соседка", "студентка", "бабушка"],
    3: ["ученики", "дети", "врачи", "друзья", "студенты", "соседи"],
}
VERBS = ("ведёт готовит читает пишет обсуждает начинает", "ведут готовят читают пишут обсуждают начинают")
OBJECTS = (
    ("урок доклад роман план", "посвящённый"),
    ("лекцию книгу статью беседу", "посвящённую"),
    ("уроки лекции книги статьи", "посвящённые"),
)
TOPICS = (
    "рекуррентным моделям",
    "старым городам",
    "русскому языку",
    "новой музыке",
    "далёким странам",
    "простой воде",
)
TIMES = ("", "", "сегодня", "утром", "в школе", "после обеда")


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A sentence with an answer for every word.

    Attributes:
        words: as the model reads them.
        answers: one number for each word, see `ANSWERS`.
        kinds: what each word is: "opinion", "not" or "other"; "subject", "end" or "other".
    """

    words: tuple[str, ...]
    answers: tuple[int, ...]
    kinds: tuple[str, ...]


FOOD = Sentence(
    ("еда", "была", "вкусная", "и", "мы", "не", "разочаровались"),
    (0, 0, 1, 1, 1, 1, 1),
    ("other", "other", "opinion", "other", "other", "not", "opinion"),
)
TEACHER = Sentence(
    ("учитель", "ведёт", "урок", ",", "посвящённый", "рекуррентным", "моделям", ".", "_"),
    (0, 0, 0, 0, 0, 0, 0, 0, 1),
    ("subject", *["other"] * 7, "end"),
)
"""The lecture's two sentences, which are never trained on."""


def sentences(task: str, count: int, seed: int = 0) -> list[Sentence]:
    """Random sentences of a task, without the lecture's own.

    Args:
        task: "opinion" or "subject".
        count: how many, 0 or more.
        seed: the same seed gives the same sentences.

    Raises:
        ValueError: for another task or a negative count.
    """
    if task not in ANSWERS or count < 0:
        raise ValueError(f'The task is "opinion" or "subject" and count not negative, not {task!r} and {count}.')
    rng = random.Random(f"{task} {seed}")
    make = _review if task == "opinion" else _statement
    made: list[Sentence] = []
    while len(made) < count:
        one = make(rng)
        if one.words not in (FOOD.words, TEACHER.words):
            made.append(one)
    return made


def _review(rng: random.Random) -> Sentence:
    """One to four clauses, about half of them with an opinion."""
    pieces: list[tuple[str, str, int]] = []  # word, kind, what it says (0: nothing)
    for number in range(rng.randint(1, 4)):
        if number:
            pieces.append((rng.choice(LINKS), "other", 0))
        choice = rng.random()
        if choice < 0.4:
            pieces += [(word, "other", 0) for word in rng.choice(FACTS).split()]
            continue
        if choice < 0.7:
            gender = rng.randrange(4)
            says = rng.choice((1, 2))
            adjective = rng.choice(GOOD if says == 1 else BAD).split()[gender]
            before = [rng.choice(THINGS[gender].split()), WAS[gender]]
        else:
            adjective = rng.choice(list(FEELINGS))
            says, before = FEELINGS[adjective], ["мы"]
        pieces += [(word, "other", 0) for word in before]
        if rng.random() < 0.45:
            pieces.append(("не", "not", 0))
        if rng.random() < 0.25:
            pieces.append(("очень", "other", 0))
        pieces.append((adjective, "opinion", says))
    answers, opinion, turned = [], 0, False
    for _, kind, says in pieces:
        if kind == "not":
            turned = True
        elif kind == "opinion":
            opinion, turned = (3 - says if turned else says), False
        answers.append(opinion)
    words, kinds, _ = zip(*pieces, strict=True)
    return Sentence(words, tuple(answers), kinds)


def _statement(rng: random.Random) -> Sentence:
    """Perhaps a time, a subject, a verb, an object, perhaps what it is about; a full stop and the mark."""
    who = rng.choice((1, 2, 3))
    verbs = VERBS[who == 3].split()
    names, about = rng.choice(OBJECTS)
    words = rng.choice(TIMES).split()
    subject = len(words)
    words += [rng.choice(SUBJECTS[who]), rng.choice(verbs), rng.choice(names.split())]
    if rng.random() < 0.7:
        words += [",", about, *rng.choice(TOPICS).split()]
    words += [".", "_"]
    kinds = ["other"] * len(words)
    kinds[subject], kinds[-1] = "subject", "end"
    return Sentence(tuple(words), (*[0] * (len(words) - 1), who), tuple(kinds))


def vocabulary(task: str) -> list[str]:
    """Every word of a task, sorted, after the padding. Its order numbers the words."""
    if task == "opinion":
        texts = [*GOOD, *BAD, *THINGS, *WAS, *FEELINGS, *FACTS, *LINKS, "не очень мы"]
    elif task == "subject":
        texts = [*VERBS, *TOPICS, *TIMES, ", . _", *(f"{names} {about}" for names, about in OBJECTS)]
        texts += [word for names in SUBJECTS.values() for word in names]
    else:
        raise ValueError(f'The task is "opinion" or "subject", not {task!r}.')
    return ["<pad>", *sorted({word for text in texts for word in text.split()})]


class GateReader(nn.Module):
    """Words → embedding → `nn.LSTM` → an answer after every word.

    Args:
        task: "opinion" or "subject".
        hidden: numbers in the memory.
        width: of an embedding.
    """

    def __init__(self, task: str, hidden: int = 6, width: int = 16) -> None:
        super().__init__()
        self.task, self.words = task, vocabulary(task)
        self.index = {word: number for number, word in enumerate(self.words)}
        self.embedding = nn.Embedding(len(self.words), width)
        self.cell = nn.LSTM(width, hidden, batch_first=True)
        self.answer = nn.Linear(hidden, len(ANSWERS[task]))

    def encode(self, texts: Sequence[Sequence[str]]) -> Tensor:
        """Numbers for words: (batch, longest), padded with 0.

        Raises:
            ValueError: for no sentence or an empty one, and for words that the model does not know (it names them).
        """
        if not texts or not all(texts):
            raise ValueError("There is nothing to read: give at least one sentence with at least one word.")
        unknown = sorted({word for text in texts for word in text if word not in self.index})
        if unknown:
            raise ValueError(f"The model does not know: {', '.join(unknown)}. Its words are in its list `words`.")
        longest = max(map(len, texts))
        return torch.tensor([[self.index[w] for w in text] + [0] * (longest - len(text)) for text in texts])

    def forward(self, ids: Tensor) -> Tensor:
        """Scores of each answer after each word: (batch, length) → (batch, length, answers)."""
        return self.answer(self.cell(self.embedding(ids))[0])


def gates(cell: nn.LSTM, x: Tensor) -> dict[str, Tensor]:
    """Everything that happens inside a one-layer `nn.LSTM` (batch_first) while it reads.

    Args:
        cell: the layer.
        x: (batch, length, input_size).

    Returns:
        "forget", "input", "candidate", "output", "memory", "state": f, i, c̃, o, c, h, each (batch, length, hidden).

    Raises:
        ValueError: for a layer of another kind.
    """
    if cell.num_layers != 1 or cell.bidirectional or not cell.batch_first or not cell.bias or cell.proj_size:
        raise ValueError("The gates are read from an LSTM of one layer and one direction, with biases, batch first.")
    h = c = x.new_zeros(x.shape[0], cell.hidden_size)
    bias = cast(Tensor, cell.bias_ih_l0) + cast(Tensor, cell.bias_hh_l0)
    w, u = cast(Tensor, cell.weight_ih_l0), cast(Tensor, cell.weight_hh_l0)
    rows: list[tuple[Tensor, ...]] = []
    for t in range(x.shape[1]):
        sums = x[:, t] @ w.T + h @ u.T + bias
        i, f, g, o = sums.chunk(4, dim=1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        rows.append((f, i, g, o, c, h))
    names = ("forget", "input", "candidate", "output", "memory", "state")
    return {name: torch.stack(part, dim=1) for name, part in zip(names, zip(*rows, strict=True), strict=True)}


def _targets(model: GateReader, examples: Sequence[Sentence]) -> tuple[Tensor, Tensor]:
    """Words and answers, both (n, longest); −100 behind the end of a sentence."""
    ids = model.encode([e.words for e in examples])
    right = torch.full_like(ids, -100)
    for row, example in enumerate(examples):
        right[row, : len(example.answers)] = torch.tensor(example.answers)
    return ids, right


def train(
    task: str,
    hidden: int = 6,
    steps: int = 800,
    batch: int = 64,
    rate: float = 2e-2,
    price: float = 0.3,
    seed: int = 0,
    progress: bool = True,
) -> GateReader:
    """Train a fresh reader; the same seed gives the same weights.

    Args:
        task: "opinion" or "subject".
        hidden: numbers in the memory.
        steps, batch, rate: how long, how many sentences a step, the highest learning rate of Adam.
        price: how much of the mean of (1 − f) + i + o is added to the cross-entropy, at the end; it rises after the
            first third of the steps.
        seed: of weights and sentences. The global random state is left alone.
        progress: show a bar.

    Raises:
        ValueError: for another task, fewer than 10 steps, or a negative price.
    """
    if steps < 10 or price < 0:
        raise ValueError(f"Needs at least 10 steps and a price that is not negative, not {steps} and {price}.")
    steps = pace.steps(steps)
    examples = sentences(task, 3000, seed)
    with seeded(seed):
        model = GateReader(task, hidden)
        open_forget_gates(model.cell, 1.0)
        ids, right = _targets(model, examples)
        # Silence is the answer nearly always: without weights the model would first learn to say nothing at all.
        counts = torch.bincount(right[right >= 0], minlength=len(ANSWERS[task]))
        weights = counts.sum() / counts / len(counts)

        def priced(step: int) -> Tensor:
            chosen = torch.randint(len(ids), (batch,))
            longest = int((right[chosen] != -100).sum(1).max())
            x, y = ids[chosen, :longest], right[chosen, :longest]
            inside = gates(model.cell, model.embedding(x))
            scores = model.answer(inside["state"]).flatten(0, 1)
            loss = F.cross_entropy(scores, y.flatten(), weights, ignore_index=-100)
            moved = (1 - inside["forget"]) + inside["input"] + inside["output"]
            # First learn the answers, then economise: from the start, the price would shut what is needed later.
            dear = price * min(1.0, max(0.0, 2 * step / steps - 0.6))
            return loss + dear * moved[y != -100].mean()

        optimiser = torch.optim.Adam(model.parameters(), lr=rate)
        by_steps(optimiser, priced, steps, one_cycle, title=f"training: {task}", progress=progress)
    return model.eval()


@torch.no_grad()
def accuracy(model: GateReader, tests: Sequence[Sentence]) -> float:
    """The share of sentences in which the answer after every word is right."""
    ids, right = _targets(model, tests)
    wrong = (model(ids).argmax(-1) != right) & (right != -100)
    return float((~wrong.any(1)).float().mean())


@torch.no_grad()
def gates_by_kind(model: GateReader, tests: Sequence[Sentence]) -> Mapping[str, dict[str, Tensor]]:
    """The mean of each gate over the words of each kind: {kind: {gate: (hidden,)}}."""
    ids, _ = _targets(model, tests)
    inside = gates(model.cell, model.embedding(ids))
    found: dict[str, dict[str, Tensor]] = {}
    kinds = sorted({kind for test in tests for kind in test.kinds})
    for kind in kinds:
        mask = torch.zeros(ids.shape, dtype=torch.bool)
        for row, test in enumerate(tests):
            mask[row, : len(test.kinds)] = torch.tensor([k == kind for k in test.kinds])
        found[kind] = {name: values[mask].mean(0) for name, values in inside.items()}
    return found
