"""What a report says of label errors in the dataset, where they were searched: which class is labelled as which."""

from pathlib import Path

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.quality.label_error_search import search_folder
from bddseg_tui.core.quality.label_findings import Findings, read_findings
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace

Table = tuple[list[str], list[list[str]]]
_MOST_SWAPS, _MOST_IMAGES = 20, 40


def read_label_part(workspace: Workspace, root: Path) -> Findings | None:
    """What the last search found; None where nobody searched.

    Raises:
        BddsegError: it is damaged.
    """
    return read_findings(search_folder(workspace, root))


def swap_table(found: Findings | None) -> Table:
    """A row a pair of classes, the most frequent first."""
    swaps = found.swaps[:_MOST_SWAPS] if found else ()
    return (
        ["labelled", "is, by the models", "suspect areas", "images", "% of the label"],
        [
            [
                CLASSES[swap.given].name,
                CLASSES[swap.predicted].name,
                str(swap.areas),
                str(swap.images),
                f"{100 * swap.share:.2g}",
            ]
            for swap in swaps
        ],
    )


def suspect_table(found: Findings | None) -> Table:
    """A row an image, the worst first, where an area speaks against its label."""
    rows = [
        [
            sanitize_path(image.sample),
            f"{100 * image.score:.0f}",
            CLASSES[image.given].name,
            CLASSES[image.predicted].name,
            f"{100 * image.share:.1f}",
        ]
        for image in (found.images[:_MOST_IMAGES] if found else ())
        if image.given is not None and image.predicted is not None
    ]
    return ["image", "score, %", "labelled", "is, by the models", "area, % of the image"], rows
