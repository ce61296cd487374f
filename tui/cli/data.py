"""`bddseg-tui data ...`: check and unpack, and the commands of `samples` and `keep`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.data.unpack import OLD
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import data_moves as keep
from bddseg_tui.tui.cli import data_samples as samples
from bddseg_tui.tui.cli.output import (
    DatasetArgument,
    JsonOption,
    WorkspaceOption,
    engine,
    print_json,
    progress,
    say,
    tell,
)

_SHOWN = 50
"""Refused entries that are listed one by one; JSON has all."""

app = typer.Typer(no_args_is_help=True, help="Look at, check, unpack and move datasets.")
samples.add_to(app)
keep.add_to(app)


@app.command()
def check(dataset: DatasetArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Open every image and mask and list what is wrong; exits with 1 if anything is."""
    with progress("checking", "samples") as report:
        found = engine(workspace).data.check(dataset, report)
    if json:
        print_json(found.to_json())
    else:
        if found.root != Path(os.path.abspath(dataset)):  # noqa: PTH100 (links stay)
            say(f"the dataset in it is {sanitize_path(found.root)}")
        for split, (images, masks) in found.splits.items():
            say(f"{split:<6} {images:>7,} images {masks:>7,} masks")
        for problem in found.problems:
            say(f"{problem.kind:<17} {sanitize_path(problem.path)}: {sanitize(problem.detail)}")
        say(f"{len(found.problems):,} problems" if found.problems else "no problems")
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def unpack(
    archives: Annotated[
        list[Path], typer.Argument(metavar="ZIP...", parser=typed_path, help="The official zips.", show_default=False)
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", parser=typed_path, help="Where the dataset goes.", show_default=False)
    ],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Unpack the official BDD100K zips into the layout; can be run again after an interruption."""
    with progress("unpacking", "bytes") as report:
        outcome = engine(workspace).data.unpack(archives, to, report)
    if not json:
        for line in outcome.refused[:_SHOWN]:
            say(f"refused  {line}")
        if len(outcome.refused) > _SHOWN:
            say(f"refused  {len(outcome.refused) - _SHOWN:,} more")
    found = outcome.dataset
    text = f"{outcome.written:,} files written, {outcome.kept:,} were there already, {len(outcome.refused):,} refused"
    facts = {"written": outcome.written, "kept": outcome.kept, "refused": outcome.refused, "replaced": outcome.replaced}
    facts |= {"dataset": found.to_json() if found else None, "unrecognised": outcome.unrecognised}
    tell(json, f"{text}: {sanitize_path(to)}", to=sanitize_path(to), **facts)
    if outcome.replaced and not json:
        say(f"{outcome.replaced:,} of them had changed since they were unpacked: as they were they are in {OLD}/ there")
    if not json:
        say(outcome.unrecognised if found is None else f"a dataset: {found.described()}")
    raise typer.Exit(1 if outcome.refused or found is None else 0)
