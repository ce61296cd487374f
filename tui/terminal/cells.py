"""Pictures as characters that divide a cell: half-blocks, quadrants, sextants and octants, two colours a cell.

Every way to divide a cell's pixels in two is tried, and the one kept whose two mean colours are nearest to them.

libchafa's binding (chafa.py 1.2.0) was turned down: with quadrants at 80x22 it takes 4 ms instead of 7, but draws .67
of the pixels of thin classes right instead of .72 (`benchmarks/cells.py`), and a photograph takes 60 kB instead of 32.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS, CellKind, glyphs
from bddseg_tui.tui.terminal.few_colors import Colors as TerminalColors
from bddseg_tui.tui.terminal.few_colors import code, numbered
from bddseg_tui.tui.terminal.raw_strip import RawStrip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Colors = NDArray[np.int16]

_ROUND = 4
_TOLERANCES: dict[TerminalColors, tuple[int, ...]] = {
    "truecolor": (4, 8, 12, 16, 24),
    "256": (0, 0, 10, 20, 40),
    "16": (0, 0),
}
"""Of a channel's 256 values: a colour that differs by no more from the one before it is not sent anew. A step of a
smooth sky is smaller than what the eye sees; runs of cells get one style, which saves 40 or 60 % of the bytes.

The first is for lines that are not slow. Over a slow one the first of the others is taken with which the picture has
no more than SLOW_BYTES, if any has: 131x37 cells of a street with trees take 78, 63, 52 or 37 kB.
"""
SLOW_BYTES = 54_000
_FULL = "█"


def cell_strips(
    picture: Image.Image,
    kind: CellKind,
    fine: bool = True,
    colors: TerminalColors = "truecolor",
    flat: bool = False,
    around: tuple[int, int, int] | None = None,
) -> list[Strip]:
    """Strips of an RGB picture whose size is a multiple of the pixels that a cell of this kind has.

    Args:
        picture: RGB.
        kind: how a cell is divided.
        fine: for lines that are not slow.
        colors: what the terminal has; where they are few, the picture is dithered.
        flat: whether it has areas of a few colours that the terminal has, which are left as they are.
        around: the colour around it, which is not mixed of others.
    """
    import numpy as np

    wide, high = CELL_KINDS[kind]
    columns, rows = picture.width // wide, picture.height // high
    picture = picture.convert("RGB")
    numbers: NDArray[np.int64] | None = None
    if colors != "truecolor":
        from bddseg_tui.tui.terminal.dithering import color_numbers, colors_of

        numbers = color_numbers(picture, colors, flat, around)
        picture = colors_of(numbers)
        numbers = _by_cell(numbers[..., None], kind)[..., 0]
    pixels = _by_cell(np.asarray(picture, np.float32), kind)
    masks, ink, paper = _split(pixels)
    shape = (rows, columns)
    if numbers is not None:
        # The nearest of the cell's own colours: a mean of two is a colour that is nowhere.
        ink, paper = (_nearest_of(pixels, numbers, color) for color in (ink, paper))
    cells = masks.reshape(shape), ink.reshape(*shape, -1), paper.reshape(*shape, -1)
    exact = numbers is None
    tolerances = _TOLERANCES[colors]
    strips: list[RawStrip] = []
    for tolerance in (tolerances[0],) if fine else tolerances[1:]:
        masks, ink, paper = _runs(*cells, (1 << wide * high) - 1, tolerance)
        strips = list(_strips(masks, _codes_of(ink, exact), _codes_of(paper, exact), glyphs(kind), exact))
        if flat or sum(strip.written_bytes for strip in strips) <= SLOW_BYTES:
            break
    return list(strips)


def _codes_of(colors: "Colors", exact: bool) -> "NDArray[Any]":
    """Colours (R, C, 3) as one number each (R, C); those of a palette (R, C, 4) have it behind them."""
    import numpy as np

    codes: NDArray[Any] = colors @ np.array([1 << 16, 1 << 8, 1]) if exact else colors[..., 3]
    return codes


def _by_cell(pixels: "NDArray[Any]", kind: CellKind) -> "NDArray[Any]":
    """Pixels (H, W, C) of a picture as those of its cells (N, P, C), row by row."""
    wide, high = CELL_KINDS[kind]
    rows, columns, channels = pixels.shape[0] // high, pixels.shape[1] // wide, pixels.shape[2]
    cells = pixels.reshape(rows, high, columns, wide, channels).transpose(0, 2, 1, 3, 4)
    return cells.reshape(rows * columns, high * wide, channels)


def _nearest_of(pixels: "NDArray[np.float32]", numbers: "NDArray[np.int64]", color: "Colors") -> "Colors":
    """The pixel of each cell that is nearest to a colour (N, 3): its red, green, blue and number (N, 4)."""
    import numpy as np

    which = ((pixels - color[:, None]) ** 2).sum(2).argmin(1)
    cell = np.arange(len(numbers))
    chosen: Colors = np.hstack([pixels[cell, which], numbers[cell, which][:, None]]).astype(np.int16)
    return chosen


def _split(pixels: "NDArray[np.float32]") -> "tuple[NDArray[np.int64], Colors, Colors]":
    """The best division of each cell (N, P, 3): its mask of pixels that have the ink, the ink, and the paper.

    Of centred pixels both halves have sums of one size s, so the squared error falls by s² (1/n + 1/m).
    """
    import numpy as np

    count = pixels.shape[1]
    # The last pixel has the paper, without loss: the other half of the masks swaps ink and paper.
    masks = np.arange(1, 1 << (count - 1))
    members = ((masks[:, None] >> np.arange(count)) & 1).astype(np.float32)
    sizes = members.sum(1)
    mean = pixels.mean(1)
    centred = np.ascontiguousarray((pixels - mean[:, None]).transpose(1, 2, 0)).reshape(count, -1)
    sums = (members @ centred).reshape(len(masks), 3, -1)
    gain = np.einsum("kcn,kcn->kn", sums, sums) * (1 / sizes + 1 / (count - sizes))[:, None]
    best = gain.argmax(0)
    chosen = sums[best, :, np.arange(len(pixels))]
    size = sizes[best][:, None]
    ink, paper = mean + chosen / size, mean - chosen / (count - size)
    return masks[best], _rounded(ink), _rounded(paper)


def _rounded(colors: "NDArray[np.float32]") -> "Colors":
    import numpy as np

    whole: Colors = np.clip(np.rint(colors / _ROUND) * _ROUND, 0, 255).astype(np.int16)
    return whole


def _runs(
    masks: "NDArray[np.int64]", ink: "Colors", paper: "Colors", full: int, tolerance: int
) -> "tuple[NDArray[np.int64], Colors, Colors]":
    """The same cells (R, C), each with colours of the cell to its left wherever that is not seen.

    A cell may swap its ink and paper with its pixels; one that is of one colour needs only one of them.
    """
    import numpy as np

    def near(a: "Colors", b: "Colors") -> "NDArray[np.bool_]":
        seen: NDArray[np.bool_] = np.abs(a[:, :3] - b[:, :3]).max(1) <= tolerance
        return seen

    masks, ink, paper = masks.copy(), ink.copy(), paper.copy()
    last_ink, last_paper = ink[:, 0], paper[:, 0]
    for x in range(masks.shape[1]):
        mask, a, b = masks[:, x], ink[:, x], paper[:, x]
        flat = near(a, b)
        mask = np.where(flat, 0, mask)
        b_is_ink, b_is_paper = near(b, last_ink), near(b, last_paper)
        kept = near(a, last_ink) * 1 + b_is_paper
        kept_if_swapped = near(a, last_paper) * 1 + b_is_ink
        swap = np.where(flat, b_is_ink & ~b_is_paper, kept_if_swapped > kept)
        mask = np.where(swap, full ^ mask, mask)
        a, b = np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)
        last_ink = np.where((near(a, last_ink) | (mask == 0))[:, None], last_ink, a)
        last_paper = np.where((near(b, last_paper) | (mask == full))[:, None], last_paper, b)
        masks[:, x], ink[:, x], paper[:, x] = mask, last_ink, last_paper
    return masks, ink, paper


@dataclass(frozen=True)
class _Run:
    """Characters of one style; colours as numbers, by whose meaning they are written."""

    text: str
    ink: int
    paper: int


@dataclass(frozen=True)
class _Meaning:
    """What the numbers of colours are: the code of one as ink or paper, and Rich's colour."""

    code: Callable[[int, bool], str]
    color: Callable[[int], Color]


