"""`jobs` and `stop`: what is running, of every kind, and ending it."""

from typing import Annotated

import typer

from bddseg_tui.core.jobs.job import SECONDS_LEFT
from bddseg_tui.core.runs.job_list import Job
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.output import JsonOption, WorkspaceOption, engine, note, print_json, tell

jobs_app = typer.Typer(invoke_without_command=True, help="List what is running; stop one.")

JobArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A job's name as `jobs` lists it, or its beginning; a run's name or number, or `last`.",
        show_default=False,
    ),
]
NowOption = Annotated[bool, typer.Option("--now", help="Kill it; steps since the last checkpoint are lost.")]
AllOption = Annotated[bool, typer.Option("--all", help="Also those that have ended.")]


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the root."""
    app.command()(stop)
    jobs_app.command("stop")(stop)
    app.add_typer(jobs_app, name="jobs")


@jobs_app.callback()
def jobs(
    context: typer.Context, ended: AllOption = False, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """List every job that is running: training, evaluating, predicting, exporting, building an index."""
    if context.invoked_subcommand:
        return
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.tables import jobs_table

    found = engine(workspace).runs.jobs(ended)
    if json:
        print_json([_job_json(job) for job in found])
    elif found:
        console().print(jobs_table(found))
    else:
        note("no job is running" + ("" if ended else "; `bddseg-tui jobs --all` lists those that have ended"))


def stop(
    name: JobArgument, now: NowOption = False, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """Ask a job to end, and wait for it. A training run writes a checkpoint first."""
    core = engine(workspace)
    job = core.runs.job(name)
    core.runs.stop_job(job, now)
    status = core.runs.wait(job.folder)
    steps = "at step " if job.kind == "train" else "at "
    done = f" {steps}{status.done:,} of {status.total:,}" if status.total else ""
    facts = {"run": job.run, "kind": job.kind, "state": status.state, "done": status.done, "total": status.total}
    tell(json, f"{job.name} {status.state}{done}", job=job.name, **facts)


def _job_json(job: Job) -> dict[str, object]:
    status = job.status
    return {
        "job": job.name,
        "kind": job.kind,
        "run": job.run,
        "state": status.state,
        "phase": status.phase,
        "done": status.done,
        "total": status.total,
        "seconds_left": status.facts.get(SECONDS_LEFT) if status.live else None,
        "message": status.message,
        "host": status.process.host if status.process else None,
        "pid": status.process.pid if status.process else None,
        "folder": sanitize_path(job.folder),
    }
