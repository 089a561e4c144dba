"""A GPT: a stack of Transformer layers that never look ahead, and a language model that keeps what it has read.

Shapes are written as tuples of names: `batch`, `length`, `symbols` (how many tokens there are), `d_model` (width of a
token's vector), `heads`, `d_head = d_model / heads`. `old` counts tokens read by earlier calls, `new` those of this
one.

Sources: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training" (a decoder-only
Transformer with learned positions); Radford et al. 2019, "Language Models are Unsupervised Multitask Learners":
the norms in front, and one at the end; Shazeer 2019, "Fast Transformer Decoding" (keys and
values are kept from step to step, arXiv:1911.02150).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.attention import FusedAttention, MultiHeadAttention, causal_mask, merge_heads, split_heads
from utils.training import History, by_budget
from utils.transformer import EncoderLayer, LayerNorm

__all__ = ["GPT", "CachedSteps", "GPTLanguageModel", "Kept", "State", "cached_attention", "cached_layer", "train_gpt"]

Kept = tuple[Tensor, Tensor]
"""The keys and the values of the tokens read so far, in one layer: (batch, heads, old, d_head) both."""

State = tuple[Tensor, tuple[Kept, ...]]
"""What `GPTLanguageModel` remembers: the tokens of its window, (batch, old) int64, and what each layer kept of them."""


class GPT(nn.Module):
    """A decoder-only Transformer: embeddings and positions, layers with a causal mask, a norm, one logit a symbol.

    Args:
        symbols: how many tokens there are.
        d_model: width of a token's vector.
        heads: number of heads; must divide d_model.
        layers: how many layers lie above one another.
        block: the longest text that it can read: the length of the table of positions.
        attention: the class that makes the attention, as in `EncoderLayer`.

    Attributes:
        embedding: `nn.Embedding(symbols, d_model)`.
        positions: `nn.Embedding(block, d_model)`, one row a place, from 0.
        layers: `nn.ModuleList` of `EncoderLayer`, pre-norm, with GELU and 4 · d_model hidden numbers.
        norm: `LayerNorm(d_model)`.
        output: `nn.Linear(d_model, symbols, bias=False)`.

    Raises:
        ValueError: if `heads` does not divide `d_model`.

    Radford et al. 2018, where the norms stand behind and the output layer has the embedding's table; norms
    in front and one at the end as in Radford et al. 2019. The output layer of its own is this course's.
    """

    def __init__(
        self,
        symbols: int,
        d_model: int,
        heads: int,
        layers: int,
        block: int,
        attention: Callable[[int, int], nn.Module] = MultiHeadAttention,
    ) -> None:
        super().__init__()
        self.block = block
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(symbols, d_model)
        self.positions = nn.Embedding(block, d_model)
        self.layers = nn.ModuleList(
            EncoderLayer(d_model, heads, 4 * d_model, norm_first=True, activation="gelu", attention=attention)
            for _ in range(layers)
        )
        self.norm = LayerNorm(d_model)
        self.output = nn.Linear(d_model, symbols, bias=False)
        ### END SOLUTION

    def forward(self, ids: Tensor) -> Tensor:
        """The logits of the token that follows each token.

        Args:
            ids: (batch, length) int64, with a length from 1 to block.

        Returns:
            (batch, length, symbols): `[:, t]` depends on `ids[:, : t + 1]` alone.

        Raises:
            ValueError: a text longer than block; it names both lengths.
        """
        length = ids.shape[1]
        if length > self.block:
            raise ValueError(f"The text has {length} tokens, and the table of positions ends at {self.block}.")
        ### BEGIN SOLUTION
        x = self.embedding(ids) + self.positions.weight[:length]  # (batch, length, d_model)
        mask = causal_mask(length).to(ids.device)
        for layer in self.layers:
            x, _ = layer(x, mask)
        return self.output(self.norm(x))
        ### END SOLUTION


def cached_attention(attention: MultiHeadAttention, x: Tensor, past: Kept | None = None) -> tuple[Tensor, Kept]:
    """Causal self-attention that computes only what is new: the keys and values of earlier tokens are kept.

    Token number t looks at the tokens 0 … t and at no later one. So nothing about the old tokens changes when new ones
    come: their keys and values can be kept, and their queries are never asked again.

    Args:
        attention: has the layers `query`, `key`, `value`, `output`, and `heads`.
        x: (batch, new, d_model), the new tokens, at least one.
        past: keys and values of all the tokens before, (batch, heads, old, d_head) both; None = there are none.

    Returns:
        output: (batch, new, d_model), what `attention` gives for the new tokens if it reads old and new ones together
            with a causal mask.
        present: keys and values of all tokens, (batch, heads, old + new, d_head) both. Gradients flow through all.

    Shazeer 2019.
    """
    ### BEGIN SOLUTION
    query, key, value = (
        split_heads(layer(x), attention.heads) for layer in (attention.query, attention.key, attention.value)
    )
    if past is not None:
        key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
    old, new = key.shape[2] - x.shape[1], x.shape[1]
    mask = causal_mask(old + new)[old:].to(x.device) if new > 1 else None  # (new, old + new)
    found = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return attention.output(merge_heads(found)), (key, value)
    ### END SOLUTION


def cached_layer(
    layer: Any, x: Tensor, past: Kept | None = None, attend: Callable[..., Any] = cached_attention
) -> tuple[Tensor, Kept]:
    """A pre-norm `EncoderLayer` on new tokens alone.

    Args:
        layer: an `EncoderLayer`, or any layer with its attributes.
        x, past: see `cached_attention`; so are the results.
        attend: what does the attention, `cached_attention` or a function like it.
    """
    found, present = attend(layer.attention, _normed(layer.norm1, x), past)
    x = x + found
    return x + layer.feed_forward(_normed(layer.norm2, x)), present


def _normed(norm: Any, x: Tensor) -> Tensor:
    """A layer norm by PyTorch's one kernel, which counts where each step reads a single token."""
    return F.layer_norm(x, norm.weight.shape, norm.weight, norm.bias, norm.eps)


