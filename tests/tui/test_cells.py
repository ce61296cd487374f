"""Pictures as characters: what a terminal with 24-bit colours shows of them."""

import re

import numpy as np
import pytest
from benchmarks.cells import shown
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS, CellKind
from bddseg_tui.tui.terminal.cells import cell_strips
from bddseg_tui.tui.terminal.few_colors import Colors

CONSOLE = Console(color_system="truecolor", force_terminal=True)
KINDS = list(CELL_KINDS)


def picture(seed: int, width: int, height: int, colors: int = 256) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, colors, (height, width, 3)) * (252 // (colors - 1))
    return Image.fromarray(values.astype(np.uint8))


def test_cells_of_two_colours_are_shown_exactly() -> None:
    random = np.random.default_rng(3)
    colors = random.integers(0, 64, (6, 9, 2, 3)) * 4
    which = random.integers(0, 2, (6, 9, 4))
    cells = np.take_along_axis(colors[:, :, :, None, :], which[:, :, None, :, None], 2)[:, :, 0]
    pixels = cells.reshape(6, 9, 2, 2, 3).transpose(0, 2, 1, 3, 4).reshape(12, 18, 3).astype(np.uint8)
    difference = shown(cell_strips(Image.fromarray(pixels), "quadrant"), "quadrant") - pixels.astype(np.int64)
    assert np.abs(difference).max() <= 4


def test_no_division_of_a_cell_is_better() -> None:
    noise = picture(5, 16, 12)
    pixels = np.asarray(noise, np.float64)
    drawn = shown(cell_strips(noise, "quadrant"), "quadrant")

    def cells(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values.reshape(6, 2, 8, 2, 3).transpose(0, 2, 1, 3, 4).reshape(48, 4, 3)

    error = ((cells(pixels) - cells(drawn.astype(np.float64))) ** 2).sum((1, 2))
    for values, got in zip(cells(pixels), error, strict=True):
        least = min(
            sum(((half - half.mean(0)) ** 2).sum() for half in (values[inside], values[~inside]) if len(half))
            for mask in range(8)
            for inside in [np.array([mask >> bit & 1 for bit in range(4)], bool)]
        )
        # A colour that is nearly the one before it is not sent anew: 4 of 256 on each channel of each pixel.
        assert got <= (np.sqrt(least) + np.sqrt(12) * 6) ** 2


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_draws_every_division_with_a_character_of_its_own(kind: CellKind) -> None:
    wide, high = CELL_KINDS[kind]
    every = range(1 << wide * high)
    row = np.array([[mask >> bit & 1 for bit in range(wide * high)] for mask in every], np.uint8) * 252
    pixels = row.reshape(len(every), high, wide).transpose(1, 0, 2).reshape(high, -1)
    (strip,) = cell_strips(Image.fromarray(pixels).convert("RGB"), kind)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", strip.render(CONSOLE))
    assert len(plain) == strip.cell_length == len(every)
    # A division and its opposite are one, with ink and paper swapped.
    assert len(set(plain)) >= len(every) // 2


def test_octants_are_in_unicodes_order() -> None:
    pixels = np.zeros((4, 2), np.uint8)
    pixels[1, 0] = 252
    (strip,) = cell_strips(Image.fromarray(pixels).convert("RGB"), "octant")
    # BLOCK OCTANT-3, and all but octant 3: BLOCK OCTANT-1245678.
    assert re.sub(r"\x1b\[[0-9;]*m", "", strip.render(CONSOLE)) in ("\U0001cd00", "\U0001cde1")


def test_a_smooth_line_is_sent_in_a_few_runs() -> None:
    ramp = np.repeat(np.arange(0, 80, dtype=np.uint8)[None, :, None], 2, 0).repeat(3, 2)
    fine, coarse = (cell_strips(Image.fromarray(ramp), "quadrant", fine)[0].render(CONSOLE) for fine in (True, False))
    assert len(coarse) < len(fine) < 40 * 20


def test_a_part_of_a_line_has_the_same_cells() -> None:
    (strip,) = cell_strips(picture(2, 20, 2), "quadrant")
    left, right = strip.divide([4, 10])
    assert (left.cell_length, right.cell_length) == (4, 6)
    assert left.text + right.text == strip.text


@pytest.mark.parametrize("colors", ["truecolor", "256", "16"])
def test_over_a_slow_line_a_large_photograph_takes_no_more_than_60_kb(colors: Colors) -> None:
    rng = np.random.default_rng(5)
    # As busy as a street with trees.
    coarse = rng.integers(0, 256, (19, 33, 3)).astype(np.uint8)
    street = Image.fromarray(coarse).resize((262, 74), Image.Resampling.BICUBIC)
    values = 60 + np.asarray(street, np.float64) / 2 + rng.normal(0, 4, (74, 262, 3))
    photograph = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    slow, fast = (
        sum(len(strip.render(CONSOLE).encode()) for strip in cell_strips(photograph, "quadrant", fine, colors))
        for fine in (False, True)
    )
    assert slow <= 60_000 and slow <= fast
