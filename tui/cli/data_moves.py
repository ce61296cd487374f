"""`bddseg-tui data move|repair`: keeping what people made of a dataset when its folder or its catalog changes."""

from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.output import DatasetArgument, JsonOption, WorkspaceOption, engine, print_json, say, tell


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(move)
    app.command()(repair)


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
    moved = engine(workspace).data.move(old, new, force)
    if json:
        print_json(
            [
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
        )
        return
    for m in moved:
        missing = f" ({m.missing:,} that were known are not there)" if m.missing else ""
        tags, runs = (f"{n:,} {word}{'s' * (n != 1)}" for n, word in ((m.tags, "tag"), (m.runs, "run")))
        kept = f"{m.samples:,} samples{missing}, {tags}, {runs}"
        say(f"{sanitize_path(m.old)} is now {sanitize_path(m.new)}: {kept}")


def repair(dataset: DatasetArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Make a damaged catalog anew, with the tags that can be read."""
    found = engine(workspace).data.repair(dataset)
    text = f"{found.tags:,} tags of {found.samples:,} samples were saved; the damaged catalog is kept as"
    facts = {"tags": found.tags, "samples": found.samples, "kept": sanitize_path(found.kept)}
    tell(json, f"{text} {sanitize_path(found.kept)}", **facts)
