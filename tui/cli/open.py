"""`open`: the app, also where no command is named."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.settings import Colours, Images
from bddseg_tui.core.workspace.workspace import open_workspace
from bddseg_tui.tui.cli.options import WorkspaceOption


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command("open", rich_help_panel=panel)(open_app)


def open_app(
    dataset: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", parser=typed_path, help="The dataset's folder; the last one if left out."),
    ] = None,
    images: Annotated[Images, typer.Option(help="How pictures are drawn.")] = "auto",
    colours: Annotated[Colours, typer.Option("--colours", "--colors", help="What the terminal has.")] = "auto",
    picture_bytes: Annotated[
        int, typer.Option(min=0, help="The most that a picture may take; 0: by the line.", show_default=False)
    ] = 0,
    debug: Annotated[
        bool, typer.Option("--debug", help="Log details too, and say where the log is when the app ends.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the app."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal; every other command works without one (see --help)")
    from bddseg_tui.tui.start import start_app

    raise typer.Exit(start_app(open_workspace(workspace), dataset, images, colours, picture_bytes, debug))