class GPTLanguageModel(nn.Module):
    """A GPT in the form of `utils.language_models`: it is called as `logits, state = model(ids, state)`.

    The state holds the keys and values of what was read, so each token is read once. When `block` tokens are full, the
    window slides: the last half of them is read again, from place 0, and the other half is free for what comes. So
    every token but those at the beginning sees at least half a block, and the result does not depend on how a text was
    cut into calls.

    Args:
        symbols, d_model, heads, layers, block: see `GPT`.
        grams: for each number n in it, an embedding of the last n tokens together is added to the input, as lesson 07
            did with pairs for its LSTM: what a layer would have to work out is then looked up.
        rows: how many rows such a table has at most; where there are more n-grams, several share a row.
        attention: see `GPT`.
        gpt: the class of the model inside, `GPT` or one with its parameters and attributes.

    Attributes:
        gpt: the `GPT`.
        attend: what reads new tokens, `cached_attention`; a function that gives the same may be put in its place.
        tables: `nn.ModuleList` of `nn.Embedding`, one for each of `grams`.

    Raises:
        ValueError: a block below 2, an n below 2, or what `GPT` raises.
    """

    def __init__(
        self,
        symbols: int,
        d_model: int = 128,
        heads: int = 4,
        layers: int = 2,
        block: int = 128,
        grams: Sequence[int] = (),
        rows: int = 65_521,
        attention: Callable[[int, int], nn.Module] = FusedAttention,
        gpt: Callable[..., Any] = GPT,
    ) -> None:
        super().__init__()
        if block < 2:
            raise ValueError(f"A window must have room for at least two tokens, not for {block}.")
        if any(n < 2 for n in grams):
            raise ValueError(f"A table needs at least two tokens to look up, not {min(grams)}: one has its embedding.")
        self.gpt = gpt(symbols, d_model, heads, layers, block, attention)
        self.attend: Callable[..., Any] = cached_attention
        self.symbols, self.grams = symbols, tuple(grams)
        self.tables = nn.ModuleList(nn.Embedding(min(symbols**n, rows), d_model) for n in grams)
        self._initialise(d_model, layers)

    def _initialise(self, d_model: int, layers: int) -> None:
        """Larger weights than GPT-2's: a training of a minute has no time to let them grow.

        As there, what a layer adds to the sum begins smaller the more layers there are.
        """
        for name, weight in self.named_parameters():
            if "embedding" in name or "tables" in name:
                nn.init.normal_(weight, std=0.5)
            elif weight.dim() > 1:
                into_sum = name.endswith(("attention.output.weight", "feed_forward.project.weight"))
                nn.init.normal_(weight, std=d_model**-0.5 / (math.sqrt(2 * layers) if into_sum else 1.0))
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    @property
    def block(self) -> int:
        """The longest window."""
        return len(self.gpt.positions.weight)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read on: (batch, length) int64 → logits (batch, length, symbols), and the state for the next call."""
        parts = []
        start = 0
        while start < ids.shape[1]:
            if state is not None and state[0].shape[1] >= self.block:
                _, state = self.extend(state[0][:, -(self.block // 2) :], None)
            room = self.block - (0 if state is None else state[0].shape[1])
            logits, state = self.extend(ids[:, start : start + room], state)
            parts.append(logits)
            start += room
        if state is None:
            raise ValueError("There is nothing to read: the text has no tokens.")
        return (parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)), state

    def extend(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Read tokens that still fit into the window; as `forward`, without sliding."""
        window = ids if state is None else torch.cat([state[0], ids], dim=1)
        old, kept = (0, None) if state is None else (state[0].shape[1], state[1])
        gpt = self.gpt
        x = gpt.embedding(ids) + gpt.positions.weight[old : window.shape[1]]
        for n, table in zip(self.grams, self.tables):
            assert isinstance(table, nn.Embedding)
            code = ids
            for back in range(1, n):  # before the window stands nothing: number 0
                code = code + F.pad(window, (back, 0))[:, old : window.shape[1]] * self.symbols**back
            x = x + table(code % table.num_embeddings)
        present = []
        for number, layer in enumerate(gpt.layers):
            x, both = cached_layer(layer, x, None if kept is None else kept[number], self.attend)
            present.append(both)
        return gpt.output(_normed(gpt.norm, x)), (window, tuple(present))


