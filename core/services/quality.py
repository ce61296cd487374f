"""What is wrong with data and labels, and what a person says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.data.catalog.verdicts import TakenBack, Word
    from bddseg_tui.core.quality.suspects import Suspects
    from bddseg_tui.core.quality.verdict_file import MasksWritten, VerdictsImported
    from bddseg_tui.core.quality.worklist import WorkItem, Worklist


@dataclass(frozen=True)
class QualityService:
    """All methods block. Heavy parts are imported when first used."""

    workspace: Workspace

    # -- label errors ----------------------------------------------------------------------------------------

    def suspects(self, collection: Collection) -> "Suspects | None":
        """The areas whose label a model contradicts, as they were found last; None where nobody has looked."""
        from bddseg_tui.core.quality.suspects import read_suspects, suspects_path

        return read_suspects(suspects_path(self.workspace, collection.dataset.root))

    def worklist(self, collection: Collection, evaluation: str | None = None) -> "Worklist":
        """The suspect areas with what was said of each, and with an evaluation's predictions of their images."""
        from bddseg_tui.core.quality.worklist import read_worklist

        return read_worklist(collection.catalog, self.suspects(collection), evaluation)

    def judge(self, collection: Collection, items: "Sequence[WorkItem]", word: "Word") -> int:
        """Keeps a verdict on each of these areas; returns how many it were."""
        return collection.catalog.add_verdicts([item.verdict_of(word) for item in items])

    def take_back(self, collection: Collection, number: int = 1) -> "list[TakenBack]":
        """Takes back the verdicts that were given last; returns them, the last one first."""
        return collection.catalog.take_back_verdicts(number)

    def export_verdicts(self, collection: Collection, to: Path) -> int:
        """Writes all verdicts into a new .csv file; returns how many these are."""
        from bddseg_tui.core.quality.verdict_file import export_verdicts

        return export_verdicts(collection.catalog, to)

    def import_verdicts(self, collection: Collection, source: Path) -> "VerdictsImported":
        """Takes in the verdicts of such a file; those that are there already change nothing."""
        from bddseg_tui.core.quality.verdict_file import import_verdicts

        return import_verdicts(collection.catalog, source)

    def export_masks(self, collection: Collection, to: Path) -> "MasksWritten":
        """Writes copies of the masks with confirmed errors into a folder, in which these areas are unknown (255)."""
        from bddseg_tui.core.quality.verdict_file import export_masks

        return export_masks(collection.catalog, to)
