"""`data move`: what is known of a dataset goes on where it has moved to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import (
    JsonOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import print_json, say

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import MovedRow


def add_to(group: typer.Typer) -> None:
    """Adds the command to `data`."""
    group.command()(move)


def move(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", parser=typed_path, help="Where it was; need not exist.", show_default=False)
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", parser=typed_path, help="Where it is now.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Also if few images have the same names.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say that a dataset has moved: its tags, scores, index, chats and runs go on there."""
    moved = open_engine(workspace).data.move(old, new, force)
    if json:
        rows: list[MovedRow] = [
            {
                "old": sanitize_path(m.old),
                "new": sanitize_path(m.new),
                "samples": m.samples,
                "missing": m.missing,
                "tags": m.tags,
                "runs": m.runs,
            }
            for m in moved
        ]
        print_json(rows)
        return
    for m in moved:
        missing = f" ({m.missing:,} that were known are not there)" if m.missing else ""
        tags, runs = (f"{n:,} {word}{'s' * (n != 1)}" for n, word in ((m.tags, "tag"), (m.runs, "run")))
        kept = f"{m.samples:,} samples{missing}, {tags}, {runs}"
        say(f"{sanitize_path(m.old)} is now {sanitize_path(m.new)}: {kept}")
