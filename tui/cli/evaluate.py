"""`evaluate`: a checkpoint on a split, at the dataset's own resolution."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import CheckpointOption, JsonOption, RunArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import overall, print_json, say

if TYPE_CHECKING:
    from bddseg_tui.core.runs.evaluation import Evaluation
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import EvaluationRow


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(evaluate)


def evaluate(
    run: RunArgument,
    split: Annotated[str, typer.Option(help="A split with masks.", autocompletion=completions.splits)] = "val",
    checkpoint: CheckpointOption = "best",
    tta: Annotated[
        Tta,
        typer.Option(help="Average over mirror images, or over four scales too; kept apart under a name of its own."),
    ] = "none",
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=typed_path,
            help="Another dataset than the run's, or where that one is by now.",
            show_default=False,
        ),
    ] = None,
    corrupt: Annotated[
        str,
        typer.Option(
            metavar="KINDS", help="Measure on spoilt images: fog,rain,night,blur,noise,jpeg,brightness, or all."
        ),
    ] = "",
    severity: Annotated[str, typer.Option(help="With --corrupt: how strongly, 1..5.")] = "1..5",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Evaluate a checkpoint at the dataset's own resolution."""
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.corrupted import measure_corrupted
    from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow
    from bddseg_tui.tui.cli.tables import class_table
    from bddseg_tui.tui.shared.format import percent

    engine = open_engine(workspace)
    found = engine.runs.find(run, trained=True)
    if corrupt:
        if data is not None or tta != "none":
            raise UsageError("--corrupt goes neither with --data nor with --tta")
        measure_corrupted(engine, found, split, checkpoint, corrupt, severity, json)
        return
    label = f"evaluate {found.name}"
    folder, status = start_and_follow(engine, lambda: engine.runs.evaluate(found, split, checkpoint, tta, data), label)
    expect_finished(status, label)
    result = engine.analysis.result(folder)
    if json:
        print_json(evaluation_row(result))
        return
    console().print(class_table(result.classes, f"{result.name}, {result.images:,} images"))
    say(overall(result.pixel_accuracy, result.miou19, result.miou20, result.unknown_ignored))
    say(
        f"boundary mIoU19 {percent(result.boundary_miou19, 2)} %  expected calibration error {percent(result.ece, 2)} %"
    )
    say(f"written to {sanitize_path(folder)}")


def evaluation_row(evaluation: "Evaluation") -> "EvaluationRow":
    """What `--json` prints of an evaluation; what those of earlier versions lack is null."""
    raw = evaluation.raw
    return {
        "run": evaluation.run,
        "checkpoint": evaluation.checkpoint,
        "split": evaluation.split,
        "tta": raw.get("tta"),
        "images": evaluation.images,
        "pixel_accuracy": evaluation.pixel_accuracy,
        "miou19": evaluation.miou19,
        "miou20": evaluation.miou20,
        "unknown_ignored": evaluation.unknown_ignored,
        "dataset": sanitize_path(Path(raw["dataset"])) if "dataset" in raw else None,
        "boundary_miou19": evaluation.boundary_miou19,
        "ece": evaluation.ece,
        "calibration": raw.get("calibration"),
        "classes": raw["classes"],
    }
