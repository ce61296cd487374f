"""One picture drawn in each way, for a person to say which of them are seen as they should be."""

from PIL import Image, ImageDraw
from rich.console import Console

from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS, CellKind
from bddseg_tui.tui.terminal.cells import cell_strips
from bddseg_tui.tui.terminal.iterm2 import encode_iterm2
from bddseg_tui.tui.terminal.kitty import encode_kitty
from bddseg_tui.tui.terminal.protocol import ImageProtocol, cell_pixels
from bddseg_tui.tui.terminal.sixel import encode_sixel
from bddseg_tui.tui.terminal.tmux import through_tmux

CELLS = (18, 5)
_BYTES = 40_000


def ways(terminal: TerminalCapabilities) -> tuple[ImageProtocol, ...]:
    """The ways that are worth a try: control strings are not for those that print them."""
    if terminal.linux_console:
        return ("halfblock",)
    cells: tuple[ImageProtocol, ...] = ("halfblock", "quadrant", "sextant", "octant")
    return cells if terminal.multiplexer == "screen" else (*cells, "sixel", "iterm2", "kitty")


def sample_picture(size: tuple[int, int]) -> Image.Image:
    """A disc before a sky that goes from blue to white, over a road that goes from black to white; (width, height)."""
    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for x in range(width):
        share = x / max(1, width - 1)
        draw.line([(x, 0), (x, height * 2 // 3)], (round(70 + 185 * share), round(130 + 125 * share), 220))
        draw.line([(x, height * 2 // 3), (x, height)], (round(255 * share),) * 3)
    radius = height * 2 // 5
    box = (width // 2 - radius, height // 2 - radius, width // 2 + radius, height // 2 + radius)
    draw.ellipse(box, (220, 20, 60), (250, 170, 30), max(1, height // 20))
    return picture


def drawn_by(way: ImageProtocol, terminal: TerminalCapabilities) -> str:
    """The picture as it is written at the beginning of a line; the cursor is on the line below it then."""
    (columns, rows), (wide, high) = CELLS, cell_pixels()
    picture = sample_picture((columns * wide, rows * high))
    if way in CELL_KINDS:
        kind: CellKind = next(known for known in CELL_KINDS if known == way)
        across, down = CELL_KINDS[kind]
        small = picture.resize((columns * across, rows * down), Image.Resampling.BOX)
        strips = cell_strips(small, kind, colors=terminal.color_count)
        return _lines([strip.render(_console()) for strip in strips])
    if way == "kitty":
        kitty = encode_kitty(picture, CELLS, _BYTES)
        data = through_tmux(kitty.data) if terminal.multiplexer == "tmux" else kitty.data
        return data + _lines([strip.render(_console()) for strip in kitty.strips])
    data = encode_sixel(picture, _BYTES) if way == "sixel" else encode_iterm2(picture, CELLS, _BYTES)
    # Room first: at the bottom of the screen the picture would scroll, each terminal in its own manner.
    return "\n" * rows + f"\x1b[{rows}A\x1b7{data}\x1b8\x1b[{rows}B"


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _console() -> Console:
    return Console(color_system="truecolor", force_terminal=True)
