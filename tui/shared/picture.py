"""A picture in cells: composed and encoded in a thread, kept, and drawn as strips, Sixel or Kitty placeholders."""

import time
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import cast

from textual import on
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.drawing import Drawn, Wanted, draw, plain, with_characters
from bddseg_tui.tui.shared.picture_app import PictureApp, style_here, under_toast
from bddseg_tui.tui.shared.picture_lines import fits, message_lines, picture_lines, raster_lines
from bddseg_tui.tui.shared.sent_pictures import SentPictures
from bddseg_tui.tui.terminal.picture_limit import SLOW_LINE, limit_here
from bddseg_tui.tui.terminal.protocol import ImageProtocol
from bddseg_tui.tui.terminal.raw_output import write_to_terminal
from bddseg_tui.tui.terminal.tmux import through_tmux

RUSH_S, LATE_S, TOAST_S = 0.25, 0.2, 0.2
"""Of pictures that follow each other sooner, a key is held; one that is not there by then is late."""
KEPT = 24
"""Pictures that a view keeps, and Kitty pictures that it leaves in the terminal."""


class PictureView(Widget):
    """Shows one `PictureRequest`; its neighbours are drawn ahead, and sent when they are shown."""

    DEFAULT_CSS = "PictureView { width: 1fr; height: 1fr; }"
    panels = 1
    """So many views beside each other share the bytes that a picture may take."""

    class Done(Message):
        """A thread has drawn a picture, or says why it cannot."""

        def __init__(self, wanted: Wanted, drawn: Drawn | str) -> None:
            super().__init__()
            self.wanted, self.drawn = wanted, drawn

    class Ready(Message):
        """It shows another picture by now, or the message instead; `about` is what was given with it."""

        def __init__(self, about: object) -> None:
            super().__init__()
            self.about = about

    class Late(Message):
        """It still shows the picture before the one that it was given."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._request: PictureRequest | None = None
        self._drawn: Drawn | None = None
        self._message = ""
        self._whole: Drawn | None = None
        """The raster that the terminal shows all of, but for toasts."""
        self._kept: OrderedDict[Wanted, Drawn] = OrderedDict()
        self._neighbours: list[PictureRequest] = []
        self._failed: set[Wanted] = set()
        self._drawing = False
        self._sent = SentPictures(self._write)
        self._asked: OrderedDict[PictureRequest, tuple[int, object]] = OrderedDict()
        """What it was given last, with their numbers and what they are about."""
        self._number = self._shown = 0
        self._stepped_at = 0.0
        self._rushing, self._resting = False, True
        self._step_timers: list[Timer] = []
        self._toast_timer: Timer | None = None

    def show(
        self,
        request: PictureRequest | None,
        neighbours: list[PictureRequest] | None = None,
        message: str = "",
        about: object = None,
    ) -> None:
        """Shows a picture, or a message instead.

        The old one stays until it is ready, or until one that was given meanwhile is: `Ready` comes with what that is
        `about`, for whoever writes something beside it.
        """
        stepped, self._request = request != self._request, request
        self._neighbours, self._message = neighbours or [], message
        self._failed.clear()
        self._number += 1
        if request is None:
            self._drawn, self._shown = None, self._number
            self.refresh()
            self.post_message(self.Ready(about))
            return
        self._asked[plain(request)] = self._number, about
        self._asked.move_to_end(plain(request))
        while len(self._asked) > KEPT:
            self._asked.popitem(last=False)
        if stepped:
            self._step()
        self._start()

    def _step(self) -> None:
        """Notes that one picture follows another; over a slow line those that are passed by are coarse."""
        for timer in self._step_timers:
            timer.stop()
        now = time.monotonic()
        slow = cast(PictureApp, self.app).picture_limit <= SLOW_LINE
        self._rushing = slow and now - self._stepped_at < RUSH_S
        self._stepped_at, self._resting = now, False
        self._step_timers = [self.set_timer(RUSH_S, self._rest), self.set_timer(LATE_S, self._tell_late)]

    def _rest(self) -> None:
        self._resting = True
        if self._rushing:
            self._rushing = False
            self._start()
        else:
            self._go_on()

    def _tell_late(self) -> None:
        if self._shown != self._number:
            self.post_message(self.Late())

    @property
    def protocol(self) -> ImageProtocol:
        """How the app draws pictures now."""
        return cast(PictureApp, self.app).protocol

    def redraw(self) -> None:
        """Draws anew: the app's protocol is another now, or its limit."""
        self._start()

    def on_mount(self) -> None:
        """Draws anew for another theme: what surrounds the picture has another colour."""
        self.watch(self.app, "theme", self.redraw, init=False)

    def on_resize(self) -> None:
        """Draws for the new size."""
        self._start()

    def on_show(self) -> None:
        """Draws what was asked for while it was hidden."""
        self._start()

    def on_unmount(self) -> None:
        """Frees what the terminal holds of it."""
        self._sent.free_all()

    def _start(self) -> None:
        if self._request is None:
            return
        if not self.size.area:
            self._tell(plain(self._request))
            return
        if self.protocol == "none":
            self._drawn, self._message = None, "pictures are off: I turns them on"
            self.refresh()
            self._tell(plain(self._request))
            return
        wanted = self._wanted(self._request)
        if (kept := self._kept.get(wanted)) is not None:
            self._kept.move_to_end(wanted)
            self._take(wanted.request, kept)
        self._go_on()

    def _go_on(self) -> None:
        """Has a thread draw what is missing: one picture at a time, of what is asked for by now."""
        if self._drawing or self._request is None or not self.size.area or self.protocol == "none":
            return
        ahead = () if self._rushing else self._neighbours
        all_wanted = map(self._wanted, (self._request, *ahead))
        wanted = next((w for w in all_wanted if w not in self._kept and w not in self._failed), None)
        if wanted is None and self._resting and (now := self._wanted(self._request)) not in self._failed:
            # Not before there is time: it takes as long as a quarter of a Sixel.
            wanted = now if self._kept[now].lacks_characters else None
        if wanted is not None:
            self._drawing = True
            self._begin(wanted, self._kept.get(wanted))

    def _wanted(self, request: PictureRequest) -> Wanted:
        app = cast(PictureApp, self.app)
        fills_screen = 4 * self.size.area * self.panels > 3 * self.app.size.area
        limit = limit_here(app.picture_limit, app.protocol, fills_screen, self._rushing, self.panels)
        paper = self.background_colors[1].rgb
        return Wanted(plain(request), self.size, app.protocol, limit, app.color_count, paper)

    def _begin(self, wanted: Wanted, so_far: Drawn | None) -> None:
        work = partial(self.post_drawn, wanted, so_far)
        start = partial(self.run_worker, work, group="picture", exit_on_error=False, thread=True)
        if self._drawn is None:
            # What else there is to see is drawn first: the thread would take half of the time that this needs.
            self.call_after_refresh(start)
        else:
            start()

    def post_drawn(self, wanted: Wanted, so_far: Drawn | None) -> None:
        """Draws a picture, or what one lacks, and posts it as `Done`; what a thread does."""
        try:
            drawn: Drawn | str = draw(wanted) if so_far is None else with_characters(wanted, so_far)
        except BddsegError as error:
            drawn = sanitize(str(error))
        except MemoryError:
            drawn = "there is not enough memory for this picture"
        except Exception as error:
            self.post_message(self.Done(wanted, f"it cannot be drawn: {type(error).__name__}"))
            raise
        self.post_message(self.Done(wanted, drawn))

    @on(Done)
    def _done(self, message: Done) -> None:
        wanted, drawn = message.wanted, message.drawn
        self._drawing = False
        latest = self._wanted(self._request) if self._request is not None else None
        mine = wanted == latest
        if isinstance(drawn, str):
            self._failed.add(wanted)
            if mine:
                self._drawn, self._message = None, drawn
                self.refresh()
                self._tell(wanted.request)
        else:
            self._kept[wanted] = drawn
            # While a key is held, what was asked for is passed by before it is ready; it is shown on the way.
            on_the_way = self._asked.get(wanted.request, (0, None))[0] > self._shown
            same_place = latest is not None and replace(wanted, request=latest.request, limit=latest.limit) == latest
            if mine or (on_the_way and same_place):
                self._take(wanted.request, drawn)
            while len(self._kept) > KEPT:
                self._sent.free([self._kept.popitem(last=False)[1]])
        self._go_on()

    def _take(self, request: PictureRequest, drawn: Drawn) -> None:
        # What is there already is not sent again: a Sixel takes as long as it took the first time.
        if self._drawn is not drawn or self._message:
            self._drawn, self._message = drawn, ""
            self.refresh()
        self._tell(request)

    def _tell(self, request: PictureRequest) -> None:
        self._shown, about = self._asked[request]
        self.post_message(self.Ready(about))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The picture in the middle, or the message."""
        drawn, size, paper = self._drawn, self.size, style_here(self)
        if drawn is not None and drawn.image_id is not None and not self._sent.send(drawn, self._may_write):
            drawn = self._sent.placed
        if drawn is None:
            lines = message_lines(self._message, size, paper, self.app.console)
        # A raster covers cells whatever they hold: under another screen, or partly out of sight, it must not be sent.
        elif drawn.raster and self.screen.is_active and crop.size == size and fits(drawn, size) and self._shows(drawn):
            return raster_lines(drawn, self.content_region, paper)
        else:
            lines = picture_lines(drawn, size, paper)
        return [line.crop(crop.x, crop.right) for line in lines[crop.y : crop.bottom]]

    def _shows(self, raster: Drawn) -> bool:
        """Whether a raster can be sent, or is there already: its last line, which it comes with, is cut by a toast."""
        if not under_toast(self):
            self._whole = raster
        elif self._whole is not raster:
            self._whole = None
        if under_toast(self) and self._toast_timer is None:
            self._toast_timer = self.set_interval(TOAST_S, self._look_for_toast)
        return self._whole is raster

    def _look_for_toast(self) -> None:
        if not under_toast(self) and self._toast_timer is not None:
            self._toast_timer.stop()
            self._toast_timer = None
            self.refresh()

    @property
    def drawn(self) -> Drawn | None:
        """The picture that is shown; None while there is none."""
        return self._drawn

    @property
    def _may_write(self) -> bool:
        """Whether a picture may be sent: it is in front, and what is rendered is written."""
        return self.screen.is_active and cast(PictureApp, self.app).draws

    def _write(self, data: str) -> None:
        """Writes a control string, past tmux where that is there."""
        terminal = cast(PictureApp, self.app).terminal
        write_to_terminal(self.app, through_tmux(data) if terminal.multiplexer == "tmux" else data)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """All that there is."""
        return container.width
