"""What every neural language model of characters needs: numbers for characters, batches, training, a score, sampling.

A language model here is an `nn.Module` that is called as `logits, state = model(ids, state)`:

- ids: (batch, length) int64, the characters read;
- logits: (batch, length, symbols); `logits[:, t]` are for the character that comes after `ids[:, t]`;
- state: whatever lets the next call go on where this one stopped: a tensor, or tuples of tensors, each with the batch
  somewhere in its shape. None means a fresh start.

A fixed window, a recurrent network and a Transformer all fit this form, so one loop trains them, and one number, bits
per character, compares them with each other and with the counts of `utils.ngrams`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.pace import one_thread
from utils.training import History, by_budget, device_of

UNKNOWN = "\ufffd"
"""What stands for a character that the training text does not have. Its number is 0."""


class Alphabet:
    """The characters of a text, numbered: 0 is the unknown character, then come those of the text in code order.

    >>> letters = Alphabet("abba")
    >>> len(letters), letters.encode("abc").tolist(), letters.decode([2, 1, 0])
    (3, [1, 2, 0], 'ba\ufffd')
    """

    def __init__(self, text: str) -> None:
        """Args:
            text: whatever the characters are taken from. An empty one leaves only the unknown character.

        Raises:
            TypeError: `text` is not a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"An alphabet is made from a string, not from an object of type {type(text).__name__}.")
        self.symbols: tuple[str, ...] = (UNKNOWN, *sorted(set(text) - {UNKNOWN}))
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        """How many different numbers there are, the unknown character included."""
        return len(self.symbols)

    def encode(self, text: str) -> Tensor:
        """The numbers of the characters, (characters,) int64; 0 for each that is not in the alphabet."""
        return torch.tensor([self._numbers.get(symbol, 0) for symbol in text], dtype=torch.int64)

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """The characters of these numbers, as one string.

        Raises:
            ValueError: a number that no character has.
        """
        numbers = [int(i) for i in ids]
        wrong = [i for i in numbers if not 0 <= i < len(self)]
        if wrong:
            raise ValueError(f"The alphabet has the numbers 0 to {len(self) - 1}, and {wrong[0]} is not one of them.")
        return "".join(self.symbols[i] for i in numbers)


def parameters(model: nn.Module) -> int:
    """How many numbers the model learns; shared weights count once."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def streams(ids: Tensor, batch: int, length: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The text as `batch` streams read side by side, `length` characters at a time.

    The text is cut into `batch` equally long stretches. Row i of every chunk comes from stretch i and goes on where row
    i of the chunk before it ended, so a state may be carried from chunk to chunk. The last chunk may be shorter. What
    does not fill all stretches equally, fewer than `batch` characters at the end of the text, is left out.

    Args:
        ids: (characters,) int64.
        batch: how many stretches, at least 1.
        length: how many characters of each stretch a chunk holds, at least 1.

    Yields:
        inputs and targets, both (batch, length) and views of one tensor; the target of each character is the next one.

    Raises:
        ValueError: sizes below one, or a text too short for one target in every stretch.
    """
    if batch < 1 or length < 1:
        raise ValueError(f"Both batch and length must be at least 1, not {batch} and {length}.")
    each = (len(ids) - 1) // batch
    if each < 1:
        raise ValueError(
            f"A text of {len(ids)} characters cannot feed {batch} streams: each needs a character and the next one. "
            f"Use a batch of at most {max(len(ids) - 1, 0)}, or a longer text."
        )
    inputs = ids[: each * batch].view(batch, each)
    targets = ids[1 : each * batch + 1].view(batch, each)
    for start in range(0, each, length):
        yield inputs[:, start : start + length], targets[:, start : start + length]


def detached(state: Any) -> Any:
    """The same state, cut off from the graph that made it, so that no gradient flows into the chunk before.

    Raises:
        TypeError: something in it is neither a tensor, nor None, nor a tuple or list of these.
    """
    if state is None:
        return None
    if isinstance(state, Tensor):
        return state.detach()
    if isinstance(state, (tuple, list)):
        return tuple(detached(part) for part in state)
    raise TypeError(f"A state is a tensor or tuples of tensors, not an object of type {type(state).__name__}.")


