"""Attention on graphs: one edge's score, softmax over a neighbourhood, layers with heads, and masks read as graphs.

Shapes are written as tuples of names: `nodes`, `edges` (how many there are), `heads`, `d` or `d_in`, `d_out` (widths).

Two conventions hold everywhere in this module.

- **An edge list** is an int64 tensor of shape (2, edges): `edges[0]` are the senders, `edges[1]` the receivers, nodes
  counted from 0. The receiver looks at the sender. PyTorch Geometric's `edge_index` is the same. An edge that stands
  there twice counts twice: its sender gets two shares.
- **A mask** is boolean, (receivers, senders), True = "this receiver may look at this sender": the masks of
  `utils.attention`, with queries as rows. It cannot say that an edge stands there twice.

A receiver without any edge finds nothing: its weights are no numbers at all in a list and zeros in a table, and what it
collects is a vector of zeros. With self-loops (`with_self_loops`) nobody is without an edge.

Sources: Veličković et al. 2018, "Graph Attention Networks", section 2.1 (ICLR, arXiv:1710.10903); Brody, Alon and Yahav
2022, "How Attentive are Graph Attention Networks?" (ICLR, arXiv:2105.14491).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "DynamicGATLayer",
    "GATLayer",
    "MeanLayer",
    "aggregate",
    "check_edges",
    "combine_heads",
    "dense_layer",
    "dynamic_scores",
    "edge_attention",
    "edge_score",
    "edge_softmax",
    "edges_to_mask",
    "mask_to_edges",
    "neighbourhood_weights",
    "spread",
    "window_mask",
    "with_self_loops",
]


# ------------------------------------------------------------------------------------------------------- one edge


def edge_score(sender: Tensor, receiver: Tensor, weight: Tensor, u: Tensor, v: Tensor, slope: float = 0.2) -> Tensor:
    """The score of one edge: LeakyReLU(u · W h_i + v · W h_t), with i the sender and t the receiver.

    Args:
        sender: (d_in,), the vector h_i of the node that is looked at.
        receiver: (d_in,), the vector h_t of the node that looks.
        weight: (d_out, d_in), the matrix W, as in `nn.Linear.weight`.
        u: (d_out,), for the sender.
        v: (d_out,), for the receiver.
        slope: what LeakyReLU multiplies negative numbers with.

    Returns:
        A tensor without dimensions.

    Veličković et al. 2018, section 2.1: LeakyReLU(aᵀ [W h_t ‖ W h_i]), where a is v followed by u.
    """
    ### BEGIN SOLUTION
    total = u @ (weight @ sender) + v @ (weight @ receiver)
    return F.leaky_relu(total, slope)
    ### END SOLUTION


# ------------------------------------------------------------------------------------------- a whole graph, as a table


def neighbourhood_weights(x: Tensor, weight: Tensor, u: Tensor, v: Tensor, mask: Tensor, slope: float = 0.2) -> Tensor:
    """The attention weights of every node on every node: a softmax of the scores over each neighbourhood.

    Args:
        x: (nodes, d_in), one node a row.
        weight: (d_out, d_in).
        u: (d_out,), for senders.
        v: (d_out,), for receivers.
        mask: (nodes, nodes), boolean: row t, column i is True where t may look at i.
        slope: of LeakyReLU.

    Returns:
        (nodes, nodes): row t holds the weights of receiver t. A place where the mask is False is exactly zero; so is
        the whole row of a node that may look at nobody.

    Veličković et al. 2018, equations 2 and 3.
    """
    ### BEGIN SOLUTION
    hidden = x @ weight.T  # (nodes, d_out)
    scores = F.leaky_relu((hidden @ u)[None, :] + (hidden @ v)[:, None], slope)  # row: receiver, column: sender
    weights = torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=1)
    return weights.masked_fill(~mask, 0.0)  # a row of −∞ alone has become NaN
    ### END SOLUTION


# ------------------------------------------------------------------------------------------ a whole graph, as a list


def check_edges(edges: Tensor, nodes: int) -> None:
    """Nothing, if `edges` is an edge list of a graph with so many nodes.

    Raises:
        ValueError: for another shape or type, or an edge from or to a node that does not exist. (A negative number
            would not fail by itself: torch counts it from the end.)
    """
    if edges.dim() != 2 or edges.shape[0] != 2:
        raise ValueError(f"An edge list has the shape (2, edges), not {tuple(edges.shape)}.")
    if edges.dtype != torch.int64:
        raise ValueError(f"An edge list holds node numbers, int64, not {edges.dtype}.")
    outside = ((edges < 0) | (edges >= nodes)).any(dim=0)
    if outside.any():
        place = int(outside.nonzero()[0])
        sender, receiver = edges[:, place].tolist()
        raise ValueError(f"Edge {place} goes from {sender} to {receiver}, outside a graph of {nodes} nodes.")


def with_self_loops(edges: Tensor, nodes: int) -> Tensor:
    """The same edges, with one edge from every node to itself: those that were there are taken out first.

    Args:
        edges: (2, edges).
        nodes: how many nodes there are.

    Returns:
        (2, edges − loops + nodes): the other edges in their order, then 0 → 0, 1 → 1 and so on.

    Raises:
        ValueError: as `check_edges`.
    """
    check_edges(edges, nodes)
    every = torch.arange(nodes, device=edges.device)
    return torch.cat([edges[:, edges[0] != edges[1]], torch.stack([every, every])], dim=1)


def edge_softmax(scores: Tensor, receivers: Tensor, nodes: int) -> Tensor:
    """Softmax among the edges with the same receiver, without a table of all pairs.

    Args:
        scores: (edges,) or (edges, heads), finite: every head by itself.
        receivers: (edges,), int64: the receiver of each edge, in any order.
        nodes: how many nodes there are; some may receive nothing.

    Returns:
        The weights, in the shape of `scores`: the edges of each receiver sum to one. They stay right for scores of any
        size, as the largest score of each receiver is taken off before the exponential.

    Veličković et al. 2018, equation 2.
    """
    ### BEGIN SOLUTION
    places = receivers.view(-1, *[1] * (scores.dim() - 1)).expand_as(scores)
    lowest = scores.new_full((nodes, *scores.shape[1:]), float("-inf"))
    largest = lowest.scatter_reduce(0, places, scores.detach(), "amax")  # (nodes, …)
    powers = torch.exp(scores - largest[receivers])
    totals = torch.zeros_like(largest).index_add(0, receivers, powers)  # (nodes, …)
    return powers / totals[receivers]
    ### END SOLUTION


def aggregate(values: Tensor, weights: Tensor, edges: Tensor) -> Tensor:
    """What every node collects: c_t = Σ α_ti · (value of i), over the edges i → t.

    Args:
        values: (nodes, d) or (nodes, heads, d).
        weights: (edges,) or (edges, heads), one for each edge.
        edges: (2, edges): senders, receivers.

    Returns:
        In the shape of `values`. A node to which no edge leads gets zeros; an edge that stands there twice counts
        twice.

    Veličković et al. 2018, equation 4, before the nonlinearity.
    """
    ### BEGIN SOLUTION
    messages = weights[..., None] * values[edges[0]]  # (edges, …, d)
    return torch.zeros_like(values).index_add(0, edges[1], messages)
    ### END SOLUTION


# ------------------------------------------------------------------------------------------------------------- heads


def combine_heads(found: Tensor, activation: Callable[[Tensor], Tensor], average: bool = False) -> Tensor:
    """The two ways to bring K heads together: concat(σ(c¹), …, σ(c^K)), or σ of their mean.

    Args:
        found: (nodes, heads, d), what each head has collected.
        activation: σ; takes a tensor and returns one of the same shape. It may look along the last dimension (such as a
            softmax), so it is given the heads' own vectors, or their mean, never several heads side by side.
        average: False: lay the heads side by side; True: average them.

    Returns:
        (nodes, heads · d), head 0 first, or (nodes, d).

    Veličković et al. 2018, equations 5 and 6.
    """
    ### BEGIN SOLUTION
    if average:
        return activation(found.mean(dim=1))
    return activation(found).flatten(1)
    ### END SOLUTION


def _nothing(x: Tensor) -> Tensor:
    return x


class GATLayer(nn.Module):
    """A graph attention layer with heads; what it returns has not passed the nonlinearity yet.

    Args:
        d_in: width of the nodes' vectors.
        d_out: width of one head.
        heads: number of heads.
        average: average the heads (for a last layer) instead of laying them side by side.
        self_loops: let every node look at itself as well.
        bias: add a learned vector at the end.
        slope: of LeakyReLU.

    Attributes:
        project: `nn.Linear(d_in, heads · d_out)` without bias; the first d_out outputs belong to head 0.
        u, v: (heads, d_out), for senders and receivers.
        bias: (heads · d_out,), or (d_out,) if the heads are averaged, or None.

    Raises:
        ValueError: for fewer than one head.

    Veličković et al. 2018, equations 3 to 6; the same as PyTorch Geometric's `GATConv`.
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        heads: int = 1,
        average: bool = False,
        self_loops: bool = True,
        bias: bool = True,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        if heads < 1:
            raise ValueError(f"A layer needs at least one head, not {heads}.")
        self.heads, self.d_out, self.average = heads, d_out, average
        self.self_loops, self.slope = self_loops, slope
        self.bias = nn.Parameter(torch.zeros(d_out if average else heads * d_out)) if bias else None
        ### BEGIN SOLUTION
        self.project = nn.Linear(d_in, heads * d_out, bias=False)
        self.u = nn.Parameter(torch.empty(heads, d_out))
        self.v = nn.Parameter(torch.empty(heads, d_out))
        for parameter in self.project.weight, self.u, self.v:
            nn.init.xavier_uniform_(parameter)
        ### END SOLUTION

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Let every node collect from its neighbours.

        Args:
            x: (nodes, d_in).
            edges: (2, edges), senders and receivers.

        Returns:
            output: (nodes, heads · d_out), or (nodes, d_out) if the heads are averaged. A node that nobody sends to
                gets the bias alone; an edge that stands there twice counts twice.
            edges: (2, edges used): those that were given, or `with_self_loops` of them.
            weights: (edges used, heads).

        Raises:
            ValueError: as `check_edges`.
        """
        nodes = x.shape[0]
        check_edges(edges, nodes)
        edges = with_self_loops(edges, nodes) if self.self_loops else edges
        ### BEGIN SOLUTION
        hidden = self.project(x).view(nodes, self.heads, self.d_out)
        sent, received = (hidden * self.u).sum(dim=-1), (hidden * self.v).sum(dim=-1)  # (nodes, heads)
        scores = F.leaky_relu(sent[edges[0]] + received[edges[1]], self.slope)  # (edges, heads)
        weights = edge_softmax(scores, edges[1], nodes)
        output = combine_heads(aggregate(hidden, weights, edges), nn.Identity(), self.average)
        return output if self.bias is None else output + self.bias, edges, weights
        ### END SOLUTION


class MeanLayer(GATLayer):
    """A GAT layer whose u and v stay zero: all scores are equal, so each node takes the mean of its neighbourhood.

    Same arguments, same output, same number of learned matrices; only the attention is missing. The convolution of Kipf
    and Welling 2017 (arXiv:1609.02907, equation 2) differs in one point: it divides by the roots of both ends' degrees.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for parameter in self.u, self.v:
            nn.init.zeros_(parameter).requires_grad_(False)


