"""One picture on the whole screen, with the keys of the Dataset pane."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from textual import on, work
from textual.app import ComposeResult

from bddseg_tui.tui.dataset.commands import FULL_SCREEN
from bddseg_tui.tui.dataset.crosshair import crosshair
from bddseg_tui.tui.dataset.view_keys import ViewKeys
from bddseg_tui.tui.dataset.view_state import Shown, ViewState
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.quiet_screen import QuietScreen

KEYS = "j/k next/previous  v view  +/- zoom  Esc back"


class FullScreen(ViewKeys, QuietScreen[None]):
    """Whoever opened it calls `show` with the sample that `step` led to, and hears of each change of the view."""

    ACTIONS = FULL_SCREEN
    BINDINGS = bindings(FULL_SCREEN)

    def __init__(self, shown: Shown, step: Callable[[int], None], changed: Callable[[ViewState], None]) -> None:
        """Opens on a sample.

        Args:
            shown: what it begins with.
            step: goes on by so many samples.
            changed: told how samples are shown from now on.
        """
        super().__init__()
        self._shown, self._step, self._changed = shown, step, changed
        self._caption = ""

    def compose(self) -> ComposeResult:
        """The picture, and a line below it."""
        yield PictureView(id="full")
        yield OneLine(id="full--caption")

    def on_mount(self) -> None:
        """Asks for the first picture."""
        self.show(self._shown)

    def show(self, shown: Shown) -> None:
        """Goes on to a sample."""
        self._shown = shown
        self.query_one(PictureView).show(shown.request, shown.ahead, shown.message, about=shown)

    @on(PictureView.Ready)
    def _picture_ready(self, event: PictureView.Ready) -> None:
        shown = cast(Shown, event.about)
        self._caption = shown.caption
        self._write(KEYS)
        self._show_crosshair(shown)

    @work(exclusive=True, group="crosshair", exit_on_error=False)
    async def _show_crosshair(self, shown: Shown) -> None:
        if shown.zoomed and (found := await asyncio.to_thread(crosshair, shown)):
            self._caption = f"{found}  {shown.caption}"
            self._write(KEYS)

    @on(PictureView.Late)
    def _picture_late(self) -> None:
        self._write("…")

    def _write(self, behind: str) -> None:
        self.query_one("#full--caption", OneLine).update(f"{self._caption}   {behind}")

    def action_step(self, by: int) -> None:
        """Goes on by so many samples."""
        self._step(by)

    @property
    def shown(self) -> Shown:
        """What is shown now."""
        return self._shown

    def show_as(self, state: ViewState) -> None:
        """Shows the sample in another way, and tells whoever opened it."""
        self._changed(state)
        self.show(replace(self._shown, state=state))
