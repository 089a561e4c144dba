"""A recurrent network by hand against PyTorch's, and batches of similar length against random ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import nn

from bench.measure import NotMeasured, in_turns, seconds
from bench.table import Row, Target, summary
from utils import data
from utils.language_models import Alphabet, bits_per_character, one_thread, train
from utils.rnn import RNN, RNNLanguageModel, corpus_loss, pad_batch, similar_batches, wasted

WIDTH, HIDDEN, STEPS, ROUNDS = 64, 256, 60, 5


def measure_training(quick: bool) -> list[Row]:
    """The same training steps on the same text from the same weights, by the course's layer and by `nn.RNN`, in turns.

    Raises:
        NotMeasured: the two do not end with the same loss, so that a comparison would mean nothing.
    """
    alphabet = Alphabet(text := data.text("bbe", "train"))
    ids, dev = alphabet.encode(text), alphabet.encode(data.text("bbe", "dev"))
    losses: dict[Callable[..., nn.Module], list[float]] = {}

    def made(layer: Callable[..., nn.Module]) -> RNNLanguageModel:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            start = RNNLanguageModel(len(alphabet), WIDTH, HIDDEN)
        model = RNNLanguageModel(len(alphabet), WIDTH, HIDDEN, recurrent=layer)
        model.load_state_dict(start.state_dict())
        return model

    def trained(layer: Callable[..., nn.Module], steps: int = 3 if quick else STEPS) -> None:
        losses[layer] = train(made(layer), ids, steps=steps, rate=6e-3, progress=False).losses

    takers = [partial(seconds, partial(trained, layer)) for layer in (RNN, nn.RNN)]
    in_turns(takers, 1)  # the first call allocates
    by_hand, library = in_turns(takers, 1 if quick else ROUNDS)
    apart = abs(losses[RNN][-1] - losses[nn.RNN][-1])
    if not apart < 0.01:
        raise NotMeasured(f"after the same steps the losses differ by {apart:.2g}.")
    ratios = [a / b for a, b in zip(by_hand, library)]
    size = f"1 × {HIDDEN}, {len(losses[RNN])} steps of 32 × 64 characters"
    rows = [
        summary("RNN by hand over nn.RNN, trained", ratios, "×", Target("≤", 2.0), f"{size}, losses {apart:.0e} apart")
    ]
    if not quick:
        model = made(RNN)
        history = train(model, ids, steps=900, rate=6e-3, progress=False)
        bits = bits_per_character(model, dev)
        detail = f"900 steps in {history.seconds:.0f} s"
        rows.append(Row("RNN by hand, bits per character on the dev books", bits, "bits", detail=detail))
    return rows


def measure_batches(quick: bool) -> list[Row]:
    """Losses and gradients of the same number of batches of verses: similar lengths against random ones, in turns."""
    alphabet = Alphabet(data.text("bbe", "dev"))
    verses = [alphabet.encode(verse + "\n").tolist() for verse in data.verses("bbe", "dev").values()]
    lengths = [len(verse) - 1 for verse in verses]
    order = random.Random(0).sample(range(len(verses)), len(verses))
    shuffled = [order[start : start + 32] for start in range(0, len(order), 32)]
    similar = similar_batches(lengths, 32)
    if quick:
        shuffled, similar = shuffled[:2], [similar[0], similar[-1]]
    model = RNNLanguageModel(len(alphabet), WIDTH, 128)

    def read(batches: Sequence[Sequence[int]]) -> None:
        for places in batches:
            inputs, steps = pad_batch([verses[place][:-1] for place in places])
            targets, _ = pad_batch([verses[place][1:] for place in places])
            corpus_loss(model(inputs)[0], targets, steps).backward()

    with one_thread():
        takers = [partial(seconds, partial(read, batches)) for batches in (shuffled, similar)]
        in_turns(takers, 1)
        at_random, by_length = in_turns(takers, 1 if quick else ROUNDS)
    waste = f"padding {wasted(lengths, shuffled):.0%} against {wasted(lengths, similar):.0%} of the positions"
    ratios = [a / b for a, b in zip(at_random, by_length)]
    return [summary("random batches over batches of similar length", ratios, "×", Target("≥", 1.3), waste)]
