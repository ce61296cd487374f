"""`data repair`: the tags and verdicts of a damaged catalog."""

from typing import TYPE_CHECKING

import typer

from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import DatasetArgument, JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import Repaired


def add_to(group: typer.Typer) -> None:
    """Adds the command to `data`."""
    group.command()(repair)


def repair(dataset: DatasetArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Make a damaged catalog anew, with the tags and verdicts that can be read."""
    found = open_engine(workspace).data.repair(dataset)
    verdicts = f" and {found.verdicts:,} verdicts" if found.verdicts else ""
    text = f"{found.tags:,} tags of {found.samples:,} samples{verdicts} were saved; the damaged catalog is kept as"
    facts: Repaired = {
        "tags": found.tags,
        "samples": found.samples,
        "verdicts": found.verdicts,
        "kept": sanitize_path(found.kept),
    }
    tell(json, f"{text} {sanitize_path(found.kept)}", facts)
