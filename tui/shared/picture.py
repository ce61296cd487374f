"""A picture in cells: composed and encoded in a thread, kept, and drawn as strips, Sixel or Kitty placeholders."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Protocol, cast

from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.terminal.protocol import ImageProtocol, cell_pixels
from bddseg_tui.tui.terminal.raw_output import write_to_terminal

KEPT = 24


@dataclass(frozen=True)
class Drawn:
    """A picture that is ready, and its cells.

    Its strips are half-blocks, or Kitty placeholders; a Sixel has half-blocks for when it can't be drawn whole.
    """

    cells: tuple[int, int]
    strips: list[Strip]
    sixel: str = ""
    kitty: str = ""
    image_id: int | None = None


Key = tuple[PictureRequest, tuple[int, int], ImageProtocol]


class PictureApp(Protocol):
    """What pictures ask of the app that they are in: how it draws them now."""

    protocol: ImageProtocol


class PictureView(Widget):
    """Shows one `PictureRequest`. Stale work is dropped; neighbours may be prefetched."""

    DEFAULT_CSS = "PictureView { width: 1fr; height: 1fr; }"

    class Done(Message):
        """A thread has drawn a picture, or says why it cannot."""

        def __init__(self, key: Key, drawn: Drawn | str) -> None:
            super().__init__()
            self.key, self.drawn = key, drawn

    class Ready(Message):
        """A picture is drawn; for benchmarks and tests."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._request: PictureRequest | None = None
        self._drawn: Drawn | None = None
        self._message = ""
        self._kept: OrderedDict[Key, Drawn] = OrderedDict()
        self._neighbours: list[PictureRequest] = []

    def show(
        self, request: PictureRequest | None, neighbours: list[PictureRequest] | None = None, message: str = ""
    ) -> None:
        """Shows a picture (the old one stays until it is ready), or a message instead."""
        self._request, self._neighbours, self._message = request, neighbours or [], message
        if request is None:
            self._drawn = None
            self.refresh()
            return
        self._start()

    @property
    def protocol(self) -> ImageProtocol:
        """How the app draws pictures now."""
        return cast(PictureApp, self.app).protocol

    def redraw(self) -> None:
        """Draws anew: the app's protocol is another now."""
        self._drawn = None
        self._start()

    def on_resize(self) -> None:
        """Draws for the new size."""
        self._start()

    def on_show(self) -> None:
        """Draws what was asked for while it was hidden."""
        self._start()

    def _start(self) -> None:
        if self._request is None or not self.size.area:
            return
        if self.protocol == "none":
            self._drawn, self._message = None, "pictures are off: I turns them on"
            self.refresh()
            return
        key = self._key(self._request)
        ahead = tuple(k for k in map(self._key, self._neighbours) if k not in self._kept)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            self._take(kept)
            self._work(None, ahead)
        else:
            self._work(key, ahead)

    def _key(self, request: PictureRequest) -> Key:
        # Opacity matters to overlays alone, so other views stay the same picture when it changes.
        plain = request if request.view == "overlay" else replace(request, opacity=0.5)
        return plain, (self.size.width, self.size.height), self.protocol

    @work(thread=True, exclusive=True, group="picture", exit_on_error=False)
    def _work(self, key: Key | None, ahead: tuple[Key, ...]) -> None:
        worker = get_current_worker()
        for wanted in (key, *ahead) if key else ahead:
            if worker.is_cancelled:
                return
            try:
                drawn: Drawn | str = draw(*wanted)
            except BddsegError as error:
                drawn = sanitize(str(error))
            except MemoryError:
                drawn = "there is not enough memory for this picture"
            if worker.is_cancelled and wanted != key:
                return
            self.post_message(self.Done(wanted, drawn))

    @on(Done)
    def _done(self, message: Done) -> None:
        key, drawn = message.key, message.drawn
        if isinstance(drawn, str):
            if self._request is not None and key == self._key(self._request):
                self._drawn, self._message = None, drawn
                self.refresh()
            return
        self._kept[key] = drawn
        while len(self._kept) > KEPT:
            _, old = self._kept.popitem(last=False)
            if old.image_id is not None:
                from bddseg_tui.tui.terminal.graphics import free_kitty

                write_to_terminal(self.app, free_kitty(old.image_id))
        if drawn.kitty:
            write_to_terminal(self.app, drawn.kitty)
        if self._request is not None and key == self._key(self._request):
            self._take(drawn)

    def _take(self, drawn: Drawn) -> None:
        self._drawn, self._message = drawn, ""
        self.refresh()
        self.post_message(self.Ready())

    def render_lines(self, crop: Region) -> list[Strip]:
        """The picture in the middle, or the message."""
        drawn, width, height = self._drawn, self.size.width, self.size.height
        if drawn is None:
            return self._message_lines(crop)
        columns, rows = drawn.cells
        if columns > width or rows > height:
            # Drawn for a larger widget; the new size is being worked on.
            return [Strip.blank(crop.width, self.rich_style)] * crop.height
        left, top = (width - columns) // 2, (height - rows) // 2
        style = self.rich_style
        blank = Strip.blank(width, style)
        lines = [blank] * height
        # Sixel covers cells whatever they hold: under another screen, or partly out of sight, it must not be sent.
        if drawn.sixel and self.screen.is_active and crop.size == self.size:
            lines[-1] = self._sixel_strip(drawn, left, top, width, style)
            return lines
        for y, strip in enumerate(drawn.strips[:rows]):
            lines[top + y] = Strip.join([Strip.blank(left, style), strip, Strip.blank(width - left - columns, style)])
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _sixel_strip(self, drawn: Drawn, left: int, top: int, width: int, style: Style) -> Strip:
        region = self.content_region
        # Drawn with the widget's last line, so that its own blank cells are already there below the picture.
        control = ((ControlType.CURSOR_FORWARD, 0),)
        return Strip(
            [
                Segment(" " * width, style),
                Segment(Control.move_to(region.x + left, region.y + top).segment.text, None, control),
                Segment(drawn.sixel, None, control),
                Segment(Control.move_to(region.right, region.bottom - 1).segment.text, None, control),
            ],
            width,
        )

    def _message_lines(self, crop: Region) -> list[Strip]:
        width, style = self.size.width, self.rich_style
        text = Text(self._message, style=style + Style(dim=True), justify="center")
        wrapped = text.wrap(self.app.console, max(10, width - 4))
        first = max(0, (self.size.height - len(wrapped)) // 2)
        lines = []
        for y in range(crop.y, crop.bottom):
            line = wrapped[y - first].plain.strip() if first <= y < first + len(wrapped) else ""
            lines.append(Strip([Segment(line.center(width), style + Style(dim=True))], width).crop(crop.x, crop.right))
        return lines

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """All that there is."""
        return container.width


def draw(request: PictureRequest, cells: tuple[int, int], protocol: ImageProtocol) -> Drawn:
    """Composes and encodes a picture to fit (columns, rows); blocks.

    Raises:
        BadFileError: a file cannot be read.
    """
    from bddseg_tui.core.data.pictures import compose

    columns, rows = cells
    if protocol == "halfblock":
        from bddseg_tui.tui.terminal.halfblock import halfblock_strips

        picture = compose(request, (columns, rows * 2))
        strips = halfblock_strips(picture)
        return Drawn((picture.width, len(strips)), strips)
    from PIL import Image

    from bddseg_tui.tui.terminal.graphics import encode

    cell = cell_pixels()
    picture = compose(request, (columns * cell[0], rows * cell[1]))
    used = (min(columns, max(1, picture.width // cell[0])), min(rows, max(1, picture.height // cell[1])))
    graphic = encode(picture, used, protocol, cell)
    if protocol == "sixel":
        from bddseg_tui.tui.terminal.halfblock import halfblock_strips

        coarse = picture.resize((used[0], used[1] * 2), Image.Resampling.BOX)
        return Drawn(used, halfblock_strips(coarse), sixel=graphic.data)
    return Drawn(used, graphic.strips, kitty=graphic.data, image_id=graphic.image_id)
