"""`bddseg-tui data stats|list|tag`: what the catalog knows of a dataset's samples."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.sample_list_file import sample_facts
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import named_or_last, open_engine
from bddseg_tui.tui.cli.options import (
    DatasetArgument,
    EvaluationOption,
    JsonOption,
    OptionalDatasetArgument,
    SamplesOption,
    ScanOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import detail, note, print_json, progress, say, tell
from bddseg_tui.tui.cli.print_items import print_json_items, print_lines

if TYPE_CHECKING:
    from bddseg_tui.core.data.class_stats import ClassStats
    from bddseg_tui.tui.cli.json_output.dataset_outputs import ClassPixels, ListWritten, SampleRow, Stats, Tagged


def add_to(group: typer.Typer) -> None:
    """Adds the commands."""
    group.command()(stats)
    group.command("list")(list_samples)
    group.command()(tag)


def stats(
    dataset: OptionalDatasetArgument = None,
    split: Annotated[
        str | None, typer.Option(help="Only this split.", show_default=False, autocompletion=completions.splits)
    ] = None,
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show each class's share of pixels and the images that hold it."""
    engine, collection = current(workspace, dataset, scan)
    if json:
        found: Stats = {
            "classes": [_class_pixels(c) for c in engine.data.stats(collection, split)],
            "excluded": engine.data.excluded(collection, split),
        }
        print_json(found)
        return
    labelled: list[str | None] = [f.split for f in collection.dataset.splits if f.masks]
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.shared.stats_table import stats_table

    splits = [split] if split else labelled or [None]
    for name in splits:
        say(f"\n{name or 'all'}: pixels of the masks by class")
        console().print(stats_table(engine.data.stats(collection, name)))
    if excluded := engine.data.excluded(collection, split):
        say(f"\n{excluded:,} images have the tag exclude: training leaves them out")


def list_samples(
    dataset: OptionalDatasetArgument = None,
    query: SamplesOption = "",
    evaluation: EvaluationOption = None,
    view: Annotated[
        str,
        typer.Option(
            "--view",
            metavar="NAME",
            help="A saved view; --filter adds to its filter.",
            autocompletion=completions.views,
        ),
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.", show_default=False)] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            parser=typed_path,
            help="Write the list into a new .txt (paths), .csv or .json file.",
            show_default=False,
        ),
    ] = None,
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the samples that a filter matches."""
    engine, collection = current(workspace, dataset, scan)
    if view:
        saved = engine.data.view(collection, view)
        query, evaluation = f"{saved.filter} {query}", evaluation or saved.evaluation
    if to is not None:
        ids = engine.data.find_ids(collection, query, evaluation, limit)
        count = engine.data.write_list(collection, to, ids, evaluation)
        facts: ListWritten = {"to": sanitize_path(to), "samples": count}
        tell(json, f"{count:,} images are listed in {sanitize_path(to)}", facts)
        return
    rows = engine.data.iterate(collection, query, evaluation, limit)
    if json:
        print_json_items(_sample(row) for row in rows)
    else:
        print_lines(f"{r.split:<6}{sanitize(r.name)}{'  ' + ' '.join(r.tags) if r.tags else ''}" for r in rows)


def tag(
    dataset: DatasetArgument,
    name: Annotated[
        str, typer.Argument(metavar="TAG", help="One word.", show_default=False, autocompletion=completions.tags)
    ],
    query: SamplesOption = "",
    evaluation: EvaluationOption = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag away instead.")] = False,
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Tag the samples that a filter matches."""
    if not query.strip():
        raise UsageError("name the samples with --filter, for example --filter 'has:bus'")
    engine, collection = current(workspace, dataset, scan)
    count = engine.data.tag(collection, query, name, remove, evaluation)
    done = "untagged" if remove else "tagged"
    facts: Tagged = {"tag": sanitize(name), "samples": count, "removed": remove}
    tell(json, f"{done} {count:,} samples", facts)


def _class_pixels(found: "ClassStats") -> "ClassPixels":
    return {
        "id": found.id,
        "name": found.name,
        "pixels": found.pixels,
        "percentage": found.percentage,
        "images": found.images,
    }


def _sample(row: Row) -> "SampleRow":
    return cast("SampleRow", sample_facts(row))


def current(workspace: Path | None, dataset: Path | None, scan: bool | None) -> tuple[Engine, Collection]:
    """The engine, and the dataset with its catalog as current as was asked for; says how current that is."""
    engine = open_engine(workspace)
    collection = engine.data.open(named_or_last(engine, dataset), note)
    detail(f"dataset: {sanitize_path(collection.dataset.root)}; catalog: {sanitize_path(collection.catalog.path)}")
    as_of = None if scan else engine.data.as_of(collection, even_if_old=scan is False)
    if as_of is None:
        with progress("scanning", "samples") as report:
            as_of = engine.data.bring_up_to_date(collection, report)
    if as_of:
        note(as_of)
    if absent := engine.data.absent(collection):
        note(f"samples that are known and not there now: {absent:,}; their tags and scores are kept")
    return engine, collection
