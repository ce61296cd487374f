"""`data label-next`: which unlabelled images to label next."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.data_samples import current
from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow
from bddseg_tui.tui.cli.options import FilterOption, JsonOption, OptionalDatasetArgument, ScanOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import LabelNextRow


def add_to(group: typer.Typer) -> None:
    """Adds the command."""
    group.command("label-next")(label_next)


def label_next(
    dataset: OptionalDatasetArgument = None,
    count: Annotated[int, typer.Option("--count", min=1, max=100_000, help="How many.")] = 100,
    evaluation: Annotated[
        str | None,
        typer.Option(
            help="RUN/CHECKPOINT-SPLIT predicted: whose predictions tell how unsure a model is.",
            show_default=False,
            autocompletion=completions.evaluations,
        ),
    ] = None,
    filter_text: FilterOption = "",
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Choose unlabelled images that a model is unsure of and that are unlike all that is labelled, by the index."""
    engine, collection = current(workspace, dataset, scan)
    _, status = start_and_follow(
        engine, lambda: engine.quality.choose_to_label(collection, count, evaluation, filter_text), "label-next"
    )
    expect_finished(status, "choosing what to label")
    rows = engine.data.find(collection, "label-next>0% sort:-label-next", evaluation)
    if json:
        print_json([_row(row) for row in rows])
        return
    for row in rows:
        sure = row.figures.get("confidence")
        unsure = "" if sure is None else f"  unsure {percent(1 - sure)} %"
        say(f"{row.split:<6}{sanitize(row.name)}  new {percent(row.measures.get('novelty'))} %{unsure}")
    if not any(row.figures.get("confidence") is not None for row in rows):
        note("chosen by how new they are alone: --evaluation names predictions that tell how unsure a model is")


def _row(row: Row) -> "LabelNextRow":
    sure = row.figures.get("confidence")
    return {
        "split": sanitize(row.split),
        "name": sanitize(row.name),
        "image": sanitize_path(row.image),
        "novelty": row.measures.get("novelty", 0.0),
        "uncertainty": None if sure is None else 1 - sure,
    }
