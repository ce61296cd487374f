"""A line of text whose place does not depend on its text."""

from textual.visual import VisualType
from textual.widgets import Label


class OneLine(Label):
    """As a label, but a new text does not have the whole screen laid out, and with it a picture sent again."""

    DEFAULT_CSS = "OneLine { height: 1; width: 100%; }"

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__("", id=id, markup=False)

    def update(self, content: VisualType = "", *, layout: bool = False) -> None:
        """Shows a text."""
        super().update(content, layout=layout)
