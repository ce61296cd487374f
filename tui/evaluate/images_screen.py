"""Some images of an evaluation: a list of names, and the one at the cursor beside its mask and prediction."""

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Label, OptionList

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.commands import IMAGES
from bddseg_tui.tui.evaluate.side_by_side import SideBySideScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.vim_list import VimList

VIEWS: tuple[View, View] = ("image", "error")


class ImagesScreen(Screen[None]):
    """Enter opens an image side by side with its mask and prediction; o shows it in the Dataset pane."""

    ACTIONS = IMAGES
    BINDINGS = bindings(IMAGES)

    def __init__(self, title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
        super().__init__(id="some-images")
        self._about, self._rows, self._notes = title, list(rows), list(notes)

    def compose(self) -> ComposeResult:
        """The list, and a picture for each view beside it."""
        yield Label(f"{self._about}   {len(self._rows):,} images", id="some-images--title", markup=False)
        with Horizontal():
            yield VimList(id="some-images--list", compact=True)
            with Vertical():
                for number in range(len(VIEWS)):
                    yield PictureView(id=f"some-images--picture{number}")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Lists the images."""
        listing = self.query_one(VimList)
        notes = self._notes or [f"{100 * r.miou:5.1f}" if r.miou is not None else "    -" for r in self._rows]
        listing.set_rows(
            [
                (str(n), Text(f"{note}  {sanitize(r.name)}", no_wrap=True, overflow="ellipsis"))
                for n, (r, note) in enumerate(zip(self._rows, notes, strict=True))
            ],
            "no image is left in the dataset",
        )
        listing.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        if (row := self._row) is not None:
            for number, view in enumerate(VIEWS):
                picture = self.query_one(f"#some-images--picture{number}", PictureView)
                picture.show(PictureRequest(row.image, row.mask, row.prediction, view))

    @property
    def _row(self) -> Row | None:
        chosen = self.query_one(VimList).highlighted
        return self._rows[chosen] if chosen is not None and chosen < len(self._rows) else None

    def action_open(self) -> None:
        """Shows the image's views side by side."""
        if (row := self._row) is not None:
            self.app.push_screen(SideBySideScreen(row, self._step))

    def _step(self, by: int) -> Row | None:
        listing = self.query_one(VimList)
        place = (listing.highlighted or 0) + by
        if not 0 <= place < len(self._rows):
            return None
        listing.highlighted = place
        return self._rows[place]

    def action_dataset(self) -> None:
        """Shows the image in the Dataset pane."""
        if (row := self._row) is not None:
            self.post_message(ShowImage(row.image))
