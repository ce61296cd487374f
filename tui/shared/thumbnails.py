"""Small pictures with a line of text each, one of them chosen: the candidates of a search."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widgets import Label

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.shared.picture import PictureView


@dataclass(frozen=True)
class Shown:
    """A picture and the line below it."""

    path: Path
    line: str


class Thumbnail(Vertical):
    """One picture; clicking it chooses it."""

    def __init__(self, shown: Shown, number: int) -> None:
        super().__init__(classes="thumbnail")
        self._shown, self.number = shown, number

    def compose(self) -> ComposeResult:
        """The picture and its line."""
        yield PictureView()
        yield Label(self._shown.line, classes="thumbnail--line", markup=False)

    def on_mount(self) -> None:
        """Asks for the picture."""
        self.query_one(PictureView).show(PictureRequest(self._shown.path, None))


class Thumbnails(Container):
    """A strip or a grid of them, as its style has it."""

    class Clicked(Message):
        """A thumbnail was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._all: list[Shown] = []
        self.chosen = 0

    async def show(self, pictures: Sequence[Shown], chosen: int = 0) -> None:
        """Shows these pictures; the ones that were shown before go."""
        if list(pictures) == self._all:
            self.choose(chosen)
            return
        self._all = list(pictures)
        await self.remove_children()
        await self.mount_all(Thumbnail(p, number) for number, p in enumerate(self._all))
        self.choose(chosen)

    def choose(self, number: int) -> None:
        """Marks one of them; it is scrolled into view."""
        if not self._all:
            return
        self.chosen = max(0, min(number, len(self._all) - 1))
        for thumbnail in self.query(Thumbnail):
            mine = thumbnail.number == self.chosen
            thumbnail.set_class(mine, "-chosen")
            line = self._all[thumbnail.number].line
            # Not by colour alone.
            thumbnail.query_one(Label).update(f"▸{line}" if mine else f" {line}")
            if mine:
                self.scroll_to_widget(thumbnail, animate=False)

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self._all)

    def on_click(self, event: events.Click) -> None:
        """Posts `Clicked` with the number of the picture."""
        node = event.widget
        while node is not None and not isinstance(node, Thumbnail):
            node = node.parent  # type: ignore[assignment]
        if node is not None:
            self.post_message(self.Clicked(node.number))
