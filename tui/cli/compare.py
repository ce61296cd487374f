"""`compare`: evaluations side by side."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import find_evaluation, open_engine
from bddseg_tui.tui.cli.options import CheckpointOption, JsonOption, SplitOption, TtaOption, WorkspaceOption
from bddseg_tui.tui.cli.output import print_json, say
from bddseg_tui.tui.shared.format import percent, percentage_points

if TYPE_CHECKING:
    from bddseg_tui.core.runs.evaluation import Evaluation
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import Compared, ComparedEvaluation


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(compare)


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN RUN...", help="Two runs or more.", show_default=False, autocompletion=completions.runs
        ),
    ],
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    images: Annotated[int, typer.Option(help="How many images to list that got worse, and better.")] = 5,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Set evaluations side by side: figures, classes, settings, and the images that changed most."""
    engine = open_engine(workspace)
    if len(runs) < 2:
        raise UsageError("compare takes two runs or more")
    found = [find_evaluation(engine, run, split, checkpoint, tta) for run in runs]
    engine.analysis.check_comparable(found)
    settings = engine.analysis.settings(found)
    changes = engine.analysis.changes(found[0], found[-1])
    ends = changes if len(changes) <= 2 * images else [*changes[:images], *changes[len(changes) - images :]]
    if json:
        compared: Compared = {
            "evaluations": [_figures(e) for e in found],
            "settings": {key: list(values) for key, values in settings.items()},
            "images": [
                {"name": sanitize(r.name), "before": c.before, "after": c.after, "change": c.change} for r, c in ends
            ],
        }
        print_json(compared)
        return
    _print_comparison(found, settings)
    if ends:
        say(f"\nimages, mIoU19 of {found[0].name} and of {found[-1].name}: those that changed most")
    for row, change in ends:
        figures = (percent(change.before), percent(change.after), percentage_points(change.change))
        say(" ".join(f"{figure:>7}" for figure in figures) + f"  {sanitize(row.name)}")


def _figures(evaluation: "Evaluation") -> "ComparedEvaluation":
    return {
        "run": evaluation.run,
        "checkpoint": evaluation.checkpoint,
        "split": evaluation.split,
        "images": evaluation.images,
        "pixel_accuracy": evaluation.pixel_accuracy,
        "miou19": evaluation.miou19,
        "miou20": evaluation.miou20,
        "boundary_miou19": evaluation.boundary_miou19,
        "ece": evaluation.ece,
        "iou": {c.name: c.iou for c in evaluation.classes},
    }


def _print_comparison(found: "list[Evaluation]", settings: dict[str, tuple[object, ...]]) -> None:
    from rich.table import Table

    from bddseg_tui.tui.cli.console import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for evaluation in found:
        table.add_column(evaluation.name, justify="right")
    table.add_column("Δ last - first", justify="right")
    overall = ("miou19", "miou20", "pixel_accuracy", "boundary_miou19", "ece")
    rows: list[tuple[str, list[float | None]]] = [(key, [getattr(e, key) for e in found]) for key in overall]
    rows += [(f"IoU {c.name}", [e.classes[c.id].iou for e in found]) for c in found[0].classes]
    for name, values in rows:
        first, last = values[0], values[-1]
        change = percentage_points(None if first is None or last is None else last - first)
        table.add_row(name, *(percent(v) for v in values), change)
    for key, chosen in settings.items():
        table.add_row(key, *(sanitize(str(v)) if v is not None else "-" for v in chosen), "")
    console().print(table)
