"""The root command and how errors end it."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.tui.cli.output import WorkspaceOption

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
        Path | None,
        typer.Argument(metavar="[DIR]", parser=typed_path, help="The dataset's folder; the last one if left out."),
    ] = None,
    images: Annotated[
        Literal["auto", "kitty", "sixel", "halfblock", "none"], typer.Option(help="How pictures are drawn.")
    ] = "auto",
    workspace: WorkspaceOption = None,
) -> None:
    """Open the app."""
    from bddseg_tui.core.workspace.workspace import open_workspace

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from bddseg_tui.core.errors import UsageError

        raise UsageError("the app needs a terminal; every other command works without one (see --help)")
    from bddseg_tui.tui.start import start_app

    raise typer.Exit(start_app(open_workspace(workspace), dataset, images))


def run(words: list[str]) -> int:
    """Runs one command; returns the exit code. Whatever happens is told in one line."""
    from bddseg_tui.tui.command_exit import INTERRUPTED, end, flush, interruptible

    try:
        _add_commands(words)
        command = typer.main.get_command(app)
        with interruptible():
            code = command.main(args=words, prog_name="bddseg-tui", standalone_mode=False)
            flush()
        return code if isinstance(code, int) else 0
    except _CommandLineError as error:
        return _wrong_usage(error)
    except typer.Abort:
        return INTERRUPTED
    except SystemExit as stop:
        # Typer's answer to a reader that is gone is to exit with 1.
        if isinstance(stop.__context__, BrokenPipeError):
            return end(stop.__context__, None)
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException as error:
        return end(error, _named_workspace(words))


_CommandLineError: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
"""Click's base of everything that is wrong with words; newer versions of Typer bring their own Click along."""


def _wrong_usage(error: Any) -> int:
    """Says in one line what is wrong with the words, and which command's help to read."""
    from bddseg_tui.core.sanitize import sanitize
    from bddseg_tui.tui.command_exit import USAGE, say_last

    if type(error).__name__ != "NoArgsIsHelpError":
        context = getattr(error, "ctx", None)
        path = sanitize(context.command_path) if context else "bddseg-tui"
        text = sanitize(error.format_message().strip().rstrip("."))
        say_last(f"error: {path}: {text[:1].lower()}{text[1:]} (see `{path} --help`)")
    return USAGE


def _named_workspace(words: list[str]) -> Path | None:
    """The workspace among the words, for the log of mistakes, which may come up before they are understood."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name == "--workspace" and (value if equals else following):
            return Path(value if equals else following)
    return None


def _add_commands(words: list[str]) -> None:
    """Adds the groups of commands; opening the app imports none of them, since that time would be waited for."""
    if words[:1] == ["open"] or app.registered_groups:
        return
    from bddseg_tui.tui.cli import analysis, ask, data, demo, encoders, jobs, runs
    from bddseg_tui.tui.cli import index as retrieval
    from bddseg_tui.tui.cli import predict_export as use
    from bddseg_tui.tui.cli import workspace as room

    app.add_typer(data.app, name="data")
    demo.add_to(app)
    runs.add_to(app)
    jobs.add_to(app)
    encoders.add_to(app)
    use.add_to(app)
    analysis.add_to(app)
    app.add_typer(retrieval.app, name="index")
    app.add_typer(room.app, name="workspace")
    ask.add_to(app)
