"""The Evaluate pane: evaluations, the chosen one's figures and per-class table, its worst and best images."""

from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Label, OptionList, Static

from core.catalog import Catalog, Row
from core.dataset import open_dataset
from core.errors import BddsegError
from core.evaluation import Evaluation, load_evaluation
from core.job import Status, read_status
from core.query import parse_query
from core.runs import Run
from core.sanitize import sanitize, sanitize_path
from tui.commands import EVALUATE, bindings
from tui.figures import fraction, state_mark
from tui.panes.pane import Pane
from tui.screens.ask import ConfirmScreen
from tui.screens.choose import ChooseScreen
from tui.screens.side_by_side import SideBySideScreen
from tui.widgets.class_table import ClassTable
from tui.widgets.evaluation_text import NOTHING, confusions, overall, waiting
from tui.widgets.option_keys import KeyList

EVERY_S = 1.0
LISTED = 200
EMPTY = "no evaluation yet: n makes one"


@dataclass(frozen=True)
class Listed:
    """An evaluation's folder: its run, what it is called, how its job stands, and its result if there is one."""

    run: Run
    name: str
    status: Status
    result: Evaluation | None


class EvaluatePane(Pane):
    """Reads and compares evaluations."""

    COMMANDS = EVALUATE
    BINDINGS = bindings(EVALUATE)

    def __init__(self) -> None:
        super().__init__(id="evaluate")
        self._listed: dict[str, Listed] = {}
        self._shown: tuple[object, ...] = ()
        self._compared: str | None = None
        self._worst_first = True
        self._rows: list[Row] = []
        self._wanted: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="evaluation-side"):
                yield KeyList(id="evaluations", compact=True)
                yield Label("worst images", id="image-title")
                yield KeyList(id="images", compact=True)
            with Vertical(id="evaluation-main"):
                yield Static("", id="evaluation-summary")
                yield ClassTable(id="class-table")
                yield Static("", id="confusions")

    def on_mount(self) -> None:
        self.set_interval(EVERY_S, self._tick)
        self._tick()

    def on_shown(self) -> None:
        self.query_one("#evaluations", KeyList).focus()
        self._tick()

    def choose(self, name: str) -> None:
        """Highlights this evaluation as soon as it is listed."""
        self._wanted = name
        self._tick()

    # -- reading ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.is_shown:
            self._read()

    @work(thread=True, exclusive=True, group="evaluations", exit_on_error=False)
    def _read(self) -> None:
        found: dict[str, Listed] = {}
        for run in self.bddseg.engine.runs():
            for folder in run.evaluations():
                name = f"{run.name}/{folder.name}"
                status, before = read_status(folder), self._listed.get(name)
                if before and before.result and before.status.heartbeat == status.heartbeat:
                    found[name] = before
                    continue
                try:
                    result = load_evaluation(folder) if not status.live else None
                except BddsegError:
                    result = None
                found[name] = Listed(run, name, status, result)
        self.app.call_from_thread(self._show, found)

    def _show(self, found: dict[str, Listed]) -> None:
        self._listed = found
        listing = self.query_one("#evaluations", KeyList)
        listing.set_rows([(name, self._label(entry)) for name, entry in found.items()], EMPTY)
        if self._wanted in found:
            listing.choose(str(self._wanted))
            self._wanted = None
        self._show_chosen()

    def _label(self, entry: Listed) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("◆ " if entry.name == self._compared else "  ", "bold cyan")
        room = max(10, self.query_one("#evaluations").content_size.width - 11)
        text.append(f"{sanitize(entry.name)[:room]:<{room}} ")
        if entry.status.live:
            share = f" {100 * entry.status.done / entry.status.total:.0f}%" if entry.status.total else ""
            text.append(f"▶{share}", "bold")
        elif entry.result:
            text.append(fraction(entry.result.miou19), "bold")
        else:
            text.append(state_mark(entry.status.state), "red")
        return text

    @on(DataTable.RowHighlighted)
    def _class_highlighted(self) -> None:
        entry, found = self._chosen(), self.query_one(ClassTable).highlighted_class
        text = confusions(entry.result, found.id) if entry and entry.result and found else Text()
        self.query_one("#confusions", Static).update(text)

    @on(OptionList.OptionHighlighted, "#evaluations")
    def _highlighted(self) -> None:
        self._show_chosen()

    def _chosen(self) -> Listed | None:
        name = self.query_one("#evaluations", KeyList).chosen
        return self._listed.get(name) if name else None

    def _show_chosen(self) -> None:
        entry = self._chosen()
        other = self._listed.get(self._compared or "")
        key = (entry and (entry.name, entry.status.heartbeat, entry.status.state), self._compared, self._worst_first)
        if key == self._shown:
            return
        self._shown = key
        compared = other.result if other and entry and other.name != entry.name else None
        self.query_one("#evaluation-summary", Static).update(_summary(entry, compared))
        self.query_one(ClassTable).show(entry.result if entry else None, compared)
        self.query_one("#image-title", Label).update(
            " worst images first (w)" if self._worst_first else " best images first (w)"
        )
        if entry and entry.result:
            self._read_images(entry)
        else:
            self._show_images([], "")

    @work(thread=True, exclusive=True, group="images", exit_on_error=False)
    def _read_images(self, entry: Listed) -> None:
        try:
            dataset = open_dataset(entry.run.dataset)
            catalog = Catalog(self.bddseg.engine.workspace.catalog_path(dataset.root), dataset.root)
            sort = "iou" if self._worst_first else "-iou"
            ids = catalog.find(parse_query(f"is:scored sort:{sort}"), entry.name)[:LISTED]
            rows = catalog.rows(ids, entry.name)
        except (BddsegError, OSError) as error:
            self.app.call_from_thread(self._show_images, [], sanitize(str(error)))
            return
        self.app.call_from_thread(self._show_images, rows, "no image has a score")

    def _show_images(self, rows: list[Row], empty: str) -> None:
        self._rows = rows
        labels = [
            Text(f"{100 * (r.miou or 0):5.1f}  {sanitize(r.name)}", no_wrap=True, overflow="ellipsis") for r in rows
        ]
        self.query_one("#images", KeyList).set_rows(
            [(str(r.id), label) for r, label in zip(rows, labels, strict=True)], empty
        )

    # -- actions ---------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#evaluations")
    def _evaluation_opened(self) -> None:
        self.query_one(ClassTable).focus()

    @on(OptionList.OptionSelected, "#images")
    def _image_opened(self) -> None:
        self._open_image()

    @on(DataTable.RowSelected)
    def _class_opened(self) -> None:
        self.query_one("#images", KeyList).focus()

    def action_open_image(self) -> None:
        self._open_image()

    def _open_image(self) -> None:
        images = self.query_one("#images", KeyList)
        if self._rows and images.highlighted is not None:
            self.app.push_screen(SideBySideScreen(self._rows[images.highlighted], self._step))

    def _step(self, by: int) -> Row | None:
        images = self.query_one("#images", KeyList)
        place = (images.highlighted or 0) + by
        if not 0 <= place < len(self._rows):
            return None
        images.highlighted = place
        return self._rows[place]

    def action_next_list(self) -> None:
        order = [self.query_one("#evaluations"), self.query_one(ClassTable), self.query_one("#images")]
        place = next((i for i, w in enumerate(order) if w.has_focus), -1)
        order[(place + 1) % len(order)].focus()

    def action_sort_table(self) -> None:
        self.query_one(ClassTable).sort_next()

    def action_toggle_order(self) -> None:
        self._worst_first = not self._worst_first
        self._show_chosen()

    def action_compare(self) -> None:
        choices = [("none", "")] + [
            (f"{e.name}  {fraction(e.result.miou19)}", e.name) for e in self._listed.values() if e.result
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                self._compared = name or None
                self._show(self._listed)

        self.app.push_screen(ChooseScreen("Compare with", choices, self._compared), chosen)

    def action_new_evaluation(self) -> None:
        runs = [r for r in self.bddseg.engine.runs() if r.checkpoints()]
        if not runs:
            self.notify("no run has a checkpoint yet: 2 Train starts one", severity="warning")
            return
        choices = [
            (f"{r.name}  {checkpoint}  {split}", (r, checkpoint, split))
            for r in runs
            for checkpoint in r.checkpoints()
            for split in ("val", "train")
        ]

        def chosen(answer: "tuple[Run, str, str] | None") -> None:
            if answer is not None:
                self._start(*answer)

        self.app.push_screen(ChooseScreen("Evaluate a run, checkpoint and split", choices), chosen)

    @work(thread=True, group="act", exit_on_error=False)
    def _start(self, run: Run, checkpoint: str, split: str) -> None:
        try:
            folder = self.bddseg.engine.evaluate(run, split, checkpoint)
        except (BddsegError, OSError) as error:
            self.app.call_from_thread(self.notify, sanitize(str(error)), severity="error", markup=False)
            return
        self.app.call_from_thread(self.choose, f"{run.name}/{folder.name}")

    def action_delete_evaluation(self) -> None:
        entry = self._chosen()
        if entry is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                try:
                    self.bddseg.engine.delete_evaluation(entry.run, entry.name)
                except BddsegError as error:
                    self.notify(str(error), severity="error", markup=False)
                self._tick()

        self.app.push_screen(ConfirmScreen(f"Delete {entry.name}?", "Its predictions and scores go with it."), answered)


def _summary(entry: Listed | None, compared: Evaluation | None) -> Text:
    if entry is None:
        return NOTHING
    if entry.result is None:
        return waiting(entry.name, entry.status)
    return overall(sanitize_path(entry.run.dataset.name), entry.result, compared)
