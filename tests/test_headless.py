"""A notebook with sliders, run without a browser: nobody writes on the socket that a reply is awaited on."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute
from traitlets.config import PyFileConfigLoader

from tests import toy
from utils.headless import HeadlessClient

SLIDER = """\
from ipywidgets import IntSlider, interact

@interact(n=IntSlider(3, 0, 9))
def show(n: int) -> None:
    print("*" * n)
"""


def sent(client_class: type[NotebookClient], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of message that a client sends to the kernel's shell while it runs two cells with a slider each."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SLIDER) for _ in range(2)])
    client = client_class(book, timeout=60, extra_arguments=["--log-level=ERROR"])
    kinds = []
    with client.setup_kernel():
        channel = client.kc.shell_channel
        send = channel.send
        monkeypatch.setattr(channel, "send", lambda msg: (kinds.append(msg["header"]["msg_type"]), send(msg))[1])
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index)
    shown = [output.data["text/plain"] for cell in book.cells for output in cell.outputs]
    assert len(shown) == 2 and all(text.startswith("interactive(") for text in shown)
    return kinds


def test_only_cells_are_sent_to_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(HeadlessClient, monkeypatch) == ["execute_request"] * 2


def test_nbclient_itself_sends_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day this fails, HeadlessClient can go (or nbclient sends in another way, and the test above sees nothing)."""
    assert "comm_msg" in sent(NotebookClient, monkeypatch)


def test_nbgrader_runs_submissions_so_and_changes_nothing_else() -> None:
    config = PyFileConfigLoader(str(toy.ROOT / "nbgrader_config.py")).load_config()
    ours = config.Autograde.autograde_preprocessors
    assert issubclass(ours[0], HeadlessClient)
    default = Autograde.class_traits()["autograde_preprocessors"].default()
    assert [Execute, *ours[1:]] == default
