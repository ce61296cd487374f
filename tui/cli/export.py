"""`export`: a model for other programs, checked against the one it was made from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.export_kinds import EXPORTS, parse_export_kind
from bddseg_tui.core.sanitize import sanitize_path
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
    from bddseg_tui.tui.cli.json_output.evaluation_outputs import ExportedModel


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(export)


def export(
    run: RunArgument,
    kind: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="KIND",
            help=f"{', '.join(EXPORTS)}.",
            show_default=False,
            autocompletion=completions.export_kinds,
        ),
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
    from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow

    engine = open_engine(workspace)
    found = engine.runs.find(run, trained=True)
    to = folder or Path(f"{found.name}-{kind}")
    job, status = start_and_follow(
        engine, lambda: engine.runs.export(found, kind, to, checkpoint), f"export {found.name}"
    )
    expect_finished(status, f"export {found.name}")
    made = engine.runs.exported(job)
    files, difference = list(made.files), made.max_difference
    text = f"{sanitize_path(to)}: {', '.join(files)}; logits differ from the model's by at most {difference:.2e}"
    facts: ExportedModel = {
        "run": found.name,
        "kind": parse_export_kind(kind),
        "to": sanitize_path(to),
        "max_difference": difference,
        "files": files,
    }
    tell(json, text, facts)
