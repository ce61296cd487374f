"""What pictures ask of the app and the screen that they are in."""

from typing import Protocol

from rich.style import Style
from textual.css.query import NoMatches
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.protocol import ImageProtocol

_TOASTS = "textual-toastrack"


class PictureApp(Protocol):
    """How the app draws pictures now."""

    terminal: TerminalCapabilities
    protocol: ImageProtocol
    picture_limit: int
    color_count: Colors
    cell: tuple[int, int]

    @property
    def draws(self) -> bool:
        """Whether what is rendered is sent."""


def under_toast(widget: Widget) -> bool:
    """Whether a toast lies over a part of a widget.

    Private in Textual (checked against 8.2.8): the id of what holds a screen's toasts.
    """
    try:
        toasts = widget.screen.get_child_by_id(_TOASTS)
    except NoMatches:
        return False
    # What holds each of them is invisible, and so has no region.
    return any(toast.region.overlaps(widget.region) for holder in toasts.children for toast in holder.children)


def style_here(widget: Widget) -> Style:
    """The style around a picture, in colours that the terminal has."""
    blank = Strip.blank(1, widget.rich_style)
    for line_filter in widget.get_line_filters():
        blank = blank.apply_filter(line_filter, widget.background_colors[1])
    return next((segment.style for segment in blank if segment.style), widget.rich_style)
