"""`bddseg-tui data ...`: check, stats, list, tag, unpack."""

from pathlib import Path
from typing import Annotated

import typer

from core.engine import Collection, Engine
from core.errors import UsageError
from core.sanitize import sanitize, sanitize_path
from tui.cli.output import DatasetArgument, JsonOption, WorkspaceOption, engine, print_json, progress, say, tell

_SHOWN = 50
"""Refused entries that are listed one by one; JSON has all."""

app = typer.Typer(no_args_is_help=True, help="Look at, check and unpack datasets.")


@app.command()
def check(dataset: DatasetArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Open every image and mask and list what is wrong; exits with 1 if anything is."""
    with progress("checking", "samples") as report:
        found = engine(workspace).check(dataset, report)
    if json:
        print_json(found.to_json())
    else:
        for split, (images, masks) in found.splits.items():
            say(f"{split:<6} {images:>7,} images {masks:>7,} masks")
        for problem in found.problems:
            say(f"{problem.kind:<17} {sanitize_path(problem.path)}: {sanitize(problem.detail)}")
        say(f"{len(found.problems):,} problems" if found.problems else "no problems")
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def stats(
    dataset: DatasetArgument,
    split: Annotated[str | None, typer.Option(help="Only this split.", show_default=False)] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show each class's share of pixels and the images that hold it."""
    core, collection = _scanned(workspace, dataset)
    if json:
        print_json({"classes": [c.to_json() for c in core.stats(collection, split)]})
        return
    labelled: list[str | None] = [f.split for f in collection.dataset.splits if f.masks]
    from rich.console import Console

    from tui.widgets.stats_table import stats_table

    splits = [split] if split else labelled or [None]
    for name in splits:
        say(f"\n{name or 'all'}: pixels of the masks by class")
        Console(highlight=False).print(stats_table(core.stats(collection, name)))


@app.command("list")
def list_samples(
    dataset: DatasetArgument,
    query: Annotated[str, typer.Option("--filter", help="Such as 'split:val class:bus>1% sort:-bus'.")] = "",
    evaluation: Annotated[
        str | None, typer.Option(help="RUN/CHECKPOINT-SPLIT, for iou and sort:iou.", show_default=False)
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the samples that a filter matches."""
    core, collection = _scanned(workspace, dataset)
    rows = core.find(collection, query, evaluation)
    if json:
        print_json(
            [
                {
                    "split": r.split,
                    "name": r.name,
                    "image": sanitize_path(r.image),
                    "width": r.width,
                    "height": r.height,
                    "problem": r.problem,
                    "tags": list(r.tags),
                    "miou19": r.miou,
                    "figures": dict(r.figures),
                    "pixels": r.counts,
                }
                for r in rows
            ]
        )
        return
    for r in rows:
        say(f"{r.split:<6}{sanitize(r.name)}{'  ' + ' '.join(r.tags) if r.tags else ''}")


@app.command()
def tag(
    dataset: DatasetArgument,
    name: Annotated[str, typer.Argument(metavar="TAG", help="One word.", show_default=False)],
    query: Annotated[str, typer.Option("--filter", help="Which samples; required.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away instead.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Tag the samples that a filter matches."""
    if not query.strip():
        raise UsageError("name the samples with --filter, for example --filter 'has:bus'")
    core, collection = _scanned(workspace, dataset)
    ids = [r.id for r in core.find(collection, query)]
    if remove:
        collection.catalog.remove_tag(ids, name)
    else:
        collection.catalog.add_tag(ids, name)
    done = "untagged" if remove else "tagged"
    tell(json, f"{done} {len(ids):,} samples", tag=sanitize(name), samples=len(ids), removed=remove)


@app.command()
def unpack(
    archives: Annotated[list[Path], typer.Argument(metavar="ZIP...", help="The official zips.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the dataset goes.", show_default=False)],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Unpack the official BDD100K zips into the layout; can be run again after an interruption."""
    with progress("unpacking", "bytes") as report:
        outcome = engine(workspace).unpack(archives, to, report)
    if not json:
        for line in outcome.refused[:_SHOWN]:
            say(f"refused  {line}")
        if len(outcome.refused) > _SHOWN:
            say(f"refused  {len(outcome.refused) - _SHOWN:,} more")
    found = outcome.dataset
    text = f"{outcome.written:,} files written, {outcome.kept:,} were there already, {len(outcome.refused):,} refused"
    facts = {"written": outcome.written, "kept": outcome.kept, "refused": outcome.refused}
    facts |= {"dataset": found.to_json() if found else None, "unrecognised": outcome.unrecognised}
    tell(json, f"{text}: {sanitize_path(to)}", to=sanitize_path(to), **facts)
    if not json:
        say(outcome.unrecognised if found is None else f"a dataset: {found.described()}")
    raise typer.Exit(1 if outcome.refused or found is None else 0)


def _scanned(workspace: Path | None, dataset: Path) -> tuple[Engine, Collection]:
    """The engine, and the dataset with its catalog brought up to date."""
    core = engine(workspace)
    collection = core.open(dataset)
    with progress("scanning", "samples") as report:
        core.scan(collection, report)
    return core, collection
