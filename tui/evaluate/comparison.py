"""An evaluation against an earlier one: their images by how much they changed, and the settings that differ."""

from dataclasses import dataclass

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.analysis import AnalysisService


@dataclass(frozen=True)
class Changes:
    """Images, those that got worst first, and for each how much it changed and what it scores now."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def read_changes(analysis: AnalysisService, before: Evaluation, after: Evaluation) -> Changes:
    """The images of both; in a thread.

    Raises:
        BddsegError: one of them has no counts by image.
    """
    found = analysis.changes(before, after)
    better = sum(change.change > 0 for _, change in found)
    return Changes(
        title=f"{before.name} → {after.name}: {better:,} better, {len(found) - better:,} not; the worst first.",
        rows=tuple(row for row, _ in found),
        notes=tuple(f"{100 * c.change:+6.1f}  {100 * c.after:5.1f}" for _, c in found),
    )


def differing_settings(analysis: AnalysisService, before: Evaluation, after: Evaluation) -> str:
    """The settings in which their runs differ, a line each; in a thread.

    Raises:
        BddsegError: a run is gone, or its configuration cannot be read.
    """
    differing = analysis.settings([before, after])
    lines = [f"{key:<20} {_value(old):>20} → {_value(new)}" for key, (old, new) in differing.items()]
    return "\n".join(lines) or "no setting differs"


def _value(value: object) -> str:
    return "-" if value is None else sanitize(str(value))
