"""What an app knows of the terminal that it draws on, and how it draws there."""

import asyncio
from typing import TYPE_CHECKING, Any

from rich.console import Console
from textual import work
from textual.app import App
from textual.events import Event, Resize

from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal.color_filter import ColorFilter
from bddseg_tui.tui.terminal.drawing_pause import DrawingPause
from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.line_speed import LineSpeed
from bddseg_tui.tui.terminal.picture_limit import SLOW_LINE, picture_limit
from bddseg_tui.tui.terminal.protocol import ImageProtocol, cell_pixels
from bddseg_tui.tui.terminal.raw_output import backlog_of
from bddseg_tui.tui.terminal.shown_cells import ShownCells
from bddseg_tui.tui.terminal.smallest_size import no_smaller
from bddseg_tui.tui.terminal.tmux import ask_tmux

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

    from bddseg_tui.tui.terminal.driver import TerminalAnswered


class TerminalApp(App[int]):
    """Goes by what is known of the terminal, sends it what differs from what it shows, and waits while it lags behind.

    Attributes:
        terminal: what is known of the terminal by now.
        protocol: how pictures are drawn.
        color_count: how many colours the terminal has.
        picture_limit: bytes that a picture in a pane may take.
        cell: (width, height) in pixels of one cell at the start.
        has_content: whether there is something to show; until then nothing is drawn.
    """

    def __init__(
        self, terminal: TerminalCapabilities, driver_class: "type[Driver] | None" = None, picture_bytes: int = 0
    ) -> None:
        """Asks nothing yet.

        Args:
            terminal: what is known of it at the start.
            driver_class: Textual's driver; its own choice if left out.
            picture_bytes: the most that a picture may take; 0 leaves it to what is known of the line.
        """
        super().__init__(driver_class=driver_class)
        # Each picture of a list that glides would go over the line.
        self.animation_level = "none"
        self.terminal = terminal
        self.protocol: ImageProtocol = self.terminal.image_protocol
        self.color_count: Colors = self.terminal.color_count
        # What there are colours for is decided by the filter; Rich would decide by TERM alone.
        self.console = Console(
            color_system="truecolor",
            file=self.console.file,
            force_terminal=True,
            legacy_windows=False,
            safe_box=False,
            soft_wrap=False,
            highlight=False,
            emoji=False,
        )
        self._color_filter = None if self.color_count == "truecolor" else ColorFilter(self.color_count)
        self._picture_bytes = picture_bytes
        self.picture_limit = picture_limit(picture_bytes, answered=False)
        self._line_speed = LineSpeed()
        self.cell = cell_pixels()
        self.has_content = True
        self._drawing_pause: DrawingPause | None = None
        self._shown_cells = ShownCells()

    def on_mount(self) -> None:
        """Asks tmux, where there is one."""
        self.set_class(self.protocol == "none", "-no-pictures")
        self._ask_tmux()

    async def on_event(self, event: Event) -> None:
        """Every event of the app: after a new size nothing of what was sent is there any more."""
        if isinstance(event, Resize):
            self._shown_cells.forget()
            event = no_smaller(event)
        await super().on_event(event)

    def _display(self, screen: "Screen[Any]", renderable: "RenderableType | None") -> None:
        # Private in Textual (checked against 8.2.8): all that is drawn goes through here.
        backlog = backlog_of(self)
        if backlog is not None and (self._drawing_pause is None or backlog is not self._drawing_pause.backlog):
            # At the start, and when the app comes back from the background.
            self._drawing_pause = DrawingPause(self, backlog)
            self._shown_cells = ShownCells(self.terminal.few_parameters)
        if self._drawing_pause is not None:
            renderable = self._shown_cells.changed_by(renderable)
        super()._display(screen, renderable)
        if self._drawing_pause is not None and renderable is not None:
            self._drawing_pause.drawn()

    @property
    def braille(self) -> bool:
        """Whether curves are drawn in dots of braille."""
        return self.terminal.braille

    @property
    def draws(self) -> bool:
        """Whether what changes is drawn at once; not while the terminal lags behind."""
        return self._drawing_pause is None or not self._drawing_pause.paused

    @property
    def slow_line(self) -> bool:
        """Whether what is drawn may take long to arrive."""
        return self.picture_limit <= SLOW_LINE

    def show_content(self) -> None:
        """Draws what there is: a screen without rows, which takes as long to draw, is left out where they come soon."""
        if not self.has_content:
            self.has_content = True
            self.screen.refresh()

    def refresh_css(self, animate: bool = True) -> None:
        """Reads all styles anew. Textual asks for it at the start too, when the theme is set and nothing is styled."""
        if self.screen_stack:
            super().refresh_css(animate)

    def hold_drawing(self, seconds: float) -> None:
        """Draws nothing for a while, where what is drawn takes long to arrive."""
        if self._drawing_pause is not None and self.slow_line:
            self._drawing_pause.hold(seconds)

    def on_output_taken(self) -> None:
        """The terminal has shown some of what it was sent."""
        if self._drawing_pause is not None:
            self._drawing_pause.look()
            self._measure(self._drawing_pause.backlog.took())

    def _measure(self, took: "list[tuple[int, float]]") -> None:
        """Over SSH pictures are as sharp as the line is fast, unless a person has said how sharp."""
        if self._picture_bytes or not self.terminal.over_ssh or self.terminal.answers is None:
            return
        before = self.picture_limit
        for count, seconds in took:
            self.picture_limit = self._line_speed.took(count, seconds)
        if self.picture_limit > before:
            self._redraw_pictures()

    def get_line_filters(self) -> "Sequence[LineFilter]":
        """What every line goes through before it is drawn: Textual's filters, then the terminal's colours."""
        filters = super().get_line_filters()
        return filters if self._color_filter is None else [*filters, self._color_filter]

    def action_redraw(self) -> None:
        """Draws everything anew: what else was written to the terminal, nobody here knows of."""
        self._shown_cells.forget()
        self.screen.refresh()

    # -- the terminal ----------------------------------------------------------------------------------------

    def on_terminal_answered(self, event: "TerminalAnswered") -> None:
        """The terminal's answer, whenever it comes."""
        self.picture_limit = picture_limit(self._picture_bytes, answered=True)
        if self.slow_line and not self._picture_bytes:
            self.picture_limit = self._line_speed.limit
        self.learn(self.terminal.with_answers(event.answers))

    @work(group="tmux", exit_on_error=False)
    async def _ask_tmux(self) -> None:
        if self.terminal.multiplexer == "tmux" and (said := await asyncio.to_thread(ask_tmux)) is not None:
            self.learn(self.terminal.with_tmux(said))

    def learn(self, terminal: TerminalCapabilities) -> None:
        """Goes over to what follows from what is known of the terminal by now."""
        self.terminal, self.protocol = terminal, terminal.image_protocol
        if self._shown_cells.few_parameters != terminal.few_parameters:
            self._shown_cells.few_parameters = terminal.few_parameters
            self.action_redraw()
        if self.color_count != terminal.color_count:
            self.color_count = terminal.color_count
            self._color_filter = ColorFilter(self.color_count)
            self.action_redraw()
        self.set_class(self.protocol == "none", "-no-pictures")
        self._redraw_pictures()

    def _redraw_pictures(self) -> None:
        for view in (view for screen in self.screen_stack for view in screen.query(PictureView)):
            view.redraw()
