"""`train`, `resume`, `runs`, `evaluate` and `evaluations`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli.output import (
    DatasetArgument,
    JsonOption,
    RunArgument,
    WorkspaceOption,
    engine,
    note,
    print_json,
    say,
    tell,
)

if TYPE_CHECKING:
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.jobs.job import Status
    from bddseg_tui.core.jobs.run_events import EpochEvent
    from bddseg_tui.core.runs.best_epoch import Best
    from bddseg_tui.core.runs.history import EpochPoint
    from bddseg_tui.core.runs.run import Run

CheckpointOption = Annotated[str, typer.Option(help="best or last.")]
FollowOption = Annotated[bool, typer.Option("--follow", help="Stay and show it; Ctrl+C leaves it running.")]
RESULT_KEYS = (
    *("run", "checkpoint", "split", "tta", "images", "pixel_accuracy", "miou19", "miou20"),
    *("boundary_miou19", "ece", "calibration", "classes"),
)
runs_app = typer.Typer(invoke_without_command=True, help="List runs, show one, delete one.")

evaluations_app = typer.Typer(invoke_without_command=True, help="List evaluations, delete one.")


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the root."""
    for command in (train, resume, evaluate):
        app.command()(command)
    app.add_typer(runs_app, name="runs")
    app.add_typer(evaluations_app, name="evaluations")


