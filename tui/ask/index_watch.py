"""The index that the Ask pane searches: looking whether there is one, building one, and loading the models early."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.retrieval.events import LoadingEvent
from bddseg_tui.core.retrieval.manifest import Manifest
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.daemon_thread import in_daemon_thread
from bddseg_tui.tui.shared.worker_errors import tell_failure

EVERY_S = 0.5


@dataclass(frozen=True)
class IndexState:
    """How the index of a dataset stands.

    Attributes:
        options: the settings of retrieval.
        manifest: what the index says of itself; None where there is none.
        status: the job that builds or last built it; None if none ever did.
        asked: every question of the chats about the dataset, oldest first.
    """

    options: Retrieval
    manifest: Manifest | None = None
    status: Status | None = None
    asked: tuple[str, ...] = ()

    @property
    def calibrated(self) -> bool:
        """Whether the confidence of what is found is a probability; of the demo model's scenes it always is."""
        manifest = self.manifest
        if manifest is None or manifest.calibration is not None:
            return manifest is not None
        return self.options.clip == "demo" and not manifest.uncalibrated

    @property
    def building(self) -> bool:
        """Whether it is being built now."""
        return self.status is not None and self.status.live


def read_index(engine: Engine, root: Path) -> IndexState:
    """How the index of a dataset stands, read from the disk."""
    retrieval = engine.retrieval
    asked = tuple(turn.question for chat in reversed(engine.chats.find(root)) for turn in chat.turns)
    return IndexState(retrieval.options, retrieval.info(root), retrieval.build_status(root), asked)


class IndexWatch(Widget):
    """Knows the index of one dataset. Shows nothing: it posts what the pane shows."""

    DEFAULT_CSS = "IndexWatch { display: none; }"

    class Seen(Message):
        """It was looked at: `before` is how it stood at the look before."""

        def __init__(self, before: IndexState, now: IndexState) -> None:
            super().__init__()
            self.before, self.now = before, now

    class Loading(Message):
        """A model is being loaded; '' when none is any more."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._root: Path | None = None
        self._warmed = False
        self.state = IndexState(Retrieval())

    def on_mount(self) -> None:
        """Looks again and again while a build is under way."""
        self.set_interval(EVERY_S, self._tick)

    def open(self, collection: Collection) -> None:
        """Goes over to the index of another dataset."""
        self._root, self._warmed = collection.dataset.root, False
        self.state = IndexState(self.state.options)
        self.look()

    def _tick(self) -> None:
        if self.state.building:
            self.look()

    def look(self) -> None:
        """Reads how the index stands: `Seen` follows."""
        if self._root is not None:
            self._look(self._root)

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self, root: Path) -> None:
        before, self.state = self.state, await asyncio.to_thread(read_index, self._engine, root)
        self.post_message(self.Seen(before, self.state))

    def configure(self, changes: dict[str, Any]) -> None:
        """Changes settings of models and index, and looks again."""
        self._do(lambda: self._engine.retrieval.configure(**changes))

    def build(self) -> None:
        """Starts a build, or goes on with one."""
        if (root := self._root) is not None:
            self._do(lambda: self._engine.retrieval.build(root))

    def stop_build(self) -> None:
        """Asks the build to stop; what is encoded stays."""
        if (root := self._root) is not None:
            self._do(lambda: self._engine.retrieval.stop_build(root))

    @work(group="change", exit_on_error=False)
    async def _do(self, change: Callable[[], object]) -> None:
        await attempt(self, change)
        self.look()

    def warm(self, collection: Collection) -> None:
        """Loads the models, once, if there is an index to ask: `Loading` comes with each."""
        if not self._warmed and self.state.manifest is not None:
            self._warmed = True
            self._warm(collection)

    @work(exclusive=True, group="warm", exit_on_error=False)
    async def _warm(self, collection: Collection) -> None:
        def load() -> None:
            for event in self._engine.retrieval.warm(collection):
                self.post_message(self.Loading(f"loading {event.what} …" if isinstance(event, LoadingEvent) else ""))

        await in_daemon_thread(load, "warm")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
