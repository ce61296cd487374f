"""`runs`, `runs show` and `runs delete`; `runs samples` has a file of its own."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, RunArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, tell, warn
from bddseg_tui.tui.cli.run_samples import samples

if TYPE_CHECKING:
    from bddseg_tui.core.jobs.job import Status
    from bddseg_tui.core.runs.best_epoch import Best
    from bddseg_tui.core.runs.history import EpochPoint
    from bddseg_tui.core.runs.run import Run
    from bddseg_tui.tui.cli.json_output.training_outputs import Deleted, RunRow, RunShown

FilterOption = Annotated[
    str,
    typer.Option("--filter", metavar="TERMS", help="Those that fit alone: camvid state:failed miou>40% sort:-miou."),
]

runs_app = typer.Typer(invoke_without_command=True, help="List runs, show one, delete one.")
runs_app.command("samples")(samples)


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.add_typer(runs_app, name="runs", rich_help_panel=panel)


@runs_app.callback()
def runs(
    context: typer.Context, terms: FilterOption = "", json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """List every run, newest first."""
    if context.invoked_subcommand:
        return
    from bddseg_tui.core.runs.run_filter import parse_runs
    from bddseg_tui.core.runs.run_states import RunState
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.tables import runs_table

    query, engine = parse_runs(terms), open_engine(workspace)
    known = engine.runs.summaries().read()
    states = [RunState(run.run, run.status) for run in query.select(known)]
    best = engine.runs.best_epochs(states)
    if json:
        print_json([_row(s.run, s.status, best[s.run.name]) for s in states])
    elif states:
        console().print(runs_table(states, best))
        for problem in filter(None, (s.run.problem for s in states)):
            warn(problem)
    elif known:
        note("no run fits")
    else:
        note("there are no runs yet: start one with `bddseg-tui train DIR`")


@runs_app.command("show")
def show(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show a run's state, settings and epochs."""
    from bddseg_tui.tui.cli.tables import print_run

    engine = open_engine(workspace)
    found = engine.runs.find(run)
    history = engine.runs.history(found)
    if json:
        row = _row(found, found.status, history.best)
        shown: RunShown = {**row, "config": found.spec["train"], "epochs": engine.runs.epochs(found)}
        print_json(shown)
    else:
        print_run(found, history)
        if told := history.left_out.tell("event", found.name):
            warn(told)


@runs_app.command("delete")
def delete(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Delete a run that nothing uses, with its evaluations."""
    engine = open_engine(workspace)
    found = engine.runs.find(run)
    left = engine.runs.delete(found)
    if left:
        warn(left)
    facts: Deleted = {"deleted": found.name}
    if left:
        facts["left"] = left
    tell(json, f"deleted {found.name}", facts)


def _row(run: "Run", status: "Status", best: "Best | EpochPoint | None") -> "RunRow":
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
