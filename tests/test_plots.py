"""The figures: what they show, what they refuse, and how a notebook shows them."""

from __future__ import annotations

import base64
import io
import itertools
import subprocess
import sys
import warnings

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from utils import paths, plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def ticks(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


# --- heatmap ------------------------------------------------------------------------------------------------------


def test_heatmap_shows_tokens_numbers_and_titles():
    ax = plots.heatmap([[0.88, 0.12]], ["it"], ["animal", "street"], title="Weights", xlabel="key", ylabel="query")
    assert texts(ax) == ["0.88", "0.12"]
    assert ticks(ax.xaxis) == ["animal", "street"] and ticks(ax.yaxis) == ["it"]
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == ("Weights", "key", "query")


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 2.0], [3.0, 4.0]],
        ((1, 2), (3, 4)),
        np.array([[1, 2], [3, 4]], dtype=np.int8),
        torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True),
        torch.tensor([[1, 2], [3, 4]], dtype=torch.bfloat16),
        [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0], requires_grad=True)],
        [[torch.tensor(1), torch.tensor(2.0)], [3, 4]],
    ],
)
def test_heatmap_accepts_tensors_arrays_and_lists(matrix):
    ax = plots.heatmap(matrix)
    assert texts(ax) == ["1", "2", "3", "4"]
    assert ax.images[0].get_array().tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_heatmap_accepts_booleans_and_masked_scores():
    assert texts(plots.heatmap(torch.tril(torch.ones(2, 2, dtype=torch.bool)))) == ["1", "0", "1", "1"]
    ax = plots.heatmap([[0.5, -np.inf], [np.nan, np.inf]])
    assert texts(ax) == ["0.50", "−∞", "–", "∞"]
    assert ax.images[0].get_array().mask.tolist() == [[False, True], [True, True]]
    assert texts(plots.heatmap([[-np.inf]])) == ["−∞"]


def test_numbers_contrast_with_their_cells():
    ax = plots.heatmap([[0.0, 1.0]])
    assert [text.get_color() for text in ax.texts] == ["#ffffff", "#111111"]  # viridis: dark blue, yellow


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ([0.5, 0.25, 0.125], ["0.500", "0.250", "0.125"]),
        ([1 / 3, 0, 2 / 3], ["0.33", "0.00", "0.67"]),
        ([112.0, 96.0, -3.0], ["112", "96", "−3"]),
        ([12.34, 5.678, 1.0], ["12.3", "5.7", "1.0"]),
        ([1.5e-5, 2e-5, 0.001], ["1.5e−05", "2e−05", "0.001"]),
        ([1e9, 2.5e9, 3.0], ["1e+09", "2.5e+09", "3"]),
        ([794.3, 5.06, -131.9], ["794", "5.1", "−132"]),
    ],
)
def test_numbers_are_short(row, shown):
    assert texts(plots.heatmap([row])) == shown


def test_large_matrices_go_without_numbers():
    assert texts(plots.heatmap(np.zeros((20, 20)))) == []
    assert len(texts(plots.heatmap(np.zeros((20, 20)), numbers=True))) == 400
    assert texts(plots.heatmap([[1, 2]], numbers=False)) == []


def test_nonnegative_values_are_coloured_from_zero():
    assert plots.heatmap([[0.4, 0.6]]).images[0].get_clim() == (0.0, 0.6)
    assert plots.heatmap([[-0.1, 2.0]]).images[0].get_clim() == (-0.1, 2.0)  # a little below is noise, not a sign
    assert plots.heatmap([[0.4, 0.6]], limits=(0, 1)).images[0].get_clim() == (0, 1)
    assert plots.heatmap([[0.0, 0.0]]).images[0].get_clim() == (0.0, 1.0)


def test_numbers_of_both_signs_diverge_from_zero():
    image = plots.heatmap([[-1.0, 2.0]]).images[0]
    assert image.get_clim() == (-2.0, 2.0) and image.cmap.name == "PuOr"
    assert plots.heatmap([[-1.0, 2.0]], colours="cividis").images[0].cmap.name == "cividis"
    assert plots.heatmap([[-1.0, 2.0]], limits=(-3, 3)).images[0].cmap.name == "viridis"


