"""Scores, contexts and decoder blocks against PyTorch's own functions and against formulas written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import attention_scores, decoder_block
from utils.attention_scores import AdditiveScore, BilinearScore, DotScore, attend, bilinear_score, dot_scores


def inputs(batch: int, length: int, d_encoder: int, d_decoder: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(batch, length, d_encoder, generator=generator, dtype=torch.float64)
    return states, torch.randn(batch, d_decoder, generator=generator, dtype=torch.float64)


def test_the_layers_score_every_pair_as_the_formulas_do() -> None:
    states, query = inputs(3, 5, 4, 4)
    bilinear, additive = BilinearScore(4, 4).double(), AdditiveScore(4, 4, 6).double()
    dots, forms, sums = DotScore(4, 4)(states, query), bilinear(states, query), additive(states, query)
    for b in range(3):
        for k in range(5):
            h_e, h_d = states[b, k], query[b]
            assert torch.isclose(dots[b, k], h_e @ h_d)
            assert torch.isclose(forms[b, k], bilinear_score(h_e, h_d, bilinear.w))
            hidden = torch.tanh(additive.w1.weight @ h_e + additive.w2.weight @ h_d)
            assert torch.isclose(sums[b, k], additive.v.weight[0] @ hidden)


def test_a_bilinear_score_with_the_identity_is_a_dot_product() -> None:
    states, query = inputs(2, 3, 5, 5)
    layer = BilinearScore(5, 5).double()
    nn.init.eye_(layer.w)
    assert torch.allclose(layer(states, query), dot_scores(states, query))


def test_additive_is_luongs_concat_with_the_matrices_side_by_side() -> None:
    states, query = inputs(2, 6, 3, 5)
    layer = AdditiveScore(3, 5, 4).double()
    both = torch.cat([states, query[:, None].expand(-1, 6, -1)], dim=2)
    concat = torch.tanh(both @ torch.cat([layer.w1.weight, layer.w2.weight], dim=1).T) @ layer.v.weight[0]
    assert torch.allclose(layer(states, query), concat)


def test_attend_is_torchs_attention_with_its_scaling_undone() -> None:
    states, query = inputs(4, 6, 3, 3)
    mask = torch.arange(6) < torch.tensor([6, 2, 1, 0])[:, None]
    context, weights = attend(dot_scores(states, query), states, mask)
    fused = F.scaled_dot_product_attention(query[:, None], states, states, mask[:, None], scale=1.0)[:, 0]
    assert torch.allclose(context, fused) and not weights[3].any() and not context[3].any()
    assert torch.allclose(weights.sum(1), torch.tensor([1.0, 1, 1, 0], dtype=torch.float64))


def test_gradients_of_attend_stay_finite_beside_a_row_of_padding() -> None:
    scores = torch.randn(2, 3, requires_grad=True)
    context, _ = attend(scores, torch.randn(2, 3, 4), torch.tensor([[True, True, False], [False, False, False]]))
    context.sum().backward()
    assert scores.grad is not None and scores.grad.isfinite().all() and not scores.grad[1].any()


@pytest.mark.parametrize(("name", "sizes"), [("dot", (3, 4)), ("cosine", (3, 3))])
def test_scores_refuse_what_they_cannot_compare(name: str, sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"3 and 4|cosine"):
        attention_scores.score(name, *sizes)


@pytest.mark.parametrize("name", attention_scores.SCORES)
def test_every_score_has_its_layer_and_takes_gradients(name: str) -> None:
    layer = attention_scores.score(name, 4, 4)
    states, query = torch.randn(2, 3, 4, requires_grad=True), torch.randn(2, 4, requires_grad=True)
    assert layer(states, query).shape == (2, 3)
    layer(states, query).pow(2).sum().backward()
    for tensor in (states, query, *layer.parameters()):
        assert tensor.grad is not None and tensor.grad.any()


def test_the_lectures_block_is_its_three_formulas() -> None:
    torch.manual_seed(0)
    block = decoder_block.DecoderBlock(7, 3, 4, 5, BilinearScore(4, 5))
    y, h, states = torch.randn(2, 3), torch.randn(2, 5), torch.randn(2, 6, 4)
    mask = torch.arange(6) < torch.tensor([6, 2])[:, None]
    o, new, weights = block(y, h, states, mask)
    for b, length in enumerate((6, 2)):
        asked = torch.tanh(block.hidden.weight @ torch.cat([y[b], h[b]]) + block.hidden.bias)
        shares = torch.softmax(torch.stack([s @ block.score.w @ asked for s in states[b, :length]]), dim=0)
        context = sum(a * s for a, s in zip(shares, states[b, :length]))
        right = torch.tanh(block.combine.weight @ torch.cat([context, asked]) + block.combine.bias)
        assert torch.allclose(new[b], right, atol=1e-6)
        assert torch.allclose(o[b], block.output.weight @ right + block.output.bias, atol=1e-6)
        assert torch.allclose(weights[b, :length], shares, atol=1e-6) and not weights[b, length:].any()


def test_bahdanau_asks_before_the_word_is_read_and_luong_after() -> None:
    """Another word changes where Luong's and the lecture's blocks look; where Bahdanau's looks it cannot."""
    torch.manual_seed(1)
    states, mask, one, two = torch.randn(1, 5, 4), torch.ones(1, 5, dtype=torch.bool), *torch.randn(2, 1, 3)
    for name in decoder_block.BLOCKS:
        block = decoder_block.decoder_block(name, 6, 3, 4, 4, DotScore(4, 4))
        start = block.start(torch.randn(1, 4))
        same = torch.allclose(block(one, start, states, mask)[2], block(two, start, states, mask)[2])
        assert same == (name == "bahdanau")


def test_without_feeding_luongs_recurrence_never_sees_a_context() -> None:
    torch.manual_seed(2)
    mask, y, h = torch.ones(1, 3, dtype=torch.bool), torch.randn(1, 2), torch.randn(1, 4)
    for feeding in (True, False):
        block = decoder_block.LuongBlock(5, 2, 4, 4, DotScore(4, 4), feeding=feeding)
        after = []
        for seed in (0, 1):
            states = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(seed))
            _, state, _ = block(y, block.start(h), states, mask)
            after.append(block.step(y, state, states, mask)[0][0])
        assert torch.allclose(*after) == (not feeding)