def dense_layer(layer: GATLayer, x: Tensor, mask: Tensor) -> Tensor:
    """What `layer` gives, computed with a table of all pairs instead of a list: to compare numbers, and costs.

    Args:
        layer: its `self_loops` do not count: the mask says it all.
        x: (nodes, d_in).
        mask: (nodes, nodes), True = row may look at column.

    Returns:
        (nodes, heads · d_out) or (nodes, d_out).
    """
    found = []
    for u, v, weight in zip(layer.u, layer.v, layer.project.weight.split(layer.d_out), strict=True):
        found.append(neighbourhood_weights(x, weight, u, v, mask, layer.slope) @ (x @ weight.T))
    output = combine_heads(torch.stack(found, dim=1), _nothing, layer.average)
    return output if layer.bias is None else output + layer.bias


# ------------------------------------------------------------------------------------------------- dynamic attention


def dynamic_scores(sent: Tensor, received: Tensor, a: Tensor, edges: Tensor, slope: float = 0.2) -> Tensor:
    """Scores whose order depends on who looks: a · LeakyReLU(W_s h_i + W_r h_t), for every edge i → t.

    Args:
        sent: (nodes, d) or (nodes, heads, d): W_s h of every node.
        received: in the same shape: W_r h of every node.
        a: (d,) or (heads, d).
        edges: (2, edges): senders, receivers.
        slope: of LeakyReLU.

    Returns:
        (edges,) or (edges, heads).

    Brody, Alon and Yahav 2022, equation 7: GATv2.
    """
    ### BEGIN SOLUTION
    mixed = sent[edges[0]] + received[edges[1]]  # (edges, …, d)
    return (a * F.leaky_relu(mixed, slope)).sum(dim=-1)
    ### END SOLUTION


