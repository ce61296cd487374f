"""The Evaluate pane: evaluations, the chosen one's metrics and tables, its worst and best images."""

import asyncio

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, OptionList

from bddseg_tui.core.analysis.matrix import Kind
from bddseg_tui.core.analysis.threshold import parse_threshold
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.evaluate.commands import EVALUATE
from bddseg_tui.tui.evaluate.comparison import differing_settings, read_changes
from bddseg_tui.tui.evaluate.evaluation_panel import EvaluationPanel
from bddseg_tui.tui.evaluate.evaluation_text import evaluation_row
from bddseg_tui.tui.evaluate.image_list import ImageList
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen
from bddseg_tui.tui.evaluate.matrix_screen import MatrixScreen
from bddseg_tui.tui.evaluate.new_evaluation import NewEvaluation, evaluation_choices
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.format import percent
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import ConfirmScreen, PromptScreen
from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.shared.vim_list import VimList

EVERY_S = 1.0
EMPTY = "no evaluation yet: n makes one"


class EvaluatePane(Pane):
    """Reads and compares evaluations."""

    ACTIONS = EVALUATE
    BINDINGS = bindings(EVALUATE)

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__(engine, collection, id="evaluate")
        self._reader, self._reading, self._read_again = engine.analysis.evaluation_states(), False, False
        self._listed: dict[str, EvaluationState] = {}
        self._shown: tuple[EvaluationState | None, Evaluation | None] | None = None
        self._compared: str | None = None
        self._wanted: str | None = None
        self._worst_first = True

    def compose(self) -> ComposeResult:
        """The list of evaluations, and what one of them says."""
        with Horizontal():
            with Vertical(id="evaluation-side"):
                yield VimList(id="evaluations", compact=True)
                yield Label("worst images", id="image-title")
                yield ImageList(self.engine.analysis, id="images")
            yield EvaluationPanel(self.engine.analysis, id="evaluation-main")

    def on_mount(self) -> None:
        """Reads the evaluations."""
        self.set_interval(EVERY_S, self._tick)
        self._tick()

    def on_shown(self) -> None:
        """Looks at the evaluations at once, and puts the focus on their list."""
        self.query_one("#evaluations", VimList).focus()
        self._tick()

    # -- reading ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.is_shown:
            self._read()

    def _read(self) -> None:
        """Has a thread look at the disk; only one does so at a time."""
        self._read_again = self._reading
        if not self._reading:
            self._reading = True
            self._read_states()

    @work(group="evaluations", exit_on_error=False)
    async def _read_states(self) -> None:
        try:
            states = await asyncio.to_thread(self._reader.read)
        finally:
            self._reading = False
        self._listed = {state.name: state for state in states}
        self._show_list()
        if self._read_again:
            self._tick()

    def _show_list(self) -> None:
        listing = self.query_one("#evaluations", VimList)
        width = listing.content_size.width
        rows = [(n, evaluation_row(state, n == self._compared, width)) for n, state in self._listed.items()]
        listing.set_rows(rows, EMPTY)
        if self._wanted in self._listed:
            listing.choose(str(self._wanted))
            self._wanted = None
        self._show_chosen()

    @on(OptionList.OptionHighlighted, "#evaluations")
    def _show_chosen(self) -> None:
        """Shows the chosen evaluation; what is as it was is not read and drawn again."""
        shown = self._chosen(), self._other()
        if shown == self._shown:
            return
        before, self._shown = self._shown, shown
        self.query_one(EvaluationPanel).show(*shown)
        if before is None or before[0] != shown[0]:
            self._show_images()

    def _show_images(self) -> None:
        evaluation, worst_first = self._evaluation(), self._worst_first
        title = f" {'worst' if worst_first else 'best'} images first (w)" if evaluation else ""
        self.query_one("#image-title", Label).update(title)
        self.query_one(ImageList).read(evaluation, worst_first)

    # -- what is chosen --------------------------------------------------------------------------------------

    def _chosen(self) -> EvaluationState | None:
        name = self.query_one("#evaluations", VimList).chosen
        return self._listed.get(name) if name else None

    def _evaluation(self) -> Evaluation | None:
        """The chosen evaluation, if it is finished."""
        chosen = self._chosen()
        return chosen.result if chosen else None

    def _other(self) -> Evaluation | None:
        """The evaluation that the chosen one is compared with."""
        chosen, other = self._chosen(), self._listed.get(self._compared or "")
        return other.result if chosen and other and other.name != chosen.name else None

    def _pair(self) -> tuple[Evaluation, Evaluation] | None:
        """(the evaluation that is compared with, the chosen one)."""
        before, after = self._other(), self._evaluation()
        if before and after:
            return before, after
        self.notify("first choose an evaluation to compare with: c", severity="warning")
        return None

    # -- actions ---------------------------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#evaluations")
    def _evaluation_opened(self) -> None:
        self.query_one(EvaluationPanel).table.focus()

    @on(EvaluationPanel.ClassOpened)
    def _class_opened(self) -> None:
        self.query_one(ImageList).focus()

    @on(OptionList.OptionSelected, "#images")
    def action_open_image(self) -> None:
        """Shows the chosen image beside its mask and prediction."""
        self.query_one(ImageList).open_image()

    def action_next_list(self) -> None:
        """Moves the focus on: evaluations, table, images."""
        order = [self.query_one("#evaluations"), self.query_one(EvaluationPanel).table, self.query_one(ImageList)]
        place = next((i for i, w in enumerate(order) if w.has_focus), -1)
        order[(place + 1) % len(order)].focus()

    def action_sort_table(self) -> None:
        """Sorts the table of classes by the next column."""
        self.query_one(EvaluationPanel).sort_next()

    def action_next_view(self) -> None:
        """Goes on to the next table."""
        self.query_one(EvaluationPanel).next_table()

    def action_matrix(self) -> None:
        """Shows the matrix of what is taken for what."""
        panel, evaluation = self.query_one(EvaluationPanel), self._evaluation()
        if evaluation:
            kind: Kind = "labels" if panel.shown == "labels" else "pixels"
            self.app.push_screen(MatrixScreen(self.engine.analysis, evaluation, kind, panel.threshold))

    def action_threshold(self) -> None:
        """Asks from how many pixels on a class is present."""

        def typed(text: str | None) -> None:
            if text is None:
                return
            try:
                self.query_one(EvaluationPanel).set_threshold(parse_threshold(text))
            except UsageError as error:
                self.notify(str(error), severity="warning", markup=False)

        title = "A class is present from how many pixels, or which share, on?"
        self.app.push_screen(PromptScreen(title, "1, or 0.1%", "1"), typed)

    def action_toggle_order(self) -> None:
        """Lists the worst images first, or the best."""
        self._worst_first = not self._worst_first
        self._show_images()

    def action_compare(self) -> None:
        """Asks which evaluation the chosen one is compared with."""
        choices = [("none", "")] + [
            (f"{e.name}  {percent(e.result.miou19)}", e.name) for e in self._listed.values() if e.result
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                self._compared = name or None
                self._show_list()

        self.app.push_screen(ChooseScreen("Compare with", choices, self._compared), chosen)

    def action_changes(self) -> None:
        """Lists the images of the two evaluations by how much they changed."""
        if pair := self._pair():
            self._open_changes(*pair)

    @work(exclusive=True, group="changes", exit_on_error=False)
    async def _open_changes(self, before: Evaluation, after: Evaluation) -> None:
        found = await attempt(self, lambda: read_changes(self.engine.analysis, before, after), "warning", 8)
        if found:
            self.app.push_screen(ImagesScreen(found.title, found.rows, found.notes))

    def action_settings_diff(self) -> None:
        """Shows the settings in which the runs of the two evaluations differ."""
        if pair := self._pair():
            self._open_settings(*pair)

    @work(exclusive=True, group="settings", exit_on_error=False)
    async def _open_settings(self, before: Evaluation, after: Evaluation) -> None:
        text = await attempt(self, lambda: differing_settings(self.engine.analysis, before, after), "warning")
        if text is not None:
            self.app.push_screen(TextScreen(Text(f"{before.name} → {after.name}", style="bold"), Text(text)))

    def action_report(self) -> None:
        """Asks for a folder and writes a report into it."""
        evaluation, other = self._evaluation(), self._other()
        if evaluation is None:
            return

        def named(folder: str | None) -> None:
            if folder:
                self.notify("writing the report …", timeout=3)
                self._write_report(evaluation, [other] if other else [], folder)

        prompt = PromptScreen("Write the report into the folder", "", str(evaluation.folder / "report"))
        self.app.push_screen(prompt, named)

    @work(exclusive=True, group="report", exit_on_error=False)
    async def _write_report(self, evaluation: Evaluation, others: list[Evaluation], to: str) -> None:
        report = self.engine.analysis.report
        written = await attempt(self, lambda: report(evaluation, others, typed_path(to)), "warning", 8)
        if written:
            self.notify(f"written to {sanitize_path(written[0])}", markup=False, timeout=8)

    def action_new_evaluation(self) -> None:
        """Asks which run, checkpoint and split to evaluate."""
        self._offer()

    @work(group="act", exit_on_error=False)
    async def _offer(self) -> None:
        choices = await attempt(self, lambda: evaluation_choices(self.engine.runs))
        if choices:

            def chosen(new: NewEvaluation | None) -> None:
                if new is not None:
                    self._start(new)

            self.app.push_screen(ChooseScreen("Evaluate a run, checkpoint and split", choices), chosen)
        elif choices is not None:
            self.notify("no run has a checkpoint yet: 2 Train starts one", severity="warning")

    @work(group="act", exit_on_error=False)
    async def _start(self, new: NewEvaluation) -> None:
        evaluate = self.engine.runs.evaluate
        folder = await attempt(self, lambda: evaluate(new.run, new.split, new.checkpoint, new.tta))
        if folder is not None:
            self._wanted = f"{new.run.name}/{folder.name}"
            self._tick()

    def action_delete_evaluation(self) -> None:
        """Deletes the chosen evaluation, once that is confirmed."""
        chosen = self._chosen()
        if chosen is None:
            return
        run, name = chosen.run, chosen.name

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(run, name)

        self.app.push_screen(ConfirmScreen(f"Delete {name}?", "Its predictions and scores go with it."), answered)

    @work(group="act", exit_on_error=False)
    async def _delete(self, run: Run, name: str) -> None:
        await attempt(self, lambda: self.engine.analysis.delete(run, name))
        self._tick()
