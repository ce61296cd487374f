"""The Dataset pane: the list, the filter, the picture and the legend."""

from array import array
from dataclasses import replace
from pathlib import Path
from typing import cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from bddseg_tui.core.classes import find_class
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import FIGURES, Query, split_of, with_split
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.dataset.catalog_lookup import DatasetFind, Found
from bddseg_tui.tui.dataset.choices import DatasetChoices
from bddseg_tui.tui.dataset.classes import LegendClasses
from bddseg_tui.tui.dataset.commands import DATASET
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.fullscreen import FullScreen
from bddseg_tui.tui.dataset.reports import DatasetReports
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.scan import DatasetScan
from bddseg_tui.tui.dataset.semantic_search import MeaningSearch
from bddseg_tui.tui.dataset.view_state import Look, caption, highlight_after, request, views
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.messages import EvaluationChosen
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.picture import PictureView


class DatasetPane(Pane):
    """Browses the open dataset."""

    ACTIONS = DATASET
    BINDINGS = bindings(DATASET)

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, id="dataset")
        self.look = Look()
        self._query = Query()
        self._splits: dict[str, int] = {}
        self.tags: list[str] = []
        self._scanned = self._caption = ""
        self._wanted: int | None = None
        self.meaning = MeaningSearch(self)
        self.reports = DatasetReports(self)
        self._search = DatasetFind(self)
        self._scan = DatasetScan(self)
        self._legend = LegendClasses(self)
        self._choices = DatasetChoices(self)

    def compose(self) -> ComposeResult:
        yield FilterBar(id="filter")
        with Horizontal(id="browser"):
            with Vertical(id="list-side"):
                yield SampleList(id="samples")
                yield OneLine(id="list-status")
            with Horizontal(id="picture-side"):
                with Vertical(id="picture-column"):
                    yield PictureView(id="picture")
                    yield OneLine(id="caption")
                yield Legend(id="legend")

    def on_mount(self) -> None:
        self.query_one(SampleList).focus()

    def on_shown(self) -> None:
        self.query_one(SampleList).focus()

    def on_unmount(self) -> None:
        self._leave()

    def _leave(self) -> None:
        """Ends what goes on for the dataset that is shown: nobody waits for it."""
        self._scan.stop()
        self._search.stop()
        self._search.files_changed()
        self.reports.stop()
        if self.collection is not None:
            self.collection.catalog.interrupt()

    # -- the dataset -----------------------------------------------------------------------------------------

    def open(self, collection: Collection) -> None:
        """Shows a dataset: what the catalog knows at once, the rest as the scan finds it."""
        if self.collection is not None:
            self._leave()
            # Its ids mean other samples in the catalog of the new one.
            self.query_one(SampleList).show_ids(array("q"), lambda some: [])
        super().open(collection)
        self._wanted = None
        self.query_one(SampleList).empty_text = "listing files …"
        self._find()
        self._scan.start(collection)

    def _find(self) -> None:
        if self.collection is not None:
            self._search.start(self.collection, self._query, self.evaluation)

    def found(self, collection: Collection, found: Found) -> None:
        """Called with the samples that the filter leaves."""
        samples = self.query_one(SampleList)
        samples.column = self._query.sort if self._query.sort in FIGURES else self._sort_class()
        self._splits, self.tags = found.splits, found.tags
        total = sum(found.splits.values())
        samples.empty_text = "no sample matches: / changes the filter, Esc clears it" if total else "listing files …"
        # The cursor stays where it is by now, not where it was when the catalog was asked.
        keep, self._wanted = self._wanted or samples.sample, None
        samples.show_ids(found.ids, lambda some: collection.catalog.rows(some, found.evaluation), keep)
        self.query_one(FilterBar).set_tags(found.tags)
        self._status()
        if not found.ids:
            self._show()

    def _sort_class(self) -> str | int:
        return "size" if self._query.sort == "name" else find_class(self._query.sort).id

    def scan_step(self, done: int, total: int, new_files: bool) -> None:
        """Called as a scan goes on: what it has found is shown."""
        self._scanned = f"scanning {done:,}/{total:,}" if done < total else ""
        if new_files:
            self._search.files_changed()
            self._find()
        elif done < total:
            self.query_one(SampleList).reload()
        self._status()

    def scan_ended(self) -> None:
        """Called when a scan is through."""
        self._scanned = ""
        self._search.files_changed()
        self._find()

    # -- what is shown ---------------------------------------------------------------------------------------

    @on(SampleList.Highlighted)
    def _highlighted(self) -> None:
        self._show()
        self._status()

    @on(SampleList.Opened)
    def _opened(self) -> None:
        self.action_fullscreen()

    def _show(self) -> None:
        row = self.query_one(SampleList).row
        request, neighbours, message = self.picture()
        self.query_one(PictureView).show(request, neighbours, message, about=(row, self.look))
        if isinstance(self.app.screen, FullScreen):
            self.app.screen.update()

    @on(PictureView.Ready)
    def _picture_ready(self, event: PictureView.Ready) -> None:
        """Name and shares stand beside the picture that they are of."""
        row, look = cast("tuple[Row | None, Look]", event.about)
        self._legend.show(row, look)
        self._caption = "" if row is None else caption(row, look)
        self.query_one("#caption", OneLine).update(self._caption)

    @on(PictureView.Late)
    def _picture_late(self) -> None:
        self.query_one("#caption", OneLine).update(f"{self._caption}  …")

    def picture(self) -> tuple[PictureRequest | None, list[PictureRequest], str]:
        """What is to be drawn: the request, its neighbours to prefetch, or a message instead."""
        samples = self.query_one(SampleList)
        row = samples.row
        if row is None:
            return None, [], "" if samples.count else samples.empty_text
        near = [samples.row_at(samples.cursor + d) for d in (1, -1)]
        return request(row, self.look), [request(n, self.look) for n in near if n], ""

    def caption(self) -> str:
        """One line about the sample and how it is shown."""
        row = self.query_one(SampleList).row
        return "" if row is None else caption(row, self.look)

    def _status(self) -> None:
        samples = self.query_one(SampleList)
        total = sum(self._splits.values())
        place = f"{samples.cursor + 1:,}/{samples.count:,}" if samples.count else "0"
        words = [place if samples.count == total else f"{place} of {total:,}"]
        if self.meaning.about:
            words.append(f"by meaning: {self.meaning.about}")
        elif self._query.sort != "name":
            words.append(f"by {self._query.sort} {'↓' if self._query.descending else '↑'}")
        if self._scanned:
            words.append(self._scanned)
        self.query_one("#list-status", OneLine).update("  ".join(words))

    def step(self, by: int) -> None:
        """Moves to another sample: for the full screen."""
        self.query_one(SampleList).cursor += by

    # -- actions ---------------------------------------------------------------------------------------------

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self._query = event.query
        self.meaning.clear()
        self._find()

    @on(FilterBar.Meant)
    def _meant(self, event: FilterBar.Meant) -> None:
        self.meaning.search(event.terms, event.words)

    def action_more_like(self) -> None:
        if (row := self.query_one(SampleList).row) is not None:
            self.meaning.more_like(row)

    def action_results(self) -> None:
        self.meaning.show_grid()

    def go_to(self, image: Path) -> None:
        """Clears the filter and puts the cursor on an image."""
        if self.collection is not None:
            self._search.image(self.collection, image)

    def gone_to(self, sample: int | None) -> None:
        """Called with the sample of an image to go to."""
        self.query_one(FilterBar).clear()
        self._query = Query()
        self.meaning.clear()
        self._wanted = sample
        self._find()

    def show_filter(self, text: str, evaluation: str | None) -> None:
        """Filters by a text, with an evaluation's predictions and scores."""
        self._set_evaluation(evaluation)
        self.query_one(FilterBar).set_text(text)

    def show_found(self, ids: "array[int]", confidence: dict[int, float]) -> None:
        """Lists what a search by meaning found, best first."""
        if self.collection is None:
            return
        catalog, evaluation = self.collection.catalog, self.evaluation
        samples = self.query_one(SampleList)
        samples.column, samples.confidence = "fits", confidence
        samples.show_ids(ids, lambda some: catalog.rows(some, evaluation))
        self._status()

    def _set_evaluation(self, name: str | None) -> None:
        self.evaluation = name
        self.post_message(EvaluationChosen(name))

    def say(self, text: str) -> None:
        """Shows what is being done in the line below the list."""
        self._scanned = text
        self._status()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.query_one(SampleList).focus()

    def action_filter(self) -> None:
        self.query_one(FilterBar).enter()

    def action_clear(self) -> None:
        if self.look.highlight is not None:
            self._look(highlight=None)
        else:
            self.query_one(FilterBar).set_text("")

    def action_next_split(self) -> None:
        bar, order = self.query_one(FilterBar), [None, *self._splits]
        now = split_of(bar.text)
        bar.set_text(with_split(bar.text, order[(order.index(now) + 1) % len(order)] if now in order else None))

    def action_sort(self) -> None:
        self._choices.sort()

    def action_view(self, view: str) -> None:
        self._look(view=view)

    def action_next_view(self) -> None:
        there = views(self.evaluation is not None)
        now = there.index(self.look.view) if self.look.view in there else -1
        self._look(view=there[(now + 1) % len(there)])

    def action_opacity(self, by: float) -> None:
        self._look(view="overlay", opacity=round(min(1.0, max(0.0, self.look.opacity + by)), 2))

    def action_highlight(self, by: int) -> None:
        self._look(highlight=highlight_after(self.look.highlight, self.query_one(SampleList).row, by))

    def action_pick_class(self) -> None:
        self._choices.highlight()

    def highlight(self, class_id: int | None) -> None:
        """Shows one class alone; None shows all."""
        self._look(highlight=class_id)

    @on(Legend.Chosen)
    def _legend_chosen(self, event: Legend.Chosen) -> None:
        self._look(highlight=None if event.class_id == self.look.highlight else event.class_id)

    def action_fullscreen(self) -> None:
        if self.query_one(SampleList).row is not None:
            self.app.push_screen(FullScreen(self), lambda _: self._show())

    def action_tag(self) -> None:
        self._choices.tag()

    def action_pick_evaluation(self) -> None:
        self._choices.evaluation()

    def tagged(self) -> None:
        """Called when a sample's tags have changed."""
        self._find()

    def use_evaluation(self, name: str | None) -> None:
        """Shows the predictions and scores of this evaluation."""
        self._set_evaluation(name)
        if name is None and self.look.view in ("prediction", "error"):
            self.look = replace(self.look, view="image")
        self._find()

    def action_stats(self) -> None:
        """Shows the statistics of the split that is filtered for, or of all."""
        if self.collection is not None:
            split = split_of(self.query_one(FilterBar).text)
            self.reports.stats(self.collection, split if split in self._splits else None)

    def action_check(self) -> None:
        if self.collection is not None:
            self.notify("checking every file; browsing goes on", timeout=3)
            self.reports.check(self.collection)

    def action_rescan(self) -> None:
        if self.collection is not None:
            self._scan.start(self.collection)

    def _look(self, **changes: object) -> None:
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]
        self._show()
