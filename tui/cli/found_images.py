"""Images that a search has found, as `index search` and `ask` print them with `--json`."""

from typing import TYPE_CHECKING

from bddseg_tui.core.retrieval.events import Item
from bddseg_tui.core.sanitize import sanitize_path

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import CandidateImage


def candidate_image(item: Item) -> "CandidateImage":
    """One of them; its path is raw, since whoever opens it needs it as it is."""
    return {
        "name": item.name,
        "path": sanitize_path(item.path),
        "score": item.score,
        "confidence": item.confidence,
        "verdict": item.verdict,
        "seen": item.seen,
    }
