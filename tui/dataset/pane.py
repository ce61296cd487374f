"""The Dataset pane: the list, the filter, the picture and the legend."""

import asyncio
from dataclasses import replace
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import FIGURES, Query, split_of
from bddseg_tui.core.data.pixel_classes import areas
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.dataset.bulk_changes import BulkChanges
from bddseg_tui.tui.dataset.choices import evaluation_dialog, sort_dialog
from bddseg_tui.tui.dataset.commands import DATASET
from bddseg_tui.tui.dataset.dataset_check import DatasetCheck
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.filter_memory import FilterMemory
from bddseg_tui.tui.dataset.fullscreen import Browsing, FullScreen
from bddseg_tui.tui.dataset.grid import Grid
from bddseg_tui.tui.dataset.grid_keys import GridKeys
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.marks import Marks
from bddseg_tui.tui.dataset.pan_keys import PanKeys
from bddseg_tui.tui.dataset.picture_panel import PicturePanel
from bddseg_tui.tui.dataset.quality_keys import QualityKeys
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.scan import DatasetScan
from bddseg_tui.tui.dataset.semantic_search import like_search, words_search
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.dataset.view_state import ViewState, request
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.divider import Divider
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.messages import EvaluationChosen, Remember
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.zoom import NOWHERE


class DatasetPane(Pane, PanKeys, QualityKeys, GridKeys, FilterMemory):
    """Browses the open dataset.

    Attributes:
        state: how samples are shown.
    """

    ACTIONS = DATASET
    BINDINGS = bindings(DATASET)

    def __init__(self, engine: Engine, legend: bool = True) -> None:
        super().__init__(engine, id="dataset")
        self.state = ViewState()
        self._legend = legend

    def compose(self) -> ComposeResult:
        """The filter above the list and the picture, and what goes on unseen."""
        yield FilterBar(id="filter")
        with Horizontal(id="browser"):
            yield ListPanel(self.engine, id="list-side")
            yield Divider("dataset")
            yield PicturePanel(self.engine.data, id="picture-side", folded=not self._legend)
        yield Grid(id="grid")
        yield DatasetScan(self.engine.data)
        yield DatasetCheck(self.engine.data)
        yield BulkChanges(self.engine.data)

    def on_shown(self) -> None:
        """Keys go to the list, or to the thumbnails."""
        self._front.focus()

    # -- the dataset -----------------------------------------------------------------------------------------

    def open(self, collection: Collection) -> None:
        """Shows a dataset: what the catalog knows at once, the rest as the scan finds it."""
        self.workers.cancel_group(self, "evaluations")
        self.query_one(DatasetCheck).stop()
        self._list.leave()
        super().open(collection)
        self._list.open(collection)
        self.remember()
        self.query_one(PicturePanel).forget_shape()
        self._grid.forget_shape()
        self.query_one(DatasetScan).start_soon(collection)

    @on(DatasetScan.Step)
    def _scan_step(self, event: DatasetScan.Step) -> None:
        progress = event.progress
        if not self.query_one(DatasetScan).is_current(event):
            return
        under_way = progress.done < progress.total
        self._list.say(f"scanning {progress.done:,}/{progress.total:,}" if under_way else "")
        if progress.new_files:
            self._list.files_changed()
        elif under_way:
            self._samples.reload()

    @on(DatasetScan.Ended)
    def _scan_ended(self, event: DatasetScan.Ended) -> None:
        if event.failure:
            title = "what is shown is as of the last scan"
            self.notify(event.failure, title=title, severity="error", markup=False)
        self._list.say("")
        self._list.files_changed()

    @on(DatasetCheck.Step)
    def _check_step(self, event: DatasetCheck.Step) -> None:
        if event.collection is self.collection:
            self._list.say(event.doing)

    def action_stats(self) -> None:
        """Shows the statistics of the split that is filtered for, or of all."""
        if self.collection is not None:
            split = split_of(self.query_one(FilterBar).text)
            self.query_one(DatasetCheck).show_statistics(self.collection, split if split in self._list.splits else None)

    def action_check(self) -> None:
        """Opens every file and lists what is wrong."""
        if self.collection is not None:
            self.notify("checking every file; browsing goes on", timeout=3)
            self.query_one(DatasetCheck).check(self.collection)

    def action_rescan(self) -> None:
        """Reads what changed on disk."""
        if self.collection is not None:
            self.query_one(DatasetScan).start(self.collection)

    # -- which samples are listed ----------------------------------------------------------------------------

    @on(ListPanel.Listed)
    def _listed(self) -> None:
        self.query_one(FilterBar).set_known(self._list.known)
        if not self._samples.count:
            self.query_one(DatasetScan).start_due()
            self.show_samples()

    @on(PictureView.Ready)
    def _picture_shown(self) -> None:
        self.query_one(DatasetScan).start_due()

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        if event.query.evaluation is not None and event.query.evaluation != self.evaluation:
            self.use_evaluation(event.query.evaluation)
        self._list.list_filter(event.query)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._front.focus()

    def action_filter(self) -> None:
        """Starts typing a filter."""
        self.query_one(FilterBar).enter()

    def action_clear(self) -> None:
        """Shows the whole image again; where it is shown, lets go of the highlight, then of the marks or the filter."""
        row = self._samples.row
        if row is not None and self.state.zoom.of(row).crosshair is not None:
            self.show_as(replace(self.state, zoom=NOWHERE))
        elif self.state.highlight is not None:
            self.show_as(replace(self.state, highlight=None))
        elif self._samples.marks:
            self.set_marks(Marks())
        else:
            self.query_one(FilterBar).set_text("")

    def action_next_split(self) -> None:
        """Goes through all samples, then those of each split."""
        self.query_one(FilterBar).next_split(self._list.splits)

    def action_sort(self) -> None:
        """Asks for the order of the list."""
        self.app.push_screen(sort_dialog(self._list.known.measures), self._sort_by)

    def _sort_by(self, value: str | None) -> None:
        if value is None:
            return
        if (value.removeprefix("-") in FIGURES or "pred:" in value) and self.evaluation is None:
            self.notify("first choose an evaluation: E", severity="warning")
        self.query_one(FilterBar).sort_by(value)

    def go_to(self, image: Path) -> None:
        """Clears the filter and puts the cursor on an image."""
        self._list.find_image(image)

    @on(ListPanel.ImageFound)
    def _image_found(self, event: ListPanel.ImageFound) -> None:
        self.query_one(FilterBar).clear()
        self._list.list_filter(Query(), event.sample)

    def show_filter(self, text: str, evaluation: str | None) -> None:
        """Filters by a text, with an evaluation's predictions and scores."""
        self.use_evaluation(evaluation)
        self.query_one(FilterBar).set_text(text)

    # -- searching by meaning --------------------------------------------------------------------------------

    @on(FilterBar.Meant)
    def _meant(self, event: FilterBar.Meant) -> None:
        self._list.search(words_search(event.terms, event.words))

    def action_more_like(self) -> None:
        """Searches for images like the one at the cursor."""
        if self.collection is not None and (row := self._samples.row) is not None:
            self._list.search(like_search(row.name, row.image.relative_to(self.collection.dataset.root)))

    # -- evaluations ---------------------------------------------------------------------------------------

    @work(exclusive=True, group="evaluations", exit_on_error=False)
    async def action_pick_evaluation(self) -> None:
        """Asks whose predictions and scores to show."""
        if (collection := self.collection) is None:
            return
        if (names := await attempt(self, lambda: self.engine.data.evaluations(collection))) is None:
            return
        if not names:
            self.notify("no evaluation of this dataset yet: train (2), then evaluate (3)", severity="warning")
            return

        def chosen(value: str | None) -> None:
            if value is not None:
                self.query_one(FilterBar).name_no_evaluation()
                self.use_evaluation(value or None)

        self.app.push_screen(evaluation_dialog(names, self.evaluation), chosen)

    def use_evaluation(self, name: str | None) -> None:
        """Shows the predictions and scores of this evaluation."""
        self.evaluation = name
        self.post_message(EvaluationChosen(name))
        if name is None and self.state.view in ("prediction", "error", "outcome"):
            self.state = replace(self.state, view="image")
        self._list.list_evaluation(name)

    # -- what is shown ---------------------------------------------------------------------------------------

    @on(SampleList.Highlighted)
    def _highlighted(self) -> None:
        self.show_samples()

    @property
    def shown(self) -> Shown:
        """The sample at the cursor, as it is shown."""
        return self._list.shown(self.state)

    def show_samples(self) -> None:
        """Shows what the cursor is on, wherever it is shown now."""
        if isinstance(self.app.screen, FullScreen):
            self.app.screen.show(self.shown)
        if self._grid.display:
            self.follow_list()
        else:
            self.query_one(PicturePanel).show(self.shown)
        self.follow_zoom()

    def show_as(self, state: ViewState) -> None:
        """Shows this sample, and all after it, in another way."""
        self.state = state
        self.show_samples()

    async def look_beyond(self, class_id: int, by: int) -> bool:
        """Goes to the next sample of the list that has a class, and zooms to the largest area of it."""
        if (row := await self._list.find_class(class_id, by, self.state.view == "prediction")) is None:
            return False
        wanted = request(row, self.state)
        found = await asyncio.to_thread(areas, wanted, (row.width or 1, row.height or 1))
        if found:
            self.state = replace(self.state, zoom=NOWHERE.looked_at(row, found, 1))
        self._samples.go_to(row.id)
        return True

    @on(Legend.Chosen)
    def _legend_chosen(self, event: Legend.Chosen) -> None:
        chosen = None if event.class_id == self.state.highlight else event.class_id
        self.show_as(replace(self.state, highlight=chosen))

    def action_legend(self) -> None:
        """Hides the legend, or shows it; it stays so."""
        panel = self.query_one(PicturePanel)
        panel.fold()
        self.post_message(Remember(legend=not panel.folded))

    @on(SampleList.Opened)
    @on(Grid.Opened)
    def action_fullscreen(self) -> None:
        """Shows the picture alone."""
        if self._samples.row is not None:
            browsing = Browsing(self._step, self._keep, self.tag_one, self.look_beyond)
            self.app.push_screen(FullScreen(self.shown, browsing), lambda _: self.show_samples())

    def _step(self, by: int) -> None:
        self._samples.cursor += by

    def _keep(self, state: ViewState) -> None:
        self.state = state