class DynamicGATLayer(nn.Module):
    """`GATLayer` with `dynamic_scores`; the values are those of the senders. GATv2, as in `GATv2Conv` without the
    biases of its two matrices.

    Args:
        d_in, d_out, heads, average, self_loops, bias, slope: as in `GATLayer`.

    Attributes:
        send, receive: `nn.Linear(d_in, heads · d_out)` without bias.
        a: (heads, d_out).
        bias: as in `GATLayer`.

    Brody, Alon and Yahav 2022, equation 7.
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        heads: int = 1,
        average: bool = False,
        self_loops: bool = True,
        bias: bool = True,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        self.heads, self.d_out, self.average = heads, d_out, average
        self.self_loops, self.slope = self_loops, slope
        self.send, self.receive = (nn.Linear(d_in, heads * d_out, bias=False) for _ in range(2))
        self.a = nn.Parameter(torch.empty(heads, d_out))
        self.bias = nn.Parameter(torch.zeros(d_out if average else heads * d_out)) if bias else None
        for parameter in self.send.weight, self.receive.weight, self.a:
            nn.init.xavier_uniform_(parameter)

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `GATLayer.forward`."""
        nodes = x.shape[0]
        check_edges(edges, nodes)
        edges = with_self_loops(edges, nodes) if self.self_loops else edges
        sent, received = (layer(x).view(nodes, self.heads, self.d_out) for layer in (self.send, self.receive))
        weights = edge_softmax(dynamic_scores(sent, received, self.a, edges, self.slope), edges[1], nodes)
        output = combine_heads(aggregate(sent, weights, edges), _nothing, self.average)
        return output if self.bias is None else output + self.bias, edges, weights


