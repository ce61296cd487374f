"""The keys that mark samples, and that do something to all that are marked."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from textual import on
from textual.widget import Widget

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import EXCLUDE
from bddseg_tui.core.files.typed_path import suggested
from bddseg_tui.tui.dataset.bulk_changes import BulkChanges, Targets
from bddseg_tui.tui.dataset.choices import list_file_dialog, tag_dialog, tag_file_dialog
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.marks import Marks
from bddseg_tui.tui.dataset.sample_list import SampleList

TagHow = Literal["ask", "again", "exclude"]
"""How one sample is tagged: with what is asked for, with the tag that was used last, or with `exclude`."""


class MarkKeys(Widget):
    """Actions for a pane with a list and `BulkChanges`.

    Attributes:
        collection: the dataset that is open.
        evaluation: whose predictions are shown.
    """

    collection: Collection | None
    evaluation: str | None

    @property
    def _list(self) -> ListPanel:
        return self.query_one(ListPanel)

    @property
    def _samples(self) -> SampleList:
        return self.query_one(SampleList)

    @property
    def _bulk(self) -> BulkChanges:
        return self.query_one(BulkChanges)

    def set_marks(self, marks: Marks) -> None:
        """Marks these samples and no others."""
        self._samples.set_marks(marks)
        self._list.write_status()

    def mark_more(self, samples: frozenset[int] | None) -> None:
        """Marks these samples too, which may have other tags by now."""
        self.set_marks(Marks(self._samples.marks.ids | (samples or frozenset())))
        self._list.find()

    def action_mark(self) -> None:
        """Marks the sample at the cursor, or no more, and goes on to the next."""
        if (sample := self._samples.sample) is not None:
            self.set_marks(self._samples.marks.toggled(sample))
            self._samples.cursor += 1

    def action_mark_range(self) -> None:
        """Marks all from the sample that was marked last to the one at the cursor."""
        samples = self._samples
        if samples.count:
            self.set_marks(samples.marks.up_to(samples.ids, samples.cursor))

    def action_mark_all(self) -> None:
        """Marks all that the filter leaves, or lets go of them where all are marked."""
        if self._list.settled.is_set():
            self._mark_all()
        elif self._bulk.marked.is_set():
            self._bulk.marked.clear()
            self.run_worker(self._mark_all_later(), group="mark", exit_on_error=False)

    async def _mark_all_later(self) -> None:
        try:
            await self._list.settled.wait()
            self._mark_all()
        finally:
            self._bulk.marked.set()

    def _mark_all(self) -> None:
        self.set_marks(self._samples.marks.with_all(self._samples.ids))

    def action_tag(self) -> None:
        """Asks for a tag, which the marked samples or the one at the cursor get or, if all have it, lose."""
        if self._samples.count or not self._bulk.marked.is_set():
            sample = self._samples.sample
            self.app.push_screen(tag_dialog(self._what(), self._list.known.tags), lambda tag: self._tag(tag, sample))

    def action_tag_again(self) -> None:
        """Gives them the tag that was used last."""
        self._tag(self._last_tag(), self._samples.sample)

    def tag_one(self, how: TagHow) -> None:
        """Tags the sample at the cursor alone, whatever is marked."""
        if (row := self._samples.row) is None:
            return
        if how == "ask":
            dialog = tag_dialog(row.name, self._list.known.tags)
            self.app.push_screen(dialog, lambda tag: self._tag(tag, row.id, marked=False))
        else:
            tag = EXCLUDE if how == "exclude" else self._last_tag()
            self._tag(tag, row.id, remember=how == "again", marked=False)

    def _last_tag(self) -> str:
        if not self._bulk.last_tag:
            self.notify("no tag was given yet: t", timeout=3)
        return self._bulk.last_tag

    def action_exclude(self) -> None:
        """Leaves them out of training, or takes them in again where all are left out."""
        self._tag(EXCLUDE, self._samples.sample, remember=False)

    def action_tag_file(self) -> None:
        """Asks for a file, into which all tags are written, or whose tags are read where there is one."""

        def typed(path: str | None) -> None:
            if path and self.collection is not None:
                self._bulk.tag_file(self.collection, path)

        if self.collection is not None:
            self.app.push_screen(tag_file_dialog(suggested("tags.csv")), typed)

    def action_take_back(self) -> None:
        """Takes back the last change of tags."""
        if self.collection is not None:
            self._bulk.take_back(self.collection)

    def action_write_list(self) -> None:
        """Asks for a file, and writes the marked samples, or all that are listed, into it."""
        if (targets := self._targets(None)) is None or not self._samples.count:
            return
        targets = replace(targets, otherwise=self._samples.ids)
        count = len(targets.marked) or len(targets.listed)

        def typed(path: str | None) -> None:
            if path:
                self._bulk.write_list(targets, path)

        self.app.push_screen(list_file_dialog(count, bool(targets.marked), suggested("images.txt")), typed)

    @on(BulkChanges.Changed)
    def _tags_changed(self) -> None:
        self._list.find()

    def _tag(self, tag: str | None, sample: int | None, remember: bool = True, marked: bool = True) -> None:
        if tag:
            self._bulk.tag(lambda: self._targets(sample, marked), tag, remember)

    def _targets(self, sample: int | None, marked: bool = True) -> Targets | None:
        if self.collection is None:
            return None
        otherwise: Sequence[int] = () if sample is None else array("q", [sample])
        samples = self._samples
        ids = samples.marks.ids if marked else frozenset()
        return Targets(self.collection, self.evaluation, samples.ids, ids, otherwise)

    def _what(self) -> str:
        if not self._bulk.marked.is_set():
            return "all that the filter leaves"
        row, marked = self._samples.row, len(self._samples.marks)
        return f"{marked:,} marked image{'s' * (marked != 1)}" if marked else row.name if row else "this image"
