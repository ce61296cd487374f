"""What was measured of a dataset: where classes are in the frame, how train and val differ, which images are odd."""

import asyncio
from typing import Literal, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList, Static
from textual.worker import Worker

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.commands import PLACES
from bddseg_tui.tui.dataset.heat_map import HeatMap
from bddseg_tui.tui.dataset.places_text import (
    ALL,
    HEADS,
    PlacesRead,
    class_facts,
    class_rows,
    difference_facts,
    difference_rows,
    odd_rows,
    read,
    unmeasured,
)
from bddseg_tui.tui.dataset.scan import DatasetScan
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import ShowFilter
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.quiet_screen import QuietScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure

Page = Literal["classes", "splits", "odd"]
PAGES: tuple[Page, ...] = get_args(Page)
_NOTHING = {
    "classes": "no mask of this dataset can be read",
    "splits": "train or val has hardly any masks: there is nothing to compare",
    "odd": "no image is odd by what was measured",
}
_TITLES = {"classes": "Where classes are", "splits": "How val differs from train", "odd": "Odd images"}


class PlacesScreen(QuietScreen[None]):
    """Tab goes through the three pages; what is not measured yet is measured by a process that ends with the screen."""

    ACTIONS = PLACES
    BINDINGS = bindings(PLACES)

    def __init__(self, engine: Engine, collection: Collection) -> None:
        super().__init__(id="places")
        self._engine, self._collection = engine, collection
        self._read = PlacesRead()
        self._page: Page = "classes"
        self._split = ALL
        self._doing = "reading what was measured …"

    def compose(self) -> ComposeResult:
        """A title, the list, what is at its cursor, and what that means."""
        yield OneLine(id="places--title")
        yield OneLine(id="places--head")
        with Horizontal(id="places--main"):
            yield VimList(id="places--list", compact=True)
            with Vertical(id="places--side"):
                yield HeatMap(id="places--map")
                yield PictureView(id="places--picture")
        yield Static("", id="places--facts", markup=False)
        yield DatasetScan(self._engine.data, self._engine.quality.start_measuring)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Reads what there is."""
        self.query_one(VimList).focus()
        self._show()
        self._reread()

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _reread(self) -> None:
        try:
            self._read = await asyncio.to_thread(read, self._engine.quality, self._collection)
            self._doing = ""
        except (BddsegError, OSError) as error:
            self._doing = sanitize(str(error))
        self._show()

    # -- measuring -------------------------------------------------------------------------------------------

    def action_measure(self) -> None:
        """Measures what is not measured yet."""
        if self._read.left:
            self._doing = "measuring …"
            self._show()
            self.query_one(DatasetScan).start(self._collection)

    @on(DatasetScan.Step)
    def _step(self, event: DatasetScan.Step) -> None:
        if self.query_one(DatasetScan).is_current(event):
            self._doing = f"measuring {event.progress.done:,}/{event.progress.total:,}"
            self._write_title()

    @on(DatasetScan.Ended)
    def _ended(self, event: DatasetScan.Ended) -> None:
        self._doing = event.failure
        self._reread()

    # -- what is shown ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        page, found, rows = self._page, self._read, self.query_one(VimList)
        self._write_title()
        places = found.places.get(self._split)
        listed = {
            "classes": class_rows(places) if places is not None and places.masks else [],
            "splits": difference_rows(found.differences),
            "odd": odd_rows(found.odd),
        }[page]
        rows.set_rows(listed)
        main, side = self.query_one("#places--main"), self.query_one("#places--side")
        main.set_class(page == "odd", "-odd")
        main.set_class(page == "splits", "-wide")
        rows.display, side.display = bool(listed), page != "splits" or not listed
        self.query_one(HeatMap).display = page == "classes" and bool(listed)
        self.query_one(PictureView).display = page == "odd" or not listed
        self.query_one("#places--head", OneLine).update(HEADS[page] if listed else "")
        if not listed:
            nothing = unmeasured(found.left) if found.left else _NOTHING[page]
            self.query_one(PictureView).show(None, message=self._doing or nothing)
        self._show_chosen()

    def _write_title(self) -> None:
        found = self._read
        where = f"  {self._split}" if self._page == "classes" and len(found.places) > 1 else ""
        left = self._doing or (f"{found.left:,} images are not measured: m" if found.left and found.measured else "")
        self.query_one("#places--title", OneLine).update(f"{_TITLES[self._page]}{where}   {left}")

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        """Shows what the cursor is on."""
        chosen, facts = self.query_one(VimList).chosen, ""
        places = self._read.places.get(self._split)
        if self._page == "splits" and self._read.differences:
            facts = difference_facts()
        elif self._page == "classes" and chosen is not None and chosen.isdecimal() and places is not None:
            self.query_one(HeatMap).show(places.heat[int(chosen)].tolist())
            facts = class_facts(places, int(chosen))
        elif self._page == "odd" and chosen is not None and chosen.isdecimal() and int(chosen) < len(self._read.odd):
            odd = self._read.odd[int(chosen)]
            fits = odd.kind.measure == "mask-fit"
            view: Literal["overlay", "image"] = "overlay" if fits else "image"
            self.query_one(PictureView).show(PictureRequest(odd.row.image, odd.row.mask, view=view, contours=fits))
            facts = f"{odd.kind.measure}: {odd.kind.about}\n{odd.spreads:+.1f} spreads from the median of the dataset"
        self.query_one("#places--facts", Static).update(facts, layout=False)

    def action_next_page(self) -> None:
        """Goes on to the next page."""
        self._page = PAGES[(PAGES.index(self._page) + 1) % len(PAGES)]
        self._show()

    def action_next_split(self) -> None:
        """Shows the classes of the next split."""
        names = list(self._read.places) or [ALL]
        self._split = names[(names.index(self._split) + 1) % len(names)] if self._split in names else ALL
        self._show()

    def action_show(self) -> None:
        """Shows in the Dataset pane the images of the class, or in the order of the measure."""
        chosen = self.query_one(VimList).chosen
        if chosen is None:
            return
        if self._page == "odd":
            kind = self._read.odd[int(chosen)].kind
            text = f"sort:{'' if kind.low else '-'}{kind.measure}"
        else:
            names = {str(c.id): c.slug for c in CLASSES} | {c.name: c.slug for c in CLASSES}
            text = f"has:{names[chosen]}" if chosen in names else f"sort:{chosen}"
        self.post_message(ShowFilter(text, None))

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_show()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
