"""What the Dataset pane tells about the whole dataset: class statistics, and a check of every file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.daemon_thread import run_apart
from bddseg_tui.tui.shared.stats_table import stats_table
from bddseg_tui.tui.shared.text_screen import TextScreen

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane


class _LeftError(Exception):
    """Nobody wants the report any more."""


@dataclass
class _Report:
    """One report that is being made; `wanted` goes off once and for all."""

    wanted: bool = True


class DatasetReports:
    """Made in threads that nobody waits for, shown over the pane."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane
        self._reports: dict[str, _Report] = {}

    def stop(self) -> None:
        """Ends what is being made, with the processes that help."""
        if any(report.wanted for report in self._reports.values()):
            for report in self._reports.values():
                report.wanted = False
            self._pane.engine.data.end_helpers()

    def stats(self, collection: Collection, split: str | None) -> None:
        """Shows each class's share of pixels and its images."""
        pane = self._pane

        def work(_: _Report) -> TextScreen:
            rows = pane.engine.data.stats(collection, split)
            title = Text(f"{split or 'all splits'}: pixels of the masks by class", style="bold")
            return TextScreen(title, stats_table(rows))

        self._start("stats", work)

    def check(self, collection: Collection) -> None:
        """Opens every file, in other processes, and lists what is wrong."""
        pane = self._pane

        def work(this: _Report) -> TextScreen:
            def report(done: int, total: int) -> None:
                if not this.wanted:
                    raise _LeftError
                pane.app.call_from_thread(pane.say, f"checking {done:,}/{total:,}" if done < total else "")

            found = pane.engine.data.check(collection.dataset.root, report)
            lines = [f"{p.kind}  {sanitize_path(p.path)}: {sanitize(p.detail)}" for p in found.problems]
            title = Text(f"{len(lines):,} problems" if lines else "no problems", style="bold")
            return TextScreen(title, Text("\n".join(lines)))

        self._start("check", work)

    def _start(self, kind: str, work: Callable[[_Report], TextScreen]) -> None:
        if (before := self._reports.get(kind)) is not None:
            before.wanted = False
        this = self._reports[kind] = _Report()
        run_apart(self._pane.app, lambda: self._make(this, work), kind)

    def _make(self, this: _Report, work: Callable[[_Report], TextScreen]) -> None:
        app = self._pane.app
        try:
            screen = work(this)
        except Exception:
            # The processes that helped have been ended, or the reading: by whoever does not want it any more.
            if this.wanted:
                raise
        else:
            if this.wanted:
                app.call_from_thread(app.push_screen, screen)
        finally:
            this.wanted = False
