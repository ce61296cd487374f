"""`resume`: a run goes on from its last checkpoint."""

from typing import TYPE_CHECKING

import typer

from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.follow_job import follow_training, wait_until_it_trains
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import FollowOption, JsonOption, QueueOption, RunArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import tell

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.training_outputs import Started


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(resume)


def resume(
    run: RunArgument,
    queue: QueueOption = False,
    follow: FollowOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Go on with a run from its last checkpoint."""
    engine = open_engine(workspace)
    found = engine.runs.find(run)
    engine.runs.resume(found, queue)
    waits = "" if follow else wait_until_it_trains(engine, found)
    facts: Started = {"run": found.name, "folder": sanitize_path(found.folder)}
    tell(json, f"resumed {found.name}{waits}", facts)
    if follow:
        follow_training(engine, found)
