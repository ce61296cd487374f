"""`predict` and `export`: using a trained model."""

from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli.output import JsonOption, RunArgument, WorkspaceOption, engine, tell

CheckpointOption = Annotated[str, typer.Option(help="best or last.")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the root."""
    for command in (predict, export):
        app.command()(command)


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
    split: Annotated[str, typer.Option(help="A split of the run's dataset, where no SOURCE is named.")] = "test",
    checkpoint: CheckpointOption = "best",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Predict a split, a folder or a video: train id masks, colour previews, overlays and a summary."""
    from bddseg_tui.tui.cli.follow import expect_finished, start_and_follow

    core = engine(workspace)
    found = core.runs.find(run, trained=True)
    label = f"predict {found.name}"
    _, status = start_and_follow(core, lambda: core.runs.predict(found, to, source or split, checkpoint), label)
    expect_finished(status, label)
    tell(
        json,
        f"written to {sanitize_path(to)}",
        run=found.name,
        source=sanitize(str(source or split)),
        to=sanitize_path(to),
    )


def export(
    run: RunArgument,
    kind: Annotated[
        str, typer.Option("--to", metavar="KIND", help="onnx, torchscript, smp or hub-folder.", show_default=False)
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", parser=typed_path, help="Default: RUN-KIND here.", show_default=False),
    ] = None,
    checkpoint: CheckpointOption = "best",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Export a checkpoint with a model card; the export is run and compared with the model."""
    from bddseg_tui.tui.cli.follow import expect_finished, start_and_follow

    core = engine(workspace)
    found = core.runs.find(run, trained=True)
    to = folder or Path(f"{found.name}-{kind}")
    job, status = start_and_follow(core, lambda: core.runs.export(found, kind, to, checkpoint), f"export {found.name}")
    expect_finished(status, f"export {found.name}")
    made = core.runs.exported(job)
    files, difference = list(made.files), made.max_difference
    text = f"{sanitize_path(to)}: {', '.join(files)}; logits differ from the model's by at most {difference:.2e}"
    tell(json, text, run=found.name, kind=kind, to=sanitize_path(to), max_difference=difference, files=files)
