"""Pre-training BERT: blanks to fill (15 %, 80/10/10), pairs to judge, and a loop that trains a tiny model on verses.

Shapes as in `utils.bert`: (batch, length), (batch, length, width). A label of `IGNORED` means that nothing is asked
at that place.

Source: Devlin et al. 2019, "BERT" (NAACL, arXiv:1810.04805), section 3.1 and appendix A.1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pace
from utils.attention import FusedAttention
from utils.bert import BertConfig, BertForPreTraining
from utils.bert_inputs import IGNORED, Inputs, Pair, in_batch, next_sentence_pairs
from utils.bert_tokenizer import WordPiece
from utils.positions import sinusoidal_positions
from utils.training import by_steps, drawn, seeded

__all__ = [
    "PreTraining",
    "blank_accuracy",
    "corrupt",
    "drawn_pairs",
    "encode_documents",
    "fill",
    "mask_tokens",
    "pair_accuracy",
    "pretrain",
    "pretraining_loss",
    "start_weights",
]

Document = Sequence[Sequence[int]]

POSITION_SCALE = 1.4
"""How large the waves of `start_weights` are, compared with the spread of the words; √2 makes them equally large."""


def corrupt(
    ids: Tensor,
    allowed: Tensor,
    chance: Tensor,
    action: Tensor,
    strangers: Tensor,
    mask_id: int,
    probability: float = 0.15,
) -> tuple[Tensor, Tensor]:
    """Make blanks to fill: choose tokens, change most of the chosen ones, and keep what was there as labels.

    A token is chosen if it is allowed and its `chance` is below `probability`. What happens to a chosen one is decided
    by its `action`: below 0.8 it becomes [MASK]; from 0.8 to below 0.9 it becomes the stranger drawn for its place;
    from 0.9 on it stays as it is. It is to be predicted in all three cases.

    Args:
        ids: (batch, length), int64, the true tokens.
        allowed: (batch, length), boolean: False at special tokens and padding.
        chance: (batch, length), numbers drawn evenly from 0 to 1 (1 excluded).
        action: (batch, length), drawn likewise.
        strangers: (batch, length), int64, random pieces.
        mask_id: the number of [MASK].
        probability: which share to choose; 0 chooses none, 1 all that are allowed.

    Returns:
        inputs: (batch, length), int64: what the model reads.
        labels: (batch, length), int64: the true token at chosen places, −100 elsewhere.

    Devlin et al. 2019, section 3.1, task 1.
    """
    ### BEGIN SOLUTION
    chosen = allowed & (chance < probability)
    inputs = torch.where(chosen & (action < 0.8), mask_id, ids)
    inputs = torch.where(chosen & (action >= 0.8) & (action < 0.9), strangers, inputs)
    return inputs, torch.where(chosen, ids, IGNORED)
    ### END SOLUTION


def mask_tokens(
    ids: Tensor,
    tokenizer: WordPiece,
    generator: torch.Generator | None = None,
    probability: float = 0.15,
    blanks: Callable[..., tuple[Tensor, Tensor]] = corrupt,
) -> tuple[Tensor, Tensor]:
    """`corrupt` with numbers drawn here. Special tokens, [UNK] among them, are never chosen and never strangers.

    Args:
        ids: (batch, length), int64.
        tokenizer: knows [MASK], and which tokens are special.
        generator: of the draws; None = torch's own.
        probability: which share of the ordinary tokens is chosen, from 0 to 1: a coin for each token. (The published
            code chooses exactly 15 % of each input, at least one and at most 20.)
        blanks: called as `corrupt`. Your own will do.

    Returns:
        inputs, labels: as `corrupt`.

    Raises:
        ValueError: a probability outside 0 … 1, or a vocabulary without any ordinary piece.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"A probability lies between 0 and 1; {probability} does not.")
    ordinary = torch.tensor([n for n in range(len(tokenizer)) if n not in tokenizer.special], dtype=torch.int64)
    if not len(ordinary):
        raise ValueError("The vocabulary has special tokens only, so there is no stranger to draw.")
    allowed = torch.ones_like(ids, dtype=torch.bool)
    for number in tokenizer.special:
        allowed &= ids != number
    chance, action = (torch.rand(ids.shape, generator=generator) for _ in range(2))
    strangers = ordinary[torch.randint(len(ordinary), ids.shape, generator=generator)]
    return blanks(ids, allowed, chance, action, strangers, tokenizer.mask, probability)


