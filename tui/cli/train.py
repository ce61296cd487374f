"""`train`: a training run as a job of its own."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.follow_job import follow_training, wait_until_it_trains
from bddseg_tui.tui.cli.opening import named_or_last, open_engine
from bddseg_tui.tui.cli.options import (
    FollowOption,
    JsonOption,
    OptionalDatasetArgument,
    QueueOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import tell
from bddseg_tui.tui.cli.training_options import PRESETS, ConfigFileOption, PresetOption, SetOption
from bddseg_tui.tui.shared.format import format_bytes, format_duration

if TYPE_CHECKING:
    from bddseg_tui.core.runs.run import Run
    from bddseg_tui.core.runs.run_estimate import Estimate
    from bddseg_tui.tui.cli.json_output.training_outputs import Estimated, Started


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(train)


def train(
    dataset: OptionalDatasetArgument = None,
    preset: PresetOption = PRESETS[0],
    assignments: SetOption = None,
    config: ConfigFileOption = None,
    compile: Annotated[bool, typer.Option("--compile", help="The same as --set compile=true.")] = False,  # noqa: A002
    processes: Annotated[
        int | None, typer.Option(min=1, help="The same as --set processes=N: one a GPU.", show_default=False)
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the run only; a launcher of yours starts it.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say how long the run would take and how much memory; start nothing.")
    ] = False,
    queue: QueueOption = False,
    follow: FollowOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Train a U-Net as a job of its own, which outlives this terminal."""
    engine = open_engine(workspace)
    root = named_or_last(engine, dataset)
    settings = [*(assignments or ()), *(["compile=true"] if compile else [])]
    settings += [f"processes={processes}"] if processes else []
    if estimate:
        found = engine.configs.costs(root).estimate(build_config(preset, settings, config))
        tell(json, _estimate_text(found), _estimated(found))
        return
    if create:
        run = engine.runs.create(root, build_config(preset, settings, config), preset)
        tell(json, sanitize_path(run.folder), _started(run))
        return
    run = engine.runs.train(root, build_config(preset, settings, config), preset, queue)
    waits = "" if follow else wait_until_it_trains(engine, run)
    tell(json, f"run {run.name} in {sanitize_path(run.folder)}{waits}", _started(run))
    if follow:
        follow_training(engine, run)


def _estimate_text(found: "Estimate") -> str:
    time = f"about {format_duration(found.seconds)}" if found.seconds is not None else "how long is not known yet"
    memory = f", about {format_bytes(found.memory)} of memory" if found.memory is not None else ""
    memory += f", a cache of {format_bytes(found.cache)} on the disk"
    return f"{time} on {found.device}{memory}" + (f"; reckoned from {found.by}" if found.by else "")


def _estimated(found: "Estimate") -> "Estimated":
    return {
        "seconds": found.seconds,
        "memory": found.memory,
        "device": found.device,
        "by": found.by,
        "cache": found.cache,
    }


def _started(run: "Run") -> "Started":
    return {"run": run.name, "folder": sanitize_path(run.folder)}
