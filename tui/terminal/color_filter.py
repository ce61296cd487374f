"""What is not a picture, in 256 or 16 colours.

Textual leaves it to Rich, which takes all of the dark themes' greys for one black, knows nothing of classes, and writes
text in the colour of its background where both are rounded to the same.
"""

from collections.abc import Callable

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from bddseg_tui.tui.terminal.class_colors import numbers_by_official
from bddseg_tui.tui.terminal.few_colors import Colors, FewColors, nearest, numbered
from bddseg_tui.tui.terminal.oklab import Rgb, oklab

_WHITE, _BLACK = {"256": 231, "16": 15}, {"256": 16, "16": 0}
_MOST = 4096
_DARK = 32
"""Of a lightness of 100: panels and dialogs of the dark theme are below, marked rows above."""


class ColorFilter(LineFilter):
    """Gives every style the colours that a terminal has; with `truecolor` none is changed.

    A new one for every change: Textual keeps lines by the filter that they went through.
    """

    def __init__(self, colors: Colors) -> None:
        super().__init__()
        self._styled: Callable[[Style], Style] | None = None if colors == "truecolor" else _Styles(colors)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in colours that the terminal has."""
        styled = self._styled
        if styled is None:
            return segments
        return [
            Segment(text, styled(style) if style is not None else None, control) for text, style, control in segments
        ]


class _Styles:
    """Styles by what they were, since a screen has a few dozen."""

    def __init__(self, colors: FewColors) -> None:
        self._colors: FewColors = colors
        self._known: dict[Style, Style] = {}

    def __call__(self, style: Style) -> Style:
        known = self._known.get(style)
        if known is None:
            if len(self._known) > _MOST:
                self._known.clear()
            known = self._known[style] = style + self._replaced(style)
        return known

    def _replaced(self, style: Style) -> Style:
        ink, paper = _rgb(style.color), _rgb(style.bgcolor)
        of_ink = None if ink is None else self._number(ink)
        of_paper = None if paper is None else self._paper_number(paper)
        is_swatch = ink in numbers_by_official(self._colors)
        if of_ink == of_paper and ink != paper and paper is not None and not is_swatch:
            # Text that would be gone.
            of_ink = (_BLACK if oklab(paper)[0] > 60 else _WHITE)[self._colors]
        return Style(
            color=None if of_ink is None else numbered(of_ink),
            bgcolor=None if of_paper is None else numbered(of_paper),
            # Many terminals write bold black as grey, which is as light as the bright colours that it stands on.
            bold=False if of_ink == 0 and style.bold else None,
        )

    def _paper_number(self, rgb: Rgb) -> int:
        # Of sixteen the darkest grey is half as light as white: nothing could be read on it.
        is_dark = self._colors == "16" and oklab(rgb)[0] < _DARK
        return 0 if is_dark and rgb not in numbers_by_official("16") else self._number(rgb)

    def _number(self, rgb: Rgb) -> int:
        known = numbers_by_official(self._colors).get(rgb)
        return nearest(rgb, self._colors) if known is None else known


def _rgb(color: RichColor | None) -> Rgb | None:
    return (
        None if color is None or color.triplet is None else (color.triplet.red, color.triplet.green, color.triplet.blue)
    )
