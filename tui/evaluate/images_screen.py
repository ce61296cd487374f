"""Some images of an evaluation: a list of names, and the one at the cursor beside its mask and prediction."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Label, OptionList

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.tui.evaluate.commands import IMAGES
from bddseg_tui.tui.evaluate.image_preview import ImagePreview
from bddseg_tui.tui.evaluate.listed_images import ListedImage, overall
from bddseg_tui.tui.evaluate.side_by_side import SideBySideScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.format import percent
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.vim_list import VimList


class ImagesScreen(Screen[None]):
    """Enter opens an image side by side with its mask and prediction; o shows it in the Dataset pane."""

    ACTIONS = IMAGES
    BINDINGS = bindings(IMAGES)

    def __init__(self, title: str, images: Sequence[ListedImage], highlight: int | None = None) -> None:
        super().__init__(id="some-images")
        self._about, self._images, self._highlight = title, tuple(images), highlight

    def compose(self) -> ComposeResult:
        """The list, and the views of an image beside it."""
        yield Label(f"{self._about}   {len(self._images):,} images", id="some-images--title", markup=False)
        with Horizontal():
            yield VimList(id="some-images--list", compact=True)
            yield ImagePreview(id="some-images--preview")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Lists the images."""
        listing = self.query_one(VimList)
        rows = [(str(number), image.label) for number, image in enumerate(self._images)]
        listing.set_rows(rows, "no image is left in the dataset")
        listing.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self.query_one(ImagePreview).show(self._image, self._highlight)

    @property
    def _image(self) -> ListedImage | None:
        chosen = self.query_one(VimList).highlighted
        return self._images[chosen] if chosen is not None and chosen < len(self._images) else None

    def action_open(self) -> None:
        """Shows the image's views side by side."""
        if (image := self._image) is not None:
            self.app.push_screen(SideBySideScreen(image, self._step, self._highlight))

    def _step(self, by: int) -> ListedImage | None:
        listing = self.query_one(VimList)
        place = (listing.highlighted or 0) + by
        if not 0 <= place < len(self._images):
            return None
        listing.highlighted = place
        return self._images[place]

    def action_views(self) -> None:
        """Shows the views that there was no room for."""
        self.query_one(ImagePreview).next_views()

    def action_dataset(self) -> None:
        """Shows the image in the Dataset pane."""
        if (image := self._image) is not None:
            self.post_message(ShowImage(image.row.image))


def by_score(rows: Sequence[Row]) -> list[ListedImage]:
    """Images with their mIoU, in the order that they come in."""
    return [ListedImage(r, percent(r.miou), overall(r)) for r in rows]
