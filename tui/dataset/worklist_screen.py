"""The worklist of label errors: an area in its picture, both labels, and a key for each verdict."""

import asyncio
from collections import deque
from dataclasses import replace
from typing import cast

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.worker import Worker

from bddseg_tui.core.data.catalog.verdicts import Word
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.pictures import View
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.worklist import WorkItem
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.quality import QualityService
from bddseg_tui.tui.dataset.commands import WORKLIST
from bddseg_tui.tui.dataset.worklist_list import WorklistList
from bddseg_tui.tui.dataset.worklist_state import WorklistState
from bddseg_tui.tui.dataset.worklist_text import (
    NOT_SEARCHED,
    NOTHING_FOUND,
    READING,
    about,
    class_choices,
    finished,
    title,
    where,
    which,
)
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.quiet_screen import QuietScreen
from bddseg_tui.tui.shared.worker_errors import tell_failure

_PAGE = 10


class WorklistScreen(QuietScreen[None]):
    """A verdict is shown at once and kept in a thread, one after another; where that fails the area is as before."""

    ACTIONS = WORKLIST
    BINDINGS = bindings(WORKLIST)

    def __init__(self, quality: QualityService, collection: Collection, evaluation: str | None) -> None:
        super().__init__(id="worklist")
        self._quality, self._collection, self._evaluation = quality, collection, evaluation
        self._state: WorklistState | None = None
        self._unsaved: deque[tuple[WorkItem, Word] | None] = deque()
        """Verdicts that are to be kept, with the area as it was before; None takes the last one back."""
        self._saving = False

    def compose(self) -> ComposeResult:
        """The counts, the picture beside the list, and two lines about the area."""
        yield OneLine(id="worklist--title")
        with Horizontal(id="worklist--main"):
            with Vertical(id="worklist--side"):
                yield PictureView(id="worklist--picture")
                yield OneLine(id="worklist--about")
                yield OneLine(id="worklist--where")
            yield WorklistList(id="worklist--list")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Reads what there is."""
        self._say(READING)
        self.action_reread()

    def on_resize(self, event: events.Resize) -> None:
        """Says in the title what there is room for now."""
        self.query_one("#worklist--title", OneLine).update(title(self._state, event.size.width - 2))

    @work(exclusive=True, group="read", exit_on_error=False)
    async def action_reread(self) -> None:
        """Reads what there is by now."""
        try:
            found = await asyncio.to_thread(self._quality.worklist, self._collection, self._evaluation)
        except (BddsegError, OSError) as error:
            self._say(sanitize(str(error)))
            return
        before = self._state
        self._show(WorklistState(found).relisted() if before is None else before.read_anew(found))

    # -- what is shown ---------------------------------------------------------------------------------------

    def _say(self, message: str) -> None:
        self.query_one(PictureView).show(None, message=message)
        self._write(Text(), Text())

    def _write(self, first: Text, second: Text) -> None:
        self.query_one("#worklist--title", OneLine).update(title(self._state, self.size.width - 2))
        self.query_one("#worklist--about", OneLine).update(first)
        self.query_one("#worklist--where", OneLine).update(second)

    def _show(self, state: WorklistState) -> None:
        self._state = state
        self.query_one(WorklistList).show(state)
        item = state.item
        if item is None:
            nothing = f"no area is listed: {which(state)}" if state.worklist.items else NOTHING_FOUND
            self._say(nothing if state.worklist.searched or state.worklist.items else NOT_SEARCHED)
        elif state.finished:
            self._say(finished(state.counts))
        else:
            self.query_one(PictureView).show(state.request(item), state.ahead(), about=state)
            self.query_one("#worklist--title", OneLine).update(title(state, self.size.width - 2))

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        """Says of the area whose picture is shown by now; no words of the next one stand below the one before."""
        if event.about is not None:
            state = cast(WorklistState, event.about)
            if (item := state.item) is not None:
                self._write(about(item), where(item, state))

    @on(WorklistList.Chosen)
    def _chosen(self, event: WorklistList.Chosen) -> None:
        if self._state is not None:
            self._show(replace(self._state, place=event.place, finished=False))

    # -- verdicts --------------------------------------------------------------------------------------------

    def action_judge(self, word: Word) -> None:
        """Keeps a verdict on the area, and goes on to the next."""
        state = self._state
        if state is None or (item := state.item) is None or state.finished:
            return
        self._show(state.judged(word))
        self._save((item, word))

    def action_undo(self) -> None:
        """Takes back the verdict that was given last."""
        if self._state is not None:
            self._save(None)

    def _save(self, what: tuple[WorkItem, Word] | None) -> None:
        self._unsaved.append(what)
        if not self._saving:
            self._saving = True
            self._save_all()

    @work(group="verdicts", exit_on_error=False)
    async def _save_all(self) -> None:
        # One after another, so that the last verdict in the catalog is the last that was given.
        try:
            while self._unsaved:
                what = self._unsaved.popleft()
                if not await (self._take_back() if what is None else self._keep(*what)):
                    self._unsaved.clear()
        finally:
            self._saving = False

    async def _keep(self, item: WorkItem, word: Word) -> bool:
        """Keeps a verdict; whether that went well."""
        kept = await attempt(self, lambda: self._quality.judge(self._collection, [item], word))
        if kept is None:
            # Those that were given behind it are not kept either.
            for unsaved in reversed([item, *(what[0] for what in self._unsaved if what is not None)]):
                if self._state is not None:
                    self._show(self._state.put_back(unsaved))
        return kept is not None

    async def _take_back(self) -> bool:
        taken = await attempt(self, lambda: self._quality.take_back(self._collection))
        if taken and self._state is not None:
            self._show(self._state.taken_back(taken[0]))
        elif taken is not None:
            self.notify("no verdict is left to take back", timeout=3)
        return taken is not None

    # -- moving about ----------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Goes on by so many areas."""
        if self._state is not None:
            self._show(self._state.moved(by))

    def action_page(self, by: int) -> None:
        """Goes on by ten areas."""
        self.action_step(by * _PAGE)

    def action_go(self, place: int) -> None:
        """Goes to the first area (0) or the last (-1)."""
        if self._state is not None:
            self.action_step(len(self._state.listed) if place else -len(self._state.listed))

    def action_next_left(self) -> None:
        """Goes to the next area that nothing was said of."""
        if self._state is not None:
            self._show(self._state.next_left())

    def action_zoom(self) -> None:
        """Shows the whole image, or the area and what is around it."""
        if self._state is not None:
            self._show(replace(self._state, zoomed=not self._state.zoomed))

    def action_view(self, view: View) -> None:
        """Shows areas in this view."""
        if self._state is not None:
            self._show(replace(self._state, view=view))

    def action_next_view(self) -> None:
        """Shows areas in the next view."""
        if self._state is not None:
            self._show(self._state.next_view())

    def action_next_order(self) -> None:
        """Lists the areas in the next order."""
        if self._state is not None:
            self._show(self._state.next_order())

    def action_next_state(self) -> None:
        """Lists the areas of the next state."""
        if self._state is not None:
            self._show(self._state.next_state())

    def action_classes(self) -> None:
        """Asks for the classes whose areas are listed."""
        state = self._state
        if state is None or not state.worklist.items:
            return

        def chosen(classes: tuple[int | None, int | None] | None) -> None:
            if classes is not None and self._state is not None:
                given, predicted = classes
                self._show(replace(self._state, given=given, predicted=predicted).relisted())

        current = state.given, state.predicted
        self.app.push_screen(ChooseScreen("Areas of which classes", class_choices(state), current), chosen)

    def action_show_image(self) -> None:
        """Shows the image in the Dataset pane."""
        if self._state is not None and (item := self._state.item) is not None:
            self.post_message(ShowImage(item.row.image))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
