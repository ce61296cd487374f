"""An evaluation against an earlier one: their images by how much they changed, and the settings that differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.tui.evaluate.listed_images import ListedImage
from bddseg_tui.tui.shared.format import percent, percentage_points

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.compare import ImageChange


@dataclass(frozen=True)
class Changes:
    """Images, those that got worst first, with how much each changed and what it scores now."""

    title: str
    images: tuple[ListedImage, ...]


def read_changes(analysis: AnalysisService, before: Evaluation, after: Evaluation) -> Changes:
    """The images of both; in a thread.

    Raises:
        BddsegError: one of them has no counts by image, or they are of different datasets or splits.
    """
    found = analysis.changes(before, after)
    better, worse = (sum(way * change.change > 0 for _, change in found) for way in (1, -1))
    return Changes(
        title=f"{before.name} → {after.name}: {better:,} better, {worse:,} worse",
        images=tuple(
            ListedImage(row, f"{percentage_points(c.change):>6}", _change(c), c.predicted_before) for row, c in found
        ),
    )


def comparable(chosen: EvaluationState, states: Iterable[EvaluationState]) -> list[EvaluationState]:
    """The other finished evaluations that were measured on the same images: its dataset and its split."""
    return [s for s in states if s.name != chosen.name and is_comparable(chosen, s)]


def is_comparable(one: EvaluationState, other: EvaluationState) -> bool:
    """Whether both are finished, and of one dataset and split."""
    if one.result is None or other.result is None:
        return False
    return one.dataset == other.dataset and one.result.split == other.result.split


def _change(c: "ImageChange") -> str:
    return f"mIoU {percent(c.before)} → {percent(c.after)}"


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