def train_gpt(
    model: GPTLanguageModel,
    ids: Tensor,
    steps: int | None = None,
    seconds: float | None = None,
    batch: int = 8,
    rate: float = 8e-3,
    clip: float = 1.0,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a GPT on random stretches of a text, each `block` tokens long, in place.

    As `utils.language_models.train` does it, with two differences. No state is carried from step to step: a GPT that
    reads a whole block has nothing to carry. And of the tables of n-grams, which hold most of the weights, a step reads
    a few hundred rows: those alone are changed, by Adam without decay of weights, and nothing is done for the others.

    Args:
        model: its present weights are the start; left in evaluation mode.
        ids: (tokens,) int64, at least block + 1.
        steps: how many steps; the result is then the same on every run.
        seconds: how long instead, in seconds of the wall clock. Give one of the two.
        batch: how many stretches a step reads.
        rate: the highest learning rate; it rises for a twentieth of the budget, then falls as a cosine.
        clip: the largest norm of the gradient over all weights but the tables'.
        seed: of the stretches.
        progress: whether to show a bar with the loss.

    Raises:
        ValueError: a budget that is missing, given twice or not positive; a text too short for one stretch; a loss that
            is no longer a number.
    """
    if len(ids) <= model.block:
        raise ValueError(f"A text of {len(ids)} tokens is too short: a stretch has {model.block}, and one follows it.")
    block = torch.arange(model.block)

    def loss() -> Tensor:
        places = torch.randint(len(ids) - model.block, (batch, 1)) + block
        logits, _ = model(ids[places])
        return F.cross_entropy(logits.flatten(0, 1), ids[places + 1].flatten())

    tables = list(model.tables.parameters())
    dense = [weight for name, weight in model.named_parameters() if not name.startswith("tables.")]
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(dense, rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    ]
    if tables:
        optimisers.append(torch.optim.SparseAdam(tables, rate, betas=(0.9, 0.99)))
    _sparse(model, True)
    try:
        return by_budget(model, optimisers, loss, steps, seconds, rate, clip, seed, progress)
    finally:
        _sparse(model, False)
        model.zero_grad(set_to_none=True)


def _sparse(model: GPTLanguageModel, wanted: bool) -> None:
    """Whether the gradient of a table names the rows that were read, instead of being mostly zeros."""
    for table in model.tables:
        assert isinstance(table, nn.Embedding)
        table.sparse = wanted


class CachedSteps:
    """A GPT as beam search wants it, with everything kept that was read; see `utils.sampling.beam_search`.

    Beam search drops some texts at each step and goes on from others more than once. What was kept follows: for each
    text the row of the text that it goes on from is taken.

    Args:
        model: in evaluation mode.
        prompt: (length,) int64, at least one token.

    Raises:
        ValueError: an empty prompt.
    """

    def __init__(self, model: GPTLanguageModel, prompt: Tensor) -> None:
        if len(prompt) == 0:
            raise ValueError("The prompt is empty: the model needs at least one token to go on from.")
        self.model, self.prompt = model, prompt
        self._state: State | None = None
        self._rows: dict[tuple[int, ...], int] = {}

    @torch.no_grad()
    def __call__(self, texts: Sequence[tuple[int, ...]]) -> Tensor:
        """The log-probabilities of the next token, (texts, symbols) float64.

        Raises:
            ValueError: a text that does not go on from one of the call before by one token.
        """
        if list(texts) == [()]:
            logits, self._state = self.model(self.prompt[None], None)
        else:
            missing = [text for text in texts if text[:-1] not in self._rows]
            if missing or self._state is None:
                raise ValueError(f"The text {missing[:1]} does not go on from any that was asked about before it.")
            order = torch.tensor([self._rows[text[:-1]] for text in texts])
            window, kept = self._state
            state = window[order], tuple((key[order], value[order]) for key, value in kept)
            logits, self._state = self.model(torch.tensor([[text[-1]] for text in texts]), state)
        self._rows = {text: row for row, text in enumerate(texts)}
        return torch.log_softmax(logits[:, -1].double(), dim=-1)
