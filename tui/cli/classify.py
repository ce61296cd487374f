"""`classify`: a model as a multi-label classifier."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.tui.cli.opening import find_evaluation, open_engine
from bddseg_tui.tui.cli.options import (
    CheckpointOption,
    JsonOption,
    RunArgument,
    SplitOption,
    TtaOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import print_json, say
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.multilabel import LabelScore, MultiLabel
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import Classified, LabelFigures


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(classify)


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

    engine = open_engine(workspace)
    evaluation = find_evaluation(engine, run, split, checkpoint, tta)
    report = engine.analysis.labels(evaluation, parse_threshold(threshold))
    if json:
        print_json(_classified(evaluation.name, report))
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


def _classified(evaluation: str, report: "MultiLabel") -> "Classified":
    def figures(score: "LabelScore") -> "LabelFigures":
        return {
            "name": score.name,
            "precision": score.precision,
            "recall": score.recall,
            "f1": score.f1,
            "support": score.support,
        }

    return {
        "evaluation": evaluation,
        "images": report.images,
        "threshold": {"pixels": report.threshold.pixels, "percent": report.threshold.percent},
        "exact_match": report.exact_match,
        "accuracy": report.accuracy,
        "classes": [figures(score) for score in report.classes],
        "averages": [figures(score) for score in report.averages],
        "confusion": report.confusion.tolist(),
    }
