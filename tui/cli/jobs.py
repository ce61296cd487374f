"""`jobs`: what is running, of every kind."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.jobs.job import SECONDS_LEFT
from bddseg_tui.core.runs.job_list import Job
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json
from bddseg_tui.tui.cli.stop import stop

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.job_outputs import JobRow

jobs_app = typer.Typer(invoke_without_command=True, help="List what is running; stop one.")
jobs_app.command("stop")(stop)

AllOption = Annotated[bool, typer.Option("--all", help="Also those that have ended.")]


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.add_typer(jobs_app, name="jobs", rich_help_panel=panel)


@jobs_app.callback()
def jobs(
    context: typer.Context, ended: AllOption = False, json: JsonOption = False, workspace: WorkspaceOption = None
) -> None:
    """List every job that is running: training, evaluating, predicting, exporting, indexing, label errors."""
    if context.invoked_subcommand:
        return
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.tables import jobs_table

    found = open_engine(workspace).runs.jobs(ended)
    if json:
        print_json([_job_row(job) for job in found])
    elif found:
        console().print(jobs_table(found))
    else:
        note("no job is running" + ("" if ended else "; `bddseg-tui jobs --all` lists those that have ended"))


def _job_row(job: Job) -> "JobRow":
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
