"""`predict`: masks of a split, a folder or a video."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import (
    CheckpointOption,
    JsonOption,
    RunArgument,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import Predicted


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(predict)


def predict(
    run: RunArgument,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SOURCE]", parser=typed_path, help="A folder of images, or a video file.", show_default=False
        ),
    ] = None,
    to: Annotated[
        Path,
        typer.Option(
            "--to", metavar="DIR", parser=typed_path, help="Where masks/, colour/ and overlay/ go.", show_default=False
        ),
    ] = Path("predictions"),
    split: Annotated[
        str,
        typer.Option(help="A split of the run's dataset, where no SOURCE is named.", autocompletion=completions.splits),
    ] = "test",
    checkpoint: CheckpointOption = "best",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Predict a split, a folder or a video: train id masks, colour previews, overlays and a summary."""
    from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow

    engine = open_engine(workspace)
    found = engine.runs.find(run, trained=True)
    label = f"predict {found.name}"
    _, status = start_and_follow(engine, lambda: engine.runs.predict(found, to, source or split, checkpoint), label)
    expect_finished(status, label)
    facts: Predicted = {"run": found.name, "source": sanitize(str(source or split)), "to": sanitize_path(to)}
    tell(json, f"written to {facts['to']}", facts)
