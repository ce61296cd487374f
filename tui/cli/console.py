"""The consoles of commands: Rich's, and every text that they draw has passed the sanitizer."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bddseg_tui.core.sanitize import sanitize_lines


class SafeConsole(Console):
    """Rich lets escape characters and bidirectional overrides in texts through; here they are shown as `·`."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As Rich does it, with every text sanitized."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else sanitize_lines(text), style, control)


def console(stderr: bool = False, **options: Any) -> SafeConsole:
    """A console for tables and lines, without highlighting or markup: names are shown as they are."""
    return SafeConsole(stderr=stderr, highlight=False, markup=False, emoji=False, **options)
