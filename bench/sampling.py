"""Writing with a GPT: the course's cache against Hugging Face's `generate` at the same size, and against no cache."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from bench.measure import in_turns, seconds
from bench.table import Row, Target, summary, unmeasured
from utils.gpt import GPTLanguageModel
from utils.pace import one_thread
from utils.sampling import generate, greedy

SYMBOLS, WIDTH, HEADS, LAYERS, BLOCK = 64, 128, 4, 4, 256


def likeliest(logits: Tensor, written: Tensor) -> Tensor:
    """Greedy, in the form that `generate` asks for."""
    return greedy(logits)


def measure(quick: bool) -> list[Row]:
    """The likeliest text, 8 rows of 16 + 200 tokens, on one thread, in turns."""
    rows, prompt, length = (2, 4, 6) if quick else (8, 16, 200)
    width, layers = (16, 1) if quick else (WIDTH, LAYERS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = GPTLanguageModel(SYMBOLS, width, HEADS, layers, BLOCK).eval()
        ids = torch.randint(1, SYMBOLS, (rows, prompt))
    name = "generation with the cache over Hugging Face's generate"
    sizes = f"{layers} × {width}, {rows} rows, {length} tokens"
    kept = partial(seconds, partial(generate, model, ids, length, likeliest))
    anew = partial(seconds, partial(generate, model, ids, length, likeliest, cached=False))
    rounds = 1 if quick else 5
    with one_thread():
        takers = [kept, anew]
        in_turns(takers, 1)
        mine, without = in_turns(takers, rounds)
        ratios = [b / a for a, b in zip(mine, without)]
        found = [summary("generation: times as fast with the cache as without", ratios, "×", Target("≥", 3.0), sizes)]
        try:
            theirs = partial(seconds, hugging_face(width, layers, ids, length))
        except ImportError:
            return [*found, unmeasured(name, "transformers is not installed.")]
        in_turns([kept, theirs], 1)
        mine, others = in_turns([kept, theirs], rounds)
    ratios = [a / b for a, b in zip(mine, others)]
    found.append(summary(name, ratios, "×", Target("≤", 1.0), sizes))
    return found


def hugging_face(width: int, layers: int, ids: Tensor, length: int) -> partial[Tensor]:
    """The same with `GPT2LMHeadModel` of the same sizes, greedy, with its cache."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=SYMBOLS,
        n_positions=BLOCK,
        n_embd=width,
        n_layer=layers,
        n_head=HEADS,
        activation_function="gelu",
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = GPT2LMHeadModel(config).eval()
    return partial(
        model.generate,
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=length,
        min_new_tokens=length,
        do_sample=False,
        use_cache=True,
        pad_token_id=0,
    )
