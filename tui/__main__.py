"""The entry of `bddseg-tui`: answers `--version` at once, opens a folder that is named, else runs a command."""

import sys
from pathlib import Path

from tui.cli import COMMANDS

IMAGES = ("auto", "kitty", "sixel", "halfblock", "none")


def main() -> None:
    """Runs the command line and exits with 0, 1 (it failed), 2 (wrong usage) or 130 (interrupted)."""
    words = sys.argv[1:]
    if words == ["--version"]:
        from core import __version__

        print(f"bddseg-tui {__version__}")
        return
    in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if in_terminal and (plain := _plain_open(words)) is not None:
        sys.exit(_open(*plain))
    from tui.cli.root import run

    sys.exit(run(["open", *words] if _means_open(words) else words))


def _means_open(words: list[str]) -> bool:
    """Whether `open` was left out: there are no words, or the first is an option of it, or a folder."""
    if not words:
        return True
    if words[0].startswith("-"):
        return words[0] not in ("--help", "-h", "--install-completion", "--show-completion")
    return words[0] not in COMMANDS and Path(words[0]).expanduser().is_dir()


def _plain_open(words: list[str]) -> tuple[Path | None, Path | None, str] | None:
    """(dataset, workspace, images) of words that only open the app; None for everything else, mistakes too.

    Typer would take them as well, but importing it takes a third of the time to the first content.
    """
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
    images = options["--images"]
    if len(folders) > 1 or images not in IMAGES:
        return None
    if folders and not Path(folders[0]).expanduser().is_dir():
        return None
    return (
        Path(folders[0]) if folders else None,
        Path(options["--workspace"]) if options["--workspace"] else None,
        images,
    )


def _open(dataset: Path | None, workspace: Path | None, images: str) -> int:
    from core.errors import BddsegError
    from core.workspace import open_workspace
    from tui.start import start_app

    try:
        return start_app(open_workspace(workspace), dataset, images)
    except BddsegError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    main()
