"""The graphs of lesson 15, their pictures, and the classifiers of nodes."""

from __future__ import annotations

import hashlib

import pytest
import torch

from utils import graphs, node_classification, plots
from utils.graph_attention import DynamicGATLayer, GATLayer

SMALL = {"papers": 120, "shown": 6}


def test_the_tiny_graph() -> None:
    x, edges, names = graphs.tiny_graph()
    assert x.shape == (5, 2) and edges.shape == (2, 8) and names == list("abcde")
    assert 4 not in edges  # e is alone


def test_the_karate_club() -> None:
    pytest.importorskip("networkx")
    club = graphs.karate_club()
    assert (club.nodes, club.edges.shape[1]) == (34, 2 * 78)
    assert club.train.nonzero().flatten().tolist() == [0, 33] and int(club.test.sum()) == 32
    assert club.labels[[0, 33]].tolist() == [0, 1] and club.labels.bincount().tolist() == [17, 17]
    both = {tuple(pair) for pair in club.edges.T.tolist()}
    assert len(both) == 156 and all((b, a) in both and a != b for a, b in both)


@pytest.mark.parametrize("kind", ["index", "stray"])
def test_citations_are_as_their_card_says(kind) -> None:
    graph = graphs.citations(seed=3, kind=kind, share=0.5)
    assert graph.nodes == len(graph.names) == len(graph.x) == 600
    assert torch.allclose(graph.x.sum(1), torch.ones(600))
    assert int(graph.train.sum()) == 200 and graph.labels[graph.train].bincount().tolist() == [40] * 5
    assert not ((graph.train & graph.val) | (graph.train & graph.test) | (graph.val & graph.test)).any()
    senders, receivers = graph.edges[:, ::2]
    assert (senders < receivers).all()  # who is cited was there before
    assert torch.equal(graph.edges[:, 1::2], graph.edges[:, ::2].flip(0))  # and then backwards
    assert len({tuple(pair) for pair in graph.edges.T.tolist()}) == graph.edges.shape[1]
    share = float(graph.misleading.double().mean())
    assert 0.4 < share < 0.6
    told = [any(word in graphs.INDEX_WORDS for word in name.split()) for name in graph.names]
    indexes = ~(graph.train | graph.val | graph.test)
    assert int(indexes.sum()) == (30 if kind == "index" else 0)
    assert not any(told[n] for n in range(600) if not indexes[n])
    if kind == "index":
        assert indexes[graph.edges[0, ::2][graph.misleading[::2]]].all()
        assert sum(told[n] for n in range(600) if indexes[n]) >= 28


def test_the_share_of_misleading_citations_lowers_homophily_and_leaves_the_titles() -> None:
    found = [graphs.citations(1, share=share) for share in (0.0, 0.5, 1.0)]
    assert not found[0].misleading.any() and found[2].misleading.all()
    assert found[0].homophily() > 0.85 > found[1].homophily() > found[2].homophily()
    assert found[0].names == found[1].names == found[2].names
    assert torch.equal(found[0].train, found[2].train) and torch.equal(found[0].test, found[2].test)


def test_citations_are_the_same_on_every_machine() -> None:
    graph = graphs.citations()
    digest = hashlib.sha256("\n".join(graph.names).encode())
    digest.update(str(graph.edges.tolist()).encode())
    digest.update(str(graph.train.nonzero().flatten().tolist()).encode())
    assert digest.hexdigest()[:16] == "5f0a7fd4573e70d6"


def test_fields_share_no_word() -> None:
    lists = [*graphs.FIELDS.values(), graphs.GENERAL, graphs.INDEX_WORDS]
    words = [word for words in lists for word in words]
    assert len(set(words)) == len(words) and all(len(words) == 20 for words in graphs.FIELDS.values())


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"papers": 10}, "10 papers"),
        ({"share": 1.5}, "share of 1.5"),
        ({"cites": 0}, "0 citations"),
        ({"kind": "random"}, "no kind 'random'"),
        ({"shown": 500}, "too few to show 500"),
        ({"shown": 0}, "too few to show 0"),
    ],
)
def test_bad_settings_are_refused(bad, text) -> None:
    with pytest.raises(ValueError, match=text):
        graphs.citations(**bad)


# ------------------------------------------------------------------------------------------------------------ pictures


def test_a_graph_is_drawn_with_its_words() -> None:
    pytest.importorskip("networkx")
    _, edges, names = graphs.tiny_graph()
    places = graphs.layout(edges, 5)
    assert places.shape == (5, 2) and torch.equal(places, graphs.layout(edges, 5))
    groups, weights = torch.tensor([0, 0, 1, 1, 1]), torch.linspace(0, 1, 8)
    axes = graphs.draw(edges, places, groups, weights, names, ("left", "right"), [0], title="tiny", alt="Five nodes.")
    assert plots.describe(axes) == "Five nodes."
    assert len(axes.texts) == 4 + 5  # one line for each pair of neighbours, one name for each node
    assert "5 nodes and 0 directed edges" in plots.describe(graphs.draw(edges[:, :0], places))
    plots._pyplot().close("all")
    for wrong in ({"weights": weights[:3]}, {"groups": groups[:2]}, {"names": ["a"]}):
        with pytest.raises(ValueError, match="were due"):
            graphs.draw(edges, places, **wrong)
    plots._pyplot().close("all")


