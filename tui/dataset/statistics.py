"""What is said about the whole dataset: class statistics, and what a check of every file found. In a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.services.data import DataService
from bddseg_tui.tui.shared.stats_table import stats_table


class UnwantedError(Exception):
    """Nobody waits for the check any more."""


@dataclass(frozen=True)
class Statistics:
    """A title and what stands below it, to be shown over the pane."""

    title: Text
    body: RenderableType


def class_statistics(data: DataService, collection: Collection, split: str | None) -> Statistics:
    """Each class's share of pixels and its images, of a split or of all.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    rows, excluded = data.stats(collection, split), data.excluded(collection, split)
    title = Text(f"{split or 'all splits'}: pixels of the masks by class", style="bold")
    if excluded:
        title.append(f"\n{excluded:,} images have the tag exclude: training leaves them out", "not bold")
    return Statistics(title, stats_table(rows))


def check_files(
    data: DataService, root: Path, progress: Callable[[str], object], unwanted: Callable[[], bool]
) -> Statistics:
    """Opens every file, in other processes, and lists what is wrong; `progress` is told how far it is.

    Raises:
        UnwantedError: `unwanted` said so.
        BddsegError: the dataset cannot be read.
    """

    def report(done: int, total: int) -> None:
        if unwanted():
            raise UnwantedError
        progress(f"checking {done:,}/{total:,}" if done < total else "")

    found = data.check(root, report)
    lines = [f"{p.kind}  {sanitize_path(p.path)}: {sanitize(p.detail)}" for p in found.problems]
    title = f"{len(lines):,} problems" if lines else "no problems"
    return Statistics(Text(title, style="bold"), Text("\n".join(lines)))
