"""`classify`, `slices`, `compare` and `report`: what evaluations tell beyond their scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli.output import JsonOption, RunArgument, WorkspaceOption, engine, print_json, say
from bddseg_tui.tui.shared.format import percent, percentage_points

if TYPE_CHECKING:
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.runs.evaluation import Evaluation

SplitOption = Annotated[str, typer.Option(help="The split that was evaluated.")]
CheckpointOption = Annotated[str, typer.Option(help="best or last.")]
TtaOption = Annotated[str, typer.Option(help="The test-time augmentation it was evaluated with.")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the root."""
    for command in (classify, slices, compare, report):
        app.command()(command)


def classify(
    run: RunArgument,
    threshold: Annotated[str, typer.Option(help="Pixels (50) or share (0.1%) from which a class is present.")] = "1",
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Report a model as a multi-label classifier: which classes it finds in images."""
    from rich.table import Table

    from bddseg_tui.core.analysis.threshold import parse_threshold
    from bddseg_tui.tui.cli.console import console

    core = engine(workspace)
    evaluation = find_evaluation(core, run, split, checkpoint, tta)
    report = core.analysis.labels(evaluation, parse_threshold(threshold))
    if json:
        print_json({"evaluation": evaluation.name, **report.to_json()})
        return
    title = f"{evaluation.name}, {report.images:,} images, present: {report.threshold}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("class")
    for name in ("precision", "recall", "F1", "images"):
        table.add_column(name, justify="right")
    for row in (*report.classes, *report.averages):
        average = f"{row.name} average" if row in report.averages else row.name
        table.add_row(average, percent(row.precision), percent(row.recall), percent(row.f1), f"{row.support:,}")
    console().print(table)
    whole, single = percent(report.exact_match), percent(report.accuracy)
    say(f"all 20 labels right in {whole} % of images; {single} % of labels right")


def slices(
    run: RunArgument,
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Score parts of a split: by tag, by the classes in an image, by brightness."""
    core = engine(workspace)
    evaluation = find_evaluation(core, run, split, checkpoint, tta)
    found = core.analysis.slices(evaluation)
    if json:
        print_json([s.to_json() for s in found])
        return
    say(f"{'images':>8} {'mIoU19':>7} {'Δ':>6} {'pixel acc.':>11}  slice ({evaluation.name})")
    whole = evaluation.miou19
    for part in found:
        miou = part.scores.miou19
        change = percentage_points(None if whole is None else miou - whole)
        figures = f"{percent(None if miou != miou else miou):>7} {change:>6} {percent(part.scores.pixel_accuracy):>11}"
        say(f"{part.images:>8,} {figures}  {sanitize(part.query)}")


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more.", show_default=False)],
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    images: Annotated[int, typer.Option(help="How many images to list that got worse, and better.")] = 5,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Set evaluations side by side: figures, classes, settings, and the images that changed most."""
    core = engine(workspace)
    if len(runs) < 2:
        raise UsageError("compare takes two runs or more")
    found = [find_evaluation(core, run, split, checkpoint, tta) for run in runs]
    settings = core.analysis.settings(found)
    changes = core.analysis.changes(found[0], found[-1])
    ends = changes if len(changes) <= 2 * images else [*changes[:images], *changes[len(changes) - images :]]
    if json:
        rows = [{"name": r.name, "before": c.before, "after": c.after, "change": c.change} for r, c in ends]
        print_json({"evaluations": [_figures(e) for e in found], "settings": settings, "images": rows})
        return
    _print_comparison(found, settings)
    if ends:
        say(f"\nimages, mIoU19 of {found[0].name} and of {found[-1].name}: those that changed most")
    for row, change in ends:
        figures = (percent(change.before), percent(change.after), percentage_points(change.change))
        say(" ".join(f"{figure:>7}" for figure in figures) + f"  {sanitize(row.name)}")


def report(
    run: RunArgument,
    compare_with: Annotated[
        list[str] | None, typer.Option("--compare", metavar="RUN", help="Another run; may be repeated.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", parser=typed_path, help="Where to; default: beside the evaluation."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Also report.md with its charts.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also every table as CSV.")] = False,
    charts: Annotated[bool, typer.Option("--charts", help="Also every chart as SVG and PNG.")] = False,
    split: SplitOption = "val",
    checkpoint: CheckpointOption = "best",
    tta: TtaOption = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write an evaluation's report as one HTML page: tables, charts, worst images."""
    from bddseg_tui.core.report.write import Forms

    core = engine(workspace)
    evaluation = find_evaluation(core, run, split, checkpoint, tta)
    others = [find_evaluation(core, other, split, checkpoint, tta) for other in compare_with or ()]
    files = [sanitize_path(f) for f in core.analysis.report(evaluation, others, to, Forms(markdown, csv, charts))]
    if json:
        print_json({"evaluation": evaluation.name, "files": files})
    for file in [] if json else files:
        say(file)


def find_evaluation(core: "Engine", run: str, split: str, checkpoint: str, tta: str) -> "Evaluation":
    """The finished evaluation of a run.

    Raises:
        BddsegError: there is none; the message says how to make it.
    """
    from bddseg_tui.core.runs.evaluation import evaluation_folder, load_evaluation

    return load_evaluation(evaluation_folder(core.runs.find(run, trained=True).folder, checkpoint, split, tta))


def _figures(evaluation: "Evaluation") -> dict[str, object]:
    keys = ("run", "checkpoint", "split", "images", "pixel_accuracy", "miou19", "miou20", "boundary_miou19", "ece")
    figures: dict[str, object] = {key: evaluation.raw.get(key) for key in keys}
    return {**figures, "iou": {c.name: c.iou for c in evaluation.classes}}


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
