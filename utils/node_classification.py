"""Nodes with few labels: small graph networks, one trainer for all of them, and who is right how often.

Training is transductive: the whole graph is there from the start, with all vectors and all edges; only most labels are
hidden. (Yang, Cohen and Salakhutdinov 2016, "Revisiting Semi-Supervised Learning with Graph Embeddings",
arXiv:1603.08861, sets the task for citation graphs.)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pace
from utils.graph_attention import DynamicGATLayer, GATLayer, MeanLayer, with_self_loops
from utils.graphs import Graph
from utils.pace import one_thread
from utils.training import seeded

__all__ = ["KINDS", "NodeClassifier", "accuracy", "attention_on", "fit", "guesses", "look_up"]

KINDS: dict[str, Callable[..., nn.Module]] = {"mean": MeanLayer, "GAT": GATLayer, "GATv2": DynamicGATLayer}


class NodeClassifier(nn.Module):
    """Layers of one kind; the heads are laid side by side and followed by ELU, in the last layer they are averaged.

    Args:
        d_in: width of the nodes' vectors.
        classes: how many labels there are.
        kind: "mean", "GAT" or "GATv2" (the keys of `KINDS`), or "words": no edge is used but the self-loops, so that
            each node is judged by its own vector (u and v could not matter then, so this is a `MeanLayer` too).
        width: width of a head in all layers but the last.
        heads: heads of every layer.
        depth: how many layers, at least 1.
        dropout: share of the numbers that is dropped before every layer in training.

    Raises:
        ValueError: for another kind, or no layer.

    Veličković et al. 2018, section 3.3, for two layers.
    """

    def __init__(
        self,
        d_in: int,
        classes: int,
        kind: str = "GAT",
        width: int = 8,
        heads: int = 4,
        depth: int = 2,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if kind not in (*KINDS, "words") or depth < 1:
            names = ", ".join((*KINDS, "words"))
            raise ValueError(f"A classifier is one of {names} with at least 1 layer, not {kind!r} with {depth}.")
        self.edges_count, self.dropout = kind != "words", dropout
        make = KINDS.get(kind, MeanLayer)
        widths = [d_in, *[heads * width] * (depth - 1)]
        self.layers = nn.ModuleList(
            make(wide, classes if last else width, heads, average=last)
            for wide, last in zip(widths, [*[False] * (depth - 1), True], strict=True)
        )

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores of the labels, (nodes, classes), and each layer's weights, (edges used, heads)."""
        edges = edges if self.edges_count else edges[:, :0]
        maps = []
        for number, layer in enumerate(self.layers):
            x = F.dropout(x if number == 0 else F.elu(x), self.dropout, self.training)
            x, _, weights = layer(x, edges)
            maps.append(weights)
        return x, maps


def fit(
    graph: Graph,
    kind: str = "GAT",
    seed: int = 0,
    steps: int = 50,
    rate: float = 0.03,
    decay: float = 5e-4,
    **shape: float,
) -> NodeClassifier:
    """Train a fresh classifier on the labels in `graph.train`, with the whole graph in every step.

    Adam, and the decay of weights that Veličković et al. 2018 use. The global random state is left alone; the same seed
    gives the same weights.

    Args:
        graph: at least one node in its `train`.
        kind: see `NodeClassifier`.
        seed: start of the weights, and dropout.
        steps, rate, decay: how many steps, the learning rate, and the decay of the weights.
        shape: width, heads, depth, dropout of `NodeClassifier`.

    Returns:
        The classifier in evaluation mode.

    Raises:
        ValueError: if no label is shown.
    """
    if not graph.train.any():
        raise ValueError("Training needs at least one node whose label is shown.")
    with seeded(seed):
        model = NodeClassifier(graph.x.shape[1], len(graph.classes), kind, **shape)  # type: ignore[arg-type]
        learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimiser = torch.optim.Adam(learned, lr=rate, weight_decay=decay)
        for _ in range(pace.steps(steps)):
            scores, _ = model(graph.x, graph.edges)
            loss = F.cross_entropy(scores[graph.train], graph.labels[graph.train])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model.eval()


@torch.no_grad()
def guesses(model: NodeClassifier, graph: Graph) -> Tensor:
    """The label that the classifier gives to every node: (nodes,)."""
    with one_thread():
        return model(graph.x, graph.edges)[0].argmax(dim=1)


def accuracy(model: NodeClassifier, graph: Graph, among: Tensor | None = None) -> float:
    """The share of right labels among some nodes.

    Args:
        model, graph: the classifier, and the graph it was trained on.
        among: (nodes,), boolean; None: the test nodes.

    Raises:
        ValueError: if no node is chosen.
    """
    chosen = graph.test if among is None else among
    if not chosen.any():
        raise ValueError("There is no node to judge the classifier by.")
    return float((guesses(model, graph) == graph.labels)[chosen].double().mean())


@torch.no_grad()
def attention_on(model: NodeClassifier, graph: Graph, layer: int = 0) -> tuple[Tensor, Tensor]:
    """Where a layer looks, as the mean over its heads.

    Returns:
        edges: (2, edges used), the self-loops at the end.
        weights: (edges used,).
    """
    maps = model(graph.x, graph.edges)[1]
    return with_self_loops(graph.edges, graph.nodes), maps[layer].mean(dim=1)


def look_up(
    layer: nn.Module, x: Tensor, edges: Tensor, asking: Tensor, wanted: Tensor, steps: int = 150, rate: float = 0.01
) -> float:
    """Train one layer, and a linear reading of it, on `graphs.lookups`.

    Args:
        layer: such as `GATLayer`; trained in place.
        x, edges, asking, wanted: as `graphs.lookups` gives them.
        steps, rate: of Adam.

    Returns:
        The share of right answers to the very questions it was trained with.

    Brody, Alon and Yahav 2022, section 4.1.
    """
    classes = int(wanted.max()) + 1
    with torch.random.fork_rng(devices=[]), one_thread():
        with torch.no_grad():
            reading = nn.Linear(layer(x, edges)[0].shape[1], classes)
        optimiser = torch.optim.Adam([*layer.parameters(), *reading.parameters()], lr=rate)
        for _ in range(pace.steps(steps)):
            loss = F.cross_entropy(reading(F.elu(layer(x, edges)[0]))[asking], wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            found = reading(F.elu(layer(x, edges)[0]))[asking].argmax(dim=1)
    return float((found == wanted).double().mean())
