"""Views of one image as panels of one size, each with its name, so that an edge can be compared."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.widgets import Label

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture

MOST = 4
FOUR: tuple[View, ...] = ("image", "error", "mask", "prediction")
"""The photograph above the mask, the errors above the prediction."""
NAMES = {
    "image": "image",
    "mask": "actual",
    "prediction": "predicted",
    "error": "errors (striped)",
    "overlay": "overlay",
    "outcome": "/ false  \\ missed",
}


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


def for_class(view: View, class_id: int | None) -> View:
    """A view where one class is looked at: instead of all errors what became of it."""
    return "outcome" if view == "error" and class_id is not None else view


def panel_name(view: View, class_id: int | None) -> str:
    """What stands above a view."""
    return NAMES[view] if class_id is None or view == "image" else f"{NAMES[view]}: {CLASSES[class_id].name}"
