"""The root command and how errors end it."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tui.cli.output import WorkspaceOption

app = typer.Typer(
    name="bddseg-tui",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Browse, train, evaluate and ask: semantic segmentation of driving scenes, in the terminal.",
    epilog="`bddseg-tui DIR` opens the app on a dataset; without DIR it opens the last one.",
)


@app.callback()
def root() -> None:
    """Browse, train, evaluate and ask: semantic segmentation of driving scenes, in the terminal."""


@app.command("open")
def open_app(
    dataset: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The dataset's folder; the last one if left out.")
    ] = None,
    images: Annotated[
        Literal["auto", "kitty", "sixel", "halfblock", "none"], typer.Option(help="How pictures are drawn.")
    ] = "auto",
    workspace: WorkspaceOption = None,
) -> None:
    """Open the app."""
    from core.workspace import open_workspace

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from core.errors import UsageError

        raise UsageError("the app needs a terminal; every other command works without one (see --help)")
    from tui.start import start_app

    raise typer.Exit(start_app(open_workspace(workspace), dataset, images))


def run(words: list[str]) -> int:
    """Runs one command; returns the exit code. Errors that a person can act upon are one line."""
    from core.errors import BddsegError, UsageError

    _add_commands(words)
    try:
        typer.main.get_command(app).main(args=words, prog_name="bddseg-tui")
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BddsegError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) went away; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        from core.sanitize import sanitize_path

        where = f": {sanitize_path(error.filename)}" if error.filename else ""
        print(f"error: {error.strerror or error}{where}", file=sys.stderr)
        return 1


def _add_commands(words: list[str]) -> None:
    """Adds the groups of commands; opening the app imports none of them, since that time would be waited for."""
    if words[:1] == ["open"]:
        return
    from tui.cli import analysis, ask, data, demo, encoders, retrieval, runs, use

    app.add_typer(data.app, name="data")
    demo.add_to(app)
    runs.add_to(app)
    encoders.add_to(app)
    use.add_to(app)
    analysis.add_to(app)
    app.add_typer(retrieval.app, name="index")
    ask.add_to(app)
