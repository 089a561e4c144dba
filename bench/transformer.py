"""The Transformer by hand against PyTorch's layers, and what plain attention costs inside a layer that learns."""

from __future__ import annotations

import copy
from functools import partial

import torch
from torch import Tensor, nn

from bench.measure import NotMeasured, in_turns, seconds
from bench.table import Row, Target, summary
from utils.attention import FusedAttention, MultiHeadAttention, causal_mask
from utils.bleu import corpus_bleu
from utils.seq2seq import WordVocabulary, train_translator, translations
from utils.training import seeded
from utils.transformer import DecoderLayer, EncoderLayer, as_torch
from utils.translation_corpus import corpus
from utils.translation_transformer import TranslationTransformer
from utils.translator import Translator

BATCH, LENGTH_T, LENGTH_S, D_MODEL, HEADS, D_HIDDEN = 32, 18, 16, 128, 4, 256
LENGTHS = (64, 256, 1024)
ROUNDS = 7


class _Pair(nn.Module):
    """An encoder layer and a decoder layer that reads it."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder


def _by_hand(pair: _Pair, source: Tensor, target: Tensor) -> Tensor:
    memory, _ = pair.encoder(source)
    output: Tensor = pair.decoder(target, memory, causal_mask(target.shape[1]))[0]
    return output


def _library(pair: _Pair, source: Tensor, target: Tensor) -> Tensor:
    output: Tensor = pair.decoder(target, pair.encoder(source), tgt_mask=~causal_mask(target.shape[1]))
    return output


def measure(quick: bool) -> list[Row]:
    """Training steps of an encoder and a decoder layer, by the course's and by PyTorch's, from the same weights.

    Raises:
        NotMeasured: the two do not give the same numbers, so that a comparison would mean nothing.
    """
    with seeded(0):
        return [_against_library(quick), *_plain_and_fused(quick)]


def _against_library(quick: bool) -> Row:
    sizes = (D_MODEL, HEADS, D_HIDDEN, 0.0, True, "relu", FusedAttention)
    ours = _Pair(EncoderLayer(*sizes), DecoderLayer(*sizes))
    theirs = _Pair(as_torch(ours.encoder), as_torch(ours.decoder)).train()  # type: ignore[arg-type]
    source, target = torch.randn(BATCH, LENGTH_S, D_MODEL), torch.randn(BATCH, LENGTH_T, D_MODEL)
    apart = float((_by_hand(ours, source, target) - _library(theirs, source, target)).detach().abs().max())
    if not apart < 1e-4:
        raise NotMeasured(f"with the same weights the outputs differ by {apart:.2g}.")

    def steps(pair: _Pair, forward: object, count: int) -> None:
        optimiser = torch.optim.AdamW(pair.parameters(), lr=1e-3)
        for _ in range(count):
            loss = forward(pair, source, target).pow(2).mean()  # type: ignore[operator]
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()

    count = 2 if quick else 15
    pairs = ((ours, _by_hand), (theirs, _library))
    takers = [partial(seconds, partial(steps, copy.deepcopy(pair), forward, count)) for pair, forward in pairs]
    in_turns(takers, 1)  # the first call allocates
    by_hand, library = in_turns(takers, 1 if quick else ROUNDS)
    ratios = [a / b for a, b in zip(by_hand, library)]
    detail = f"one layer each way, {BATCH} pairs of {LENGTH_S} and {LENGTH_T} words, d_model {D_MODEL}"
    return summary("Transformer layers by hand over nn.Transformer's, trained", ratios, "×", Target("≤", 1.5), detail)


def _plain_and_fused(quick: bool) -> list[Row]:
    rows = []
    for length in LENGTHS[:1] if quick else LENGTHS:
        plain = EncoderLayer(D_MODEL, HEADS, D_HIDDEN, 0.0, True, "gelu", MultiHeadAttention)
        fused = EncoderLayer(D_MODEL, HEADS, D_HIDDEN, 0.0, True, "gelu", FusedAttention)
        fused.load_state_dict(plain.state_dict())
        x, mask = torch.randn(max(1, 2048 // length), length, D_MODEL), causal_mask(length)

        def step(layer: nn.Module, x: Tensor = x, mask: Tensor = mask) -> None:
            layer(x, mask)[0].sum().backward()

        takers = [partial(seconds, partial(step, layer)) for layer in (plain, fused)]
        in_turns(takers, 1)
        slow, fast = in_turns(takers, 1 if quick else ROUNDS)
        ratios = [a / b for a, b in zip(slow, fast)]
        detail = f"{len(x)} × {length} tokens, d_model {D_MODEL}, causal mask, forward and backward"
        rows.append(
            summary(f"a layer with plain attention over a fused one, length {length}", ratios, "×", detail=detail)
        )
    return rows


def measure_translation(quick: bool) -> list[Row]:
    """BLEU on the test sentences of the translation corpus, Transformer and recurrent network, after the same time.

    Each trains for 90 seconds of the wall clock on one thread, as lesson 11 does by steps. The recurrent one is lesson
    09's best (Luong's block, the additive score, an encoder that reads both ways) and gets the course that it needs:
    for 20 of its seconds, sentences of at most seven words.
    """
    pairs = corpus("ru")
    russian = WordVocabulary(pair.source for pair in pairs.train)
    english = WordVocabulary(pair.target for pair in pairs.train)
    test = pairs.test[:20] if quick else pairs.test
    right = [" ".join(pair.target) for pair in test]
    rows = []
    for name, rate in (("a Transformer", 4e-3), ("a recurrent network with attention", 6e-3)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model: nn.Module = Translator(len(russian), len(english), d=96, block="luong", score="additive", both=True)
            if name == "a Transformer":
                sizes = (96, 4, 192, 2)
                model = TranslationTransformer(len(russian), len(english), *sizes, attention=FusedAttention)
            courses: tuple[tuple[float, int | None], ...] = ((90.0, None),)
            if name != "a Transformer":
                courses = ((20.0, 7), (70.0, None))
            steps = 0
            for time, longest in courses:
                steps += train_translator(
                    model,
                    [pair for pair in pairs.train if longest is None or len(pair.source) <= longest],
                    russian,
                    english,
                    steps=3 if quick else None,
                    seconds=None if quick else time,
                    size=32,
                    rate=rate,
                    progress=False,
                ).steps
        written = translations(model, test, russian, english, limit=30)
        score = corpus_bleu(written, right, tokenize="none").score
        target = Target("≥", 95.0) if name == "a Transformer" else None
        detail = f"{steps} steps of 32 pairs, {len(test)} new sentences"
        rows.append(Row(f"BLEU of {name} after 90 s", score, "BLEU", target, detail=detail))
    return rows