def test_crowded_labels_are_turned():
    few, many = plots.bars(["one", "two"], [1, 2]), plots.bars([f"{i} crossed" for i in range(6)], range(6))
    assert [ax.get_xticklabels()[0].get_rotation() for ax in (few, many)] == [0, 45]


def test_short_logarithmic_axes_have_no_labels_that_overlap():
    ax = plots.curves({"a": (range(20, 60), range(20, 60))}, logx=True, logy=True)
    ax.figure.canvas.draw()
    assert not any(label.get_text() for label in ax.get_xticklabels(minor=True))


def test_invisible_and_long_tokens_can_be_read():
    ax = plots.heatmap([[1, 2, 3, 4, 5]], columns=[" ", "a\n", "", "$x$", "Donaudampfschifffahrt"])
    assert ticks(ax.xaxis) == ["␣", "a↵", "∅", r"\$x\$", "Donaudampfschifff…"]
    plots._png(ax.figure)  # "$x$" is not taken for a formula


def test_heatmap_draws_into_given_axes():
    axes = plots.panels(3, title="Heads")
    returned = [plots.heatmap(np.eye(3), "abc", "abc", title=str(i), ax=ax) for i, ax in enumerate(axes)]
    assert returned == axes and len({ax.figure for ax in axes}) == 1
    assert plots.describe(axes[0]).count("Heatmap") == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1, 2], [3, 4]], ["a"]), r"1 row label for 2 rows \(the matrix is 2 × 2\)"),
        (([[1, 2, 3]], ["a"], "ab"), r"2 column labels for 3 columns \(the matrix is 1 × 3\)"),
        ((torch.zeros(2, 5, 5),), r"shape \(2, 5, 5\); choose one matrix of it, such as matrix\[0\]"),
        (([1, 2, 3],), r"not one of shape \(3,\)"),
        ((np.zeros((0, 3)),), r"empty matrix: its shape is \(0, 3\)"),
        (([[1, 2], [3]],), "rows of equal length"),
        (([["a", "b"]],), "needs numbers"),
        ((None,), "not one of shape"),
        (("abc",), "needs numbers"),
    ],
)
def test_heatmap_refuses_in_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        plots.heatmap(*arguments)
    assert "\n" not in str(error.value) and str(error.value).startswith("heatmap")
    assert plt.get_fignums() == []  # no half-drawn figure is left to be shown


# --- curves -------------------------------------------------------------------------------------------------------


def test_curves_take_values_or_pairs():
    ax = plots.curves({"a": [3, 2, 1], "b": ([10, 20], torch.tensor([1.0, 2.0]))}, xlabel="step", ylabel="loss")
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[0, 3], [1, 2], [2, 1]], [[10, 1], [20, 2]]]
    assert ax.lines[0].get_marker() == "o" and ax.lines[0].get_color() != ax.lines[1].get_color()


def test_one_bare_curve_and_a_generator():
    assert plots.curves([3, 2, 1]).lines[0].get_ydata().tolist() == [3, 2, 1]
    assert plots.curves(x * x for x in range(4)).lines[0].get_ydata().tolist() == [0, 1, 4, 9]


def test_curves_that_end_apart_are_named_there_and_others_in_a_legend():
    apart = plots.curves({"up": [0, 1], "down": [1, 0]})
    assert texts(apart) == ["up", "down"] and apart.get_legend() is None
    together = plots.curves({"up": [0, 1], "also": [0.5, 1]})
    assert texts(together) == [] and [t.get_text() for t in together.get_legend().get_texts()] == ["up", "also"]


def test_values_that_are_not_finite_leave_gaps():
    ax = plots.curves({"a": [1, float("inf"), float("nan"), 2]})
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, True, True, False]


