"""Figures of the course: heatmaps with tokens, curves and bars, in one style that reads well in light and dark themes.

Each helper draws one figure and returns its `Axes`, so that you can add to it in the same cell. The figure is shown
once, at the end of the cell. It stands on a light card of its own, so it does not depend on the theme around it; the
colours are those of Okabe & Ito and the map viridis, which people with any kind of colour vision can tell apart.

Every figure has a text alternative: the `alt` you give, or one composed from the data. JupyterLab, nbconvert and GitHub
show a PNG without any, so it stands folded under the figure as "Figure in words". It is also kept as the figure's plain
text and in the output's metadata (`{"image/png": {"alt": ...}}`), and `describe(axes)` returns it.

pyplot is imported when the first figure is drawn: that takes about a second, which the set-up cell need not wait for.
"""

from __future__ import annotations

import functools
import itertools
import logging
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CARD, EDGE, INK, FAINT, MASKED = "#f8f8f6", "#d5d5d0", "#26303a", "#dededa", "#c9c9c4"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
"""The palette of Okabe & Ito (jfly.uni-koeln.de/color), without its yellow, which is too pale for lines."""

DPI = 110
_LINES = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")

_STYLE: dict[str, Any] = {
    "figure.facecolor": CARD,
    "figure.edgecolor": EDGE,
    "figure.dpi": DPI,
    "savefig.facecolor": "auto",
    "axes.facecolor": CARD,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": INK,
    "font.size": 10,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib; has Latin, Cyrillic, Greek
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "image.cmap": "viridis",
}


