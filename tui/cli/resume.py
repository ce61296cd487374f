"""`resume`: a run goes on from its last checkpoint."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize, sanitize_path
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
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="epochs=N",
            help="Train to N epochs (or steps=N) in all, also a run that has finished; by the schedule of one so long.",
        ),
    ] = [],  # noqa: B006 (Typer's way)
    queue: QueueOption = False,
    follow: FollowOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Go on with a run from its last checkpoint."""
    length = _length(settings)
    engine = open_engine(workspace)
    found = engine.runs.find(run)
    engine.runs.resume(found, queue, **length)
    waits = "" if follow else wait_until_it_trains(engine, found)
    facts: Started = {"run": found.name, "folder": sanitize_path(found.folder)}
    tell(json, f"resumed {found.name}{waits}", facts)
    if follow:
        follow_training(engine, found)


def _length(settings: list[str]) -> dict[str, int]:
    """How many epochs or steps are asked for, by name.

    Raises:
        UsageError: another setting is to be changed, or it is no number.
    """
    length = {}
    for setting in settings:
        name, _, value = (part.strip() for part in setting.partition("="))
        if name not in ("epochs", "steps") or not value.isdecimal():
            raise UsageError(
                f"resume --set takes epochs=N or steps=N alone, not {sanitize(setting)!r}: start a new run for others"
            )
        length[name] = int(value)
    return length
