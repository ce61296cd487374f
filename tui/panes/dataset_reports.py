"""What the Dataset pane tells about the whole dataset: class statistics, and a check of every file."""

from typing import TYPE_CHECKING

from rich.text import Text

from core.engine import Collection
from core.sanitize import sanitize, sanitize_path
from tui.screens.scroll import ScrollScreen
from tui.widgets.stats_table import stats_table

if TYPE_CHECKING:
    from tui.panes.dataset import DatasetPane


class DatasetReports:
    """Made in a thread, shown over the pane."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane

    def stats(self, collection: Collection, split: str | None) -> None:
        """Shows each class's share of pixels and its images."""
        pane = self._pane

        def work() -> None:
            rows = pane.bddseg.engine.stats(collection, split)
            title = Text(f"{split or 'all splits'}: pixels of the masks by class", style="bold")
            pane.app.call_from_thread(pane.app.push_screen, ScrollScreen(title, stats_table(rows)))

        pane.run_worker(work, thread=True, exclusive=True, group="stats", exit_on_error=False)

    def check(self, collection: Collection) -> None:
        """Opens every file, in other processes, and lists what is wrong."""
        pane = self._pane

        def report(done: int, total: int) -> None:
            pane.app.call_from_thread(pane.say, f"checking {done:,}/{total:,}" if done < total else "")

        def work() -> None:
            found = pane.bddseg.engine.check(collection.dataset.root, report)
            lines = [f"{p.kind}  {sanitize_path(p.path)}: {sanitize(p.detail)}" for p in found.problems]
            title = Text(f"{len(lines):,} problems" if lines else "no problems", style="bold")
            pane.app.call_from_thread(pane.app.push_screen, ScrollScreen(title, Text("\n".join(lines))))

        pane.run_worker(work, thread=True, exclusive=True, group="check", exit_on_error=False)
