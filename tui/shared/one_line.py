"""A line of text whose place does not depend on its text."""

from rich.cells import cell_len, set_cell_size
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


def with_keys(text: str, keys: tuple[str, ...], width: int) -> str:
    """A line with a text on the left, and on the right those of the keys, from the first on, that it has room for.

    For the first key the text is cut.
    """
    if cell_len(text) + 3 + cell_len(keys[0]) > width:
        text = f"{set_cell_size(text, max(0, width - cell_len(keys[0]) - 4))}…"
    shown = keys[0]
    for key in keys[1:]:
        longer = f"{shown}  {key}"
        if cell_len(text) + 3 + cell_len(longer) > width:
            break
        shown = longer
    return f"{text}{' ' * (width - cell_len(text) - cell_len(shown))}{shown}"
