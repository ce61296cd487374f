"""256 and 16 colours: classes, photographs and text in what a terminal has."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.strip import Strip

from bddseg_tui.core.classes import CLASSES, PALETTE
from bddseg_tui.core.data.painting import hatched, painted
from bddseg_tui.tui.terminal.cell_glyphs import pixels_of
from bddseg_tui.tui.terminal.cells import cell_strips
from bddseg_tui.tui.terminal.class_colors import APART, CLASS_NUMBERS, SELDOM_TOGETHER, class_palette
from bddseg_tui.tui.terminal.color_filter import ColorFilter
from bddseg_tui.tui.terminal.dithering import color_numbers
from bddseg_tui.tui.terminal.few_colors import EIGHT_BIT, VGA, FewColors, nearest
from bddseg_tui.tui.terminal.oklab import Rgb, difference, oklab

XTERM: tuple[Rgb, ...] = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)),
    (255, 255, 255),
)
CLASS_IDS = {c.name: c.id for c in CLASSES}
FEW: tuple[FewColors, ...] = ("256", "16")
CONSOLE = Console(color_system="truecolor", force_terminal=True)


@pytest.mark.parametrize(
    ("color", "expected"),
    # Of the CSS Color 4 specification's examples of oklab().
    [((255, 0, 0), (62.8, 22.5, 12.6)), ((0, 0, 255), (45.2, -3.2, -31.2)), ((255, 255, 255), (100, 0, 0))],
)
def test_oklab_is_that_of_css(color: Rgb, expected: tuple[float, float, float]) -> None:
    assert oklab(color) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("colors", "palette"), [("256", EIGHT_BIT), ("16", VGA), ("16", XTERM)])
def test_no_two_classes_that_occur_together_look_alike(colors: FewColors, palette: tuple[Rgb, ...]) -> None:
    numbers = CLASS_NUMBERS[colors]
    for a, b in combinations(CLASSES, 2):
        if colors == "16" and (a.name, b.name) in SELDOM_TOGETHER:
            assert numbers[a.id] == numbers[b.id]
            continue
        apart = difference(palette[numbers[a.id]], palette[numbers[b.id]])
        assert apart >= APART[colors], (a.name, b.name, apart)


def drawn(strips: list[Strip]) -> NDArray[Any]:
    """Pixels (H, W, 3) of quadrants."""
    rows = []
    for strip in strips:
        cells = []
        for segment in strip:
            assert segment.style is not None
            ink, paper = (EIGHT_BIT[c.number or 0] for c in (segment.style.color, segment.style.bgcolor) if c)
            cells += [[ink if bit else paper for bit in pixels_of(char, "quadrant")] for char in segment.text]
        rows.append(np.array(cells).reshape(-1, 2, 2, 3).transpose(1, 0, 2, 3).reshape(2, -1, 3))
    return np.concatenate(rows)


@pytest.mark.parametrize("colors", FEW)
def test_a_mask_is_drawn_in_the_colours_of_its_classes_and_no_other(colors: FewColors) -> None:
    ids = np.random.default_rng(0).integers(0, 20, (20, 30)).repeat(2, 0).repeat(2, 1)
    palette = np.array(class_palette(colors), np.uint8).reshape(-1, 3)
    strips = cell_strips(Image.fromarray(palette[ids]), "quadrant", colors=colors, flat=True)
    np.testing.assert_array_equal(drawn(strips), palette[ids])


@pytest.mark.parametrize(("colors", "most"), [("256", 3.0), ("16", 12.0)])
def test_a_photograph_looks_right_from_afar(colors: FewColors, most: float) -> None:
    across, down = np.meshgrid(np.linspace(0, 1, 120), np.linspace(0, 1, 80))
    smooth = Image.fromarray((255 * np.stack([across, down, (1 - across) * 0.6], 2)).astype(np.uint8))
    found = Image.fromarray(drawn(cell_strips(smooth, "quadrant", colors=colors)).astype(np.uint8))
    blur = ImageFilter.GaussianBlur(4)
    seen, meant = (np.asarray(p.filter(blur), np.float64)[8:-8, 8:-8] for p in (found, smooth))
    assert np.abs(seen - meant).mean() < most


@pytest.mark.parametrize("colors", FEW)
def test_no_code_goes_to_a_terminal_that_it_has_no_colours_for(colors: FewColors) -> None:
    picture = Image.merge("RGB", [Image.effect_noise((40, 20), 90) for _ in range(3)])
    text = "".join(strip.render(CONSOLE) for strip in cell_strips(picture, "quadrant", colors=colors))
    assert ";2;" not in text
    assert (";5;" in text) is (colors == "256")


def filtered(colors: FewColors, style: Style) -> Style:
    (segment,) = ColorFilter(colors).apply([Segment("x", style)], TextualColor(0, 0, 0))
    assert segment.style is not None
    return segment.style


@pytest.mark.parametrize("colors", FEW)
def test_a_swatch_has_the_colour_that_its_class_has_in_pictures(colors: FewColors) -> None:
    for c in CLASSES:
        black = Color.from_rgb(17, 21, 26)
        shown = filtered(colors, Style.from_color(Color.from_rgb(*c.color), black)).color
        assert shown is not None and shown.number == CLASS_NUMBERS[colors][c.id], c.name


@pytest.mark.parametrize("colors", FEW)
@pytest.mark.parametrize(("ink", "paper"), [((30, 30, 34), (33, 33, 33)), ((250, 250, 251), (255, 255, 255))])
def test_text_never_has_the_colour_of_its_background(colors: FewColors, ink: Rgb, paper: Rgb) -> None:
    style = filtered(colors, Style.from_color(Color.from_rgb(*ink), Color.from_rgb(*paper)))
    assert style.color != style.bgcolor


def test_with_16_colours_dark_panels_are_black_and_black_text_is_not_bold() -> None:
    panel = filtered("16", Style.from_color(Color.from_rgb(216, 222, 230), Color.from_rgb(31, 38, 48)))
    assert panel.bgcolor is not None and panel.bgcolor.number == 0
    name = filtered("16", Style.from_color(Color.from_rgb(17, 21, 26), Color.from_rgb(90, 169, 230)) + Style(bold=True))
    assert name.color is not None and name.color.number == 0 and not name.bold


def test_the_greys_of_the_dark_theme_stay_apart_in_256_colours() -> None:
    assert len({nearest(grey, "256") for grey in ((17, 21, 26), (23, 28, 35), (31, 38, 48))}) >= 2


def test_with_all_colours_a_style_stays_as_it_is() -> None:
    style = Style.from_color(Color.from_rgb(1, 2, 3), Color.from_rgb(4, 5, 6))
    assert ColorFilter("truecolor").apply([Segment("x", style)], TextualColor(0, 0, 0)) == [Segment("x", style)]


def test_of_two_classes_that_share_one_of_sixteen_colours_one_is_striped() -> None:
    sixteen = class_palette("16")
    assert not hatched(class_palette("256")) and not hatched(PALETTE)
    pairs = {frozenset((CLASS_IDS[a], CLASS_IDS[b])) for a, b in SELDOM_TOGETHER}
    assert all(len(pair & hatched(sixteen)) == 1 for pair in pairs) and len(hatched(sixteen)) == len(pairs)
    wall, rider = (Image.new("P", (16, 16), CLASS_IDS[name]) for name in ("wall", "rider"))
    assert painted(wall, sixteen, (1, 1)).tobytes() != painted(rider, sixteen, (1, 1)).tobytes()


def test_what_is_around_a_photograph_is_of_one_colour() -> None:
    picture = Image.effect_noise((32, 16), 60).convert("RGB")
    picture.paste((18, 20, 24), (12, 0, 20, 16))
    numbers = color_numbers(picture, "256", False, (18, 20, 24))
    assert set(numbers[:, 12:20].ravel().tolist()) == {nearest((18, 20, 24), "256")}
