"""Notebooks run without a browser, sliders and all: by the builder, the bench, nbgrader and the tests.

nbclient does the work. It also plays the browser for ipywidgets' output areas, and there it can miss a cell's end: it
reports what a slider's function printed back to the kernel, on the very socket on which it waits for the reply. Who
sends on a ZeroMQ socket takes its wake-up call as well, so that a reply which comes at that moment lies there unread
until the cell's time is up: ten minutes, for about 3 in 100 cells with a slider (nbclient's issue 312).
"""

from __future__ import annotations

from typing import Any

from nbclient import NotebookClient

__all__ = ["HeadlessClient"]


class HeadlessClient(NotebookClient):
    """nbclient's NotebookClient, which keeps what a slider's function prints to itself.

    Nothing in a lesson asks the kernel for it. Everything else is as in nbclient; mix it into a preprocessor by naming
    it first: `class Run(HeadlessClient, Execute)`.
    """

    def on_comm_open_jupyter_widget(self, msg: dict[str, Any]) -> Any | None:
        """What stands for a widget that the kernel has opened, made to send nothing; None for most widgets."""
        widget = super().on_comm_open_jupyter_widget(msg)
        if widget is not None:
            widget.sync_state = lambda: None
        return widget
