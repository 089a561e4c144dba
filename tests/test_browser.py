"""A learner's first quarter of an hour, in a real JupyterLab in a real browser: `make test-browser`.

JupyterLab is started on a copy of the lessons and driven with headless Chromium through Playwright: the lesson runs
untouched to its end; a wrong answer is typed, then the right one; a slider is moved; the cards are measured and
photographed in the light and in the dark theme. All tests share one page, because a lesson takes a while to run.

    COURSE_UPDATE_SCREENSHOT=1 make test-browser      renews docs/lesson-with-check.png, which README shows
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCREENSHOT = ROOT / "docs" / "lesson-with-check.png"

LESSON = "03"
EXERCISE = "ngrams.perplexity"
# What the learner types below the docstring, and the mistake that it is.
WRONG, MISTAKE = "return math.exp(-sum(log_probs))", "no_length"
RIGHT = "return math.prod(math.exp(-x) ** (1 / len(log_probs)) for x in log_probs)"

SIZE = {"width": 1200, "height": 800}
RUN_MS, STEP_MS = 420_000, 60_000  # for the whole lesson, beside all other tests on a slow machine; for anything else
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO_GET_IT = "install it with `apt install chromium` or `.venv/bin/python -m playwright install chromium`."
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

pytestmark = pytest.mark.browser


# --- the server, the browser, and the lesson opened in it ------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Lesson:
    """The lesson as the browser shows it.

    Args:
        page: Playwright's page.
        file: the copy of the notebook that is open.
        cells: its cells, to find places by what they contain; the page shows the same cells in the same order.
    """

    page: Any
    file: Path
    cells: list[dict[str, Any]]

    def index(self, word: str, kind: str = "code") -> int:
        """The place of the first cell of this kind that contains `word`."""
        texts = ["".join(c["source"]) if c["cell_type"] == kind else "" for c in self.cells]
        return next(i for i, text in enumerate(texts) if word in text)

    @property
    def check_index(self) -> int:
        return self.index(f'check("{EXERCISE}"')

    def cell(self, index: int) -> Any:
        """The cell on the page."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def card(self, index: int) -> Any:
        return self.cell(index).locator(".course-card")

    def run(self, index: int) -> None:
        """Runs a cell as a learner does, with Shift+Enter, and waits until the kernel is done with it."""
        cell = self.cell(index)
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").first.click()
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(
            r"([prompt, before]) => prompt.innerText !== before && /\[\d+\]/.test(prompt.innerText)",
            arg=[prompt.element_handle(), before],
            timeout=STEP_MS,
        )

    def answer(self, text: str) -> None:
        """Types an answer in place of what stands below the exercise's docstring, and runs it and its check."""
        index = self.check_index - 1
        cell = self.cell(index)
        lines = [line.strip() for line in cell.locator(".cm-line").all_inner_texts()]
        below = lines[::-1].index('"""')
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").first.click()
        for key in ["Control+End", *["Shift+ArrowUp"] * (below - 1), "Shift+Home", "Delete"]:
            self.page.keyboard.press(key)
        self.page.keyboard.type(text)  # key by key; the indentation was left standing
        written = cell.locator(".cm-line").all_inner_texts()
        assert [line.strip() for line in written] == [*lines[:-below], text]
        self.run(index)
        self.run(self.check_index)


def _chromium(playwright: Any) -> str | None:
    """The system's Chromium, or the one that Playwright has installed, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; skips with one sentence where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        pytest.skip("The browser test needs Playwright: install it with `.venv/bin/pip install playwright`.")
    with sync_playwright() as playwright:
        program = _chromium(playwright)
        if program is None:
            pytest.skip(f"The browser test needs Chromium: {HOW_TO_GET_IT}")
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


def _environment(folder: Path) -> dict[str, str]:
    """A learner's environment in which everything that JupyterLab, the kernel and the course write lies in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COURSE_"))}
    for name in ("OMP_NUM_THREADS", "MPLBACKEND", "NBGRADER_EXECUTION"):  # set by the tests, not by a learner
        kept.pop(name, None)
    return kept | {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "share"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "COURSE_CACHE": str(folder / "cache"),
        "COURSE_PACE": "quick",  # the page is looked at here; tests/test_nbgrader.py runs the lessons in full
        "COURSE_PROGRESS": str(folder / "progress.json"),
        "COURSE_SCOREBOARD": str(folder / "scoreboard.json"),
        "PYTHONPATH": str(ROOT),
    }


def _write_settings(folder: Path) -> None:
    """Every cell in the page, no pop-ups, and none of the extensions that authors have and students do not."""
    plugins = {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "apputils-extension/themes": {"theme": THEMES["light"], "adaptive-theme": False},
    }
    for plugin, values in plugins.items():
        file = folder / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    page = folder / "config" / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True)
    disabled = {"@jupyter/nbgrader": True, "jupyterlab-jupytext": True}
    page.write_text(json.dumps({"disabledExtensions": disabled}), encoding="utf-8")


