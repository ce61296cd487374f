"""Pictures as Sixel or Kitty graphics, encoded by textual-image's Rich renderables, in a thread.

Its widgets are not used: they encode on the event loop (100-350 ms a picture), and its Kitty renderable writes to
stdout itself, between whatever Textual is writing. So what it would write is captured here and handed to the caller.

Private in textual-image (checked against 0.12.0): the module `textual_image._terminal`, and the attribute `_result` in
which its functions keep what the terminal answered.
"""

import io
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:
    from bddseg_tui.tui.terminal.protocol import ImageProtocol

KITTY_LIMIT = (640, 360)
_lock = threading.Lock()
_SIXEL_HEAD = re.compile(r'\x1bP[0-9;]*q(?:"[0-9;]*)?')
_SIXEL_COLOR = re.compile(r"#(\d+);2;\d+;\d+;\d+")


@dataclass(frozen=True)
class Graphic:
    """An encoded picture: `data` goes to the terminal as it is; `strips` are the cells that hold its place.

    `image_id` is the terminal's name of a Kitty picture, to free it by.
    """

    data: str
    strips: list[Strip]
    image_id: int | None = None


def encode(picture: Image.Image, cells: tuple[int, int], protocol: "ImageProtocol", cell: tuple[int, int]) -> Graphic:
    """Encodes a picture to fill (columns, rows), each of `cell` pixels (width, height)."""
    with _lock, _captured_stdout(cell) as written:
        if protocol == "sixel":
            from textual_image.renderable.sixel import Image as SixelImage

            segments = _render(SixelImage(picture, *cells), cells)
            data = "".join(s.text for s in segments if s.text.startswith("\x1bP"))
            return Graphic(palette_first(data), [])
        from textual_image.renderable.tgp import Image as KittyImage

        picture.thumbnail(KITTY_LIMIT)
        # 256 colours make a sixth of the bytes of a true-colour PNG.
        renderable = KittyImage(picture.quantize(256).convert("RGB"), *cells)
        segments = _render(renderable, cells)
        strips = [Strip([Segment(s.text.rstrip("\n"), s.style)], cells[0]) for s in segments if s.text.strip()]
        return Graphic(written.getvalue(), strips, renderable.terminal_image_id)


def palette_first(sixel: str) -> str:
    """The same Sixel with all its colours defined before its first pixel.

    textual-image defines a colour where it first occurs. An xterm then garbles the first six rows, in which most
    colours occur first; other terminals and ImageMagick do not mind either way.
    """
    head = _SIXEL_HEAD.match(sixel)
    if head is None:
        return sixel
    body = sixel[head.end() :]
    defined = dict.fromkeys(m.group() for m in _SIXEL_COLOR.finditer(body))
    return head.group() + "".join(defined) + _SIXEL_COLOR.sub(r"#\1", body)


def free_kitty(image_id: int) -> str:
    """What frees a Kitty picture and its data (`d=I`: textual-image's own message leaves the data)."""
    return f"\x1b_Ga=d,d=I,i={image_id},q=2\x1b\\"


def _render(renderable: Any, cells: tuple[int, int]) -> list[Segment]:
    console = Console(
        width=cells[0],
        height=cells[1],
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    return list(console.render(renderable, console.options.update(max_width=cells[0], height=cells[1])))


@contextmanager
def _captured_stdout(cell: tuple[int, int]) -> Iterator[io.StringIO]:
    """textual-image neither asks the terminal nor writes to it within this block.

    It does both through `sys.__stdout__`, which Textual does not use (it draws on stderr).
    """
    real, captured = sys.__stdout__, io.StringIO()
    sys.__stdout__ = captured  # type: ignore[misc, assignment]
    try:
        from textual_image import _terminal

        # Where stdout is no terminal it takes the cell's size from these, as textual-serve sets them, and keeps it
        # as an attribute of its function (of the first before 0.14, of the second since).
        os.environ["TEXTUAL_CELL_WIDTH"], os.environ["TEXTUAL_CELL_HEIGHT"] = map(str, cell)
        for name in ("get_cell_size", "probe_terminal"):
            vars(getattr(_terminal, name, _terminal.get_cell_size)).pop("_result", None)
        yield captured
    finally:
        sys.__stdout__ = real  # type: ignore[misc]