def test_a_single_curve_needs_no_legend():
    assert plots.curves({"loss": [2, 1]}).get_legend() is None


def test_few_values_on_a_logarithmic_axis_are_ticked_plainly():
    ax = plots.curves({"a": ([16, 64, 256, 512], [1, 2, 3, 4])}, logx=True)
    assert ticks(ax.xaxis) == ["16", "64", "256", "512"] and len(ax.get_xticks(minor=True)) == 0


def test_logarithmic_axes():
    ax = plots.curves({"a": ([1, 10], [1, 100])}, logx=True, logy=True)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        ({"a": ([1, 2, 3], [1, 2])}, {}, "'a' has 3 xs but 2 ys"),
        ({}, {}, "nothing to draw"),
        ({"a": []}, {}, r"'a' has no finite value to draw \(0 values\)"),
        ({"a": [float("nan")]}, {}, "no finite value"),
        ({"a": [[1, 2], [3, 4]]}, {}, r"'a' must be one sequence of numbers, not of shape \(2, 2\)"),
        ({"a": [1, 0]}, {"logy": True}, "'a' has the y value 0, and a logarithmic axis starts above 0"),
        ({"a": [1, 2]}, {"logx": True}, "'a' has the x value 0"),
        ({"a": "words"}, {}, "needs numbers"),
    ],
)
def test_curves_refuse_in_one_sentence(series, options, message):
    with pytest.raises(ValueError, match=message) as error:
        plots.curves(series, **options)
    assert "\n" not in str(error.value)
    assert plt.get_fignums() == []


# --- bars ---------------------------------------------------------------------------------------------------------


def test_bars_show_labels_and_values():
    ax = plots.bars(["books", "laptops", "exams"], [0.5, 0.25, 0.25], title="P(w)")
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0.25, 0.25]
    assert texts(ax) == ["0.50", "0.25", "0.25"] and ticks(ax.xaxis) == ["books", "laptops", "exams"]


def test_groups_of_bars_have_a_legend():
    ax = plots.bars("ab", {"n = 2": [1, 2], "n = 3": torch.tensor([3.0, 4.0])})
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["n = 2", "n = 3"]
    assert len(ax.patches) == 4


def test_horizontal_bars_run_downwards():
    ax = plots.bars(["first", "second"], [1, 2], horizontal=True)
    assert [bar.get_width() for bar in ax.patches] == [1, 2]
    assert ax.yaxis_inverted()


@pytest.mark.parametrize(
    ("labels", "values", "message"),
    [
        ("abc", [1, 2], "3 labels but 2 values: give one number for each label"),
        ("ab", {"x": [1, 2], "y": [1]}, "2 labels but 1 value of 'y'"),
        ("ab", [[1, 2], [3, 4]], r"values of shape \(2, 2\)"),
        ([], [], "nothing to draw"),
        ("ab", {}, "nothing to draw"),
    ],
)
def test_bars_refuse_in_one_sentence(labels, values, message):
    with pytest.raises(ValueError, match=message) as error:
        plots.bars(labels, values)
    assert "\n" not in str(error.value)
    assert plt.get_fignums() == []


def test_panels_refuse_none():
    with pytest.raises(ValueError, match="at least one panel, not 0"):
        plots.panels(0)


# --- words, style, bytes ------------------------------------------------------------------------------------------


def test_every_figure_has_a_text_alternative():
    assert plots.describe(plots.bars("ab", [1, 2], alt="Two\n bars.")) == "Two bars."
    assert plots.describe(plots.heatmap([[0.1, 0.9]], ["it"], ["a", "b"], title="W")) == (
        "Heatmap “W”: 1 row by 2 columns, values from 0.1 to 0.9, the largest in row it, column b."
    )
    assert plots.describe(plots.curves({"loss": [3, 1, 2]})) == "1 curve: loss goes from 3 to 2, least 1."
    assert plots.describe(plots.bars(["x", "y"], [0.5, 0.25])) == "Bars: x 0.50, y 0.25."
    assert plots.describe(plots.bars("ab", [1, 2], ax=plt.figure().add_subplot())) == "Bars: a 1, b 2."


