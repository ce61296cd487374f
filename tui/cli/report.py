"""`report`: an evaluation as one HTML page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli import completions
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

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import Reported


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(report)


def report(
    run: RunArgument,
    compare_with: Annotated[
        list[str] | None,
        typer.Option("--compare", metavar="RUN", help="Another run; may be repeated.", autocompletion=completions.runs),
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

    engine = open_engine(workspace)
    evaluation = find_evaluation(engine, run, split, checkpoint, tta)
    others = [find_evaluation(engine, other, split, checkpoint, tta) for other in compare_with or ()]
    files = [sanitize_path(f) for f in engine.analysis.report(evaluation, others, to, Forms(markdown, csv, charts))]
    if json:
        reported: Reported = {"evaluation": evaluation.name, "files": files}
        print_json(reported)
    for file in [] if json else files:
        say(file)