def train(
    dataset: DatasetArgument,
    preset: Annotated[str, typer.Option(help="cross-entropy, focal, strong, seed or demo.")] = "cross-entropy",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
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
    from bddseg_tui.core.runs.config import build_config

    core = engine(workspace)
    settings = [*(assignments or ()), *(["compile=true"] if compile else [])]
    settings += [f"processes={processes}"] if processes else []
    if create:
        run = core.runs.create(dataset, build_config(preset, settings, config), preset)
        tell(json, sanitize_path(run.folder), run=run.name, folder=sanitize_path(run.folder))
        return
    run = core.runs.train(dataset, build_config(preset, settings, config), preset)
    if not follow:
        # Missing weights or a wrong device show themselves within seconds: wait for them.
        status = core.runs.wait(run.folder, until=lambda s: s.phase in ("cache", "train", "validate"))
        if status.state == "failed":
            raise BddsegError(status.message)
    if json:
        print_json({"run": run.name, "folder": sanitize_path(run.folder)})
    else:
        note(f"run {run.name} in {sanitize_path(run.folder)}")
    if follow:
        _follow(core, run.folder, run.name)


def resume(
    run: RunArgument, follow: FollowOption = False, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """Go on with a run from its last checkpoint."""
    core = engine(workspace)
    found = core.runs.find(run)
    core.runs.resume(found)
    if json:
        print_json({"run": found.name, "folder": sanitize_path(found.folder)})
    else:
        note(f"resumed {found.name}")
    if follow:
        _follow(core, found.folder, found.name)


@runs_app.callback()
def runs(context: typer.Context, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List every run, newest first."""
    if context.invoked_subcommand:
        return
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.tables import runs_table

    core = engine(workspace)
    states = core.runs.run_states().read()
    best = core.runs.best_epochs(states)
    if json:
        print_json([_run_json(s.run, s.status, best[s.run.name]) for s in states])
    elif states:
        console().print(runs_table(states, best))
        for problem in filter(None, (s.run.problem for s in states)):
            note(f"warning: {problem}")
    else:
        note("there are no runs yet: start one with `bddseg-tui train DIR`")


@runs_app.command("show")
def show(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show a run's state, settings and epochs."""
    from bddseg_tui.tui.cli.tables import print_run

    core = engine(workspace)
    found = core.runs.find(run)
    history = core.runs.history(found)
    if json:
        facts = _run_json(found, found.status, history.best)
        print_json({**facts, "config": found.spec["train"], "epochs": _epochs(found)})
    else:
        print_run(found, history)
        if told := history.left_out.tell("event", found.name):
            note(f"warning: {told}")


@runs_app.command("delete")
def delete(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Delete a run that nothing uses, with its evaluations."""
    core = engine(workspace)
    found = core.runs.find(run)
    left = core.runs.delete(found)
    if left:
        note(f"warning: {left}")
    tell(json, f"deleted {found.name}", deleted=found.name, **({"left": left} if left else {}))


def evaluate(
    run: RunArgument,
    split: Annotated[str, typer.Option(help="A split with masks.")] = "val",
    checkpoint: CheckpointOption = "best",
    tta: Annotated[
        Tta,
        typer.Option(help="Average over mirror images, or over four scales too; kept apart under a name of its own."),
    ] = "none",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Evaluate a checkpoint at the dataset's own resolution."""
    from bddseg_tui.core.runs.evaluation import load_evaluation
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.follow import expect_finished, start_and_follow
    from bddseg_tui.tui.cli.output import overall
    from bddseg_tui.tui.cli.tables import class_table
    from bddseg_tui.tui.shared.format import percent

    core = engine(workspace)
    found = core.runs.find(run, trained=True)
    label = f"evaluate {found.name}"
    folder, status = start_and_follow(core, lambda: core.runs.evaluate(found, split, checkpoint, tta), label)
    expect_finished(status, label)
    result = load_evaluation(folder)
    if json:
        print_json({key: result.raw.get(key) for key in RESULT_KEYS})
        return
    console().print(class_table(result.classes, f"{result.name}, {result.images:,} images"))
    say(overall(result.pixel_accuracy, result.miou19, result.miou20))
    say(
        f"boundary mIoU19 {percent(result.boundary_miou19, 2)} %  expected calibration error {percent(result.ece, 2)} %"
    )
    say(f"written to {sanitize_path(folder)}")


@evaluations_app.callback()
def evaluations(context: typer.Context, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List every finished evaluation, newest run first."""
    if context.invoked_subcommand:
        return
    from bddseg_tui.tui.cli.output import overall

    found = engine(workspace).analysis.list_evaluations()
    if json:
        print_json([{key: e.raw.get(key) for key in RESULT_KEYS} for e in found.found])
    for e in [] if json else found.found:
        say(f"{e.name:<32} {e.images:>6,} images  {overall(e.pixel_accuracy, e.miou19, e.miou20)}")
    for name, why in found.unreadable:
        note(f"{name} cannot be read: {why}")
    if not found.found and not json:
        note("there are no evaluations yet: make one with `bddseg-tui evaluate RUN`")


@evaluations_app.command("delete")
def delete_evaluation(
    name: Annotated[str, typer.Argument(metavar="RUN/CHECKPOINT-SPLIT", help="As `evaluations` lists it.")],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete an evaluation with its predictions and scores."""
    core = engine(workspace)
    left = core.analysis.delete(core.runs.find(name.partition("/")[0]), name)
    if left:
        note(f"warning: {left}")
    tell(json, f"deleted {sanitize(name)}", deleted=sanitize(name), **({"left": left} if left else {}))


def _follow(core: "Engine", folder: Path, name: str) -> None:
    from bddseg_tui.tui.cli.follow import start_and_follow

    _, status = start_and_follow(core, lambda: folder, name)
    note(f"{name} {status.state}")


def _epochs(run: "Run") -> "list[EpochEvent]":
    from bddseg_tui.core.jobs.events import read_events, rewind

    return [e for e in rewind(read_events(run.events, ("epoch", "start", "resume"))) if e["kind"] == "epoch"]


def _run_json(run: "Run", status: "Status", best: "Best | EpochPoint | None") -> dict[str, object]:
    return {
        "run": run.name,
        "state": status.state,
        "message": status.message,
        "done": status.done,
        "total": status.total,
        "preset": run.preset,
        "dataset": run.shown_dataset,
        "problem": run.problem,
        "folder": sanitize_path(run.folder),
        "best_epoch": best.epoch if best else None,
        "best_miou19": best.miou19 if best else None,
        "checkpoints": run.checkpoints(),
    }
