"""The entry of `bddseg-tui`: answers `--version` at once, opens a folder that is named, else runs a command."""

import gc
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bddseg_tui.tui.cli.open_words import OpenWords


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
        from bddseg_tui.tui.cli.open_words import means_open, plain_open

        front = split_front_options(words)
        words = list(front.rest)
        if front.workspace is not None:
            os.environ["BDDSEG_WORKSPACE"] = front.workspace
        in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        if in_terminal and (plain := plain_open(words)) is not None:
            workspace = plain.workspace
            return _open(plain)
        from bddseg_tui.tui.cli.root import run

        return run([*front.flags, *(["open"] if means_open(words) else []), *words])
    except BaseException as error:
        return end(error, workspace)


def _open(words: "OpenWords") -> int:
    # Nothing that starting makes is garbage, and looking for it takes a tenth of the start; the app does it again
    # when it has drawn its first picture.
    gc.disable()
    # asyncio does without TLS where there is none, and the app has no use for it there.
    sys.modules["ssl"] = None  # type: ignore[assignment]
    import asyncio  # noqa: F401

    del sys.modules["ssl"]
    from bddseg_tui.core.workspace.workspace import open_workspace
    from bddseg_tui.tui.start import start_app

    return start_app(open_workspace(words.workspace), words.dataset, words.images, debug=words.debug)


if __name__ == "__main__":
    main()