def _strips(
    masks: "NDArray[np.int64]", inks: "NDArray[Any]", papers: "NDArray[Any]", chars: str, exact: bool
) -> Iterator[RawStrip]:
    import numpy as np

    meaning = _EXACT if exact else _NUMBERED
    changes = (np.diff(inks, axis=1) != 0) | (np.diff(papers, axis=1) != 0)
    for y, row in enumerate(masks.tolist()):
        text = "".join([chars[mask] for mask in row])
        starts = [0, *(np.flatnonzero(changes[y]) + 1).tolist()]
        ends = [*starts[1:], len(text)]
        runs = [
            _Run(text[a:b], i, p)
            for a, b, i, p in zip(starts, ends, inks[y, starts].tolist(), papers[y, starts].tolist(), strict=True)
        ]
        yield RawStrip(partial(_segments, runs, meaning), len(text), [_codes(runs, meaning)])


def _codes(runs: list[_Run], meaning: _Meaning) -> str:
    """The runs with the colours that change, and a reset behind them."""
    parts = []
    ink = paper = -1
    for run in runs:
        if run.ink == ink:
            parts.append(f"\x1b[{meaning.code(run.paper, True)}m")
        elif run.paper == paper:
            parts.append(f"\x1b[{meaning.code(run.ink, False)}m")
        else:
            parts.append(f"\x1b[{meaning.code(run.ink, False)};{meaning.code(run.paper, True)}m")
        parts.append(run.text)
        ink, paper = run.ink, run.paper
    return "".join([*parts, "\x1b[0m"])


def _segments(runs: list[_Run], meaning: _Meaning) -> list[Segment]:
    return [Segment(run.text, Style.from_color(meaning.color(run.ink), meaning.color(run.paper))) for run in runs]


@lru_cache(maxsize=65536)
def _exact_code(color: int, background: bool) -> str:
    return f"{48 if background else 38};2;{color >> 16};{color >> 8 & 255};{color & 255}"


@lru_cache(maxsize=16384)
def _exact_color(color: int) -> Color:
    return Color.from_rgb(color >> 16, color >> 8 & 255, color & 255)


_EXACT = _Meaning(_exact_code, _exact_color)
"""0xRRGGBB."""
_NUMBERED = _Meaning(code, numbered)
"""Those of `few_colors.EIGHT_BIT`."""