def test_figures_stand_on_a_light_card_with_readable_colours():
    ax = plots.curves({"a": [1, 2]})
    picture = plt.imread(io.BytesIO(plots._png(ax.figure)))
    middle = picture[3, picture.shape[1] // 2, :3]
    assert (middle > 0.9).all()  # opaque and light, whatever lies behind it
    assert picture.shape[2] == 3 or (picture[..., 3] == 1).all()
    for colour in plots.COLOURS:
        assert _contrast(colour, plots.CARD) >= 2.0  # WCAG asks 3 of lines; the two palest are used last
    assert _contrast(plots.INK, plots.CARD) >= 7.0


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in matplotlib.colors.to_rgb(colour)]
        return float(np.dot([0.2126, 0.7152, 0.0722], parts))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_figures_are_small():
    words = ["The", "animal", "didn't", "cross", "the", "street", "because", "it", "was", "too", "tired"]
    ax = plots.heatmap(np.random.default_rng(0).random((11, 11)), words, words, title="Weights")
    assert len(plots._png(ax.figure)) < 120_000
    assert len(plots._png(plots.bars("abc", [1, 2, 3]).figure)) < 30_000


def test_style_reaches_only_our_figures_until_asked():
    before = dict(plt.rcParams)
    plots.heatmap([[1, 2]])
    assert dict(plt.rcParams) == before
    with plt.rc_context():
        plots.use_style()
        assert plt.figure().get_facecolor() == matplotlib.colors.to_rgba(plots.CARD)


def test_missing_glyphs_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots._png(plots.heatmap([[1, 2]], columns=["日本", "語"], title="Русский, ελληνικά, 日本").figure)


def test_importing_the_module_does_not_import_matplotlib():
    code = "import sys; import utils.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, check=False).returncode == 0


# --- in a notebook ------------------------------------------------------------------------------------------------


def run_cells(*sources: str) -> list[list]:
    headless, nbformat = pytest.importorskip("utils.headless"), pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client = headless.HeadlessClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(paths.ROOT)}}
    )
    client.execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_notebook_shows_each_figure_once_with_its_words(monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel is to choose its own
    first, added, panels, quiet, after = run_cells(
        "from utils import plots\nplots.heatmap([[0.88, 0.12]], alt='It & <animal>.')",
        "ax = plots.bars('ab', [1, 2])\nax.axhline(1.5)\nax.set_title('Added later')\nax",
        "for ax in plots.panels(2):\n    plots.curves([2, 1], ax=ax)",
        "1 + 1",
        "plots.bars('日本', [1, 2])",
    )
    for outputs in (first, added, panels, after):
        assert [output.output_type for output in outputs] == ["display_data", "display_data"]
        figure, words = outputs
        alternative = figure.data["text/plain"]
        assert alternative and "Figure size" not in alternative
        assert figure.metadata["image/png"]["alt"] == alternative
        assert base64.b64decode(figure.data["image/png"]).startswith(b"\x89PNG")
        assert words.data["text/html"].startswith("<details>")
    assert first[0].data["text/plain"] == "It & <animal>."
    assert "It &amp; &lt;animal&gt;." in first[1].data["text/html"]
    assert first[1].data["text/plain"] == "Figure in words: It & <animal>."
    assert [output.output_type for output in quiet] == ["execute_result"]


def test_names_of_points_cover_neither_each_other_nor_a_point() -> None:
    spread = torch.rand(12, 2, generator=torch.Generator().manual_seed(2)).tolist()
    points = {f"p = {n / 10}": (x, y) for n, (x, y) in enumerate(spread)}
    axes = plots.panels(1, size=(7.0, 4.6))[0]
    axes.plot(*zip(*points.values()), "o", linestyle="none")
    plots.name_points(axes, points)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == list(points)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    for x, y in axes.transData.transform(list(points.values())):
        assert not any(box.contains(x, y) for box in boxes)
