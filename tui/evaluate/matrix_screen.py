"""The confusion of pixels, or of the classes found in images, as a heat map; Enter lists the images behind a cell."""

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Label
from textual.worker import Worker

from bddseg_tui.core.analysis.matrix import Kind, Matrix
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.tui.evaluate.commands import MATRIX
from bddseg_tui.tui.evaluate.heatmap import Heatmap
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen, by_score
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.worker_errors import tell_failure

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.confusion_matrix import Normalised
    from bddseg_tui.core.analysis.threshold import Threshold
    from bddseg_tui.core.services.analysis import AnalysisService

_ORDER: tuple["Normalised", ...] = ("row", "column", "none")
_WORDS = {"row": "each row is 100 %", "column": "each column is 100 %", "none": "of the largest count"}


class MatrixScreen(Screen[None]):
    """Shows an evaluation's matrices.

    Attributes:
        matrix: the one that is shown; None until it has been read.
    """

    ACTIONS = MATRIX
    BINDINGS = bindings(MATRIX)

    def __init__(
        self,
        service: "AnalysisService",
        evaluation: Evaluation,
        kind: Kind = "pixels",
        threshold: "Threshold | None" = None,
    ) -> None:
        super().__init__(id="matrix")
        self._service = service
        self._evaluation, self._kind, self._threshold = evaluation, kind, threshold
        self._by: Normalised = "row"
        self.matrix: Matrix | None = None

    def compose(self) -> ComposeResult:
        """The matrix and a line about the cell."""
        yield Label("", id="matrix--title", markup=False)
        yield Heatmap(id="heatmap")
        yield Label("", id="matrix--cell", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Shows the matrix."""
        self.query_one(Heatmap).focus()
        self._read()

    @work(exclusive=True, group="matrix", exit_on_error=False)
    async def _read(self) -> None:
        kind, by = self._kind, self._by
        matrix = await attempt(
            self, lambda: self._service.matrix(self._evaluation, kind, by, self._threshold), "warning", 8
        )
        if matrix is None:
            self._kind = "pixels"
        else:
            self._show(matrix, by)

    def _show(self, matrix: Matrix, by: "Normalised") -> None:
        self.matrix = matrix
        what = "pixels" if matrix.kind == "pixels" else "classes found in images: missed (row), wrongly found (column)"
        self.query_one("#matrix--title", Label).update(
            f"{self._evaluation.name}   {what}   {_WORDS[by]}; colours by the square root"
        )
        self.query_one(Heatmap).show(matrix)
        self._describe()

    @on(Heatmap.Moved)
    def _describe(self) -> None:
        if self.matrix is None:
            return
        self.query_one("#matrix--cell", Label).update(describe(self.matrix, *self.query_one(Heatmap).cell))

    def action_normalise(self) -> None:
        """Goes on to shares of rows, of columns, or of the largest count."""
        self._by = _ORDER[(_ORDER.index(self._by) + 1) % len(_ORDER)]
        self._read()

    def action_kind(self) -> None:
        """Changes between pixels and classes found in images."""
        self._kind = "labels" if self._kind == "pixels" else "pixels"
        self._read()

    @on(Heatmap.Opened)
    def action_open(self) -> None:
        """Lists the images behind the cell."""
        matrix, (row, column) = self.matrix, self.query_one(Heatmap).cell
        if matrix is not None and matrix.counts[row][column]:
            self._open(matrix, row, column)

    @work(exclusive=True, group="cell", exit_on_error=False)
    async def _open(self, matrix: Matrix, row: int, column: int) -> None:
        rows = await attempt(
            self,
            lambda: self._service.cell_images(self._evaluation, matrix.kind, row, column, self._threshold),
            "warning",
            8,
        )
        if rows is not None:
            self.app.push_screen(ImagesScreen(describe(matrix, row, column), by_score(rows), row))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def describe(matrix: Matrix, row: int, column: int) -> str:
    """A cell in words."""
    count, share = matrix.counts[row][column], 100 * matrix.shares[row][column]
    actual, predicted = matrix.rows[row], matrix.columns[column]
    if matrix.kind == "pixels":
        said = "predicted as itself" if row == column else f"predicted as {predicted}"
        return f"{actual} {said}: {count:,} pixels, {share:.2f} %"
    if row == column:
        return f"{actual} is there and was found: {count:,} images"
    instead = "and no other was invented" if column == len(matrix.rows) else f"and {predicted} was invented"
    return f"{actual} is there and was missed, {instead}: {count:,} images"
