"""Graphs to learn on: Zachary's karate club, and papers that cite each other, made here; and a way to draw them.

The karate club is a real one (Zachary 1977, "An Information Flow Model for Conflict and Fission in Small Groups",
Journal of Anthropological Research 33): 34 members, an edge between two who met outside the club. It split, and most
followed one of two leaders. networkx brings the graph and who went where.

The papers are not real. Each has a title, made of words of its own field, of general ones and of a few of other fields,
and cites papers that came before it, mostly of its own field. Some citations mislead, in one of two ways:

- `"index"`: some of the papers are indexes, cited by everybody. They seem to speak of one field, but a word such as
  "proceedings" in the title shows what they are: their text alone tells that the citation says nothing.
- `"stray"`: a share of the citations goes to any paper at all. No text shows it alone; the two texts together do.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from utils import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "FIELDS",
    "GENERAL",
    "INDEX_WORDS",
    "Graph",
    "citations",
    "draw",
    "karate_club",
    "layout",
    "lookups",
    "tiny_graph",
]

FIELDS: dict[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, words in {
        "language": "grammar word sentence translation syntax verb parser corpus dialogue lexicon speech text summary"
        " token question author story noun accent phrase",
        "vision": "image pixel camera texture shape face colour video segment object scene depth lens edge photo motion"
        " shadow contour stereo tracking",
        "robotics": "robot arm grasp sensor motor joint path wheel drone torque gripper terrain walking balance"
        " steering hand vehicle leg actuator docking",
        "biology": "protein gene cell enzyme tissue mutation genome membrane bacteria folding neuron virus antibody"
        " species receptor plasma embryo yeast tumour hormone",
        "climate": "ocean rain cloud storm glacier carbon wind drought humidity forest season monsoon salinity ozone"
        " tide methane aerosol snow river pressure",
    }.items()
}
"""The fields and their words: twenty each, none in two fields."""


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


GENERAL: tuple[str, ...] = _list(
    "model method analysis learning system approach data network fast deep new general study large estimation efficient"
    " robust simple prediction structure design evaluation adaptive towards"
)
"""Words that stand in titles of every field."""

INDEX_WORDS: tuple[str, ...] = _list("proceedings index volume abstracts handbook editors catalogue yearbook")
"""Words that stand in the titles of indexes."""

TITLE_WORDS = 8


@dataclasses.dataclass(frozen=True)
class Graph:
    """A graph whose nodes are to be classified; some labels are shown in training.

    Attributes:
        x: (nodes, d), float32: what is known of each node.
        edges: (2, edges), int64: senders and receivers, each pair of neighbours in both directions, without self-loops.
        labels: (nodes,), int64.
        train, val, test: (nodes,), boolean: whose label is shown, whose chooses between settings, whose is asked for at
            last. No node is in two of them, and some may be in none.
        classes: the names of the labels.
        names: a name for each node, such as its title.
        misleading: (edges,), boolean: which edges were drawn without regard to the field; none in a real graph.
    """

    x: Tensor
    edges: Tensor
    labels: Tensor
    train: Tensor
    val: Tensor
    test: Tensor
    classes: tuple[str, ...]
    names: tuple[str, ...]
    misleading: Tensor

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.labels)

    def homophily(self) -> float:
        """The share of edges that join two nodes of one class; 1 for a graph without edges."""
        same = self.labels[self.edges[0]] == self.labels[self.edges[1]]
        return float(same.double().mean()) if len(same) else 1.0


def _both_ways(pairs: Sequence[tuple[int, int]]) -> Tensor:
    """(2, edges): each pair forwards, then backwards."""
    if not pairs:
        return torch.zeros(2, 0, dtype=torch.int64)
    return torch.tensor([direction for a, b in pairs for direction in ((a, b), (b, a))], dtype=torch.int64).T


def _chosen(nodes: int, members: Sequence[int]) -> Tensor:
    mask = torch.zeros(nodes, dtype=torch.bool)
    mask[list(members)] = True
    return mask


# -------------------------------------------------------------------------------------------------------- small graphs


def tiny_graph() -> tuple[Tensor, Tensor, list[str]]:
    """Five nodes for sums by hand: their vectors (5, 2), the edges (2, 8), and names. The last node is alone."""
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    return x, _both_ways([(0, 1), (0, 2), (0, 3), (1, 2)]), ["a", "b", "c", "d", "e"]


def karate_club() -> Graph:
    """Zachary's karate club: 34 members, 78 pairs of friends, and the two clubs they went to.

    A member is known by number only: `x` is the identity, (34, 34). The labels of the two leaders, 0 and 33, are shown;
    all others are asked for. Weights of the friendships, which networkx has too, are left out.
    """
    import networkx

    club = networkx.karate_club_graph()
    classes = ("Mr. Hi", "Officer")
    labels = torch.tensor([classes.index(club.nodes[n]["club"]) for n in club])
    leaders = _chosen(34, [0, 33])
    edges = _both_ways(sorted((min(a, b), max(a, b)) for a, b in club.edges()))
    names = tuple(str(n) for n in range(34))
    none = torch.zeros(34, dtype=torch.bool)
    return Graph(
        torch.eye(34), edges, labels, leaders, none, ~leaders, classes, names, torch.zeros(edges.shape[1]).bool()
    )


def lookups(keys: int = 5, count: int = 64, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Dictionaries to look values up in: in each, as many nodes that ask as nodes that hold a key and its value.

    Args:
        keys: how many keys a dictionary has; its values are the same numbers in another order.
        count: how many dictionaries, side by side in one edge list.
        seed: of the values.

    Returns:
        x: (2 · keys · count, 2 · keys), the key one-hot, then the value one-hot; who asks has zeros there.
        edges: (2, keys² · count): everybody who asks looks at all holders of its own dictionary.
        asking: (keys · count,), the nodes that ask.
        wanted: (keys · count,), the value that each should find.

    Brody, Alon and Yahav 2022, "How Attentive are Graph Attention Networks?", section 4.1.
    """
    rng = random.Random(f"lookups {seed} {keys} {count}")
    values = torch.tensor([rng.sample(range(keys), keys) for _ in range(count)])
    one_hot = torch.eye(keys)
    holders = torch.cat([one_hot.expand(count, keys, keys), one_hot[values]], dim=-1)
    askers = torch.cat([one_hot.expand(count, keys, keys), torch.zeros(count, keys, keys)], dim=-1)
    start = 2 * keys * torch.arange(count)[:, None]
    pairs = torch.cartesian_prod(torch.arange(keys), keys + torch.arange(keys)).T  # (2, keys²)
    edges = (pairs[:, None, :] + start).flatten(1)
    asking = (start + keys + torch.arange(keys)).flatten()
    return torch.stack([holders, askers], dim=1).reshape(-1, 2 * keys), edges, asking, values.flatten()