def pretraining_loss(
    model: BertForPreTraining, inputs: Sequence[Tensor], labels: Tensor, strangers: Tensor
) -> tuple[Tensor, Tensor]:
    """The two losses of one batch of pairs, in nats; pre-training makes their sum small.

    Args:
        model: with `model.bert(ids, segments, real)` → (states, pooled), `model.word_scores(states)` → scores of all
            pieces and `model.next_sentence(pooled)` → (batch, 2).
        inputs: ids with their blanks, segments and `real`, each (batch, length), as `Inputs` holds them.
        labels: (batch, length), int64: the true piece where one is asked for, `IGNORED` elsewhere.
        strangers: (batch,), int64: 0 where B follows A, 1 where it is a stranger.

    Returns:
        masked: the cross-entropy averaged over the places with a label, all rows together; 0 if there is none.
        pairs: the cross-entropy of the two answers, averaged over the batch.

    Devlin et al. 2019, appendix A.2: the sum of the mean masked-word and the mean next-sentence likelihood.
    """
    ### BEGIN SOLUTION
    states, pooled = model.bert(*inputs)
    asked = labels != IGNORED
    scores = model.word_scores(states[-1][asked])  # only these places: the head is the largest product of the model
    masked = F.cross_entropy(scores, labels[asked], reduction="sum") / max(1, len(scores))
    return masked, F.cross_entropy(model.next_sentence(pooled), strangers)
    ### END SOLUTION


def start_weights(model: nn.Module, spread: float = 0.1) -> None:
    """Fresh weights for a tiny BERT, in place.

    BERT begins with normal numbers of standard deviation 0.02, which suits a width of 768. A narrow model needs larger
    ones: about 0.02 · √(768 / width). The positions begin as the waves of lesson 10, and are learned from there on:
    then neighbours can be found from the first step.
    """
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, 0.0, spread)
            if name.endswith("positions.weight"):
                weight.copy_(POSITION_SCALE * spread * sinusoidal_positions(*weight.shape))


@dataclasses.dataclass
class PreTraining:
    """What was seen while a model was pre-trained: the two losses of each step, in nats."""

    masked: list[float] = dataclasses.field(default_factory=list)
    pairs: list[float] = dataclasses.field(default_factory=list)


