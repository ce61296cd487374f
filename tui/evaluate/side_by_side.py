"""One image of an evaluation: image, actual and predicted side by side, or where they differ."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Label

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.commands import SIDE_BY_SIDE
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView

SETS: tuple[tuple[View, View, View], ...] = (
    ("image", "mask", "prediction"),
    ("image", "error", "prediction"),
    ("overlay", "mask", "error"),
)
NAMES = {"image": "image", "mask": "actual", "prediction": "predicted", "error": "errors (red)", "overlay": "overlay"}


class SideBySideScreen(Screen[None]):
    """j and k go through the images; `step` returns the next one."""

    ACTIONS = SIDE_BY_SIDE
    BINDINGS = bindings(SIDE_BY_SIDE)

    def __init__(self, row: Row, step: Callable[[int], Row | None]) -> None:
        super().__init__()
        self._row, self._step = row, step
        self._set = 0
        self._highlight: int | None = None

    def compose(self) -> ComposeResult:
        """Three pictures with their names, the classes, and a line about the image."""
        with Horizontal(id="side"):
            for number in range(3):
                with Vertical():
                    yield Label("", id=f"side--name{number}", classes="side--name")
                    yield PictureView(id=f"side--picture{number}")
        yield Legend(id="side--legend")
        yield OneLine(id="side--caption")

    def on_mount(self) -> None:
        """Shows the image."""
        self._show()

    def action_step(self, by: int) -> None:
        """Goes on to another image."""
        if (row := self._step(by)) is not None:
            self._row = row
            self._show()

    def action_views(self) -> None:
        """Goes on to other views."""
        self._set = (self._set + 1) % len(SETS)
        self._show()

    def action_highlight(self, by: int) -> None:
        """Highlights another class."""
        there = [i for i in range(20) if self._row.share(i)]
        order: list[int | None] = [None, *there]
        now = order.index(self._highlight) if self._highlight in order else 0
        self._highlight = order[(now + by) % len(order)]
        self._show()

    def _show(self) -> None:
        row = self._row
        for number, view in enumerate(SETS[self._set]):
            highlight = self._highlight if view != "error" else None
            request = PictureRequest(
                image=row.image, mask=row.mask, prediction=row.prediction, view=view, opacity=0.5, highlight=highlight
            )
            self.query_one(f"#side--picture{number}", PictureView).show(request)
            self.query_one(f"#side--name{number}", Label).update(NAMES[view])
        self.query_one(Legend).show(row.shares, self._highlight)
        score = f"mIoU {100 * row.miou:.1f}" if row.miou is not None else "no score"
        hint = "j/k next  v other views  [ ] class  Esc back"
        self.query_one("#side--caption", OneLine).update(f"{score}  {sanitize(row.name)}   {hint}")
