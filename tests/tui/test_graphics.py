"""Pictures as Sixel and in Kitty's protocol: what a terminal would decode."""

import base64
import io
import itertools
import math
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from rich.console import Console
from textual.strip import Strip

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.shared.drawing import Wanted, draw
from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS
from bddseg_tui.tui.terminal.iterm2 import encode_iterm2
from bddseg_tui.tui.terminal.kitty import encode_kitty, free_kitty, placeholders
from bddseg_tui.tui.terminal.protocol import ImageProtocol
from bddseg_tui.tui.terminal.sixel import encode_sixel
from bddseg_tui.tui.terminal.tmux import through_tmux

PLENTY = 10_000_000
PLACEHOLDER = "\U0010eeee"


def noise(width: int, height: int) -> Image.Image:
    """The hardest picture to pack."""
    return Image.merge("RGB", [Image.effect_noise((width, height), 90) for _ in range(3)])


def sent(data: str) -> Image.Image:
    """The picture that Kitty would decode."""
    payload = "".join(re.findall(r"\x1b_G[^;]*;([^\x1b]+)\x1b", data))
    return Image.open(io.BytesIO(base64.b64decode(payload)))


def written(strip: Strip, color_system: str) -> str:
    return strip.render(Console(color_system=color_system, force_terminal=True))  # type: ignore[arg-type]


def test_a_sixel_defines_its_colours_before_its_first_pixel() -> None:
    data = encode_sixel(noise(120, 80), PLENTY)
    definitions = [m.end() for m in re.finditer(r"#\d+;2;\d+;\d+;\d+", data)]
    assert len(definitions) > 20
    first_pixel = re.search(r'"[0-9;]+(#\d+;2;[0-9;]+)*', data)
    assert first_pixel and definitions[-1] <= first_pixel.end()


def decoded(sixel: str) -> Image.Image:
    """What a terminal draws of a Sixel: an implementation of the format's manual, pixel by pixel."""
    size = re.search(r'"1;1;(\d+);(\d+)', sixel)
    assert size
    picture = Image.new("RGB", (int(size[1]), int(size[2])))
    colours: dict[int, tuple[int, ...]] = {}
    x = band = colour = 0
    body = sixel[size.end() : sixel.rindex("\x1b\\")]
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])", body):
        number, *percent, count, many, one, control = token.groups()
        if number is not None:
            colour = int(number)
            if percent[0] is not None:
                colours[colour] = tuple(round(int(p) * 255 / 100) for p in percent)
        elif control is not None:
            x, band = 0, band + (control == "-")
        else:
            end = x + int(count or 1)
            for column, row in itertools.product(range(x, end), range(6)):
                if ord(many or one) - 63 >> row & 1:
                    picture.putpixel((column, 6 * band + row), colours[colour])
            x = end
    return picture


def test_a_sixel_fills_its_cells_with_exactly_the_colour_around_it() -> None:
    picture = Image.effect_noise((61, 31), 90).convert("RGB")
    shown = decoded(encode_sixel(picture, PLENTY, (70, 40), (20, 51, 102)))
    assert shown.size == (70, 40)
    beside = {shown.getpixel((x, y)) for x, y in itertools.product(range(70), range(40)) if x >= 61 or y >= 31}
    assert beside == {(20, 51, 102)}


