"""`queue`: runs that wait for a device, in order; and `devices`, which says who uses them."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.runs.queue import QueuedRun
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, RunArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say, tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.job_outputs import QueueRemoved, QueueRow, QueueStarted

queue_app = typer.Typer(invoke_without_command=True, help="List the runs that wait for a device; start, move, remove.")


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.add_typer(queue_app, name="queue", rich_help_panel=panel)


@queue_app.callback()
def queue(context: typer.Context, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the runs that wait for a device, in the order in which they will train."""
    if context.invoked_subcommand:
        return
    found = open_engine(workspace).queue.runs()
    if json:
        print_json(_rows(found))
        return
    if not found:
        note("no run waits: `bddseg-tui train DIR --queue` has one wait until a device is free")
    for place, queued in enumerate(found, start=1):
        say(f"{place:>3}  {queued.run.name:<24} {queued.status.message if queued.waits else 'its process was ended'}")
    if ended := sum(not queued.waits for queued in found):
        note(f"{ended} of them wait no more, as after a restart: `bddseg-tui queue start` has them wait again")


@queue_app.command("start")
def start(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Have those wait again whose processes were ended, as by a restart of the machine."""
    started = open_engine(workspace).queue.start()
    facts: QueueStarted = {"started": [run.name for run in started]}
    tell(json, "\n".join(f"{run.name} waits again" for run in started) or "none had been ended", facts)


@queue_app.command("move")
def move(
    run: RunArgument,
    place: Annotated[int, typer.Argument(min=1, help="1 is the next one to train.", show_default=False)],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Give a run that waits another place."""
    engine = open_engine(workspace)
    engine.queue.move(engine.runs.find(run), place)
    found = engine.queue.runs()
    if json:
        print_json(_rows(found))
    for number, queued in enumerate(() if json else found, start=1):
        say(f"{number:>3}  {queued.run.name}")


@queue_app.command("remove")
def remove(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Take a run out of the queue; it can be resumed later."""
    engine = open_engine(workspace)
    found = engine.runs.find(run)
    engine.queue.remove(found)
    engine.runs.wait(found.folder)
    facts: QueueRemoved = {"removed": found.name}
    tell(json, f"{found.name} is out of the queue: `bddseg-tui resume {found.name}` starts it", facts)


def _rows(found: tuple[QueuedRun, ...]) -> "list[QueueRow]":
    return [
        {
            "run": q.run.name,
            "place": place,
            "waits": q.waits,
            "devices": list(q.wants),
            "needs": q.needs,
            "message": q.status.message,
            "folder": sanitize_path(q.run.folder),
        }
        for place, q in enumerate(found, start=1)
    ]
