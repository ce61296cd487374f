"""Views of one image as panels of one size, each with its name, so that an edge can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.widgets import Label

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.tui.evaluate.listed_images import ListedImage
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture

MOST = 4


@dataclass(frozen=True)
class Panel:
    """A view; of the prediction of the earlier of two compared evaluations, or of the only or later one."""

    view: View
    earlier: bool = False


FOUR = Panel("image"), Panel("error"), Panel("mask"), Panel("prediction")
"""The photograph above the mask, the errors above the prediction."""
COMPARED = Panel("error", True), Panel("error"), Panel("prediction", True), Panel("prediction")
"""Before on the left, now on the right."""
NAMES = {
    "image": "image",
    "mask": "actual",
    "prediction": "predicted",
    "error": "errors (striped)",
    "overlay": "overlay",
    "outcome": "/ false  \\ missed",
}
OF_PREDICTION = ("error", "prediction", "outcome")


class Panels(Grid):
    """Up to four views, two in a row; of two one stands above the other."""

    def compose(self) -> ComposeResult:
        """A name and a picture for each."""
        for number in range(MOST):
            with Vertical(id=f"panel{number}"):
                yield Label("", id=f"panel--name{number}", classes="panel--name")
                yield ZoomPicture(id=f"panel--picture{number}")

    def show(self, views: Sequence[tuple[str, PictureRequest | None]], about: object = None) -> None:
        """Shows these, each below its name: `PictureView.Ready` comes with what they are `about` when the first is."""
        self._arrange(len(views))
        for number in range(MOST):
            shown = number < len(views)
            self.query_one(f"#panel{number}").display = shown
            if shown:
                name, request = views[number]
                self.query_one(f"#panel--name{number}", Label).update(name)
                picture = self.query_one(f"#panel--picture{number}", ZoomPicture)
                picture.panels = len(views)
                picture.show(request, about=about if number == 0 else None)

    def _arrange(self, count: int) -> None:
        columns, rows = (2, 2) if count > 2 else (1, count)
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        self.styles.grid_rows = str(max(1, self.size.height // rows))
        self.styles.grid_columns = str(max(1, (self.size.width - columns + 1) // columns))

    def on_resize(self) -> None:
        """Gives each its share of the new size."""
        self._arrange(sum(panel.display for panel in self.children))


def panel_name(panel: Panel, image: ListedImage | None, class_id: int | None) -> str:
    """What stands above a panel."""
    view = _for_class(panel.view, class_id)
    name = NAMES[view] if class_id is None or view == "image" else f"{NAMES[view]}: {CLASSES[class_id].name}"
    if image is None or image.earlier is None or view not in OF_PREDICTION:
        return name
    return f"before: {name}" if panel.earlier else f"now: {name}"


def panel_request(panel: Panel, image: ListedImage, class_id: int | None) -> PictureRequest:
    """What a panel shows of an image, or of one class of it; the photograph as it is: the class stands beside it."""
    row, highlight = image.row, None if panel.view == "image" else class_id
    prediction = image.earlier if panel.earlier else row.prediction
    return PictureRequest(row.image, row.mask, prediction, _for_class(panel.view, class_id), highlight=highlight)


def _for_class(view: View, class_id: int | None) -> View:
    """A view where one class is looked at: instead of all errors what became of it."""
    return "outcome" if view == "error" and class_id is not None else view