# ------------------------------------------------------------------------------------------------------------- papers


def citations(
    seed: int = 0,
    papers: int = 600,
    share: float = 0.5,
    kind: Literal["index", "stray"] = "index",
    cites: int = 2,
    shown: int = 40,
) -> Graph:
    """Papers of five fields that cite each other; the same arguments give the same graph on every machine.

    Paper n has a field, and a title of eight words: each is a word of its own field with probability 0.3, a general one
    with 0.45, and one of any field with 0.25. It cites up to `cites` papers out of 0 … n − 1. With probability 0.9
    such a paper is drawn from its own field, else from all; so even without misleading citations some lead elsewhere.
    For one seed and kind the titles, and whose labels are shown, do not depend on `share` and `cites`.

    Args:
        seed: of titles, fields, citations and masks.
        papers: how many; at least 50.
        share: how many citations mislead, from 0 to 1.
        kind: "index": misleading citations go to one of `papers` / 20 indexes. A word of their titles comes from
            `INDEX_WORDS` with probability 0.4, else from a field drawn by lot, which is their label; they cite nothing
            and are in no mask. "stray": they go to any earlier paper, and there are no indexes.
        cites: citations of a paper, at most; at least 1.
        shown: labels shown for each field.

    Returns:
        The graph. `x` is (papers, words): how often each word stands in the title, over the title's length. Citations
        are edges in both directions. `val` and `test` share what is not shown, a quarter and three quarters.

    Raises:
        ValueError: for fewer than 50 papers, a share outside 0 … 1, another kind, fewer than 1 citation, or so many
            labels shown that nothing is left to ask.
    """
    if papers < 50 or cites < 1 or not 0 <= share <= 1:
        raise ValueError(
            "A citation graph needs at least 50 papers, 1 citation and a share from 0 to 1, not"
            f" {papers} papers, {cites} citations and a share of {share}."
        )
    if kind not in ("index", "stray"):
        raise ValueError(f'Citations mislead to an "index" or go "stray"; there is no kind {kind!r}.')
    rng = random.Random(f"citations {seed} {papers} {kind}")
    fields = list(FIELDS)
    any_field = [word for words in FIELDS.values() for word in words]
    of = [rng.randrange(len(fields)) for _ in range(papers)]
    indexes = set(rng.sample(range(papers // 4), papers // 20)) if kind == "index" else set()

    titles = []
    for paper, field in enumerate(of):
        words = []
        for _ in range(TITLE_WORDS):
            luck = rng.random()
            if paper in indexes:  # words about its one field, and words that show what it is
                words.append(rng.choice(INDEX_WORDS if luck < 0.4 else FIELDS[fields[field]]))
            elif luck < 0.3:
                words.append(rng.choice(FIELDS[fields[field]]))
            else:
                words.append(rng.choice(GENERAL if luck < 0.75 else any_field))
        titles.append(tuple(words))

    order = [paper for paper in range(papers) if paper not in indexes]
    rng.shuffle(order)
    train: list[int] = []
    for label in range(len(fields)):
        train += [paper for paper in order if of[paper] == label][:shown]
    rest = [paper for paper in order if paper not in set(train)]
    if shown < 1 or len(train) < shown * len(fields) or len(rest) < 4:
        raise ValueError(f"{papers} papers are too few to show {shown} labels of each field and ask for the others.")
    pairs: dict[tuple[int, int], bool] = {}
    same: list[list[int]] = [[] for _ in fields]
    lists: list[int] = []
    earlier: list[int] = []
    for paper, field in enumerate(of):
        for _ in range(cites):
            misleads = rng.random() < share
            within = rng.random() < 0.9
            if misleads:
                pool = lists if kind == "index" else earlier
            else:
                pool = same[field] if within else earlier
            if pool and paper not in indexes:
                pairs.setdefault((rng.choice(pool), paper), misleads)
        if paper in indexes:
            lists.append(paper)
        else:
            same[field].append(paper)
            earlier.append(paper)

    known = [*any_field, *GENERAL, *INDEX_WORDS]
    place = {word: number for number, word in enumerate(known)}
    x = torch.zeros(papers, len(known))
    for paper, title in enumerate(titles):
        for word in title:
            x[paper, place[word]] += 1 / TITLE_WORDS
    return Graph(
        x=x,
        edges=_both_ways(list(pairs)),
        labels=torch.tensor(of),
        train=_chosen(papers, train),
        val=_chosen(papers, rest[: len(rest) // 4]),
        test=_chosen(papers, rest[len(rest) // 4 :]),
        classes=tuple(fields),
        names=tuple(" ".join(words) for words in titles),
        misleading=torch.tensor([misleads for misleads in pairs.values() for _ in range(2)]),
    )


# ------------------------------------------------------------------------------------------------------------ pictures


def layout(edges: Tensor, nodes: int, seed: int = 0) -> Tensor:
    """Places to draw the nodes at, (nodes, 2), by networkx's springs: neighbours near each other."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(edges.T.tolist())
    found = networkx.spring_layout(graph, seed=seed)
    return torch.tensor([[float(value) for value in found[n]] for n in range(nodes)])


def draw(
    edges: Tensor,
    places: Tensor,
    groups: Tensor | None = None,
    weights: Tensor | None = None,
    names: Sequence[Any] = (),
    classes: Sequence[str] = (),
    marked: Sequence[int] = (),
    ringed: Sequence[int] = (),
    arrows: bool = False,
    title: str = "",
    alt: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw a graph: one line for each pair of neighbours, whichever way the edge goes, or arrows to the receivers.

    Args:
        edges: (2, edges): senders, receivers.
        places: (nodes, 2), such as `layout` gives.
        groups: (nodes,), int: the colour of each node; None draws all in one.
        weights: (edges,), between 0 and 1: the thickness of a line is the mean over the edges of its pair; None draws
            all lines alike.
        names: what to write into the nodes; none writes their numbers.
        classes: names of the groups, for a legend.
        marked: nodes drawn as squares with a dark edge, such as those whose label is known.
        ringed: nodes with a ring around them, such as those that were guessed wrongly.
        arrows: whether each line has a head at its receiver (at both ends, if there are edges both ways), and a
            self-loop is a small circle at its node. Without arrows self-loops are left out.
        title, alt, ax: as in `plots.heatmap`.

    Raises:
        ValueError: if the numbers of edges and weights, or of nodes and groups or names, differ.
    """
    count = len(places)
    for what, given, wanted in (
        ("weights", weights, edges.shape[1]),
        ("groups", groups, count),
        ("names", names or None, count),
    ):
        if given is not None and len(given) != wanted:
            raise ValueError(f"draw got {len(given)} {what} where {wanted} were due.")
    axes: Any = ax if ax is not None else plots.panels(1, size=(6.2, 4.6))[0]
    spots = places.tolist()
    size = 300 if count <= 10 else 150  # of a node, in square points
    axes.scatter([x for x, _ in spots], [y for _, y in spots], s=0)  # so that the axes know how far the graph reaches
    found: dict[tuple[int, int], list[float]] = {}
    for number, (sender, receiver) in enumerate(edges.T.tolist()):
        found.setdefault((sender, receiver), []).append(1.0 if weights is None else float(weights[number]))
    for sender, receiver in found:
        if sender == receiver:
            if arrows:
                _draw_loop(axes, spots, sender, size)
            continue
        back = found.get((receiver, sender))
        if back and receiver < sender:
            continue  # drawn with its other half
        shares = [*found[sender, receiver], *(back or [])]
        axes.annotate(
            "",
            xy=spots[receiver],
            xytext=spots[sender],
            arrowprops={
                "arrowstyle": ("<|-|>" if back else "-|>") if arrows else "-",
                "mutation_scale": 10,
                "color": plots.INK,
                "alpha": 0.7 if arrows else 0.55,
                "linewidth": 1.1 if weights is None else 0.3 + 7.0 * sum(shares) / len(shares),
                "shrinkA": math.sqrt(size) / 2 + 1 if arrows else 0,  # a head ends at the node's rim
                "shrinkB": math.sqrt(size) / 2 + 1 if arrows else 0,
            },
            zorder=1,
        )
    of = [0] * count if groups is None else groups.tolist()
    for group in sorted(set(of)):
        for square in (False, True):
            chosen = [n for n in range(count) if of[n] == group and (n in marked) == square]
            if not chosen:
                continue
            axes.scatter(
                [spots[n][0] for n in chosen],
                [spots[n][1] for n in chosen],
                s=size,
                color=plots.COLOURS[group % len(plots.COLOURS)],
                marker="s" if square else "o",
                edgecolors=plots.INK if square else plots.CARD,
                linewidths=1.6 if square else 0.8,
                zorder=2,
                label=classes[group] if classes and not square else None,
            )
    for n in ringed:
        axes.plot(*spots[n], "o", fillstyle="none", color=plots.INK, markersize=1.6 * math.sqrt(size), zorder=2)
    for n, (x, y) in enumerate(spots):
        text = plots.plain_text(str(names[n]) if names else str(n))
        axes.text(x, y, text, ha="center", va="center", color="#ffffff", fontsize=8 if count > 10 else 10, zorder=3)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.margins(0.1 if count > 10 else 0.18)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=plots.INK)
    if classes:
        axes.legend(loc="best", frameon=False, fontsize=9)
    kinds = f", attention from {float(weights.min()):.2f} to {float(weights.max()):.2f}" if weights is not None else ""
    plots.attach_text(axes, alt or f"A graph of {count} nodes and {edges.shape[1]} directed edges{kinds}.")
    return axes


def _draw_loop(axes: Any, spots: Sequence[Sequence[float]], node: int, size: float) -> None:
    """A small circle at a node, on the side that lies away from the middle of the graph."""
    from matplotlib.transforms import ScaledTranslation

    middle = [sum(spot[k] for spot in spots) / len(spots) for k in range(2)]
    away = [spots[node][k] - middle[k] for k in range(2)]
    length = math.hypot(*away)
    x, y = (away[0] / length, away[1] / length) if length > 1e-6 else (0.0, 1.0)
    reach = 0.75 * math.sqrt(size) / 72  # inches
    beside = axes.transData + ScaledTranslation(x * reach, y * reach, axes.figure.dpi_scale_trans)
    axes.plot(
        *spots[node], "o", fillstyle="none", color=plots.INK, alpha=0.7, markersize=0.75 * math.sqrt(size),
        transform=beside, zorder=1,
    )  # fmt: skip
