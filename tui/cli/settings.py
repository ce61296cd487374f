"""`settings`: how to search and what answers."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import (
    JsonOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import print_json, say, warn


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(settings)


def settings(
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            help="Such as clip=demo server=URL.",
            autocompletion=completions.retrieval_settings,
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show or change the settings of index and chat."""
    from bddseg_tui.core.retrieval.options import HELP, check_value

    engine = open_engine(workspace)
    wanted: dict[str, Any] = {}
    for change in changes or []:
        name, equals, value = change.partition("=")
        if not equals:
            raise UsageError(f"write NAME=VALUE, not {sanitize(change)!r}")
        wanted[name] = check_value(name, value)
    options = engine.retrieval.configure(**wanted) if wanted else engine.retrieval.options
    if told := engine.retrieval.skipped_settings.tell("setting", sanitize_path(engine.workspace.settings)):
        warn(told)
    if json:
        print_json(asdict(options))
        return
    for name, value in asdict(options).items():
        shown = {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
        say(f"{name:<13} {shown!s:<24} {HELP[name]}".rstrip())