# ----------------------------------------------------------------------------------------------- masks are graphs


def mask_to_edges(mask: Tensor) -> Tensor:
    """The edge list of a mask: an edge from sender to receiver wherever the receiver may look at the sender.

    Args:
        mask: (nodes, nodes), boolean; row = receiver (query), column = sender (key).

    Returns:
        (2, edges), int64: senders, receivers; in the order of the receivers, and for each in that of the senders.
    """
    ### BEGIN SOLUTION
    receivers, senders = mask.nonzero(as_tuple=True)
    return torch.stack([senders, receivers])
    ### END SOLUTION


def edges_to_mask(edges: Tensor, nodes: int) -> Tensor:
    """The mask of an edge list: undoes `mask_to_edges`. What stands there twice cannot be seen any more.

    Args:
        edges: (2, edges), int64; there may be none.
        nodes: how many nodes there are.

    Returns:
        (nodes, nodes), boolean; row = receiver, column = sender.

    Raises:
        ValueError: for an edge from or to a node below 0 or from `nodes` on; the message names that node.
    """
    ### BEGIN SOLUTION
    outside = edges[(edges < 0) | (edges >= nodes)]
    if outside.numel():
        raise ValueError(f"There is no node {int(outside[0])} in a graph of {nodes} nodes.")
    mask = torch.zeros(nodes, nodes, dtype=torch.bool)
    mask[edges[1], edges[0]] = True
    return mask
    ### END SOLUTION


def edge_attention(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention along the edges of a graph: no table of all pairs.

    Args:
        query: (nodes, d) or (nodes, heads, d); receivers ask.
        key: in the shape of `query`; senders answer.
        value: (nodes, d_value) or (nodes, heads, d_value).
        edges: (2, edges): senders, receivers.

    Returns:
        output: in the shape of `value`; zeros for a node to which no edge leads.
        weights: (edges,) or (edges, heads); an edge that stands there twice has two, and counts twice.

    On the complete graph this is Vaswani et al. 2017, equation 1; on the graph of a mask it is masked attention.
    """
    ### BEGIN SOLUTION
    senders, receivers = edges
    scores = (query[receivers] * key[senders]).sum(dim=-1) / math.sqrt(query.shape[-1])
    weights = edge_softmax(scores, receivers, query.shape[0])
    return aggregate(value, weights, edges), weights
    ### END SOLUTION


def window_mask(length: int, reach: int) -> Tensor:
    """The mask of a sentence in which each word sees itself and `reach` words on either side.

    Args:
        length: number of words.
        reach: 0 or more; 1 is a path, with self-loops.

    Returns:
        (length, length), boolean.

    Raises:
        ValueError: if `reach` is negative.
    """
    if reach < 0:
        raise ValueError(f"A word cannot see {reach} words on either side; 0 is itself alone.")
    places = torch.arange(length)
    return (places[:, None] - places[None, :]).abs() <= reach


# -------------------------------------------------------------------------------------------------------- measures


def spread(x: Tensor) -> float:
    """How different the nodes' vectors are: their mean distance from the mean vector, over the mean length of a vector.

    0 if all are the same, about 1 if they have nothing in common, and 0 for vectors that are all zero.

    Args:
        x: (nodes, d), at least one node.
    """
    x = x.detach()
    length = x.norm(dim=1).mean()
    return float((x - x.mean(dim=0)).norm(dim=1).mean() / length) if length > 0 else 0.0
