"""The program of all commands, and how errors end it."""

import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from bddseg_tui.tui.cli import COMMANDS, GROUPS
from bddseg_tui.tui.cli.examples import add_examples
from bddseg_tui.tui.cli.front_options import FLAGS
from bddseg_tui.tui.cli.loudness import LOG, be_quiet, be_verbose, is_verbose, speak_normally
from bddseg_tui.tui.cli.wrong_usage import PROGRAM, wrong_usage

_CommandLineError: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
"""Click's base of everything that is wrong with words; newer versions of Typer bring their own Click along."""


def build_program(names: Iterable[str] = COMMANDS) -> Any:
    """The program with these commands, as Click has it. Only their files are imported: a person waits for that."""
    app = typer.Typer(
        name=PROGRAM,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="`bddseg-tui DIR` opens the app on a dataset; without DIR it opens the last one. `--workspace DIR` may "
        "stand before any command.",
    )
    app.callback()(_root)
    for panel, members in GROUPS.items():
        for name in members:
            if name in names:
                import_module(f"bddseg_tui.tui.cli.{name}").add_to(app, panel)
    program: Any = typer.main.get_command(app)
    # Typer puts groups behind all single commands.
    program.commands = {name: program.commands[name] for name in COMMANDS if name in program.commands}
    _add_everywhere(program, [p for p in program.params if p.name in ("verbose", "quiet")])
    add_examples(program)
    return program


def _say_version(wanted: bool) -> None:
    if wanted:
        from bddseg_tui.core import __version__

        print(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _root(
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Also say details: folders, processes, times, and where an error comes from.",
            callback=be_verbose,
            is_eager=True,
            expose_value=False,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Say results and errors alone: no notes, warnings or progress.",
            callback=be_quiet,
            is_eager=True,
            expose_value=False,
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=_say_version, is_eager=True, expose_value=False),
    ] = False,
) -> None:
    """Browse, train, evaluate and ask: semantic segmentation of driving scenes, in the terminal."""


def _add_everywhere(command: Any, parameters: list[Any]) -> None:
    """Lets options of the program stand behind each command as well."""
    for sub in getattr(command, "commands", {}).values():
        sub.params.extend(parameters)
        _add_everywhere(sub, parameters)


def run(words: list[str]) -> int:
    """Runs one command; returns the exit code. Whatever happens is told in one line."""
    from bddseg_tui.tui.command_exit import INTERRUPTED, USAGE, end, flush, interruptible, say_last

    speak_normally()
    begun, program = time.perf_counter(), None
    try:
        program = build_program(_needed(words))
        with interruptible():
            code = program.main(args=words, prog_name=PROGRAM, standalone_mode=False)
            LOG.debug("took %.2f s", time.perf_counter() - begun)
            flush()
        return code if isinstance(code, int) else 0
    except _CommandLineError as error:
        if type(error).__name__ != "NoArgsIsHelpError":
            say_last(f"error: {wrong_usage(error, program, words)}")
        return USAGE
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
        return end(error, _named_workspace(words), traceback=is_verbose())


def _needed(words: list[str]) -> tuple[str, ...]:
    """The command that the words begin with; all where they begin with none, since help and advice name all."""
    first = next((word for word in words if word not in FLAGS), "")
    return (first,) if first in COMMANDS else COMMANDS


def _named_workspace(words: list[str]) -> Path | None:
    """The workspace among the words, for the log of mistakes, which may come up before they are understood."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name == "--workspace" and (value if equals else following):
            return Path(value if equals else following)
    return None
