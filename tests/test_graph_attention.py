"""Attention on graphs: equal to PyTorch Geometric's and to lesson 10's, as a table and as a list, on any graph."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from utils import graph_attention as ga
from utils.attention import causal_mask, scaled_dot_product_attention

NONE = torch.zeros(2, 0, dtype=torch.int64)
EDGES = torch.tensor([[0, 1, 1, 2, 3, 3, 4, 5, 5, 1], [1, 0, 0, 3, 3, 2, 4, 2, 2, 3]])  # copies, loops; 6 is alone


def gradients(output: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    direction = torch.randn(output.shape, generator=torch.Generator().manual_seed(1), dtype=output.dtype)
    return list(torch.autograd.grad((output * direction).sum(), tensors))


# -------------------------------------------------------------------------------------------------- PyTorch Geometric


@pytest.mark.parametrize(("average", "loops"), list(itertools.product((False, True), repeat=2)))
def test_the_layer_is_pytorch_geometrics(average: bool, loops: bool) -> None:
    geometric = pytest.importorskip("torch_geometric.nn")
    torch.manual_seed(0)
    mine = ga.GATLayer(5, 4, 3, average=average, self_loops=loops, slope=0.3).double()
    theirs = geometric.GATConv(5, 4, 3, concat=not average, add_self_loops=loops, negative_slope=0.3).double()
    nn.init.normal_(mine.bias)
    with torch.no_grad():
        theirs.lin.weight.copy_(mine.project.weight)
        theirs.att_src.copy_(mine.u[None])
        theirs.att_dst.copy_(mine.v[None])
        theirs.bias.copy_(mine.bias)
    for edges in (EDGES, NONE, EDGES[:, EDGES[0] != EDGES[1]]):
        x = torch.randn(7, 5, dtype=torch.float64, requires_grad=True)
        output, used, weights = mine(x, edges)
        expected, (their_edges, their_weights) = theirs(x, edges, return_attention_weights=True)
        assert torch.equal(used, their_edges)
        torch.testing.assert_close(weights, their_weights, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(output, expected, rtol=1e-9, atol=1e-12)
        if not edges.numel() and not loops:
            assert torch.allclose(output, mine.bias.expand_as(output))  # nobody collects anything
            continue
        ours = gradients(output, [x, mine.project.weight, mine.u, mine.v, mine.bias])
        others = gradients(expected, [x, theirs.lin.weight, theirs.att_src, theirs.att_dst, theirs.bias])
        for a, b in zip(ours, others, strict=True):
            torch.testing.assert_close(a, b.view_as(a), rtol=1e-8, atol=1e-11)


def test_dynamic_attention_is_pytorch_geometrics() -> None:
    geometric = pytest.importorskip("torch_geometric.nn")
    torch.manual_seed(0)
    for average in (False, True):
        mine = ga.DynamicGATLayer(5, 4, 3, average=average)
        theirs = geometric.GATv2Conv(5, 4, 3, concat=not average, bias=False)
        with torch.no_grad():
            theirs.lin_l.weight.copy_(mine.send.weight)
            theirs.lin_r.weight.copy_(mine.receive.weight)
            theirs.att.copy_(mine.a[None])
        for biases in (theirs.lin_l.bias, theirs.lin_r.bias):
            assert biases is None or not biases.any()
        x = torch.randn(7, 5, requires_grad=True)
        ours, others = mine(x, EDGES)[0], theirs(x, EDGES)
        torch.testing.assert_close(ours, others)
        torch.testing.assert_close(gradients(ours, [x])[0], gradients(others, [x])[0])


def test_the_softmax_is_pytorch_geometrics() -> None:
    utils = pytest.importorskip("torch_geometric.utils")
    scores = 50 * torch.randn(10, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(
        ga.edge_softmax(scores, EDGES[1], 7), utils.softmax(scores, EDGES[1], num_nodes=7), rtol=1e-9, atol=1e-14
    )


# ------------------------------------------------------------------------------------------------ as a table, as a list


@pytest.mark.parametrize("average", [False, True])
def test_table_and_list_agree_with_gradients(average: bool) -> None:
    torch.manual_seed(2)
    layer = ga.GATLayer(5, 4, 3, average=average).double()
    x = torch.randn(7, 5, dtype=torch.float64, requires_grad=True)
    edges = EDGES.unique(dim=1)
    mask = ga.edges_to_mask(ga.with_self_loops(edges, 7), 7)
    listed, tabled = layer(x, edges)[0], ga.dense_layer(layer, x, mask)
    torch.testing.assert_close(listed, tabled)
    leaves = [x, layer.project.weight, layer.u, layer.v]
    for a, b in zip(gradients(listed, leaves), gradients(tabled, leaves), strict=True):
        torch.testing.assert_close(a, b)


def test_one_score_is_an_entry_of_the_table() -> None:
    torch.manual_seed(3)
    x, weight, u, v = torch.randn(4, 3), torch.randn(2, 3), torch.randn(2), torch.randn(2)
    scores = torch.tensor([[float(ga.edge_score(x[i], x[t], weight, u, v)) for i in range(4)] for t in range(4)])
    everybody = torch.ones(4, 4, dtype=torch.bool)
    torch.testing.assert_close(ga.neighbourhood_weights(x, weight, u, v, everybody), scores.softmax(1))


def test_lonely_nodes_get_zeros_and_finite_gradients() -> None:
    x = torch.randn(3, 2, requires_grad=True)
    mask = torch.tensor([[True, True, False], [False, False, False], [False, True, False]])
    weights = ga.neighbourhood_weights(x, torch.randn(4, 2), torch.randn(4), torch.randn(4), mask)
    assert weights[1].eq(0).all() and weights[2, 1] == 1
    assert gradients(weights, [x])[0].isfinite().all()
    assert ga.GATLayer(2, 3, 2, self_loops=False, bias=False)(x, NONE)[0].eq(0).all()


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4])
def test_the_softmax_in_a_list_is_stable(shift: float) -> None:
    scores = torch.tensor([0.0, 1.0, 2.0, 3.0]) + shift * torch.tensor([1.0, -1.0, 1.0, -1.0])
    weights = ga.edge_softmax(scores, torch.tensor([0, 1, 0, 1]), 2)
    expected = torch.tensor([0.0, 2.0]).softmax(0)
    torch.testing.assert_close(weights[[0, 2]], expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(weights[[1, 3]], expected, rtol=1e-3, atol=1e-3)


def test_a_copy_of_an_edge_counts_twice() -> None:
    values, once = torch.tensor([[1.0], [3.0], [0.0]]), torch.tensor([[0, 1], [2, 2]])
    twice = torch.tensor([[0, 1, 1], [2, 2, 2]])
    for edges, expected in ((once, 2.0), (twice, 7 / 3)):
        weights = ga.edge_softmax(torch.zeros(edges.shape[1]), edges[1], 3)
        assert float(ga.aggregate(values, weights, edges)[2]) == pytest.approx(expected)


def test_the_mean_layer_takes_the_mean_and_learns_no_attention() -> None:
    layer = ga.MeanLayer(2, 3, 2)
    x = torch.randn(4, 2)
    edges = torch.tensor([[1, 2], [0, 0]])
    torch.testing.assert_close(layer(x, edges)[0][0], layer.project(x[:3]).mean(0))
    assert [name for name, p in layer.named_parameters() if p.requires_grad] == ["bias", "project.weight"]


def test_a_graph_of_one_node() -> None:
    x, layer = torch.randn(1, 2), ga.GATLayer(2, 3, 4)
    output, used, weights = layer(x, NONE)
    assert used.tolist() == [[0], [0]] and weights.eq(1).all()
    torch.testing.assert_close(output, layer.project(x) + layer.bias)
    assert ga.spread(x) == 0.0


# ------------------------------------------------------------------------------------------------- masks and attention


@pytest.mark.parametrize("heads", [0, 3])
def test_attention_along_edges_is_lesson_tens(heads: int) -> None:
    torch.manual_seed(4)
    middle = (heads,) if heads else ()
    query, key, value = torch.randn(6, *middle, 4), torch.randn(6, *middle, 4), torch.randn(6, *middle, 5)
    padding = torch.arange(6) < 4
    masks = [torch.ones(6, 6, dtype=torch.bool), causal_mask(6), ga.window_mask(6, 1), padding[:, None] & padding]
    for mask in masks:
        edges = ga.mask_to_edges(mask)
        output, weights = ga.edge_attention(query, key, value, edges)
        over = [t.transpose(0, 1) if heads else t for t in (query, key, value)]
        expected, table = scaled_dot_product_attention(*over, mask)
        torch.testing.assert_close(output, expected.transpose(0, 1) if heads else expected)
        torch.testing.assert_close(weights.T if heads else weights, table[..., edges[1], edges[0]])


def test_masks_and_lists_are_each_others_inverse() -> None:
    draw = torch.Generator().manual_seed(0)
    for nodes in (1, 2, 5, 9):
        mask = torch.rand(nodes, nodes, generator=draw) < 0.4
        edges = ga.mask_to_edges(mask)
        assert edges.shape == (2, int(mask.sum())) and edges.dtype == torch.int64
        assert torch.equal(ga.edges_to_mask(edges, nodes), mask)
    assert ga.window_mask(4, 0).equal(torch.eye(4, dtype=torch.bool)) and ga.window_mask(3, 9).all()


def test_nodes_may_be_renumbered() -> None:
    torch.manual_seed(5)
    x, order = torch.randn(7, 4), torch.randperm(7)
    for layer in (ga.GATLayer(4, 3, 2), ga.DynamicGATLayer(4, 3, 2), ga.MeanLayer(4, 3, 2)):
        moved = layer(x[order], order.argsort()[EDGES])[0]
        torch.testing.assert_close(moved, layer(x, EDGES)[0][order])


def test_static_attention_has_one_order_and_dynamic_has_several() -> None:
    torch.manual_seed(6)
    everybody = ga.mask_to_edges(torch.ones(5, 5, dtype=torch.bool))
    dynamic: set[tuple[int, ...]] = set()
    for _ in range(20):
        x = torch.randn(5, 4)
        table = ga.GATLayer(4, 3, self_loops=False)(x, everybody)[2].view(5, 5)
        assert len({tuple(row.argsort().tolist()) for row in table}) == 1
        table = ga.DynamicGATLayer(4, 3, self_loops=False)(x, everybody)[2].view(5, 5)
        dynamic |= {(len({tuple(row.argsort().tolist()) for row in table}),)}
    assert max(dynamic) > (1,)


# ------------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("edges", "text"),
    [
        (torch.tensor([[0, 3], [1, 0]]), "Edge 1 goes from 3 to 0, outside a graph of 3 nodes"),
        (torch.tensor([[0], [-1]]), "Edge 0 goes from 0 to -1"),
        (torch.tensor([0, 1]), r"shape \(2, edges\), not \(2,\)"),
        (torch.tensor([[0, 1, 2]]), r"not \(1, 3\)"),
        (torch.tensor([[0.0], [1.0]]), "int64, not torch.float32"),
    ],
)
def test_a_bad_edge_list_is_refused(edges: Tensor, text: str) -> None:
    for call in (ga.check_edges, ga.with_self_loops):
        with pytest.raises(ValueError, match=text):
            call(edges, 3)
    for layer in (ga.GATLayer(2, 2), ga.DynamicGATLayer(2, 2)):
        with pytest.raises(ValueError, match=text):
            layer(torch.zeros(3, 2), edges)


def test_other_bad_input_is_refused() -> None:
    for edges, node in ((torch.tensor([[0], [4]]), "4"), (torch.tensor([[-2], [0]]), "-2")):
        with pytest.raises(ValueError, match=node):
            ga.edges_to_mask(edges, 4)
    with pytest.raises(ValueError, match="-1 words"):
        ga.window_mask(3, -1)
    with pytest.raises(ValueError, match="not 0"):
        ga.GATLayer(2, 2, heads=0)


def test_the_benchmark_measures() -> None:
    from bench import graph_attention as measured

    rows = measured.measure(quick=True)
    assert len(rows) == 3 and all(row.unit == "×" and row.value > 0 for row in rows if row.value is not None)