@contextlib.contextmanager
def _jupyterlab(folder: Path, notebooks: Path) -> Iterator[str]:
    """A JupyterLab on `notebooks` whose other files lie in `folder`; gives its address, with the token's query.

    At the end the server, its kernels, and whatever they started are gone, however the test went.
    """
    import psutil  # comes with ipykernel

    _write_settings(folder)
    token = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0", f"--notebook-dir={notebooks}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    log = folder / "jupyterlab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, stdout=out, stderr=out, env=_environment(folder), cwd=notebooks, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api?token={token}", timeout=5):
                break
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"JupyterLab does not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.1)
        yield f"{address}/lab/tree/{{}}?token={token}"
    finally:
        family = [psutil.Process(server.pid)] if server.poll() is None else []
        with contextlib.suppress(psutil.Error):
            family += [child for process in family[:1] for child in process.children(recursive=True)]
        server.terminate()  # JupyterLab stops its kernels, if it is let
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        server.wait(10)


@pytest.fixture(scope="module")
def lesson(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    """The lesson, opened in JupyterLab, and run untouched from the first cell to the last."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    notebooks = folder / "notebooks"
    shutil.copytree(
        ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns("*.json*", ".ipynb_checkpoints", "solutions")
    )
    file = next(notebooks.glob(f"{LESSON}_*.ipynb"))
    cells = json.loads(file.read_text("utf-8"))["cells"]
    with _jupyterlab(folder, notebooks) as address:
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(STEP_MS)
        page.goto(address.format(file.name))
        page.locator(".jp-NotebookPanel .jp-Cell").nth(len(cells) - 1).wait_for(state="attached", timeout=60_000)
        _wait_for_idle_kernel(page, 60_000)
        page.keyboard.press("Control+b")  # no file browser beside the lesson
        _menu(page, "Run", "Run All Cells")
        page.wait_for_function(
            r"""() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')]
                .every(prompt => /\[\d+\]/.test(prompt.innerText))""",
            timeout=RUN_MS,
        )
        _wait_for_idle_kernel(page, STEP_MS)
        yield Lesson(page, file, cells)
        page.close()


def _wait_for_idle_kernel(page: Any, timeout: float) -> None:
    page.locator(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(timeout=timeout)


# --- what a learner does ---------------------------------------------------------------------------------------------


def test_an_untouched_lesson_runs_to_its_end(lesson: Lesson) -> None:
    from utils.checks import exercises

    page = lesson.page
    for kind in ("error", "stderr"):  # what JupyterLab shows on red: errors, and warnings
        red = page.locator(f'.jp-Notebook [data-mime-type="application/vnd.jupyter.{kind}"]').all_inner_texts()
        assert not red, red[0]
    count = sum(cell["cell_type"] == "code" for cell in lesson.cells)
    assert f"[{count}]" in lesson.cell(len(lesson.cells) - 1).locator(".jp-InputPrompt").first.inner_text()
    for exercise in (e for e in exercises() if e.lesson == LESSON):
        card = lesson.card(lesson.index(f'check("{exercise.id}"'))
        text = card.inner_text()
        assert exercise.title in text and "not attempted yet" in text, text
        assert card.get_attribute("data-outcome") == "not attempted"
    assert "Your progress: 0 of" in lesson.card(len(lesson.cells) - 1).inner_text()

    # JupyterLab gives a picture no text alternative, so the course's figures come with theirs folded below them.
    figures = page.locator(".jp-Notebook .jp-CodeCell:has(.jp-RenderedImage)")
    for i in range(figures.count()):
        assert figures.nth(i).locator("summary", has_text="in words").count(), f"figure {i + 1} is not told in words"


def test_a_wrong_answer_gets_its_diagnosis_and_the_right_one_is_right(lesson: Lesson, tmp_path: Path) -> None:
    from utils.checks.registry import record

    exercise = record(EXERCISE)
    [sentence] = [m.sentence for m in exercise.misconceptions if m.name == MISTAKE]
    lesson.answer(WRONG)
    card = lesson.card(lesson.check_index)
    text = card.inner_text()
    assert card.get_attribute("data-outcome") == "wrong" and "not right yet" in text, text
    assert _plain(sentence) in _plain(text), text
    _take_screenshot(lesson, tmp_path / "lesson-with-check.png")

    lesson.answer(RIGHT)
    text = card.inner_text()
    assert card.get_attribute("data-outcome") == "right", text
    assert f"{exercise.title}: right ({exercise.points:g} of {exercise.points:g} point" in text

    last = len(lesson.cells) - 1
    lesson.run(last)
    assert f"Your progress: {exercise.points:g} of" in lesson.card(last).inner_text()


def test_a_slider_changes_what_is_shown(lesson: Lesson) -> None:
    page = lesson.page
    slider = page.locator(".jp-Notebook .widget-interact:has(.noUi-handle)").first
    slider.wait_for()
    slider.scroll_into_view_if_needed()
    shows = """box => [...box.querySelectorAll('.jp-OutputArea')]
        .map(area => area.innerText + [...area.querySelectorAll('img')].map(i => i.src).join()).join()"""
    box, handle = slider.element_handle(), slider.locator(".noUi-handle").first
    before = box.evaluate(shows)
    assert before, "the widget shows something before it is touched"
    number = slider.locator(".widget-readout").first.inner_text()
    handle.focus()
    at_its_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    page.keyboard.press("ArrowLeft" if at_its_end else "ArrowRight")
    changed = f"([box, before]) => {{ const now = ({shows})(box); return now && now !== before; }}"
    page.wait_for_function(changed, arg=[box, before])
    assert slider.locator(".widget-readout").first.inner_text() != number
    assert not slider.locator('[data-mime-type="application/vnd.jupyter.error"]').count()


# The contrast (WCAG 2.2, 1.4.3) of every piece of text in the element: [ratio, needed, text]. Colours are laid over one
# another by the browser's own canvas, which reads whatever notation the style sheets use.
CONTRASTS = r"""
card => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const mix = colours => {
    pen.globalAlpha = 1;
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, 1, 1);
    for (const [colour, alpha] of colours) {
      pen.globalAlpha = alpha;
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walk = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    if (!node.textContent.trim()) continue;
    const behind = [];
    let opacity = 1;
    for (let box = node.parentElement; box; box = box.parentElement) {
      const style = getComputedStyle(box);
      behind.unshift([style.backgroundColor, 1]);
      opacity *= Number(style.opacity);
    }
    const ink = getComputedStyle(node.parentElement).color;
    const [a, b] = [light(mix(behind)), light(mix([...behind, [ink, opacity]]))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, node.parentElement.closest('[aria-hidden=true]') ? 3 : 4.5, node.textContent]);
  }
  return found;
}
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cards_are_readable_in_both_themes(lesson: Lesson, theme: str, tmp_path: Path) -> None:
    page = lesson.page
    _menu(page, "Settings", "Theme", THEMES[theme])
    page.locator(f'body[data-jp-theme-name="{THEMES[theme]}"]').wait_for(state="attached")
    page.wait_for_function(  # the style sheet itself arrives after its name
        r"""dark => {
            const paper = getComputedStyle(document.querySelector('.jp-NotebookPanel')).backgroundColor;
            return (Number(paper.match(/\d+/)) < 128) === dark;
        }""",
        arg=theme == "dark",
    )
    lesson.answer(WRONG)
    _take_screenshot(lesson, tmp_path / f"lesson-{theme}.png", update=False)

    cards = page.locator(".jp-Notebook .course-card")
    seen = set()
    for i in range(cards.count()):
        seen.add(cards.nth(i).get_attribute("data-outcome"))
        texts = cards.nth(i).evaluate(CONTRASTS)
        faint = [f"{ratio:.2f} < {need}: {text}" for ratio, need, text in texts if ratio < need]
        assert not faint, f"in the {theme} theme: {'; '.join(faint)}"
    assert seen >= {"wrong", "not attempted", ""}


# --- helpers ---------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """The words alone: a card shows `code` without the backticks, and breaks lines where it likes."""
    return re.sub(r"\s+", " ", text.replace("`", ""))


def _menu(page: Any, *names: str) -> None:
    """Chooses an entry of the menus, such as "Settings", "Theme", "JupyterLab Dark"."""
    page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{names[0]}$")).click()
    for name in names[1:]:
        label = page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(name)}$")).last
        label.wait_for()
        label.click()


def _take_screenshot(lesson: Lesson, file: Path, update: bool | None = None) -> None:
    """Photographs the exercise with its check's card; renews the picture of README where that is asked for."""
    start = max(i for i in range(lesson.check_index) if lesson.cells[i]["cell_type"] == "markdown")
    lesson.page.keyboard.press("Escape")  # no cursor blinks in command mode
    lesson.cell(start).evaluate("cell => cell.scrollIntoView({block: 'start'})")
    lesson.card(lesson.check_index).wait_for()
    lesson.page.screenshot(path=file)
    if update is None and os.environ.get("COURSE_UPDATE_SCREENSHOT") == "1":
        SCREENSHOT.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, SCREENSHOT)
