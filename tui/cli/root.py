"""The program of all commands, and how errors end it."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from bddseg_tui.tui.cli import COMMANDS, GROUPS


def build_program(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with these commands. Only their files are imported: a person waits for that at each start."""
    app = typer.Typer(
        name="bddseg-tui",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Browse, train, evaluate and ask: semantic segmentation of driving scenes, in the terminal.",
        epilog="`bddseg-tui DIR` opens the app on a dataset; without DIR it opens the last one.",
    )
    app.callback()(lambda: None)
    for panel, members in GROUPS.items():
        for name in members:
            if name in names:
                import_module(f"bddseg_tui.tui.cli.{name}").add_to(app, panel)
    return app


def run(words: list[str]) -> int:
    """Runs one command; returns the exit code. Whatever happens is told in one line."""
    from bddseg_tui.tui.command_exit import INTERRUPTED, end, flush, interruptible

    try:
        command = typer.main.get_command(build_program(_needed(words)))
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
        if words == ["--install-completion"]:
            from bddseg_tui.tui.cli.zsh_script import finish_installation

            finish_installation()
        return stop.code if isinstance(stop.code, int) else 1
    except BaseException as error:
        return end(error, _named_workspace(words))


def _needed(words: list[str]) -> tuple[str, ...]:
    """The command that the words begin with; all where they begin with none, since help and advice name all."""
    return (words[0],) if words and words[0] in COMMANDS else COMMANDS


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
