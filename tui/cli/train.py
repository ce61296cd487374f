"""`train`: a training run as a job of its own."""

from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.config import build_config, preset_names
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.follow_job import follow_training, wait_until_it_trains
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import (
    DatasetArgument,
    FollowOption,
    JsonOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import note, print_json, tell


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(train)


def train(
    dataset: DatasetArgument,
    preset: Annotated[
        str, typer.Option(help=f"{', '.join(preset_names())}.", autocompletion=completions.presets)
    ] = "cross-entropy",
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting; may be repeated.",
            autocompletion=completions.assignments,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", parser=typed_path, help="A TOML file of settings.", show_default=False),
    ] = None,
    compile: Annotated[bool, typer.Option("--compile", help="The same as --set compile=true.")] = False,  # noqa: A002
    processes: Annotated[
        int | None, typer.Option(min=1, help="The same as --set processes=N: one a GPU.", show_default=False)
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the run only; a launcher of yours starts it.")] = False,
    follow: FollowOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Train a U-Net as a job of its own, which outlives this terminal."""
    engine = open_engine(workspace)
    settings = [*(assignments or ()), *(["compile=true"] if compile else [])]
    settings += [f"processes={processes}"] if processes else []
    if create:
        run = engine.runs.create(dataset, build_config(preset, settings, config), preset)
        tell(json, sanitize_path(run.folder), run=run.name, folder=sanitize_path(run.folder))
        return
    run = engine.runs.train(dataset, build_config(preset, settings, config), preset)
    if not follow:
        wait_until_it_trains(engine, run)
    if json:
        print_json({"run": run.name, "folder": sanitize_path(run.folder)})
    else:
        note(f"run {run.name} in {sanitize_path(run.folder)}")
    if follow:
        follow_training(engine, run)
