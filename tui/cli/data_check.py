"""`data check`: every file is opened."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli.opening import named_or_last, open_engine
from bddseg_tui.tui.cli.options import (
    JsonOption,
    OptionalDatasetArgument,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import print_json, progress, say

if TYPE_CHECKING:
    from bddseg_tui.core.data.validate_dataset import CheckReport
    from bddseg_tui.tui.cli.json_output.dataset_outputs import Checked


def add_to(group: typer.Typer) -> None:
    """Adds the command to `data`."""
    group.command()(check)


def check(dataset: OptionalDatasetArgument = None, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Open every image and mask and list what is wrong; exits with 1 if anything is."""
    engine = open_engine(workspace)
    folder = named_or_last(engine, dataset)
    with progress("checking", "samples") as report:
        found = engine.data.check(folder, report)
    if json:
        print_json(_checked(found))
    else:
        if found.root != Path(os.path.abspath(folder)):  # noqa: PTH100 (links stay)
            say(f"the dataset in it is {sanitize_path(found.root)}")
        for split, (images, masks) in found.splits.items():
            say(f"{split:<6} {images:>7,} images {masks:>7,} masks")
        for problem in found.problems:
            say(f"{problem.kind:<17} {sanitize_path(problem.path)}: {sanitize(problem.detail)}")
        say(f"{len(found.problems):,} problems" if found.problems else "no problems")
    raise typer.Exit(1 if found.problems else 0)


def _checked(found: "CheckReport") -> "Checked":
    return {
        "root": sanitize_path(found.root),
        "layout": found.layout,
        "splits": {split: {"images": images, "masks": masks} for split, (images, masks) in found.splits.items()},
        "problems": [
            {"path": sanitize_path(problem.path), "kind": problem.kind, "detail": problem.detail}
            for problem in found.problems
        ],
    }
