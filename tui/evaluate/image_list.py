"""The images of the chosen evaluation: by their mIoU, or by the IoU of one class."""

import asyncio

from textual import work
from textual.message import Message
from textual.worker import Worker

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.tui.evaluate.commands import IMAGE_LIST
from bddseg_tui.tui.evaluate.listed_images import ListedImage, Listing, read_images
from bddseg_tui.tui.evaluate.side_by_side import SideBySideScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure


class ImageList(VimList):
    """Posts `Left` on Escape; one image is opened beside its mask and prediction, and stepped on from there.

    Attributes:
        listing: which images it shows.
    """

    ACTIONS = IMAGE_LIST
    BINDINGS = bindings(IMAGE_LIST)

    class Left(Message):
        """Escape was pressed."""

    class ViewsWanted(Message):
        """The views of the image that there was no room for are to be shown."""

    class Read(Message):
        """Other images are shown by now."""

    def __init__(self, analysis: AnalysisService, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, compact=True)
        self._analysis = analysis
        self._images: tuple[ListedImage, ...] = ()
        self.listing = Listing()

    @property
    def image(self) -> ListedImage | None:
        """The one at the cursor."""
        return self._images[self.highlighted] if self._images and self.highlighted is not None else None

    def show(self, listing: Listing) -> None:
        """Lists other images. Those that are shown go at once: they do not belong below the new title."""
        self.listing, self._images = listing, ()
        self.set_rows([], "reading …" if listing.evaluation else "")
        self.post_message(self.Read())
        self._read(listing)

    @work(exclusive=True, group="images", exit_on_error=False)
    async def _read(self, listing: Listing) -> None:
        empty = "no image has a score" if listing.class_id is None else "no image has it, and in none it was invented"
        try:
            self._images = await asyncio.to_thread(read_images, self._analysis, listing)
        except (BddsegError, OSError) as error:
            empty = sanitize(str(error))
        rows = [(str(number), image.label) for number, image in enumerate(self._images)]
        self.set_rows(rows, empty if listing.evaluation else "")
        self.post_message(self.Read())

    def action_leave(self) -> None:
        """Posts that the person wants to go back."""
        self.post_message(self.Left())

    def action_views(self) -> None:
        """Posts that other views of the image are wanted."""
        self.post_message(self.ViewsWanted())

    def open_image(self) -> None:
        """Shows the chosen image side by side with its mask and prediction."""
        if (image := self.image) is not None:
            self.app.push_screen(SideBySideScreen(image, self._step, self.listing.class_id))

    def _step(self, by: int) -> ListedImage | None:
        place = (self.highlighted or 0) + by
        if not 0 <= place < len(self._images):
            return None
        self.highlighted = place
        return self._images[place]

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
