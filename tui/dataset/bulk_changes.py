"""What is done to all marked samples at once: tags, lists in files, and taking the last change back."""

import asyncio
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.tagging import TagChange
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.services.data import DataService
from bddseg_tui.core.services.quality import QualityService
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.worker_errors import tell_failure

KEPT = 20
"""Changes that can be taken back, one after another."""


@dataclass(frozen=True)
class Targets:
    """Samples of a dataset by their catalog ids: those that are marked, in the order of the list, or others.

    Attributes:
        collection: the dataset.
        evaluation: whose scores are written with them.
        listed: what is listed.
        marked: what is marked; where nothing is, `otherwise` is meant.
        otherwise: the sample at the cursor, or all that is listed.
    """

    collection: Collection
    evaluation: str | None
    listed: "array[int]"
    marked: frozenset[int]
    otherwise: Sequence[int]

    def ids(self) -> Sequence[int]:
        """The samples. Takes some hundredths of a second for 100,000: for a thread."""
        if not self.marked:
            return self.otherwise
        first = [i for i in self.listed if i in self.marked]
        return first + sorted(self.marked.difference(first))


class BulkChanges(Widget):
    """Does one after another. Shows nothing of its own: it posts `Changed`, and tells what was done.

    Attributes:
        last_tag: the tag that was given or taken away last; '' before the first.
        marked: set but while all are to be marked as soon as they are listed: what follows waits for it.
    """

    DEFAULT_CSS = "BulkChanges { display: none; }"

    class Changed(Message):
        """Samples have other tags than before."""

    def __init__(self, data: DataService) -> None:
        super().__init__()
        self._data = data
        self._one_at_a_time = asyncio.Lock()
        self._done: list[tuple[Collection, TagChange]] = []
        self.last_tag = ""
        self.marked = asyncio.Event()
        self.marked.set()

    @work(group="bulk", exit_on_error=False)
    async def tag(self, targets: Callable[[], Targets | None], tag: str, remember: bool) -> None:
        """Gives a tag to the samples, or takes it away where all have it or a minus stands before it.

        `targets` is asked once all are `marked` that are to be; with `remember` it is the tag that was used last.
        """
        if remember:
            self.last_tag = tag
        await self.marked.wait()
        if (found := targets()) is None:
            return
        remove = True if tag.startswith("-") else None
        async with self._one_at_a_time:
            change = await attempt(
                self, lambda: self._data.change_tags(found.collection, found.ids(), tag.removeprefix("-"), remove)
            )
        if change is not None:
            self._done = [*self._done, (found.collection, change)][-KEPT:]
            self._tell(f"{change.about}; u takes it back" if change.ids else change.about)

    @work(group="bulk", exit_on_error=False)
    async def settle(self, targets: Targets, quality: QualityService, accept: bool) -> None:
        """Accepts the tags that are proposed for the samples, or rejects them."""
        async with self._one_at_a_time:
            done = await attempt(self, lambda: quality.settle_proposed(targets.collection, targets.ids(), accept))
        if done is None:
            return
        self._done = [*self._done, *((targets.collection, change) for change in done)][-KEPT:]
        said = "; ".join(change.about for change in done if accept != change.removed)
        self._tell(said or "no tag is proposed for them")

    @work(group="bulk", exit_on_error=False)
    async def take_back(self, collection: Collection) -> None:
        """Takes back the change that was made last, and says which it was."""
        async with self._one_at_a_time:
            # Ids mean other samples in the catalog of another dataset.
            mine = [change for of, change in self._done if of is collection]
            if not mine:
                self.notify("nothing to take back", timeout=3)
                return
            change = mine[-1]
            if await attempt(self, lambda: self._data.take_back(collection, change)) is None:
                return
            self._done = [(of, other) for of, other in self._done if other is not change]
        self._tell(f"took back: {change.about}")

    @work(group="bulk", exit_on_error=False)
    async def write_list(self, targets: Targets, path: str) -> None:
        """Writes the samples into a file, whose path is as it was typed."""

        def work() -> str:
            to = typed_path(path)
            count = self._data.write_list(targets.collection, to, targets.ids(), targets.evaluation)
            return f"{count:,} images are listed in {sanitize_path(to)}"

        if (told := await attempt(self, work)) is not None:
            self.notify(told, markup=False, timeout=8)

    @work(group="bulk", exit_on_error=False)
    async def tag_file(self, collection: Collection, path: str) -> None:
        """Reads the tags of a file or, where there is none, writes all tags into it."""

        def work() -> str:
            file = typed_path(path)
            if not file.exists():
                tags, samples = self._data.export_tags(collection, file)
                return f"{tags:,} tags of {samples:,} images are in {sanitize_path(file)}"
            found = self._data.import_tags(collection, file)
            left = f"; {len(found.unmatched):,} images of it are not known" if found.unmatched else ""
            odd = f"; {found.refused:,} tags are no word" if found.refused else ""
            return f"{found.given:,} tags given to {found.samples:,} images, which had {found.had:,} already{left}{odd}"

        async with self._one_at_a_time:
            told = await attempt(self, work)
        if told is not None:
            self._tell(told)

    def _tell(self, text: str) -> None:
        self.notify(text, markup=False, timeout=6)
        self.post_message(self.Changed())

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
