"""What a graph attention layer costs beside PyTorch Geometric's, and a list of edges beside a table of all pairs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from bench.measure import in_turns, seconds
from bench.table import Row, Target, summary, unmeasured
from utils.attention import scaled_dot_product_attention
from utils.graph_attention import GATLayer, edge_attention, mask_to_edges, window_mask
from utils.graphs import citations

HEADS, WIDTH, REACH = 4, 8, 8


def _step(layer: nn.Module, x: Tensor, edges: Tensor) -> None:
    """One pass forwards and backwards."""
    found = layer(x, edges)
    output = found[0] if isinstance(found, tuple) else found
    layer.zero_grad()
    output.square().mean().backward()


def _repeat(function: Callable[[], object], calls: int) -> None:
    for _ in range(calls):
        function()


def _against_geometric(quick: bool) -> list[Row]:
    """One layer on the citation graph, forwards and backwards, with the same weights, in turns."""
    name = "the course's GAT layer, time over GATConv's"
    try:
        geometric = importlib.import_module("torch_geometric.nn")
    except ModuleNotFoundError:
        return [unmeasured(name, "this needs torch_geometric.")]
    graph = citations()
    mine, theirs = GATLayer(graph.x.shape[1], WIDTH, HEADS), geometric.GATConv(graph.x.shape[1], WIDTH, HEADS)
    with torch.no_grad():
        theirs.lin.weight.copy_(mine.project.weight)
        theirs.att_src.copy_(mine.u[None])
        theirs.att_dst.copy_(mine.v[None])
        apart = float((mine(graph.x, graph.edges)[0] - theirs(graph.x, graph.edges)).abs().max())
    if not apart < 1e-5:
        return [unmeasured(name, f"the outputs differ by {apart:.2g}.")]
    steps = [partial(_step, layer, graph.x, graph.edges) for layer in (mine, theirs)]
    takers = [partial(seconds, partial(_repeat, step, 2 if quick else 20)) for step in steps]
    in_turns(takers, 1)
    ours, others = in_turns(takers, 2 if quick else 11)
    detail = f"{graph.nodes} nodes, {graph.edges.shape[1]} edges, {HEADS} heads of {WIDTH}; outputs {apart:.0e} apart"
    return [summary(name, [a / b for a, b in zip(ours, others)], "×", Target("≤", 1.5), detail)]


def _list_against_table(quick: bool) -> list[Row]:
    """Attention in a window of a sentence: scores for the edges only, against a table with a mask."""
    rows = []
    generator = torch.Generator().manual_seed(0)
    for length in (64, 256) if quick else (64, 256, 1024, 4096):
        mask = window_mask(length, REACH)
        edges = mask_to_edges(mask)
        x = torch.randn(length, 32, generator=generator)
        calls = 1 if quick or length > 1000 else 2000 // length
        with torch.inference_mode():
            takers = [
                partial(seconds, partial(_repeat, partial(edge_attention, x, x, x, edges), calls)),
                partial(seconds, partial(_repeat, partial(scaled_dot_product_attention, x, x, x, mask), calls)),
            ]
            in_turns(takers, 1)
            listed, tabled = in_turns(takers, 2 if quick else 7)
        ratios = [b / a for a, b in zip(listed, tabled)]
        detail = f"{edges.shape[1]} edges of {length**2} pairs"
        rows.append(
            summary(f"a table's time over a list's, {length} words, window {REACH}", ratios, "×", detail=detail)
        )
    return rows


def measure(quick: bool) -> list[Row]:
    """Both comparisons, each in turns in one run."""
    return [*_against_geometric(quick), *_list_against_table(quick)]
