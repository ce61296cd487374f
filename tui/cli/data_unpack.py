"""`data unpack`: the official zips become a dataset."""

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
from bddseg_tui.tui.cli.output import progress, say, tell

if TYPE_CHECKING:
    from bddseg_tui.core.data.dataset import Dataset
    from bddseg_tui.tui.cli.json_output.dataset_outputs import DatasetFolders, SplitFolders, Unpacked

_SHOWN = 50
"""Refused entries that are listed one by one; JSON has all."""


def add_to(group: typer.Typer) -> None:
    """Adds the command to `data`."""
    group.command()(unpack)


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
        outcome = open_engine(workspace).data.unpack(archives, to, report)
    if not json:
        for line in outcome.refused[:_SHOWN]:
            say(f"refused  {line}")
        if len(outcome.refused) > _SHOWN:
            say(f"refused  {len(outcome.refused) - _SHOWN:,} more")
    found = outcome.dataset
    text = f"{outcome.written:,} files written, {outcome.kept:,} were there already, {len(outcome.refused):,} refused"
    facts: Unpacked = {
        "to": sanitize_path(to),
        "written": outcome.written,
        "kept": outcome.kept,
        "refused": list(outcome.refused),
        "replaced": outcome.replaced,
        "dataset": _folders(found) if found else None,
        "unrecognised": outcome.unrecognised,
    }
    tell(json, f"{text}: {sanitize_path(to)}", facts)
    if outcome.replaced and not json:
        changed = f"{outcome.replaced:,} of them had changed since they were unpacked"
        say(f"{changed}: as they were they are in {outcome.old}/ there")
    if not json:
        say(outcome.unrecognised if found is None else f"a dataset: {found.described()}")
    raise typer.Exit(1 if outcome.refused or found is None else 0)


def _folders(dataset: "Dataset") -> "DatasetFolders":
    splits: dict[str, SplitFolders] = {
        split.split: {
            "images": sanitize_path(split.images),
            "masks": None if split.masks is None else sanitize_path(split.masks),
        }
        for split in dataset.splits
    }
    return {"root": sanitize_path(dataset.root), "layout": dataset.layout, "splits": splits}
