"""What the worklist of label errors shows: which areas in which order, where it stands, and how an area is shown."""

from dataclasses import dataclass, replace

from bddseg_tui.core.data.catalog.verdicts import TakenBack, Word
from bddseg_tui.core.data.pictures import Outline, PictureRequest, View
from bddseg_tui.core.data.viewport import Viewport, around
from bddseg_tui.core.quality.worklist import (
    NOTHING,
    ORDERS,
    STATES,
    Counts,
    Order,
    State,
    WorkItem,
    Worklist,
    count_words,
    place_of,
    select,
)

VIEWS: tuple[View, ...] = ("image", "mask", "overlay", "prediction")
_CONTEXT = 8
"""A zoomed picture shows at least one part in so many of the image's width and height."""


@dataclass(frozen=True)
class WorklistState:
    """Changes of it give a new one.

    Attributes:
        worklist: all that there is.
        order: how the areas are listed.
        state: which of them are: all, or those with this verdict as of when they were listed.
        given, predicted: of these classes alone, where they are said.
        listed: numbers of the areas that are listed, in `worklist.items`.
        place: where in these the cursor is.
        finished: whether the last of those that were left has just been judged.
        view: how an area is shown.
        zoomed: whether the picture shows the area with what is around it, and not the whole image.
        counts: how many of the listed areas have which verdict.
    """

    worklist: Worklist
    order: Order = "score"
    state: State = "all"
    given: int | None = None
    predicted: int | None = None
    listed: tuple[int, ...] = ()
    place: int = 0
    finished: bool = False
    view: View = "image"
    zoomed: bool = True
    counts: Counts = NOTHING

    @property
    def item(self) -> WorkItem | None:
        """The area at the cursor."""
        return self.worklist.items[self.listed[self.place]] if self.listed else None

    def item_at(self, place: int) -> WorkItem | None:
        """The area at a place of the list."""
        return self.worklist.items[self.listed[place]] if 0 <= place < len(self.listed) else None

    def relisted(self) -> "WorklistState":
        """What is to be listed by now, with the cursor on the first area that is left."""
        numbers = {id(item): number for number, item in enumerate(self.worklist.items)}
        chosen = select(self.worklist.items, self.order, self.state, self.given, self.predicted)
        listed = tuple(numbers[id(item)] for item in chosen)
        first = next((place for place, n in enumerate(listed) if self.worklist.items[n].word is None), 0)
        return replace(self, listed=listed, place=first, finished=False, counts=count_words(chosen))

    def read_anew(self, worklist: Worklist) -> "WorklistState":
        """The same of a worklist that was read anew; the cursor stays on its area, where that is still there."""
        item, state = self.item, replace(self, worklist=worklist).relisted()
        return state.at_item(item) if item is not None else state

    def at_item(self, item: WorkItem) -> "WorklistState":
        """With the cursor on an area, if it is listed."""
        place = next((p for p in range(len(self.listed)) if (i := self.item_at(p)) and i.key == item.key), None)
        return self if place is None else replace(self, place=place, finished=False)

    def moved(self, by: int) -> "WorklistState":
        """With the cursor so many areas further on, as far as there are some."""
        place = min(max(0, self.place + by), max(0, len(self.listed) - 1))
        return replace(self, place=place, finished=False)

    def next_left(self) -> "WorklistState":
        """With the cursor on the next area without a verdict, then the first one; where there is none, finished."""
        count = len(self.listed)
        for step in range(1, count + 1):
            place = (self.place + step) % count
            if (item := self.item_at(place)) is not None and item.word is None:
                return replace(self, place=place, finished=False)
        return replace(self, finished=bool(count))

    def judged(self, word: Word) -> "WorklistState":
        """With a verdict on the area at the cursor, which goes on to the next one."""
        if (item := self.item) is None:
            return self
        was_left = item.word is None
        new = item.judged(word)
        state = replace(self._with(self.listed[self.place], new), counts=self.counts.changed(item.word, word))
        return state.next_left() if was_left else state.moved(1)

    def taken_back(self, taken: TakenBack) -> "WorklistState":
        """With the verdict that holds again, and the cursor on its area."""
        number = place_of(self.worklist.items, taken)
        if number is None:
            return self
        state = self._with(number, replace(self.worklist.items[number], verdict=taken.before))
        if number not in state.listed:
            # It was filtered away: what was taken back is to be seen.
            state = replace(state, state="all", given=None, predicted=None).relisted()
        return replace(state, place=state.listed.index(number), finished=False, counts=state.counted())

    def put_back(self, item: WorkItem) -> "WorklistState":
        """With an area as it was: its verdict could not be kept."""
        number = next((n for n, i in enumerate(self.worklist.items) if i.key == item.key), None)
        if number is None:
            return self
        state = self._with(number, item).at_item(item)
        return replace(state, counts=state.counted())

    def counted(self) -> Counts:
        """How many of the listed areas have which verdict, counted anew."""
        return count_words(self.worklist.items[n] for n in self.listed)

    def _with(self, number: int, item: WorkItem) -> "WorklistState":
        items = self.worklist.items
        return replace(self, worklist=replace(self.worklist, items=(*items[:number], item, *items[number + 1 :])))

    def next_order(self) -> "WorklistState":
        """In the next order."""
        return replace(self, order=ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]).relisted()

    def next_state(self) -> "WorklistState":
        """Of the next state of which there are areas."""
        state = self
        for _ in STATES:
            state = replace(state, state=STATES[(STATES.index(state.state) + 1) % len(STATES)]).relisted()
            if state.listed:
                return state
        return self

    def next_view(self) -> "WorklistState":
        """In the next view."""
        return replace(self, view=VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    def request(self, item: WorkItem) -> PictureRequest:
        """The picture of an area."""
        row, area = item.row, item.area
        outline = Outline(area.rows, area.predicted)
        viewport = _viewport(item) if self.zoomed else None
        request = PictureRequest(row.image, row.mask, row.prediction, self.view, viewport=viewport)
        return replace(request, outline=outline)

    def ahead(self) -> list[PictureRequest]:
        """The pictures that one key leads to, the likeliest first."""
        judged = self.judged("skipped")
        found = [] if judged.finished else [judged.item, judged.judged("skipped").item]
        found += [self.item_at(self.place + 1), self.item_at(self.place - 1)]
        return list(dict.fromkeys(self.request(item) for item in found if item is not None))


def _viewport(item: WorkItem) -> Viewport | None:
    width, height = item.row.width or 1, item.row.height or 1
    left, top, right, bottom = item.area.box
    wide, high = max(right - left, width // _CONTEXT), max(bottom - top, height // _CONTEXT)
    middle = (left + right) // 2, (top + bottom) // 2
    return around((middle[0] - wide // 2, middle[1] - high // 2, wide, high), (width, height))
