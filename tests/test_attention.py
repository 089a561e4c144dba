"""Attention and positions against PyTorch's own functions, values and gradients, on sizes that all differ."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils import attention, positions

SHAPES = [  # batch, heads, length_q, length_k, d, d_value: pairwise different in every row but for the edge cases
    (2, 3, 5, 7, 4, 6),
    (5, 2, 3, 11, 7, 4),
    (3, 7, 9, 2, 5, 8),
    (1, 1, 1, 1, 1, 1),
    (2, 3, 1, 6, 4, 5),
    (3, 2, 7, 1, 5, 4),
]


def random_tensors(shape: tuple[int, ...], seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    batch, heads, length_q, length_k, d, d_value = shape
    g = torch.Generator().manual_seed(seed)
    return (
        torch.randn(batch, heads, length_q, d, generator=g, dtype=torch.float64, requires_grad=True),
        torch.randn(batch, heads, length_k, d, generator=g, dtype=torch.float64, requires_grad=True),
        torch.randn(batch, heads, length_k, d_value, generator=g, dtype=torch.float64, requires_grad=True),
    )


def gradients(output: torch.Tensor, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    g = torch.Generator().manual_seed(output.numel())
    direction = torch.randn(output.shape, generator=g, dtype=output.dtype)
    return list(torch.autograd.grad((output * direction).sum(), inputs, retain_graph=True))


# ---- one query


def test_the_lectures_numbers() -> None:
    query = torch.zeros(64)
    query[0] = 16.0
    keys = torch.zeros(2, 64)
    keys[:, 0] = torch.tensor([7.0, 6.0])
    assert (keys @ query).tolist() == [112.0, 96.0]
    weights = attention.query_weights(query, keys)
    assert [round(w, 2) for w in weights.tolist()] == [0.88, 0.12]


def test_one_query_is_one_row_of_the_matrix() -> None:
    query, keys, values = (t[0, 0] for t in random_tensors((1, 1, 5, 7, 4, 6), 0))
    _, weights = attention.scaled_dot_product_attention(query, keys, values)
    for i in range(5):
        torch.testing.assert_close(attention.query_weights(query[i], keys), weights[i])


def test_self_attention_is_attention_of_its_projections() -> None:
    g = torch.Generator().manual_seed(3)
    x, w_q, w_k = (torch.randn(s, generator=g) for s in [(6, 3), (3, 4), (3, 4)])
    w_v = torch.randn(3, 5, generator=g)
    expected = F.scaled_dot_product_attention((x @ w_q)[None], (x @ w_k)[None], (x @ w_v)[None])[0]
    torch.testing.assert_close(attention.self_attention(x, w_q, w_k, w_v), expected)


# ---- scaled dot-product attention


@pytest.mark.parametrize("kind", ["none", "random", "causal", "of the keys"])
@pytest.mark.parametrize("shape", SHAPES)
def test_parity_with_pytorch(shape: tuple[int, ...], kind: str) -> None:
    query, key, value = random_tensors(shape, sum(shape))
    batch, _, length_q, length_k, _, _ = shape
    g = torch.Generator().manual_seed(1)
    mask = {
        "none": None,
        "random": torch.rand(batch, 1, length_q, length_k, generator=g) < 0.6,
        "causal": torch.ones(length_q, length_k, dtype=torch.bool).tril(),
        "of the keys": torch.rand(batch, 1, 1, length_k, generator=g) < 0.7,
    }[kind]
    output, weights = attention.scaled_dot_product_attention(query, key, value, mask)
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(weights @ value, output)
    for ours, theirs in zip(
        gradients(output, [query, key, value]), gradients(expected, [query, key, value]), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_a_query_that_may_look_nowhere_gets_zeros_and_no_nan_flows_back() -> None:
    query, key, value = random_tensors((2, 3, 5, 7, 4, 6), 5)
    mask = torch.ones(5, 7, dtype=torch.bool)
    mask[2] = False
    output, weights = attention.scaled_dot_product_attention(query, key, value, mask)
    assert not output[:, :, 2].any() and not weights[:, :, 2].any()
    for grad in gradients(output, [query, key, value]):
        assert grad.isfinite().all()
    assert not gradients(output, [query])[0][:, :, 2].any()


def test_masked_places_are_exactly_zero_and_rows_sum_to_one() -> None:
    query, key, value = random_tensors((2, 3, 5, 7, 4, 6), 6)
    mask = torch.rand(5, 7, generator=torch.Generator().manual_seed(0)) < 0.5
    mask[:, 0] = True
    _, weights = attention.scaled_dot_product_attention(query * 100, key * 100, value, mask)
    assert not weights[..., ~mask].any()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5, dtype=torch.float64))


@pytest.mark.parametrize("leading", [(), (4,), (2, 3), (2, 3, 5)])
def test_any_number_of_leading_dimensions(leading: tuple[int, ...]) -> None:
    output, weights = attention.scaled_dot_product_attention(
        torch.ones(*leading, 6, 7), torch.ones(*leading, 8, 7), torch.ones(*leading, 8, 9)
    )
    assert output.shape == (*leading, 6, 9) and weights.shape == (*leading, 6, 8)


def test_large_scores_do_not_overflow() -> None:
    query, key = torch.full((2, 4), 1e4), torch.tensor([[1.0, 0, 0, 0], [2.0, 0, 0, 0], [0.0, 0, 0, 0]])
    output, weights = attention.scaled_dot_product_attention(query, key, torch.eye(3))
    assert weights.isfinite().all() and output[0].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("mask", [torch.ones(5, 7), torch.ones(5, 7, dtype=torch.long)])
def test_a_mask_of_numbers_is_refused(mask: torch.Tensor) -> None:
    with pytest.raises(TypeError, match="boolean"):
        attention.scaled_dot_product_attention(*random_tensors((2, 3, 5, 7, 4, 6), 0), mask)


@pytest.mark.parametrize("length", [1, 2, 5, 9])
def test_causal_mask(length: int) -> None:
    mask = attention.causal_mask(length)
    assert mask.dtype == torch.bool
    assert [[bool(mask[i, j]) for j in range(length)] for i in range(length)] == [
        [j <= i for j in range(length)] for i in range(length)
    ]


def test_nobody_sees_the_future() -> None:
    query, key, value = random_tensors((2, 3, 6, 6, 4, 5), 9)
    before, _ = attention.scaled_dot_product_attention(query, key, value, attention.causal_mask(6))
    changed = value.clone()
    changed[:, :, 4:] += 1
    after, _ = attention.scaled_dot_product_attention(query, key, changed, attention.causal_mask(6))
    assert torch.equal(before[:, :, :4], after[:, :, :4]) and not torch.equal(before[:, :, 4:], after[:, :, 4:])


# ---- heads


def test_split_heads_takes_neighbouring_components_and_merge_undoes_it() -> None:
    x = torch.arange(2 * 3 * 10.0).reshape(2, 3, 10)
    split = attention.split_heads(x, 5)
    assert split.shape == (2, 5, 3, 2)
    for head in range(5):
        assert torch.equal(split[:, head], x[:, :, 2 * head : 2 * head + 2])
    assert torch.equal(attention.merge_heads(split), x)


def test_average_heads() -> None:
    x = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    assert torch.equal(attention.average_heads(x), (x[:, 0] + x[:, 1] + x[:, 2]) / 3)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "batch, length_q, length_k, d_head, heads", [(2, 5, 7, 4, 3), (3, 1, 6, 5, 2), (4, 6, 1, 3, 7)]
)
@pytest.mark.parametrize("how", ["self", "causal", "memory", "memory and mask"])
def test_parity_with_nn_multihead_attention(
    batch: int, length_q: int, length_k: int, d_head: int, heads: int, how: str, bias: bool
) -> None:
    torch.manual_seed(length_q)
    layer = attention.MultiHeadAttention(heads * d_head, heads, bias=bias).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.4)  # biases too: PyTorch starts them at zero, which would hide them
    twin = attention.as_torch(layer)
    x = torch.randn(batch, length_q, heads * d_head, dtype=torch.float64, requires_grad=True)
    memory = torch.randn(batch, length_k, heads * d_head, dtype=torch.float64, requires_grad=True)
    mask = {"causal": attention.causal_mask(length_q), "memory and mask": torch.rand(length_q, length_k) < 0.7}.get(how)
    if how == "memory and mask":
        assert mask is not None
        mask[:, 0] = True  # nn.MultiheadAttention gives NaN where a query may look nowhere
    source = memory if how.startswith("memory") else None
    output, weights = layer(x, mask=mask, memory=source)
    other = x if source is None else source
    expected, expected_weights = twin(
        x, other, other, attn_mask=None if mask is None else ~mask, average_attn_weights=False
    )
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(weights, expected_weights)
    inputs = [x] if source is None else [x, source]
    for ours, theirs in zip(gradients(output, inputs), gradients(expected, inputs), strict=True):
        torch.testing.assert_close(ours, theirs)
    names = ["query", "key", "value", "output"]
    kinds = ["weight", "bias"] if bias else ["weight"]
    for kind in kinds:
        ours = gradients(output, [getattr(getattr(layer, name), kind) for name in names])
        stacked, last = gradients(expected, [getattr(twin, f"in_proj_{kind}"), getattr(twin.out_proj, kind)])
        torch.testing.assert_close(torch.cat(ours[:3]), stacked)
        torch.testing.assert_close(ours[3], last)


def test_the_names_of_the_weights() -> None:
    names = list(attention.MultiHeadAttention(6, 3).state_dict())
    assert names == [f"{part}.{kind}" for part in ("query", "key", "value", "output") for kind in ("weight", "bias")]
    assert len(attention.MultiHeadAttention(6, 3, bias=False).state_dict()) == 4


@pytest.mark.parametrize("d_model, heads", [(10, 3), (4, 8), (4, 0)])
def test_heads_must_divide_the_width(d_model: int, heads: int) -> None:
    with pytest.raises(ValueError, match="must divide"):
        attention.MultiHeadAttention(d_model, heads)


def test_self_attention_is_equivariant_and_positions_break_it() -> None:
    torch.manual_seed(0)
    layer = attention.MultiHeadAttention(12, 3).double()
    x = torch.randn(2, 6, 12, dtype=torch.float64)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    straight, permuted = layer(x)[0], layer(x[:, order])[0]
    torch.testing.assert_close(permuted, straight[:, order])  # equivariant
    assert (permuted - straight).abs().max() > 0.01  # not invariant
    torch.testing.assert_close(permuted.mean(1), straight.mean(1))  # the set stays
    table = positions.sinusoidal_positions(6, 12).double()
    assert (layer(x[:, order] + table)[0] - layer(x + table)[0][:, order]).abs().max() > 0.01


# ---- convolution


@pytest.mark.parametrize("padding", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_heads_are_a_convolution_of_text(size: int, padding: int) -> None:
    torch.manual_seed(size)
    conv = nn.Conv1d(4, 7, size, padding=padding)
    x = torch.randn(2, 4, 9, requires_grad=True)
    output = attention.heads_as_convolution(x, conv.weight, conv.bias, padding)
    assert output.shape == conv(x).shape
    assert (output - conv(x)).abs().max() < 1e-5
    for ours, theirs in zip(gradients(output, [x, conv.weight]), gradients(conv(x), [x, conv.weight]), strict=True):
        assert (ours - theirs).abs().max() < 2e-5


@pytest.mark.parametrize("size, padding", [((3, 3), 1), ((2, 5), (0, 2)), ((1, 4), (3, 1)), ((3, 2), 0)])
def test_heads_are_a_convolution_of_pictures(size: tuple[int, int], padding: int | tuple[int, int]) -> None:
    torch.manual_seed(1)
    conv = nn.Conv2d(3, 5, size, padding=padding, bias=size != (3, 2))
    x = torch.randn(2, 3, 6, 7)
    output = attention.heads_as_convolution(x, conv.weight, conv.bias, padding)
    assert output.shape == conv(x).shape
    assert (output - conv(x)).abs().max() < 1e-5


def test_a_small_alpha_blurs_the_convolution() -> None:
    torch.manual_seed(2)
    conv = nn.Conv1d(4, 7, 3, padding=1)
    x = torch.randn(2, 4, 9)
    with torch.no_grad():
        errors = [
            (attention.heads_as_convolution(x, conv.weight, conv.bias, 1, alpha=alpha) - conv(x)).abs().max().item()
            for alpha in (1.0, 3.0, 6.0)
        ]
    assert errors[0] > errors[1] > errors[2] > 1e-4


def test_the_quadratic_score_peaks_at_the_offset() -> None:
    places = torch.tensor([[float(i), float(j)] for i in range(4) for j in range(5)])
    weights = attention.look_at_offset(places, places, torch.tensor([1.0, -2.0]), alpha=30.0)
    torch.testing.assert_close(weights.sum(-1), torch.ones(20))
    for row, (i, j) in enumerate(places.tolist()):
        if i + 1 <= 3 and j - 2 >= 0:
            assert weights[row, int(i + 1) * 5 + int(j - 2)] > 0.9999


@pytest.mark.parametrize(
    "x, kernel, padding, word",
    [
        ((2, 3, 8), (5, 4, 3), 0, "does not fit"),
        ((2, 3, 8), (5, 3, 3, 3), 0, "does not fit"),
        ((2, 3, 2), (5, 3, 4), 0, "larger"),
        ((2, 3, 8), (5, 3, 3), (1, 1), "padding"),
    ],
)
def test_a_convolution_that_cannot_be_is_refused(x: tuple, kernel: tuple, padding: int | tuple, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        attention.heads_as_convolution(torch.ones(x), torch.ones(kernel), padding=padding)


def test_entropy() -> None:
    assert attention.entropy(torch.tensor([0.0, 1.0, 0.0])).item() == 0
    assert attention.entropy(torch.full((2, 8), 1 / 8)).tolist() == pytest.approx([math.log(8)] * 2)


# ---- positions


@pytest.mark.parametrize("length, d", [(1, 2), (7, 6), (5, 9), (50, 1), (3, 128)])
def test_sinusoidal_positions(length: int, d: int) -> None:
    table = positions.sinusoidal_positions(length, d)
    assert table.shape == (length, d)
    for pos in range(length):
        for j in range(d):
            angle = pos / 10000 ** (2 * (j // 2) / d)
            assert table[pos, j].item() == pytest.approx(math.cos(angle) if j % 2 else math.sin(angle), abs=1e-5)


def test_a_step_is_a_rotation_wherever_it_starts() -> None:
    table = positions.sinusoidal_positions(60, 16)
    pairs = torch.complex(table[:, 1::2], table[:, 0::2])  # cos + i sin
    steps = pairs[5:] / pairs[:-5]
    torch.testing.assert_close(steps, steps[:1].expand_as(steps), atol=1e-4, rtol=0)


def test_learned_positions() -> None:
    layer = positions.LearnedPositions(9, 4)
    assert list(layer.state_dict()) == ["table.weight"]
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(layer(x), x + layer.table.weight[:5])
    assert layer(x[:, :1]).shape == (2, 1, 4)
    with pytest.raises(ValueError, match="needs more"):
        layer(torch.zeros(2, 10, 4))