def drawn_pairs(
    documents: Sequence[Document],
    generator: torch.Generator,
    pairs: Callable[..., list[tuple[Any, Any, int]]] = next_sentence_pairs,
) -> list[Pair]:
    """Pairs of next sentence prediction in random order, about half of them with a stranger, each A once.

    The documents are dealt out into groups of 40 or a few more, and a stranger comes from the same group: so it costs
    little to lay the other documents end to end.

    Args:
        documents: each a list of sentences.
        generator: of the draws.
        pairs: called as `next_sentence_pairs`. Your own will do.
    """
    order = torch.randperm(len(documents), generator=generator).tolist()
    groups = max(1, len(documents) // 40)
    drawn: list[Pair] = []
    for first in range(groups):
        group = [documents[n] for n in order[first::groups]]
        count = sum(max(0, len(document) - 1) for document in group)
        follows = torch.rand(count, generator=generator) < 0.5
        if sum(map(bool, group)) < 2:
            follows[:] = True  # one document alone has no strangers
        picks = torch.rand(count, generator=generator, dtype=torch.float64)
        drawn += [Pair(*pair) for pair in pairs(group, follows.tolist(), picks.tolist())]
    return [drawn[n] for n in torch.randperm(len(drawn), generator=generator).tolist()]


def read(tokenizer: WordPiece, sentences: Sequence[Sequence[int] | Pair], limit: int) -> Inputs:
    """`in_batch` with a tokenizer's numbers."""
    return in_batch(sentences, tokenizer.classify, tokenizer.separate, limit, tokenizer.pad)


def fused_model(config: BertConfig) -> BertForPreTraining:
    """The course's own model, with the faster attention."""
    return BertForPreTraining(config, FusedAttention)


def pretrain(
    documents: Sequence[Document],
    tokenizer: WordPiece,
    config: BertConfig,
    steps: int = 1000,
    batch: int = 16,
    limit: int = 48,
    rate: float = 5e-3,
    probability: float = 0.15,
    seed: int = 0,
    progress: bool = True,
    model: Callable[[BertConfig], BertForPreTraining] = fused_model,
    blanks: Callable[..., tuple[Tensor, Tensor]] = corrupt,
    pairs: Callable[..., list[tuple[Any, Any, int]]] = next_sentence_pairs,
    loss: Callable[..., tuple[Tensor, Tensor]] = pretraining_loss,
) -> tuple[BertForPreTraining, PreTraining]:
    """Train a fresh BERT on blanks and pairs; the loss is the sum of the two, as in the paper.

    AdamW; the rate rises over the first tenth of the steps and then falls to zero. The global random state is left
    alone, and the same seed gives the same weights.

    Args:
        documents: each a list of sentences, which are lists of piece numbers.
        tokenizer: of these numbers.
        config: the sizes of the model; its dropout is used.
        steps, batch, rate: how many steps, how many pairs each, the highest learning rate.
        limit: how many tokens an input may have.
        probability: the share of tokens that are asked for.
        seed: of weights, pairs and blanks.
        progress: whether to show a bar with the loss.
        model: makes the fresh model. Your own encoder and head will do: see `BertForPreTraining`.
        blanks, pairs, loss: called as `corrupt`, `next_sentence_pairs` and `pretraining_loss`. Your own will do.

    Returns:
        The model in evaluation mode, and its losses.

    Raises:
        ValueError: no document with two sentences, no steps, or a limit beyond the model's positions.
    """
    if not any(len(document) > 1 for document in documents):
        raise ValueError("There is no document with two sentences, so there are no pairs to learn from.")
    if steps < 1 or batch < 1:
        raise ValueError(f"Training needs steps and pairs, not {steps} steps of {batch} pairs.")
    if limit > config.positions:
        raise ValueError(f"Inputs of {limit} tokens need more than {config.positions} positions.")
    history = PreTraining()
    with seeded(seed):
        trained = model(config)
        start_weights(trained)
        generator = torch.Generator().manual_seed(seed)
        batches = drawn(lambda: drawn_pairs(documents, generator, pairs), batch)

        def sum_of_losses(step: int) -> Tensor:
            chosen = next(batches)
            ids, segments, real = read(tokenizer, chosen, limit)
            holed, labels = mask_tokens(ids, tokenizer, generator, probability, blanks)
            strangers = torch.tensor([pair.label for pair in chosen])
            masked, judged = loss(trained, Inputs(holed, segments, real), labels, strangers)
            history.masked.append(torch.as_tensor(masked).item())  # a plain 0 will do
            history.pairs.append(judged.item())
            return masked + judged

        optimiser = torch.optim.AdamW(trained.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        by_steps(optimiser, sum_of_losses, steps, title="pre-training", progress=progress)
    return trained.eval(), history


@torch.no_grad()
def pair_accuracy(model: BertForPreTraining, tokenizer: WordPiece, pairs: Sequence[Pair], limit: int = 48) -> float:
    """The share of pairs about which the model is right: does B follow A?

    Raises:
        ValueError: no pairs.
    """
    right, pairs = 0, pace.few(pairs, 64)
    for start in range(0, len(pairs), 64):
        some = pairs[start : start + 64]
        _, pooled = model.bert(*read(tokenizer, some, limit))
        right += int((model.next_sentence(pooled).argmax(dim=1) == torch.tensor([p.label for p in some])).sum())
    if not pairs:
        raise ValueError("There are no pairs to judge a model by.")
    return right / len(pairs)


@torch.no_grad()
def blank_accuracy(
    model: BertForPreTraining,
    tokenizer: WordPiece,
    blanks: Sequence[tuple[Sequence[int], int]],
    hidden: str = "",
) -> float:
    """How often the model's first guess for a blank is the token that stood there.

    Args:
        model: a trained one.
        tokenizer: of the numbers.
        blanks: (sentence, place) pairs: the token at that place, counted from 0, becomes [MASK].
        hidden: "left" or "right" makes [MASK] of every token on that side as well; "" hides nothing more.

    Raises:
        ValueError: no blanks, another `hidden`, a place outside its sentence, or a sentence longer than the model's
            positions allow.
    """
    if hidden not in ("", "left", "right"):
        raise ValueError(f"hidden is 'left', 'right' or '', not {hidden!r}.")
    if not blanks:
        raise ValueError("There are no blanks to fill.")
    room = model.bert.config.positions - 2  # [CLS] and [SEP] need a place too
    for sentence, place in blanks:
        if not 0 <= place < len(sentence):
            raise ValueError(f"A sentence of {len(sentence)} tokens has no place {place} (the first is 0).")
        if len(sentence) > room:
            raise ValueError(f"A sentence of {len(sentence)} tokens is too long: there is room for {room}.")
    right, blanks = 0, pace.few(blanks, 64)
    for start in range(0, len(blanks), 64):
        some = blanks[start : start + 64]
        ids, segments, real = read(tokenizer, [sentence for sentence, _ in some], model.bert.config.positions)
        places = torch.tensor([place + 1 for _, place in some])  # behind [CLS]
        rows, columns = torch.arange(len(some)), torch.arange(ids.shape[1])
        truth = ids[rows, places]
        ordinary = real & (ids != tokenizer.classify) & (ids != tokenizer.separate)
        gone = columns == places[:, None]
        if hidden:
            gone = gone | (columns < places[:, None] if hidden == "left" else columns > places[:, None])
        states, _ = model.bert(ids.masked_fill(gone & ordinary, tokenizer.mask), segments, real)
        guesses = model.word_scores(states[-1][rows, places]).argmax(dim=1)
        right += int((guesses == truth).sum())
    return right / len(blanks)


@torch.no_grad()
def fill(model: BertForPreTraining, tokenizer: WordPiece, text: str, count: int = 3) -> list[list[tuple[str, float]]]:
    """The likeliest pieces for each "[MASK]" of a text, with their probabilities.

    Args:
        model: a trained one.
        tokenizer: its tokenizer.
        text: with "[MASK]" written where something is to be filled in.
        count: how many pieces for each blank, at most; special tokens are left out.

    Raises:
        ValueError: no "[MASK]" in the text, more tokens than the model has positions, or a count below 1.
    """
    if count < 1:
        raise ValueError(f"{count} pieces for a blank: ask for one at least.")
    parts = text.split("[MASK]")
    if len(parts) == 1:
        raise ValueError('There is no blank in the text: write "[MASK]" where a word is missing.')
    sentence: list[int] = tokenizer.encode(parts[0])
    for part in parts[1:]:
        sentence += [tokenizer.mask, *tokenizer.encode(part)]
    ids, segments, real = read(tokenizer, [sentence], len(sentence) + 2)
    states, _ = model.bert(ids, segments, real)
    scores = model.word_scores(states[-1][0, ids[0] == tokenizer.mask])
    scores[:, sorted(tokenizer.special)] = -torch.inf
    best = scores.softmax(dim=1).topk(min(count, len(tokenizer) - len(tokenizer.special)))
    return [
        [(tokenizer.pieces[number], share) for number, share in zip(numbers, shares)]
        for numbers, shares in zip(best.indices.tolist(), best.values.tolist())
    ]


def encode_documents(tokenizer: WordPiece, documents: Iterable[Iterable[str]]) -> list[list[list[int]]]:
    """Texts as numbers: documents of sentences; sentences without words are left out."""
    encoded = ([tokenizer.encode(sentence) for sentence in document] for document in documents)
    return [[sentence for sentence in document if sentence] for document in encoded]
