"""Duplicates: groups of images that are alike, their pictures side by side, and keys to mark, tag and exclude."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import OptionList, Static
from textual.worker import Worker

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import EXCLUDE
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.quality.duplicates import KINDS, Group, Kind, spare
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.choices import tag_dialog
from bddseg_tui.tui.dataset.commands import DUPLICATES
from bddseg_tui.tui.dataset.duplicates_text import NOT_LOOKED, READING, group_row, member_line, nothing, title
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.quiet_screen import QuietScreen
from bddseg_tui.tui.shared.thumbnails import Shown, Thumbnails
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure

EVERY_S = 0.5
_MOST = 9
"""Pictures of a group that are shown."""


@dataclass(frozen=True)
class DuplicatesRead:
    """The groups, how they were found, and how a search stands; `looked` is whether there ever was one."""

    groups: tuple[Group, ...] = ()
    about: str = ""
    looked: bool = False
    status: Status | None = None
    problem: str = ""


def read(engine: Engine, collection: Collection, across: bool, kind: Kind | None) -> DuplicatesRead:
    """Reads what was found, in a thread."""
    try:
        status = engine.quality.duplicates_status(collection)
        found = engine.quality.duplicates(collection)
        if found is None:
            return DuplicatesRead(status=status)
        groups = engine.quality.duplicate_groups(collection, found, across, kind)
        return DuplicatesRead(groups, found.about, True, status)
    except (BddsegError, OSError) as error:
        return DuplicatesRead(problem=sanitize(str(error)))


class DuplicatesScreen(QuietScreen[frozenset[int]]):
    """Answers with the images (catalog ids) that were marked."""

    ACTIONS = DUPLICATES
    BINDINGS = bindings(DUPLICATES)

    def __init__(self, engine: Engine, collection: Collection) -> None:
        super().__init__(id="duplicates")
        self._engine, self._collection = engine, collection
        self._read: DuplicatesRead | None = None
        self._rows: dict[str, Row] = {}
        self._marked: frozenset[int] = frozenset()
        self._across = False
        self._kind: Kind | None = None
        self._member = 0

    def compose(self) -> ComposeResult:
        """The counts, the groups beside the pictures of one, and how they were found."""
        yield OneLine(id="duplicates--title")
        with Horizontal(id="duplicates--main"):
            yield VimList(id="duplicates--groups", compact=True)
            yield Thumbnails(id="duplicates--pictures")
        yield Static("", id="duplicates--empty", markup=False)
        yield OneLine(id="duplicates--about")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Reads what there is."""
        self.query_one(VimList).focus()
        self.query_one("#duplicates--title", OneLine).update(READING)
        self.set_interval(EVERY_S, self._look)
        self._reread()

    def _look(self) -> None:
        if self._read is not None and self._read.status is not None and self._read.status.live:
            self._reread()

    @work(exclusive=True, group="duplicates", exit_on_error=False)
    async def _reread(self) -> None:
        self._read = await asyncio.to_thread(read, self._engine, self._collection, self._across, self._kind)
        self._show()

    # -- what is shown ---------------------------------------------------------------------------------------

    @property
    def _group(self) -> Group | None:
        chosen = self.query_one("#duplicates--groups", VimList).chosen
        groups = self._read.groups if self._read else ()
        return next((g for g in groups if g.members[0].image == chosen), None)

    def _show(self) -> None:
        assert self._read is not None
        found = self._read
        groups = self.query_one("#duplicates--groups", VimList)
        width = max(20, groups.size.width - 3)
        empty = nothing(self._across, self._kind, found.status) if found.looked else NOT_LOOKED
        rows = [(g.members[0].image, group_row(g, width)) for g in found.groups]
        groups.set_rows(rows)
        self.query_one("#duplicates--empty", Static).update(found.problem or empty)
        self.set_class(not rows, "-empty")
        self.query_one("#duplicates--about", OneLine).update(found.about)
        self._show_title()
        self._show_group()

    def _show_title(self) -> None:
        if (found := self._read) is not None:
            told = title(found.groups, self._across, self._kind, len(self._marked), found.status, self.size.width - 2)
            self.query_one("#duplicates--title", OneLine).update(told)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._member = 0
        self._show_group()

    @work(exclusive=True, group="pictures", exit_on_error=False)
    async def _show_group(self) -> None:
        """Reads what is known of the group's images, and shows them."""
        if (group := self._group) is None:
            await self.query_one(Thumbnails).show([])
            return
        root = self._collection.dataset.root
        paths = [root / m.image for m in group.members]
        found = await attempt(self, lambda: self._engine.data.samples_of(self._collection, paths))
        if found is None or group is not self._group:
            return
        self._rows = {str(row.image.relative_to(root)): row for row in found}
        await self._show_pictures(group)

    async def _show_pictures(self, group: Group) -> None:
        shown = []
        root = self._collection.dataset.root
        for number, member in enumerate(group.members[:_MOST]):
            row = self._rows.get(member.image)
            marked = row is not None and row.id in self._marked
            line = member_line(member, number == 0, marked, row.tags if row else ())
            shown.append(Shown(root / member.image, line))
        pictures = self.query_one(Thumbnails)
        pictures.set_class(1 < len(shown) <= 4, "-two")
        pictures.set_class(4 < len(shown) <= 6, "-six")
        pictures.set_class(len(shown) > 6, "-three")
        await pictures.show(shown, self._member)

    # -- actions ---------------------------------------------------------------------------------------------

    def action_member(self, by: int) -> None:
        """Goes to another picture of the group."""
        if (group := self._group) is not None:
            self._member = max(0, min(self._member + by, min(len(group.members), _MOST) - 1))
            self.query_one(Thumbnails).choose(self._member)

    @on(Thumbnails.Clicked)
    def _clicked(self, event: Thumbnails.Clicked) -> None:
        self._member = event.number
        self.query_one(Thumbnails).choose(event.number)

    def action_mark(self) -> None:
        """Marks the picture, or no more, and goes on to the next."""
        if row := self._chosen_row():
            self._marked = self._marked ^ {row.id}
            self.action_member(1)
            self._marks_changed()

    def action_mark_spare(self) -> None:
        """Marks what of the group can go, and goes on to the next group; where all that is marked already, lets go."""
        if (group := self._group) is None:
            return
        mine = frozenset(self._rows[i].id for i in spare(group) if i in self._rows)
        self._marked = self._marked - mine if mine <= self._marked else self._marked | mine
        self._marks_changed()

    def _marks_changed(self) -> None:
        self._show_title()
        self._show_group()

    def action_tag(self) -> None:
        """Asks for a tag, which the marked images or the one that is chosen get."""
        ids = self._targets()
        what = f"{len(ids):,} marked images" if self._marked else "this image"

        def typed(tag: str | None) -> None:
            if tag:
                self._tag(ids, tag)

        if ids:
            self.app.push_screen(tag_dialog(what, ()), typed)

    def action_exclude(self) -> None:
        """Leaves them out of training, or takes them in again."""
        if ids := self._targets():
            self._tag(ids, EXCLUDE)

    def _targets(self) -> Sequence[int]:
        row = self._chosen_row()
        return sorted(self._marked) or ([row.id] if row else [])

    def _chosen_row(self) -> Row | None:
        group = self._group
        if group is None or self._member >= len(group.members):
            return None
        return self._rows.get(group.members[self._member].image)

    @work(group="tag", exit_on_error=False)
    async def _tag(self, ids: Sequence[int], tag: str) -> None:
        data, word, remove = self._engine.data, tag.removeprefix("-"), True if tag.startswith("-") else None
        change = await attempt(self, lambda: data.change_tags(self._collection, ids, word, remove))
        if change is not None:
            self.notify(change.about, markup=False, timeout=4)
            self._show_group()

    def action_across(self) -> None:
        """Lists only what lies across splits, or all."""
        self._across = not self._across
        self._reread()

    def action_kind(self) -> None:
        """Goes through all kinds and each one."""
        kinds: list[Kind | None] = [None, *KINDS]
        self._kind = kinds[(kinds.index(self._kind) + 1) % len(kinds)]
        self._reread()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def action_search(self) -> None:
        """Starts looking for duplicates, which goes on when the screen is left."""
        if await attempt(self, lambda: self._engine.quality.find_duplicates(self._collection)) is not None:
            self._reread()

    def action_show_image(self) -> None:
        """Shows the picture in the Dataset pane."""
        if row := self._chosen_row():
            image = row.image
            self.dismiss(self._marked)
            self.app.post_message(ShowImage(image))

    def action_leave(self) -> None:
        """Goes back to the pane, with what was marked."""
        self.dismiss(self._marked)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
