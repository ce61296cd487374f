"""The entry of `bddseg-tui`: answers `--version` at once, opens a folder that is named, else runs a command."""

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

OPEN_OPTIONS = ("--workspace", "--images")


def main() -> None:
    """Runs the command line and exits as `tui.command_exit` says."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # Before all else is imported: Ctrl+C ends the process without a traceback out of the middle of a module.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bddseg_tui.tui.command_exit import prepare_streams

    prepare_streams()
    sys.exit(_main(sys.argv[1:]))


def _main(words: list[str]) -> int:
    from bddseg_tui.tui.command_exit import end, flush

    workspace = None
    try:
        from bddseg_tui.tui.cli import COMPLETION_VARIABLE

        if COMPLETION_VARIABLE in os.environ:
            # Typer takes it from here only where no words stand for something else first.
            from bddseg_tui.tui.cli.shell_completion import answer

            return answer()
        if words == ["--version"]:
            from bddseg_tui.core import __version__

            print(f"bddseg-tui {__version__}")
            flush()
            return 0
        from bddseg_tui.tui.cli.front_options import split_front_options

        front = split_front_options(words)
        words = list(front.rest)
        if front.workspace is not None:
            os.environ["BDDSEG_WORKSPACE"] = front.workspace
        in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        if in_terminal and (plain := plain_open(words)) is not None:
            workspace = plain[1]
            return _open(*plain)
        from bddseg_tui.tui.cli.root import run

        return run([*front.flags, *(["open"] if means_open(words) else []), *words])
    except BaseException as error:
        return end(error, workspace)


def means_open(words: list[str]) -> bool:
    """Whether `open` was left out: there are no words, or the first is an option of it, or looks like a folder."""
    from bddseg_tui.tui.cli import COMMANDS

    if not words:
        return True
    if words[0].startswith("-"):
        return words[0].partition("=")[0] in OPEN_OPTIONS
    return words[0] not in COMMANDS and (_is_folder(words[0]) or "/" in words[0] or words[0].startswith("~"))


def _is_folder(word: str) -> bool:
    from bddseg_tui.core.files.typed_path import typed_path

    return os.path.isdir(typed_path(word))  # noqa: PTH112 (Path.is_dir raises where a word is too long for a name)


def plain_open(words: list[str]) -> "tuple[Path | None, Path | None, str] | None":
    """(dataset, workspace, images) of words that only open the app; None for everything else, mistakes too.

    Typer would take them as well, but importing it takes a third of the time to the first content.
    """
    from bddseg_tui.tui.cli import COMMANDS

    if words and words[0] in COMMANDS and words[0] != "open":
        return None
    words = words[1:] if words[:1] == ["open"] else words
    options = {"--workspace": "", "--images": "auto"}
    folders = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in options:
            options[name] = value if equals else next(rest, "")
        elif word.startswith("-"):
            return None
        else:
            folders.append(word)
    from bddseg_tui.core.settings import IMAGES

    images = options["--images"]
    if len(folders) > 1 or images not in IMAGES:
        return None
    if folders and not _is_folder(folders[0]):
        return None
    from bddseg_tui.core.files.typed_path import typed_path

    return (
        typed_path(folders[0]) if folders else None,
        typed_path(options["--workspace"]) if options["--workspace"] else None,
        images,
    )


def _open(dataset: "Path | None", workspace: "Path | None", images: str) -> int:
    from bddseg_tui.core.workspace.workspace import open_workspace
    from bddseg_tui.tui.start import start_app

    return start_app(open_workspace(workspace), dataset, images)


if __name__ == "__main__":
    main()