def test_arrows_end_at_receivers_and_self_loops_are_circles() -> None:
    places = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    edges = torch.tensor([[0, 1, 0, 2, 1], [1, 0, 2, 2, 1]])
    axes = graphs.draw(edges, places, arrows=True, ringed=[2])
    drawn = [text.arrow_patch for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert [type(patch.get_arrowstyle()).__name__ for patch in drawn] == ["CurveFilledAB", "CurveFilledB"]
    assert len(axes.lines) == 2 + 1  # two loops, one ring
    plain = graphs.draw(edges, places, weights=torch.tensor([0.2, 0.6, 0.5, 1.0, 1.0]))
    widths = [text.arrow_patch.get_linewidth() for text in plain.texts if getattr(text, "arrow_patch", None)]
    assert widths == pytest.approx([0.3 + 7 * 0.4, 0.3 + 7 * 0.5]) and not plain.lines
    axes.figure.canvas.draw()
    plain.figure.canvas.draw()
    plots._pyplot().close("all")


# ------------------------------------------------------------------------------------------------------------ training


@pytest.mark.parametrize("kind", ["words", "mean", "GAT", "GATv2"])
def test_training_learns_and_leaves_the_random_state_alone(kind) -> None:
    graph = graphs.citations(share=0.2, **SMALL)
    before = torch.get_rng_state()
    model = node_classification.fit(graph, kind, seed=1, steps=25)
    assert torch.equal(before, torch.get_rng_state()) and not model.training
    again = node_classification.fit(graph, kind, seed=1, steps=25)
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    assert node_classification.accuracy(model, graph) > (0.3 if kind == "words" else 0.5)
    assert node_classification.accuracy(model, graph, graph.train) > 0.6


def test_words_alone_use_no_edge() -> None:
    graph = graphs.citations(**SMALL)
    model = node_classification.NodeClassifier(graph.x.shape[1], 5, "words").eval()
    scores = model(graph.x, graph.edges)[0]
    torch.testing.assert_close(scores, model(graph.x, graph.edges[:, :0])[0])
    edges, weights = node_classification.attention_on(
        node_classification.NodeClassifier(graph.x.shape[1], 5, depth=1).eval(), graph
    )
    assert edges.shape[1] == len(weights) == graph.edges.shape[1] + 120


def test_lookups_are_answered_by_dynamic_attention_alone() -> None:
    x, edges, asking, wanted = graphs.lookups(keys=4, count=8, seed=2)
    assert x.shape == (64, 8) and edges.shape == (2, 128) and len(asking) == len(wanted) == 32
    assert not x[asking, 4:].any() and not torch.isin(edges[0], asking).any() and torch.isin(edges[1], asking).all()
    for node, value in zip(asking.tolist(), wanted.tolist(), strict=True):
        senders = edges[0][edges[1] == node]
        holder = senders[x[senders, :4].argmax(1) == x[node, :4].argmax()]
        assert len(senders) == 4 and x[holder, 4:].argmax().item() == value
    found = []
    for make in (GATLayer, DynamicGATLayer):
        torch.manual_seed(0)
        found.append(node_classification.look_up(make(8, 32, self_loops=False), x, edges, asking, wanted, steps=120))
    assert found[0] < 0.8 < 0.95 < found[1]


def test_a_quick_pace_is_obeyed(monkeypatch) -> None:
    graph = graphs.citations(**SMALL)
    monkeypatch.setenv("COURSE_PACE", "quick")
    model = node_classification.fit(graph, steps=10**9)
    assert 0 <= node_classification.accuracy(model, graph) <= 1


def test_what_cannot_be_trained_is_refused() -> None:
    graph = graphs.citations(**SMALL)
    nobody = torch.zeros(120, dtype=torch.bool)
    with pytest.raises(ValueError, match="at least one node"):
        node_classification.fit(graphs.dataclasses.replace(graph, train=nobody))
    for kind, depth in (("GCN", 2), ("GAT", 0)):
        with pytest.raises(ValueError, match=f"{kind}' with {depth}"):
            node_classification.NodeClassifier(3, 2, kind, depth=depth)
    model = node_classification.NodeClassifier(graph.x.shape[1], 5)
    with pytest.raises(ValueError, match="no node to judge"):
        node_classification.accuracy(model, graph, nobody)