def train(
    model: nn.Module,
    ids: Tensor,
    steps: int | None = None,
    seconds: float | None = None,
    batch: int = 32,
    length: int = 64,
    rate: float = 2e-3,
    clip: float = 1.0,
    carry: bool = True,
    held_out: Tensor | None = None,
    every: int = 100,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a language model on a text, in place, with AdamW; the learning rate rises, then falls as a cosine.

    The streams begin at a random place of the text (it is read as a ring), and again at another one after each pass.
    The model is left in evaluation mode, and torch's random state as it was.

    Args:
        model: see the top of this module. Its present weights are the start.
        ids: (characters,) int64, the training text.
        steps: how many steps; the result is then the same on every run.
        seconds: how long instead, in seconds of the wall clock. Give one of the two.
        batch, length: see `streams`.
        rate: the highest learning rate, reached after a twentieth of the budget.
        clip: the largest norm of the gradient over all weights.
        carry: whether a chunk starts from the state the one before ended with; else from a fresh one.
        held_out: (characters,) int64; if given, it is scored every `every` steps and at the end.
        seed: of the starting places, and of the dropout if the model has any.
        progress: whether to show a bar with the loss.

    Raises:
        ValueError: a budget that is missing, given twice, or not positive; a text too short for the streams; a loss
            that is no longer a number.
    """
    ids = ids.to(device_of(model))
    chunks, state = _endless(ids, batch, length), None

    def loss() -> Tensor:
        nonlocal state
        fresh, inputs, targets = next(chunks)
        logits, state = model(inputs, None if fresh or not carry else detached(state))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def score(history: History) -> None:
        if held_out is not None and history.steps % every == 0:
            history.validation.append((history.steps, bits_per_character(model, held_out)))
            model.train()

    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    history = by_budget(model, [optimiser], loss, steps, seconds, rate, clip, seed, progress, score)
    if held_out is not None and history.steps % every:
        history.validation.append((history.steps, bits_per_character(model, held_out)))
    return history


@torch.no_grad()
def bits_per_character(model: nn.Module, ids: Tensor, rows: int = 64, warm_up: int = 128) -> float:
    """Cross-entropy of the model on a text, in bits for each character, the first character left out.

    The text is scored in `rows` stretches side by side. So that a character has a past wherever its stretch begins, the
    `warm_up` characters before the stretch are read first, and not scored. Every character but the first counts once.

    Args:
        model: see the top of this module; it is scored in evaluation mode and left as it was.
        ids: (characters,) int64, at least two.
        rows: how many stretches, fewer if the text is short.
        warm_up: how many characters are read before a stretch.

    Raises:
        ValueError: a text of fewer than two characters, or sizes that cannot be.
    """
    if len(ids) < 2:
        raise ValueError(f"A text of {len(ids)} characters has nothing to predict: at least two are needed.")
    if rows < 1 or warm_up < 0:
        raise ValueError(f"rows must be at least 1 and warm_up at least 0, not {rows} and {warm_up}.")
    was_training = model.training
    model.eval()
    ids = ids.to(device_of(model))
    try:
        with one_thread():
            total = 0.0
            count = len(ids) - 1
            each = max(math.ceil(count / rows), 2 * warm_up, 64)
            full = count // each  # stretches of the same length go side by side, the rest alone
            if full > 1:
                total += _nats(model, ids, [i * each for i in range(1, full)], each, warm_up)
            total += _nats(model, ids, [0], min(each, count), 0)
            if full >= 1 and count % each:
                total += _nats(model, ids, [full * each], count % each, warm_up)
    finally:
        model.train(was_training)
    return total / count / math.log(2)


def sample(
    model: nn.Module, alphabet: Alphabet, prompt: str, length: int, temperature: float = 1.0, seed: int = 0
) -> str:
    """Let the model go on writing after the prompt: each character that is drawn is read next.

    Args:
        model: see the top of this module.
        alphabet: of the text it was trained on.
        prompt: at least one character.
        length: how many characters to draw.
        temperature: the logits are divided by it; below 1 the likely becomes likelier. 0 always takes the likeliest.
        seed: of the draws.

    Returns:
        The drawn characters, without the prompt.

    Raises:
        ValueError: an empty prompt, or a negative length or temperature.
    """
    if not prompt:
        raise ValueError("The prompt is empty: the model needs at least one character to go on from.")
    if length < 0 or temperature < 0:
        raise ValueError(f"Neither length nor temperature may be negative, not {length} and {temperature}.")
    generator = torch.Generator().manual_seed(seed)
    was_training = model.training
    model.eval()
    drawn: list[int] = []
    with torch.no_grad(), one_thread():
        ids, state = alphabet.encode(prompt)[None].to(device_of(model)), None
        for _ in range(length):
            logits, state = model(ids, state)
            last = logits[0, -1].cpu().clone()
            last[0] = -math.inf  # the unknown character is never written
            if temperature == 0:
                number = int(last.argmax())
            else:
                number = int(torch.multinomial(torch.softmax(last / temperature, dim=0), 1, generator=generator))
            drawn.append(number)
            ids = torch.full_like(ids[:, :1], number)
    model.train(was_training)
    return alphabet.decode(drawn)


def _endless(ids: Tensor, batch: int, length: int) -> Iterator[tuple[bool, Tensor, Tensor]]:
    """Chunks without end, and whether the streams begin anew with this one."""
    while True:
        shift = int(torch.randint(len(ids), ())) if len(ids) else 0
        for number, (inputs, targets) in enumerate(streams(ids.roll(-shift), batch, length)):
            yield number == 0, inputs, targets


def _nats(model: nn.Module, ids: Tensor, starts: Sequence[int], each: int, warm_up: int) -> float:
    """The summed loss of `each` predictions after each start, read side by side behind `warm_up` characters."""
    window = torch.stack([ids[start - warm_up : start + each + 1] for start in starts])
    state, total, length = None, 0.0, 512
    for begin in range(0, window.shape[1] - 1, length):
        inputs = window[:, begin : begin + length][:, : window.shape[1] - 1 - begin]
        targets = window[:, begin + 1 : begin + 1 + inputs.shape[1]]
        logits, state = model(inputs, state)
        scored = slice(max(warm_up - begin, 0), None)
        total += float(F.cross_entropy(logits[:, scored].flatten(0, 1), targets[:, scored].flatten(), reduction="sum"))
    return total