@pytest.mark.parametrize("size", [(61, 31), (7, 12), (1, 1)])
def test_a_sixel_is_the_picture_pixel_by_pixel(size: tuple[int, int]) -> None:
    picture = Image.effect_noise(size, 90).convert("RGB")
    picture.paste((250, 170, 30), (0, 0, size[0] * 2 // 3, size[1] // 2))
    shown = decoded(encode_sixel(picture, PLENTY)).convert("RGB")
    indexed = picture.quantize(256, Image.Quantize.FASTOCTREE).convert("RGB")
    # Colours are given in percent.
    assert max(high for _, high in ImageChops.difference(shown, indexed).getextrema()) <= 2  # type: ignore[misc]


@pytest.mark.parametrize("limit", [PLENTY, 20_000])
def test_a_sixel_has_the_size_of_its_picture_however_many_bytes_it_may_take(limit: int) -> None:
    data = encode_sixel(noise(200, 120), limit)
    assert data.startswith("\x1bP") and data.endswith("\x1b\\")
    raster = re.search(r'"1;1;(\d+);(\d+)', data)
    assert raster and (int(raster[1]), int(raster[2])) == (200, 120)


def test_a_picture_takes_no_more_bytes_than_it_may() -> None:
    picture = noise(640, 360)
    for limit in (150_000, 60_000):
        assert len(encode_sixel(picture, limit)) <= limit
        # Escapes around each chunk come on top.
        assert len(encode_kitty(picture, (64, 18), limit).data) <= 1.01 * limit
    assert len(encode_kitty(picture, (64, 18), PLENTY).data) > 150_000


def test_a_kitty_picture_is_never_larger_than_it_is() -> None:
    kitty = encode_kitty(Image.new("RGB", (64, 36), (200, 10, 10)), (120, 34), PLENTY)
    assert sent(kitty.data).size == (64, 36)
    assert sent(kitty.data).convert("RGB").getpixel((9, 9)) == pytest.approx((200, 10, 10), abs=8)


def test_a_kitty_picture_is_sent_and_placed_in_one_and_nothing_is_answered() -> None:
    kitty = encode_kitty(noise(120, 80), (12, 4), PLENTY)
    heads = re.findall(r"\x1b_G([^;]*);", kitty.data)
    assert f"a=T,U=1,i={kitty.image_id},c=12,r=4,f=100" in heads[0]
    assert all("q=2" in head for head in heads)
    assert ["m=1" in head for head in heads] == [True] * (len(heads) - 1) + [False]
    assert f"i={kitty.image_id}" in free_kitty(kitty.image_id)


@pytest.mark.parametrize("color_system", ["standard", "256", "truecolor"])
def test_a_kitty_pictures_name_arrives_exactly_however_few_colours_there_are(color_system: str) -> None:
    strip = placeholders(0x123456, (12, 4))[2]
    pieces = strip.divide([3, 12])
    for line in (strip, *pieces):
        assert re.findall(r"38;[0-9;]*m", written(line, color_system)) == [f"38;2;{0x12};{0x34};{0x56}m"]


def test_a_line_of_a_kitty_picture_names_its_row_once_but_in_every_cell_where_it_is_cut() -> None:
    strip = placeholders(7, (12, 4))[2]
    assert written(strip, "truecolor").count("\u030e") == 1
    right = strip.divide([3, 12])[1]
    assert right.cell_length == 9
    # Row 2, column 3.
    assert right.text.startswith(f"{PLACEHOLDER}\u030e\u0310")
    assert right.text.count(PLACEHOLDER) == right.text.count("\u030e") == 9


def test_encoding_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    encode_sixel(noise(60, 40), PLENTY)
    encode_kitty(noise(60, 40), (6, 2), PLENTY)
    assert capfd.readouterr() == ("", "")


def test_a_photograph_goes_to_iterm2_as_jpeg_within_its_bytes_and_a_mask_exactly() -> None:
    for limit in (PLENTY, 60_000, 20_000):
        data = encode_iterm2(noise(640, 360), (64, 18), limit)
        head, payload = data.removesuffix("\x07").split(":", 1)
        assert head.startswith("\x1b]1337;File=inline=1;") and "width=64;height=18" in head
        assert Image.open(io.BytesIO(base64.b64decode(payload))).format == "JPEG"
        assert len(data) <= 1.01 * limit
    mask = Image.new("RGB", (64, 36), (220, 20, 60))
    mask.paste((0, 0, 142), (0, 0, 32, 36))
    payload = encode_iterm2(mask, (6, 2), PLENTY).removesuffix("\x07").split(":", 1)[1]
    found = Image.open(io.BytesIO(base64.b64decode(payload))).convert("RGB")
    assert {color for _, color in found.getcolors() or []} == {(220, 20, 60), (0, 0, 142)}


def test_what_goes_through_tmux_is_each_command_alone_with_its_escapes_doubled() -> None:
    kitty = encode_kitty(noise(120, 80), (12, 4), PLENTY)
    through = through_tmux(kitty.data)
    parts = re.findall(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\", through)
    assert "".join(parts).replace("\x1b\x1b", "\x1b") == kitty.data
    assert len(parts) == kitty.data.count("\x1b_G") > 1


@pytest.mark.parametrize("protocol", ["sixel", "kitty", "iterm2", "halfblock", "quadrant", "sextant", "octant"])
def test_a_picture_has_its_own_shape_to_within_a_pixel(
    protocol: ImageProtocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bddseg_tui.tui.shared.drawing.cell_pixels", lambda: (10, 20))
    Image.new("RGB", (1280, 720), (90, 120, 150)).save(tmp_path / "i.png")
    for cells in ((53, 20), (111, 41), (160, 44), (37, 40)):
        drawn = draw(Wanted(PictureRequest(tmp_path / "i.png", None), cells, protocol, PLENTY, paper=(1, 2, 3)))
        across, down = next((parts for kind, parts in CELL_KINDS.items() if kind == protocol), (10, 20))
        width, height = drawn.shape[0] * 10, drawn.shape[1] * 20
        # Half of a pixel in each direction; of characters, half of one of their parts.
        assert abs(width - height * 16 / 9) <= 10 / across / 2 + 16 / 9 * 20 / down / 2
        assert drawn.cells == (math.ceil(drawn.shape[0]), math.ceil(drawn.shape[1]))
        if protocol == "kitty":
            whole = sent(drawn.kitty).convert("RGB")
            assert whole.size == (drawn.cells[0] * 10, drawn.cells[1] * 20)
            edge = round(height)
            assert whole.getpixel((9, edge - 1)) == pytest.approx((90, 120, 150), abs=8)
            assert edge == whole.height or whole.getpixel((9, edge)) == pytest.approx((1, 2, 3), abs=8)
