"""`doctor`: what is known of the terminal, and what would give it more."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.settings import load_settings, save_images
from bddseg_tui.core.workspace.workspace import Workspace, open_workspace
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import print_json, say, write

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.terminal_outputs import TerminalReport
    from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
    from bddseg_tui.tui.terminal.protocol import ImageProtocol

_PATIENCE_S = 2.0


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(doctor)


def doctor(
    pictures: Annotated[bool, typer.Option(help="Draw a picture in each way, and ask what is seen.")] = True,
    forget: Annotated[bool, typer.Option("--forget", help="Forget how pictures are drawn in this terminal.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say what is known of the terminal: colours, pictures, and what tmux or ssh would need."""
    from bddseg_tui.tui.terminal.protocol import cell_pixels
    from bddseg_tui.tui.terminal.report import advice, described

    opened = open_workspace(workspace)
    terminal = _known(opened)
    if forget:
        save_images(opened, terminal.name, None)
        terminal = replace(terminal, seen=tuple(kept for kept in terminal.seen if kept[0] != terminal.name))
    if json:
        print_json(_as_json(terminal))
        return
    for name, value in described(terminal, cell_pixels()):
        say(f"{name:<9} {value}")
    for line in advice(terminal):
        say(f"- {line}")
    if pictures and not forget and sys.stdin.isatty() and sys.stdout.isatty():
        _show_and_ask(opened, terminal)


def _known(workspace: Workspace) -> "TerminalCapabilities":
    """What the app would know in this terminal, with the same settings."""
    from bddseg_tui.tui.terminal.answers import ask_terminal
    from bddseg_tui.tui.terminal.capabilities import capabilities_at_start
    from bddseg_tui.tui.terminal.tmux import ask_tmux

    settings = load_settings(workspace)
    known = capabilities_at_start(settings.images, settings.colours, settings.charts, settings.seen)
    with _terminal() as handle:
        answers = None if handle is None else ask_terminal(known, handle, _PATIENCE_S)
    if answers is not None:
        known = known.with_answers(answers)
    return known.with_tmux(ask_tmux()) if known.multiplexer == "tmux" else known


@contextlib.contextmanager
def _terminal() -> Iterator[int | None]:
    """The terminal that any of the streams is connected to."""
    name = next((os.ttyname(stream) for stream in range(3) if os.isatty(stream)), None)
    try:
        handle = None if name is None else os.open(name, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        handle = None
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


def _show_and_ask(workspace: Workspace, terminal: "TerminalCapabilities") -> None:
    from bddseg_tui.tui.terminal.sample_picture import drawn_by, ways

    tried = ways(terminal)
    say()
    say("A red disc before a sky that goes from blue to white, over a road that goes from black to white:")
    for number, way in enumerate(tried, 1):
        say(f"{number} {way}")
        sys.stdout.write(drawn_by(way, terminal))
        sys.stdout.flush()
    chosen = _asked(tried)
    if chosen is None:
        say(f"nothing is kept: pictures are drawn as {terminal.images.value}")
        return
    save_images(workspace, terminal.name, chosen)
    say(f"kept: in {terminal.name} pictures are drawn as {chosen}")


def _asked(tried: "tuple[ImageProtocol, ...]") -> "ImageProtocol | None":
    """The way that a person names by its number; None for an empty line, or the end of the input."""
    while True:
        write(f"Which is the best of those that are seen whole? 1 to {len(tried)}, or Enter to keep nothing: ")
        line = sys.stdin.readline()
        word = line.strip()
        if not word:
            return None
        if word.isascii() and word.isdecimal() and 1 <= int(word) <= len(tried):
            return tried[int(word) - 1]


def _as_json(terminal: "TerminalCapabilities") -> "TerminalReport":
    from bddseg_tui.tui.terminal.protocol import PROTOCOLS, cell_pixels
    from bddseg_tui.tui.terminal.report import advice

    wide, high = cell_pixels()
    tmux, seen = terminal.tmux, dict(terminal.seen).get(terminal.name)
    return {
        "terminal": terminal.program,
        "term": terminal.term,
        "answered": terminal.answers is not None,
        "multiplexer": terminal.multiplexer,
        "ssh": terminal.over_ssh,
        "colours": terminal.color_count,
        "colours_because": terminal.colors.because,
        "pictures": terminal.image_protocol,
        "pictures_because": terminal.images.because,
        "braille": terminal.braille,
        "cell_width": wide,
        "cell_height": high,
        "tmux": None
        if tmux is None
        else {
            "version": tmux.version,
            "outer_term": tmux.outer_term,
            "outer_program": tmux.outer_program,
            "features": sorted(tmux.features),
            "sixel": tmux.sixel,
            "passthrough": tmux.passthrough,
        },
        "seen": next((way for way in PROTOCOLS if way == seen), None),
        "advice": advice(terminal),
    }
