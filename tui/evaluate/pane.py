"""The Evaluate pane: evaluations, the chosen one's metrics and tables, its worst and best images."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import Label, OptionList

from bddseg_tui.core.analysis.matrix import Kind
from bddseg_tui.core.analysis.threshold import parse_threshold
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.evaluate.commands import EVALUATE
from bddseg_tui.tui.evaluate.diagnosis_screen import DiagnosisScreen
from bddseg_tui.tui.evaluate.evaluation_actions import EvaluationActions
from bddseg_tui.tui.evaluate.evaluation_list import EvaluationList
from bddseg_tui.tui.evaluate.evaluation_panel import EvaluationPanel
from bddseg_tui.tui.evaluate.image_list import ImageList
from bddseg_tui.tui.evaluate.image_preview import ImagePreview
from bddseg_tui.tui.evaluate.listed_images import Listing
from bddseg_tui.tui.evaluate.matrix_screen import MatrixScreen
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.divider import Divider
from bddseg_tui.tui.shared.format import percent
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import PromptScreen

EVERY_S = 1.0
SLIM = 90
"""Columns below which the lists are as narrow as they can be."""


class EvaluatePane(Pane):
    """Reads and compares evaluations. Pictures take the place of the tables while the list of images has the focus."""

    ACTIONS = EVALUATE
    BINDINGS = bindings(EVALUATE)

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__(engine, collection, id="evaluate")
        self._worst_first = True
        self._class_id: int | None = None
        """The class that the images are listed by; None for all."""

    def compose(self) -> ComposeResult:
        """The list of evaluations, and what one of them says."""
        analysis = self.engine.analysis
        with Horizontal():
            with Vertical(id="evaluation-side"):
                yield EvaluationList(analysis.evaluation_states(), id="evaluations")
                yield Label("", id="image-title")
                yield ImageList(analysis, id="images")
            yield Divider("evaluate")
            yield EvaluationPanel(analysis, id="evaluation-main")
            yield ImagePreview(id="image-preview")
        yield EvaluationActions(self.engine)

    @property
    def evaluations(self) -> EvaluationList:
        """The list of evaluations."""
        return self.query_one(EvaluationList)

    @property
    def panel(self) -> EvaluationPanel:
        """What the chosen one says."""
        return self.query_one(EvaluationPanel)

    def on_mount(self) -> None:
        """Reads the evaluations."""
        self._show_pictures(False)
        if self.collection is not None:
            self.evaluations.dataset = sanitize_path(self.collection.dataset.root)
        self.set_interval(EVERY_S, self._tick)
        self._tick()

    def on_shown(self) -> None:
        """Looks at the evaluations at once, and puts the focus on their list."""
        self.evaluations.focus()
        self._tick()

    def on_resize(self, event: events.Resize) -> None:
        """Leaves the tables more room where there is little."""
        self.set_class(event.size.width < SLIM, "-slim")

    def open(self, collection: Collection) -> None:
        """Goes over to another dataset: its evaluations come before those of others."""
        super().open(collection)
        self.evaluations.prefer(sanitize_path(collection.dataset.root))

    def command_nodes(self) -> list[DOMNode]:
        """The pane, and the images."""
        return [self, self.query_one(ImageList)]

    def _tick(self) -> None:
        if self.is_shown:
            self.evaluations.look()

    # -- what is shown ---------------------------------------------------------------------------------------

    @on(EvaluationList.Changed)
    def _show_chosen(self) -> None:
        listed = self.evaluations
        self.panel.show(listed.state, listed.other, listed.refused)
        if listed.evaluation != self.query_one(ImageList).listing.evaluation:
            self._list_images()

    def _list_images(self) -> None:
        listing = Listing(self.evaluations.evaluation, self._class_id, self._worst_first)
        self.query_one("#image-title", Label).update(listing.title)
        self.query_one(ImageList).show(listing)

    @on(ImageList.Read)
    @on(OptionList.OptionHighlighted, "#images")
    def _show_image(self) -> None:
        images = self.query_one(ImageList)
        self.query_one(ImagePreview).show(images.image, images.listing.class_id)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Shows pictures as long as the list of images has the focus."""
        self._show_pictures(isinstance(event.widget, ImageList))

    def _show_pictures(self, there: bool) -> None:
        preview = self.query_one(ImagePreview)
        if preview.display != there:
            preview.display, self.panel.display = there, not there
            self.call_after_refresh(self._show_image)

    def _focus(self, widget: Widget) -> None:
        # What is not displayed cannot take the focus.
        self._show_pictures(isinstance(widget, ImageList))
        widget.focus()

    # -- moving between the lists ----------------------------------------------------------------------------

    @on(OptionList.OptionSelected, "#evaluations")
    def _evaluation_opened(self) -> None:
        self._focus(self.panel.table)

    @on(EvaluationPanel.ClassOpened)
    def _class_opened(self, event: EvaluationPanel.ClassOpened) -> None:
        """Lists the images of a class, the worst first."""
        self._class_id, self._worst_first = event.class_id, True
        self._list_images()
        self._focus(self.query_one(ImageList))

    @on(ImageList.Left)
    def _images_left(self) -> None:
        self._focus(self.panel.table)
        if self._class_id is not None:
            self._class_id = None
            self._list_images()

    @on(ImageList.ViewsWanted)
    def _next_views(self) -> None:
        self.query_one(ImagePreview).next_views()

    @on(OptionList.OptionSelected, "#images")
    def action_open_image(self) -> None:
        """Shows the chosen image beside its mask and prediction."""
        self.query_one(ImageList).open_image()

    def action_next_list(self) -> None:
        """Moves the focus on: evaluations, table, images."""
        order = [self.evaluations, self.panel.table, self.query_one(ImageList)]
        place = next((i for i, w in enumerate(order) if w.has_focus), -1)
        self._focus(order[(place + 1) % len(order)])

    # -- tables ----------------------------------------------------------------------------------------------

    def action_sort_table(self) -> None:
        """Sorts the table of classes by the next column."""
        self.panel.sort_next()

    def action_reverse_table(self) -> None:
        """Turns the order of the table of classes round."""
        self.panel.reverse()

    def action_next_view(self) -> None:
        """Goes on to the next table."""
        self.panel.next_table()

    def action_matrix(self) -> None:
        """Shows what is taken for what."""
        panel, evaluation = self.panel, self.evaluations.evaluation
        if evaluation:
            kind: Kind = "labels" if panel.shown == "labels" else "pixels"
            self.app.push_screen(MatrixScreen(self.engine.analysis, evaluation, kind, panel.threshold))

    def action_diagnose(self) -> None:
        """Says for every class why its IoU is what it is."""
        if (evaluation := self.evaluations.evaluation) is not None:
            self.app.push_screen(DiagnosisScreen(self.engine, evaluation))

    def action_robustness(self) -> None:
        """Shows how well the run does on corrupted images, or starts to measure that."""
        if (state := self.evaluations.state) is not None and (evaluation := state.result) is not None:
            self.query_one(EvaluationActions).robustness(state.run, evaluation)

    def action_threshold(self) -> None:
        """Asks from how many pixels on a class is present."""

        def typed(text: str | None) -> None:
            if text is None:
                return
            try:
                self.panel.set_threshold(parse_threshold(text))
            except UsageError as error:
                self.notify(str(error), severity="warning", markup=False)

        title = "A class is present from how many pixels, or which share, on?"
        self.app.push_screen(PromptScreen(title, "1, or 0.1%", "1"), typed)

    def action_toggle_order(self) -> None:
        """Lists the worst images first, or the best."""
        self._worst_first = not self._worst_first
        self._list_images()

    # -- comparing -------------------------------------------------------------------------------------------

    def action_compare(self) -> None:
        """Asks which evaluation the chosen one is compared with: one of the same dataset and split."""
        listed = self.evaluations
        if listed.evaluation is None:
            self.notify("choose a finished evaluation first", severity="warning")
            return
        choices = [(f"{s.name}  {percent(s.result.miou19)}", s.name) for s in listed.comparable if s.result]
        if not choices:
            split = listed.evaluation.split
            told = f"nothing to compare with: no other evaluation of this dataset and its split {split} is finished"
            self.notify(f"{told}; n makes one", severity="warning", markup=False)
            return
        if listed.compared:
            choices.append(("with none any more", ""))

        def chosen(name: str | None) -> None:
            if name is not None:
                listed.compare(name or None)

        title = f"Compare {listed.evaluation.name} with"
        self.app.push_screen(ChooseScreen(title, choices, listed.compared), chosen)

    def _pair(self) -> tuple[Evaluation, Evaluation] | None:
        """(the evaluation that is compared with, the chosen one)."""
        before, after = self.evaluations.other, self.evaluations.evaluation
        if before and after:
            return before, after
        self.notify("first choose an evaluation to compare with: c", severity="warning")
        return None

    def action_changes(self) -> None:
        """Lists the images of the two evaluations by how much they changed."""
        if pair := self._pair():
            self.query_one(EvaluationActions).show_changes(*pair)

    def action_settings_diff(self) -> None:
        """Shows the settings in which the runs of the two evaluations differ."""
        if pair := self._pair():
            self.query_one(EvaluationActions).show_settings(*pair)

    # -- making, deleting, reporting -------------------------------------------------------------------------

    def action_report(self) -> None:
        """Asks for a folder and writes a report into it."""
        if (evaluation := self.evaluations.evaluation) is not None:
            self.query_one(EvaluationActions).report(evaluation, self.evaluations.other)

    def action_open_report(self) -> None:
        """Opens the chosen evaluation's report in a browser or, over SSH, copies its path."""
        if (evaluation := self.evaluations.evaluation) is not None:
            self.query_one(EvaluationActions).open_report(evaluation)

    def action_new_evaluation(self) -> None:
        """Asks which run, checkpoint and split to evaluate."""
        self.query_one(EvaluationActions).offer()

    @on(EvaluationActions.Started)
    def _started(self, event: EvaluationActions.Started) -> None:
        self.evaluations.await_result(event.name)

    def action_delete_evaluation(self) -> None:
        """Deletes the chosen evaluation, once that is confirmed."""
        if (chosen := self.evaluations.state) is not None:
            self.query_one(EvaluationActions).delete(chosen.run, chosen.name)

    @on(EvaluationActions.Deleted)
    def _deleted(self) -> None:
        self.evaluations.look()
