"""The index that the Ask pane searches: looking whether there is one, building one, and loading the models early."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.worker import get_current_worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.retrieval.manifest import Manifest
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.ask.empty import ChatEmpty

if TYPE_CHECKING:
    from bddseg_tui.tui.ask.pane import ChatPane


class ChatIndex:
    """What is known about the dataset's index, and the job that builds it."""

    def __init__(self, pane: "ChatPane") -> None:
        self._pane = pane
        self.manifest: Manifest | None = None
        self.status: Status | None = None
        self.options = Retrieval()
        self._warmed = False

    def forget(self) -> None:
        """Another dataset was opened."""
        self._warmed = False
        self.look()

    def configure(self, changes: dict[str, Any]) -> None:
        """Changes settings of models and index, in a thread, and looks again."""

        def work() -> None:
            pane = self._pane
            try:
                pane.service.configure(**changes)
            except BddsegError as error:
                told = sanitize(str(error))
                pane.app.call_from_thread(lambda: pane.notify(told, severity="error", timeout=10, markup=False))
            else:
                pane.app.call_from_thread(self.look)

        self._run("settings", work)

    def tick(self) -> None:
        """Looks again while a build is under way."""
        if self._pane.is_shown and self.status is not None and self.status.live:
            self.look()

    def look(self) -> None:
        """Reads the manifest and the build's status, in a thread."""
        if self._pane.collection is not None:
            self._run("index", self._look)

    def _look(self) -> None:
        pane, collection = self._pane, self._pane.collection
        if collection is None:
            return
        root = collection.dataset.root
        options, manifest, status = pane.service.options, pane.service.info(root), pane.service.build_status(root)
        asked = [t.question for c in reversed(pane.service.chats(root)) for t in c.turns]
        if not get_current_worker().is_cancelled:
            pane.app.call_from_thread(self._looked, options, manifest, status, asked)

    def _looked(self, options: Retrieval, manifest: Manifest | None, status: Status | None, asked: list[str]) -> None:
        pane, collection = self._pane, self._pane.collection
        was_live = self.status is not None and self.status.live
        appeared = self.manifest is None and manifest is not None
        self.options, self.manifest, self.status = options, manifest, status
        name = sanitize_path(collection.dataset.root.name) if collection else ""
        pane.query_one(ChatEmpty).show(name, options, manifest, status)
        if was_live and status is not None and not status.live and status.state != "finished":
            pane.notify(f"the index was not finished: {status.message}", severity="error", markup=False, timeout=10)
        pane.index_seen(appeared, asked)

    def build(self) -> None:
        """Starts a build, or goes on with one."""
        self._run("build", self._build)

    def _build(self) -> None:
        pane, collection = self._pane, self._pane.collection
        if collection is None:
            return
        try:
            pane.service.build(collection.dataset.root)
        except BddsegError as error:
            pane.app.call_from_thread(pane.notify, sanitize(str(error)), severity="error", markup=False)
        pane.app.call_from_thread(self.look)

    def stop(self) -> None:
        """Asks the build to stop; what is encoded stays."""
        collection = self._pane.collection
        if collection is not None:
            self._run("stop", lambda: self._stop(collection))

    def _stop(self, collection: Collection) -> None:
        try:
            self._pane.service.stop_build(collection.dataset.root)
        except BddsegError as error:
            self._pane.notify(sanitize(str(error)), severity="warning", markup=False, timeout=4)

    def warm(self) -> None:
        """Loads the models, once, if there is an index to ask."""
        collection = self._pane.collection
        if not self._warmed and self.manifest is not None and collection is not None:
            self._warmed = True
            self._run("warm", lambda: self._warm(collection))

    def _warm(self, collection: Collection) -> None:
        pane = self._pane
        for event in pane.service.warm(collection):
            what = f"loading {event['what']} …" if event["event"] == "loading" else ""
            pane.app.call_from_thread(pane.head, what)

    def _run(self, group: str, work: Callable[[], None]) -> None:
        self._pane.run_worker(work, thread=True, exclusive=True, group=group, exit_on_error=False)
