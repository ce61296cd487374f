"""The entry of `bddseg-tui`: answers `--version` at once, opens a folder that is named, else runs a command."""

import sys
from pathlib import Path


def main() -> None:
    """Runs the command line and exits with 0, 1 (it failed), 2 (wrong usage) or 130 (interrupted)."""
    words = sys.argv[1:]
    if words == ["--version"]:
        from core import __version__

        print(f"bddseg-tui {__version__}")
        return
    from tui.cli.root import COMMANDS, run

    first = next((i for i, w in enumerate(words) if not w.startswith("-")), None)
    if (
        not words
        or (words[0].startswith("-") and words[0] not in ("--help", "-h") and first is None)
        or (first == 0 and words[0] not in COMMANDS and Path(words[0]).expanduser().is_dir())
        or (words[0].startswith("--") and words[0] not in ("--help", "--install-completion", "--show-completion"))
    ):
        words = ["open", *words]
    sys.exit(run(words))


if __name__ == "__main__":
    main()
