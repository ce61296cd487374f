"""`data tags export|import`: tags in files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.data_samples import current
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import DatasetArgument, JsonOption, ScanOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, say, tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import TagsRead, TagsWritten

_SHOWN = 20
"""Images without a match that are named one by one; JSON has all."""


def add_to(group: typer.Typer) -> None:
    """Adds the commands to `data`."""
    tags = typer.Typer(no_args_is_help=True, help="Write tags into a file, and read them from one.")
    tags.command("export")(export)
    tags.command("import")(import_)
    group.add_typer(tags, name="tags")


def export(
    dataset: DatasetArgument,
    to: Annotated[
        Path,
        typer.Argument(metavar="FILE", parser=typed_path, help="A new .csv or .json file.", show_default=False),
    ],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write all tags: CSV (image,tag) or FiftyOne-style JSON (samples with filepath and tags)."""
    engine = open_engine(workspace)
    collection = engine.data.open(dataset, note)
    tags, samples = engine.data.export_tags(collection, to)
    facts: TagsWritten = {"to": sanitize_path(to), "tags": tags, "samples": samples}
    tell(json, f"{tags:,} tags of {samples:,} images are in {sanitize_path(to)}", facts)


def import_(
    dataset: DatasetArgument,
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE", parser=typed_path, help="A .csv or .json file.", show_default=False),
    ],
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Give images the tags of a file; none is taken away. Exits with 1 if images or tags are left over."""
    engine, collection = current(workspace, dataset, scan)
    found = engine.data.import_tags(collection, source)
    facts: TagsRead = {
        "given": found.given,
        "had": found.had,
        "samples": found.samples,
        "unmatched": list(found.unmatched),
        "refused": found.refused,
    }
    tell(json, f"{found.given:,} tags given to {found.samples:,} images, which had {found.had:,} already", facts)
    if not json:
        for name in found.unmatched[:_SHOWN]:
            say(f"no such image, or several: {name}")
        if len(found.unmatched) > _SHOWN:
            say(f"no such image, or several: {len(found.unmatched) - _SHOWN:,} more")
        if found.refused:
            say(f"{found.refused:,} tags are no word")
    raise typer.Exit(1 if found.unmatched or found.refused else 0)
