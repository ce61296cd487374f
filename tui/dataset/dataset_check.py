"""Class statistics and a check of every file, which go on while one browses and are shown over the pane."""

import threading

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.services.data import DataService
from bddseg_tui.tui.dataset.statistics import Statistics, check_files, class_statistics
from bddseg_tui.tui.shared.daemon_thread import in_daemon_thread
from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.shared.worker_errors import tell_failure


class DatasetCheck(Widget):
    """Shows nothing of its own: it posts how far a check is, and puts a text over the screen when it is through."""

    DEFAULT_CSS = "DatasetCheck { display: none; }"

    class Step(Message):
        """The check has gone on; `doing` is '' at its end."""

        def __init__(self, collection: Collection, doing: str) -> None:
            super().__init__()
            self.collection, self.doing = collection, doing

    def __init__(self, data: DataService) -> None:
        super().__init__()
        self._data = data
        self._unwanted = threading.Event()
        self._checking = False

    def on_unmount(self) -> None:
        """Ends what goes on."""
        self.stop()

    def stop(self) -> None:
        """Ends what goes on, with the processes that help a check."""
        self._unwanted.set()
        self.workers.cancel_node(self)
        if self._checking:
            self._checking = False
            self._data.end_helpers()

    @work(exclusive=True, group="statistics", exit_on_error=False)
    async def show_statistics(self, collection: Collection, split: str | None) -> None:
        """Shows each class's share of pixels and its images, of a split or of all."""
        self._show(await in_daemon_thread(lambda: class_statistics(self._data, collection, split), "statistics"))

    @work(exclusive=True, group="check", exit_on_error=False)
    async def check(self, collection: Collection) -> None:
        """Opens every file, in other processes, and lists what is wrong."""
        self._unwanted.set()
        unwanted = self._unwanted = threading.Event()
        self._checking = True

        def progress(doing: str) -> None:
            self.post_message(self.Step(collection, doing))

        root = collection.dataset.root
        try:
            found = await in_daemon_thread(lambda: check_files(self._data, root, progress, unwanted.is_set), "check")
        finally:
            unwanted.set()
            self._checking = False
        self._show(found)

    def _show(self, statistics: Statistics) -> None:
        self.app.push_screen(TextScreen(statistics.title, statistics.body))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
