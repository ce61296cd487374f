"""One picture on the whole screen, with the keys of the Dataset pane."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import cast

from textual import on, work
from textual.app import ComposeResult

from bddseg_tui.tui.dataset.commands import FULL_SCREEN
from bddseg_tui.tui.dataset.mark_keys import TagHow
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.dataset.view_keys import ViewKeys
from bddseg_tui.tui.dataset.view_state import ViewState
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.one_line import OneLine, with_keys
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.quiet_screen import QuietScreen
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture

KEYS = ("Esc back", "? help", "v view", "+ - zoom", "j k next, previous", "c class", "z its areas")
"""As many as there is room for."""


@dataclass(frozen=True)
class Browsing:
    """What the full screen asks of whoever opened it.

    Attributes:
        step: goes on by so many samples.
        changed: is told how samples are shown from now on.
        tag: asks for a tag of the sample, gives it the last one, or leaves it out of training.
        look_beyond: goes to the next sample that has a class (1), or the one before (-1); whether there is one.
    """

    step: Callable[[int], None]
    changed: Callable[[ViewState], None]
    tag: Callable[[TagHow], None]
    look_beyond: Callable[[int, int], Awaitable[bool]]


class FullScreen(QuietScreen[None], ViewKeys):
    """Whoever opened it calls `show` with the sample that `step` led to, and hears of each change of the view."""

    ACTIONS = FULL_SCREEN
    BINDINGS = bindings(FULL_SCREEN)

    def __init__(self, shown: Shown, browsing: Browsing) -> None:
        super().__init__()
        self._shown, self._browsing = shown, browsing
        self._caption = ""

    def compose(self) -> ComposeResult:
        """The picture, and a line below it."""
        yield ZoomPicture(id="full")
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
        self._write()
        self._show_crosshair(shown)

    @work(exclusive=True, group="crosshair", exit_on_error=False)
    async def _show_crosshair(self, shown: Shown) -> None:
        if found := await asyncio.to_thread(lambda: shown.crosshair):
            self._caption = f"{found}  {shown.caption}"
            self._write()

    @on(PictureView.Late)
    def _picture_late(self) -> None:
        self.query_one("#full--caption", OneLine).update(f"{self._caption}  …")

    def _write(self) -> None:
        """The caption, and on the right the keys that there is room for."""
        line = self.query_one("#full--caption", OneLine)
        line.update(with_keys(self._caption, KEYS, line.content_size.width or self.size.width))

    def on_resize(self) -> None:
        """Has as many keys as there is room for now."""
        self._write()

    def action_step(self, by: int) -> None:
        """Goes on by so many samples."""
        self._browsing.step(by)

    def action_tag(self) -> None:
        """Asks for a tag, which the sample gets or, if it has it, loses."""
        self._browsing.tag("ask")

    def action_tag_again(self) -> None:
        """Gives the sample the tag that was used last."""
        self._browsing.tag("again")

    def action_exclude(self) -> None:
        """Leaves the sample out of training, or takes it in again."""
        self._browsing.tag("exclude")

    async def look_beyond(self, class_id: int, by: int) -> bool:
        """Goes to the next sample that has a class, or the one before."""
        return await self._browsing.look_beyond(class_id, by)

    def action_arrow(self, right: int, down: int) -> None:
        """Moves what is shown of a zoomed image; else goes on to the next sample, or back."""
        if self._shown.zoomed:
            self.action_pan(right, down)
        else:
            self._browsing.step(right + down)

    @property
    def shown(self) -> Shown:
        """What is shown now."""
        return self._shown

    def show_as(self, state: ViewState) -> None:
        """Shows the sample in another way, and tells whoever opened it."""
        self._browsing.changed(state)
        self.show(replace(self._shown, state=state))
