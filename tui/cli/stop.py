"""`stop`, also as `jobs stop`: ending a job of any kind."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.job_outputs import JobStopped

JobArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A job's name as `jobs` lists it, or its beginning; a run's name or number, or `last`.",
        show_default=False,
        autocompletion=completions.jobs,
    ),
]
NowOption = Annotated[bool, typer.Option("--now", help="Kill it; steps since the last checkpoint are lost.")]


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(stop)


def stop(
    name: JobArgument, now: NowOption = False, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """Ask a job to end, and wait for it. A training run writes a checkpoint first."""
    engine = open_engine(workspace)
    job = engine.runs.job(name)
    engine.runs.stop_job(job, now)
    status = engine.runs.wait(job.folder)
    steps = "at step " if job.kind == "train" else "at "
    done = f" {steps}{status.done:,} of {status.total:,}" if status.total else ""
    facts: JobStopped = {
        "job": job.name,
        "run": job.run,
        "kind": job.kind,
        "state": status.state,
        "done": status.done,
        "total": status.total,
    }
    tell(json, f"{job.name} {status.state}{done}", facts)