def use_style() -> None:
    """Give figures that you make yourself with matplotlib the look of the course's figures."""
    matplotlib = _matplotlib()
    matplotlib.rcParams.update(_STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = matplotlib.cycler(color=COLOURS)


def heatmap(
    matrix: Any,
    rows: Iterable[Any] | None = None,
    columns: Iterable[Any] | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    alt: str = "",
    ax: Axes | None = None,
    numbers: bool | None = None,
    limits: tuple[float, float] | None = None,
    colours: str = "",
    bar: bool = True,
) -> Axes:
    """Draw a matrix as coloured cells, with tokens on the axes and the numbers in the cells.

    Args:
        matrix: shape (rows, columns): a tensor, an array or a list of lists. Cells with −∞ or NaN are drawn grey.
        rows, columns: one label for each row and column, such as tokens. A string gives one label a character.
        title, xlabel, ylabel: what stands above and beside the matrix.
        alt: the text alternative: what the figure shows, in one or two sentences. Composed from the data if empty.
        ax: where to draw; None makes a new figure.
        numbers: print the numbers in the cells; None prints them in matrices of up to 150 cells.
        limits: the values at both ends of the colours; None takes the least (or 0, if all are above) and the largest.
        colours: a colour map of matplotlib. Without one: a map of one direction, or, for numbers well on both sides of
            zero and no limits given, one that diverges from zero.
        bar: draw the scale of the colours beside the matrix.

    Raises:
        ValueError: the matrix is not one, or the number of labels is not that of rows or columns.
    """
    values = _array(matrix, "heatmap")
    if values.ndim != 2:
        pick = "; choose one matrix of it, such as matrix[0]" if values.ndim > 2 else ""
        raise ValueError(f"heatmap needs a matrix of shape (rows, columns), not one of shape {values.shape}{pick}.")
    if 0 in values.shape:
        raise ValueError(f"heatmap cannot draw an empty matrix: its shape is {values.shape}.")
    height, width = values.shape
    row_labels = _labels(rows, height, "row", values.shape)
    column_labels = _labels(columns, width, "column", values.shape)
    numbers = values.size <= 150 if numbers is None else numbers
    plt = _pyplot()
    with plt.rc_context(_STYLE):
        if ax is None:
            cell = 0.56 if numbers else max(0.12, min(0.5, 6.0 / max(height, width)))
            longest = max(map(len, row_labels), default=0)
            size = (width * cell + 0.08 * longest + 1.9, height * min(cell, 0.44) + 1.3)
            ax = _new_axes((min(max(size[0], 3.6), 10.0), min(max(size[1], 2.2), 9.0)))
        finite = values[np.isfinite(values)]
        low, high = limits or ((min(finite.min(), 0.0), finite.max()) if finite.size else (0.0, 1.0))
        if not limits and min(-low, high) > 0.1 * max(-low, high):  # both signs matter: white is zero
            low, high = -max(-low, high), max(-low, high)
            colours = colours or "PuOr"
        if low >= high:  # one value only: a scale needs two ends
            low, high = min(low, 0.0), max(high, 1.0)
        colour_map = plt.get_cmap(colours or "viridis").with_extremes(bad=MASKED)
        shown = np.ma.masked_invalid(values)
        image = ax.imshow(shown, cmap=colour_map, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
        room = ax.get_window_extent().width / ax.figure.dpi / width  # inches a column
        _token_axis(ax.xaxis, column_labels, width, room)
        _token_axis(ax.yaxis, row_labels, height, math.inf)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        if max(height, width) <= 40:  # thin lines between the cells
            ax.set_xticks(np.arange(width + 1) - 0.5, minor=True)
            ax.set_yticks(np.arange(height + 1) - 0.5, minor=True)
            ax.grid(which="minor", color=CARD, linewidth=1.2)
            ax.tick_params(which="minor", length=0)
        if numbers:
            for (row, column), value in np.ndenumerate(values):
                colour = _contrast(image.cmap(image.norm(value))) if np.isfinite(value) else INK
                ax.text(column, row, _number(value, values), ha="center", va="center", color=colour, fontsize=8.5)
        if bar:
            scale = ax.figure.colorbar(image, ax=ax, shrink=0.9, aspect=18, pad=0.02)
            scale.outline.set_visible(False)
            scale.ax.tick_params(length=2, labelsize=8)
        _title(ax, title, xlabel, ylabel)
    names = [label or f"{i}" for i, label in enumerate(row_labels or map(str, range(height)))]
    others = [label or f"{i}" for i, label in enumerate(column_labels or map(str, range(width)))]
    words = f"Heatmap{_called(title)}: {_counted(height, 'row')} by {_counted(width, 'column')}"
    if finite.size:
        row, column = np.unravel_index(int(np.argmax(np.where(np.isfinite(values), values, -np.inf))), values.shape)
        words += f", values from {finite.min():.3g} to {finite.max():.3g}, the largest in row {names[row]}"
        words += f", column {others[column]}"
    attach_text(ax, alt or words + ".")
    return ax


def curves(
    series: Mapping[str, Any] | Any,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    alt: str = "",
    ax: Axes | None = None,
    logx: bool = False,
    logy: bool = False,
    markers: bool | None = None,
) -> Axes:
    """Draw curves, such as losses over steps, each named at its right end or in a legend.

    Args:
        series: {name: ys} or {name: (xs, ys)}; one bare sequence of ys will do. Values that are not finite leave gaps.
        title, xlabel, ylabel, alt, ax: as in `heatmap`.
        logx, logy: use logarithmic axes; all values must then be positive.
        markers: mark each point; None marks them on curves of up to 25 points.

    Raises:
        ValueError: nothing to draw, xs and ys of different lengths, or a value that a logarithmic axis cannot show.
    """
    named: Mapping[str, Any] = series if isinstance(series, Mapping) else {"": series}
    lines: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, value in named.items():
        pair = isinstance(value, tuple) and len(value) == 2 and all(hasattr(v, "__len__") for v in value)
        ys = _array(value[1] if pair else value, "curves")
        xs = _array(value[0], "curves") if pair else np.arange(ys.size, dtype=float)
        if ys.ndim != 1 or xs.ndim != 1:
            raise ValueError(f"curves: {name!r} must be one sequence of numbers, not of shape {ys.shape}.")
        if len(xs) != len(ys):
            raise ValueError(f"curves: {name!r} has {_counted(len(xs), 'x')} but {_counted(len(ys), 'y')}.")
        if not np.isfinite(ys).any():
            raise ValueError(f"curves: {name!r} has no finite value to draw ({_counted(len(ys), 'value')}).")
        for log, axis, numbers in ((logx, "x", xs), (logy, "y", ys)):
            if log and (numbers[np.isfinite(numbers)] <= 0).any():
                least = numbers[np.isfinite(numbers)].min()
                raise ValueError(
                    f"curves: {name!r} has the {axis} value {least:g}, and a logarithmic axis starts above 0."
                )
        lines[str(name)] = xs, np.where(np.isfinite(ys), ys, np.nan)
    if not lines:
        raise ValueError("curves got nothing to draw: give it {name: values} with at least one curve.")
    plt = _pyplot()
    with plt.rc_context(_STYLE):
        ax = ax or _new_axes((6.4, 3.6))
        ax.set_xscale("log" if logx else "linear")
        ax.set_yscale("log" if logy else "linear")
        drawn = len(ax.lines)
        for i, (name, (xs, ys)) in enumerate(lines.items(), drawn):
            dots = len(ys) <= 25 if markers is None else markers
            ax.plot(
                xs,
                ys,
                color=COLOURS[i % len(COLOURS)],
                linestyle=_LINES[i // len(COLOURS) % len(_LINES)],
                marker=_MARKERS[i % len(_MARKERS)] if dots else None,
                label=name or f"_{i}",
            )
        ax.grid(True, axis="y")
        if not logx and all(np.equal(np.mod(xs, 1), 0).all() for xs, _ in lines.values()):
            locator: Any = ax.xaxis.get_major_locator()
            locator.set_params(integer=True)
        given = sorted({float(x) for xs, _ in lines.values() for x in xs})
        if logx and len(given) <= 10:  # tick what was measured, in plain numbers
            ax.set_xticks(given, [f"{x:g}" for x in given])
            ax.set_xticks([], minor=True)
        elif logx:
            ax.xaxis.set_minor_formatter("")  # they run into each other under two decades
        low, high = ax.get_ylim()
        if logy and high >= 10 * low:
            ax.yaxis.set_minor_formatter("")
        _title(ax, title, xlabel, ylabel)
        _name_lines(ax, lines)
    parts = []
    for name, (_, ys) in lines.items():
        good = ys[np.isfinite(ys)]
        parts.append(f"{name or 'the curve'} goes from {good[0]:.3g} to {good[-1]:.3g}, least {good.min():.3g}")
    attach_text(ax, alt or f"{_counted(len(lines), 'curve')}{_called(title)}: {'; '.join(parts)}.")
    return ax


def bars(
    labels: Iterable[Any],
    values: Any,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    alt: str = "",
    ax: Axes | None = None,
    numbers: bool | None = None,
    horizontal: bool = False,
) -> Axes:
    """Draw bars, such as a distribution over words: one bar a label, or a group of bars with a legend.

    Args:
        labels: one name for each bar or group; a string gives one label a character.
        values: one number for each label, or {name: numbers} for groups.
        title, xlabel, ylabel, alt, ax: as in `heatmap`.
        numbers: print each bar's value; None prints them for up to 16 bars.
        horizontal: let the bars run from left to right, the first at the top: room for long labels.

    Raises:
        ValueError: nothing to draw, or the number of values is not that of labels.
    """
    names = [_token(label, 40 if horizontal else 18) for label in labels]
    groups: Mapping[str, Any] = values if isinstance(values, Mapping) else {"": values}
    heights: dict[str, np.ndarray] = {}
    for name, value in groups.items():
        array = _array(value, "bars")
        if array.ndim != 1 or len(array) != len(names):
            of = f" of {name!r}" if name else ""
            got = _counted(len(array), "value") if array.ndim == 1 else f"values of shape {array.shape}"
            raise ValueError(f"bars got {_counted(len(names), 'label')} but {got}{of}: give one number for each label.")
        heights[str(name)] = array
    if not names or not heights:
        raise ValueError("bars got nothing to draw: give it at least one label and one value.")
    plt = _pyplot()
    count = len(names) * len(heights)
    numbers = count <= 16 if numbers is None else numbers
    longest = max(map(len, names))
    with plt.rc_context(_STYLE):
        if ax is None:
            width = 6.4 if horizontal else min(10.0, max(4.2, 1.2 + 0.42 * count))
            height = max(1.8, 0.9 + 0.27 * count + 0.1 * len(names)) if horizontal else 3.4
            if not horizontal and _crowded(longest, len(names), 0.84 * width):
                height += 0.06 * min(longest, 18)
            ax = _new_axes((width, min(height, 9.0)))
        room = ax.get_window_extent().width / ax.figure.dpi
        turned = not horizontal and _crowded(longest, len(names), room)
        thick = 0.76 / len(heights)
        everything = np.concatenate(list(heights.values()))
        for i, (name, array) in enumerate(heights.items()):
            places = np.arange(len(names)) + (i - (len(heights) - 1) / 2) * thick
            draw = ax.barh if horizontal else ax.bar
            drawn = draw(places, array, thick * 0.94, color=COLOURS[i % len(COLOURS)], label=name or f"_{i}")
            if numbers:
                texts = [_number(value, everything) for value in array]
                ax.bar_label(drawn, labels=texts, padding=2, fontsize=8.5, color=INK)
        named = ax.yaxis if horizontal else ax.xaxis
        options: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if turned else {}
        named.set_ticks(np.arange(len(names)), names, **options)
        ax.tick_params(axis="y" if horizontal else "x", length=0)
        ax.grid(True, axis="x" if horizontal else "y")
        if horizontal:
            ax.margins(x=0.12)
            ax.invert_yaxis()
        else:
            tops = np.nanmax(np.abs(list(heights.values())), axis=0)
            crowded = len(heights) > 1 and tops.min() > 0.6 * tops.max()  # no place is left for a legend
            ax.margins(y=0.12 + (0.12 * len(heights) if crowded else 0.0))
        if len(heights) > 1:
            ax.legend()
        _title(ax, title, xlabel, ylabel)
    parts = []
    for name, array in heights.items():
        shown = ", ".join(
            f"{label} {_number(v, everything)}" for label, v in itertools.islice(zip(names, array, strict=True), 12)
        )
        parts.append(f"{name + ': ' if name else ''}{shown}{', …' if len(names) > 12 else ''}")
    attach_text(ax, alt or f"Bars{_called(title)}: {'; '.join(parts)}.")
    return ax


def name_points(axes: Axes, points: Mapping[str, tuple[float, float]], size: float = 9.0) -> None:
    """Write its name beside each point, where it covers no point, no line and no other text.

    Eight directions are tried for each, from near to far; where none is free, the name stands at the nearest.

    Args:
        axes: with all points and lines drawn.
        points: {name: (x, y)}.
        size: of the letters, in points.
    """
    axes.get_xlim(), axes.get_ylim()  # asking settles them
    legend = axes.get_legend()
    taken = [text.get_window_extent() for text in (*axes.texts, *([legend] if legend else []))]
    crowd = np.concatenate([_along(axes.transData.transform(line.get_xydata())) for line in axes.lines])
    around = [(math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)) for turn in range(8)]
    frame = axes.get_window_extent()
    for name, place in points.items():
        label = axes.annotate(name, place, xytext=(0, 0), textcoords="offset points", fontsize=size)
        for far, (right, up) in itertools.product((9, 15, 22, 30), around):
            label.set_horizontalalignment("left" if right > 0.5 else "right" if right < -0.5 else "center")
            label.set_verticalalignment("center")
            label.xyann = (far * right, far * up)
            box = label.get_window_extent().padded(2)
            if not (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1):
                continue
            covers = ((crowd > (box.x0, box.y0)) & (crowd < (box.x1, box.y1))).all(axis=1).any()
            if not covers and not any(box.overlaps(other) for other in taken):
                break
        else:
            label.xyann = (9, 0)
        taken.append(label.get_window_extent())


def _along(corners: np.ndarray) -> np.ndarray:
    """Places along a line through some corners, close enough that no letter slips through between two of them."""
    between = [np.linspace(a, b, 60) for a, b in itertools.pairwise(corners)]
    return np.concatenate([corners, *between])


def panels(
    count: int, columns: int | None = None, title: str = "", size: tuple[float, float] = (3.4, 3.0)
) -> list[Axes]:
    """A figure of several panels, to draw into: `for ax, head in zip(panels(4), heads): heatmap(head, ax=ax)`.

    Args:
        count: how many panels.
        columns: how many side by side; None puts up to three in a row.
        title: above all of them.
        size: width and height of one panel, in inches.
    """
    if count < 1:
        raise ValueError(f"panels needs at least one panel, not {count}.")
    columns = min(count, columns or 3)
    lines = math.ceil(count / columns)
    plt = _pyplot()
    with plt.rc_context(_STYLE):
        figure = _new_figure((size[0] * columns, size[1] * lines + (0.3 if title else 0.0)))
        axes = [figure.add_subplot(lines, columns, i + 1) for i in range(count)]
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    for one in axes:
        _be_quiet(one)
    return axes


def describe(figure: Axes | Figure) -> str:
    """The text alternative of a figure of this module."""
    whole: Any = getattr(figure, "figure", None) or figure
    return " ".join(getattr(whole, "alternatives", []))


def attach_text(axes: Any, alternative: str) -> None:
    """Keep the text alternative of what was drawn into `axes`, whoever made their figure: for a helper that draws.

    Args:
        axes: what was drawn into.
        alternative: the text; white space in it is folded.
    """
    alternative = " ".join(alternative.split())
    before = getattr(axes.figure, "alternatives", [])
    axes.figure.alternatives = before if before and before[-1] == alternative else [*before, alternative]
    _in_words.append(alternative)
    del _in_words[:-100]  # outside a notebook nobody shows them


def plain_text(text: str) -> str:
    """`text` as matplotlib is to write it: without a special meaning of "$", which begins a formula there."""
    return text.replace("$", r"\$")


# --- the figure: shown once, on its card, with its text alternative ---------------------------------------------------


@functools.cache
def _matplotlib() -> Any:
    """matplotlib without its pyplot, imported on first use, without its notes about fonts on stderr."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib

    return matplotlib


@functools.cache
def _pyplot() -> Any:
    """matplotlib.pyplot, imported on first use.

    The backend is loaded here too. It switches matplotlib to interactive mode in a notebook, and were it loaded within
    one of the `rc_context` above, that would be undone at the context's end: only the first figure would ever be shown.
    """
    _matplotlib()
    import matplotlib.pyplot as plt

    plt.draw_if_interactive()  # loads the backend, and has nothing to draw
    return plt


@functools.cache
def _figure_class() -> type[Any]:
    """The class of our figures, made when matplotlib is there.

    A notebook asks a figure how it wants to be shown at the end of the cell: by then everything is drawn into it. Its
    plain text is its text alternative, instead of the usual `<Figure size 640x360 with 1 Axes>`.
    """
    from matplotlib.figure import Figure

    class CourseFigure(Figure):
        alternatives: list[str]

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.alternatives = []

        def __repr__(self) -> str:
            return " ".join(self.alternatives) or super().__repr__()

        def draw(self, renderer: Any) -> None:
            """Draw, with a box for a character that the font lacks, and no warning on stderr about it."""
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=r".*[Gg]lyph.*")
                super().draw(renderer)

        def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
            return _png(self), {"alt": repr(self)}

    return CourseFigure


def _png(figure: Figure) -> bytes:
    """The figure as a small PNG, the same bytes for the same figure."""
    import io

    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="png",
        dpi=DPI,
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        bbox_inches=None,
        metadata={"Software": None},
        pil_kwargs={"optimize": True},
    )
    return buffer.getvalue()


def _new_figure(size: tuple[float, float]) -> Any:
    figure = _pyplot().figure(FigureClass=_figure_class(), figsize=size, layout="constrained", linewidth=1.5)
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    _join_notebook()
    return figure


_in_words: list[str] = []  # the text alternatives of the figures of the running cell


def _join_notebook() -> None:
    """In a notebook: have our figures drawn by `_png`, and their text alternatives shown after them."""
    import sys

    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        return
    # The inline backend has a formatter for all figures; one for our class goes before it.
    shell.display_formatter.formatters["image/png"].for_type(_figure_class(), lambda figure: figure._repr_png_())
    if _show_words not in shell.events.callbacks["post_execute"]:
        shell.events.register("pre_execute", _in_words.clear)  # a slider may have drawn between two cells
        shell.events.register("post_execute", _show_words)  # after the inline backend's own, which shows the figures


def _show_words() -> None:
    """Show the text alternatives of this cell's figures, folded."""
    if not _in_words:
        return
    import html

    from IPython.display import display

    words = list(dict.fromkeys(_in_words))
    _in_words.clear()
    name = "Figure in words" if len(words) == 1 else "Figures in words"
    paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in words)
    folded = f"<details><summary><small>{name}</small></summary>{paragraphs}</details>"
    display({"text/html": folded, "text/plain": f"{name}: {' '.join(words)}"}, raw=True)


def _new_axes(size: tuple[float, float]) -> Axes:
    axes = _new_figure(size).add_subplot()
    _be_quiet(axes)
    return axes


def _be_quiet(axes: Any) -> None:
    """Returned in the last line of a cell, the axes must not print `<Axes: ...>` beside their own figure."""
    axes._ipython_display_ = _nothing


def _nothing() -> None:
    """What the axes display: their figure is shown at the end of the cell anyway."""


# --- words, numbers, tokens -------------------------------------------------------------------------------------------


def _array(values: Any, who: str) -> np.ndarray:
    """Numbers from a tensor (with a gradient or not, on any device), an array, or nested lists."""
    try:
        if hasattr(values, "detach"):
            values = values.detach().cpu()
            values = values.double().numpy()  # numpy has no bfloat16
        elif isinstance(values, Sequence) and any(hasattr(value, "detach") for value in values):
            values = [_array(value, who) for value in values]
        elif not hasattr(values, "__len__") and isinstance(values, Iterable):
            values = list(values)
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        kind = type(values).__name__
        raise ValueError(
            f"{who} needs numbers in rows of equal length, and cannot read this {kind} ({error})."
        ) from None


def _labels(labels: Iterable[Any] | None, count: int, kind: str, shape: tuple[int, ...]) -> list[str]:
    if labels is None:
        return []
    names = [_token(label) for label in labels]
    if len(names) != count:
        size = " × ".join(map(str, shape))
        raise ValueError(
            f"heatmap got {_counted(len(names), f'{kind} label')} for {_counted(count, kind)} (the matrix is {size})."
        )
    return names


def _token(label: Any, limit: int = 18) -> str:
    """A token as it can be read on an axis: line ends and spaces made visible, long ones cut."""
    text = str(label)
    if text.strip() == "":
        text = text.replace(" ", "␣").replace("\t", "⇥") or "∅"
    text = text.replace("\n", "↵")
    return plain_text(text if len(text) <= limit else text[: limit - 1] + "…")


def _number(value: float, among: np.ndarray) -> str:
    """A number as short as its neighbours allow: counts without decimals, others with two; eighths with three."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    finite = among[np.isfinite(among)]
    largest = float(np.abs(finite).max())
    if np.equal(np.mod(finite, 1), 0).all() and largest < 1e5:
        text = f"{value:.0f}"
    elif 0.01 <= largest < 100:
        exact = len(finite) <= 20 and np.allclose(finite * 1000, np.round(finite * 1000), rtol=0, atol=1e-6)
        places = 1 if largest >= 10 else 3 if exact and not np.allclose(finite * 100, np.round(finite * 100)) else 2
        text = f"{value:.{places}f}"
    else:
        text = f"{value:.0f}" if 99.5 <= abs(value) < 1e5 else f"{value:.2g}"
    return text.replace("-", "−")


def _crowded(longest: int, count: int, inches: float) -> bool:
    """Whether `count` labels of up to `longest` characters would touch side by side; a character takes 0.08 inches."""
    return (longest + 1) * count * 0.08 > inches


def _contrast(colour: Any) -> str:
    """Dark ink on light cells, white on dark ones, by the luminance of WCAG 2."""
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3])
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.24 else "#111111"


def _token_axis(axis: Any, labels: list[str], count: int, room: float) -> None:
    """Put the labels on an axis, turned where one has less room (in inches) than it needs; at most sixty of them."""
    step = math.ceil(count / 60)
    places = np.arange(0, count, step)
    if not labels:
        step = math.ceil(count / 16)
        places = np.arange(0, count, step)
        axis.set_ticks(places, [str(place) for place in places])
        return
    turned = 0.085 * max(map(len, labels)) + 0.05 > room
    options = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if turned else {}
    axis.set_ticks(places, [labels[place] for place in places], **options)


def _name_lines(ax: Any, lines: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Write each curve's name at its right end where the ends lie apart, else in a legend."""
    named = [line for line in ax.lines if not line.get_label().startswith("_")]
    if not named or (len(named) == 1 and len(lines) == 1):
        return  # the title or the axis says what a single curve is
    ends = []
    for line in named:
        xs, ys = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        last = np.flatnonzero(np.isfinite(ys))[-1]
        ends.append((xs[last], ys[last]))
    ax.figure.canvas.draw_idle()
    heights = sorted(ax.transAxes.inverted().transform(ax.transData.transform(ends))[:, 1])
    apart = all(b - a > 0.075 for a, b in itertools.pairwise(heights))
    same_end = len({x for x, _ in ends}) == 1
    if len(named) <= 5 and apart and same_end and len(named) == len(lines):
        for line, end in zip(named, ends, strict=True):
            ax.annotate(
                line.get_label(),
                end,
                (6, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=line.get_color(),
            )
    else:
        ax.legend()


def _title(ax: Any, title: str, xlabel: str, ylabel: str) -> None:
    for text, put in ((title, ax.set_title), (xlabel, ax.set_xlabel), (ylabel, ax.set_ylabel)):
        if text:
            put(text)


def _called(title: str) -> str:
    return f" “{' '.join(title.split())}”" if title else ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
