"""The map of the dataset's embeddings: what lies under the cursor is shown, a box becomes the filter of the pane."""

import asyncio
import time
from dataclasses import replace
from typing import cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.map_points import MapPoints, box_filter
from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.choices import tag_dialog
from bddseg_tui.tui.dataset.commands import MAP
from bddseg_tui.tui.dataset.map_plot import MapPlot, ShownMap, with_group
from bddseg_tui.tui.dataset.map_text import NO_MAP, MapRead, color_choices, legend_text, title_text
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import ShowFilter, ShowImage
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.picture_app import PictureApp
from bddseg_tui.tui.shared.worker_errors import tell_failure

POLL_S = 0.5
_VIEWS: tuple[View, ...] = ("image", "overlay", "mask", "prediction")


class MapScreen(Screen[None]):
    """Arrows move; Enter shows the image in the pane, or what is in the box; c chooses what the colours are."""

    ACTIONS = MAP
    BINDINGS = bindings(MAP)

    def __init__(self, engine: Engine, collection: Collection, evaluation: str | None) -> None:
        super().__init__(id="map")
        self._engine, self._collection, self._evaluation = engine, collection, evaluation
        self._by = "split"
        self._view = 0
        self._row: Row | None = None
        self._under: list[int] = []
        self._place = 0
        self._about = ""

    def compose(self) -> ComposeResult:
        """The map, and beside it the image under the cursor and what the colours are."""
        yield OneLine(id="map--title")
        with Horizontal():
            yield MapPlot(braille=cast(PictureApp, self.app).terminal.braille, id="map--plot")
            with Vertical(id="map--side"):
                yield PictureView(id="map--picture")
                yield OneLine(id="map--name")
                yield Static(id="map--legend", markup=False)
        yield OneLine(id="map--status")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Reads the map."""
        self.query_one(MapPlot).focus()
        self.query_one("#map--title", OneLine).update("map: reading it")
        self._read(self._by)

    # -- reading ---------------------------------------------------------------------------------------------

    @work(exclusive=True, group="map", exit_on_error=False)
    async def _read(self, by: str) -> None:
        read = await attempt(self, lambda: self._load(by), "warning", 8)
        if read is None:
            self.query_one("#map--title", OneLine).update("map: it cannot be coloured so")
            return
        self._by = by if read.shown else self._by
        self._show(read)
        while read.status is not None and read.status.live:
            await asyncio.sleep(POLL_S)
            status = await asyncio.to_thread(self._engine.map.status, self._collection.dataset.root)
            if status is None or not status.live:
                self._read(by)
                return
            self._say_title(replace(read, status=status))

    def _load(self, by: str) -> MapRead:
        service, root = self._engine.map, self._collection.dataset.root
        points = service.points(self._collection)
        shown = None
        if len(points.ids):
            shown = ShownMap(points, service.colors(self._collection, points, by, self._evaluation))
        images = self._engine.data.count(self._collection)
        return MapRead(shown, service.info(root), service.status(root), images)

    def _show(self, read: MapRead) -> None:
        plot = self.query_one(MapPlot)
        first = plot.shown is None
        plot.show(read.shown)
        if first and read.shown is not None and (middle := read.shown.points.nearest(0.5, 0.5)) is not None:
            plot.go_to(*map(float, read.shown.points.places[middle]))
        self._say_title(read)
        self._draw_legend()
        if read.shown is None:
            self.query_one(PictureView).show(None, message=NO_MAP)
        else:
            self._look()

    def _say_title(self, read: MapRead) -> None:
        self.query_one("#map--title", OneLine).update(title_text(read, time.time()))

    # -- the cursor ------------------------------------------------------------------------------------------

    @on(MapPlot.Moved)
    def _look(self) -> None:
        plot = self.query_one(MapPlot)
        if (shown := plot.shown) is None:
            return
        self._under = _ids_at(shown.points, plot)
        self._place = 0
        self._look_at()

    def _look_at(self) -> None:
        self._say_status()
        if self._under:
            self._fetch(self._under[self._place])
        else:
            self._row = None
            self.workers.cancel_group(self, "image")
            self.query_one(PictureView).show(None, message="no image lies here")
            self.query_one("#map--name", OneLine).update("")

    @work(exclusive=True, group="image", exit_on_error=False)
    async def _fetch(self, sample: int) -> None:
        rows = await asyncio.to_thread(self._engine.data.rows, self._collection, [sample], self._evaluation)
        if rows:
            self._row = rows[0]
            self._draw_image()

    def _draw_image(self) -> None:
        row = self._row
        if row is None:
            return
        view = _VIEWS[self._view]
        request = PictureRequest(row.image, row.mask, row.prediction, view)
        tags = "".join(f" #{sanitize(tag)}" for tag in row.tags)
        about = f"{row.split} {sanitize(row.name)}{tags}{'' if view == 'image' else f'  ({view})'}"
        self.query_one(PictureView).show(request, about=about)

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        if event.about is not None:
            self.query_one("#map--name", OneLine).update(str(event.about))

    def _say_status(self) -> None:
        plot = self.query_one(MapPlot)
        if (shown := plot.shown) is None:
            return
        parts = []
        if (box := plot.box) is not None:
            count = len(shown.points.inside(box))
            images = "1 image" if count == 1 else f"{count:,} images"
            parts.append(f"box: {images}; Enter filters by it, t tags them, v lets go")
        elif self._under:
            parts.append(f"{self._place + 1} of {len(self._under):,} under the cursor")
            group = _group(shown, self._under[self._place])
            parts.append(f"{self._by}: {sanitize(group)}")
        if plot.zoom > 1:
            parts.append(f"{plot.zoom:.1f}x")
        self.query_one("#map--status", OneLine).update("   ".join(parts))

    def _draw_legend(self) -> None:
        shown = self.query_one(MapPlot).shown
        self.query_one("#map--legend", Static).update(legend_text(shown, self._by) if shown else "")

    # -- actions ---------------------------------------------------------------------------------------------

    def action_move(self, columns: int, rows: int) -> None:
        """Moves the cursor by cells."""
        self.query_one(MapPlot).move(columns, rows)

    def action_zoom(self, factor: float) -> None:
        """Nearer or farther; 0 shows all."""
        self.query_one(MapPlot).zoom_by(factor)

    def action_box(self) -> None:
        """Begins a box at the cursor, or lets go of it."""
        self.query_one(MapPlot).begin_box()

    def action_next_image(self, by: int) -> None:
        """Goes through the images under the cursor."""
        if self._under:
            self._place = (self._place + by) % len(self._under)
            self._look_at()

    def action_group(self, by: int) -> None:
        """Lets the next group stand out, or none."""
        plot = self.query_one(MapPlot)
        if plot.shown is not None:
            plot.show(with_group(plot.shown, by))
            self._draw_legend()

    def action_view(self) -> None:
        """Shows the image, its overlay, mask or prediction."""
        self._view = (self._view + 1) % (len(_VIEWS) if self._evaluation else len(_VIEWS) - 1)
        self._draw_image()

    def action_color(self) -> None:
        """Asks what the colours are to be."""
        self._ask_color()

    @work(exclusive=True, group="choices", exit_on_error=False)
    async def _ask_color(self) -> None:
        known = await asyncio.to_thread(self._engine.data.vocabulary, self._collection)
        choices = color_choices(known.measures, bool(self._evaluation))
        self.app.push_screen(ChooseScreen("Colour the map by", choices, self._by), self._colored)

    def _colored(self, by: str | None) -> None:
        if by is not None:
            self._read(by)

    def action_open(self) -> None:
        """Shows in the pane what is in the box, or the image under the cursor."""
        plot = self.query_one(MapPlot)
        if (box := plot.box) is not None and plot.shown is not None:
            if not len(plot.shown.points.inside(box)):
                self.notify("no image lies in the box", severity="warning")
                return
            self.post_message(ShowFilter(box_filter(box), self._evaluation))
            self.dismiss()
        elif self._row is not None:
            self.post_message(ShowImage(self._row.image))
            self.dismiss()

    def action_tag(self) -> None:
        """Asks for a tag for all in the box, or under the cursor."""
        plot = self.query_one(MapPlot)
        if plot.shown is None:
            return
        ids = plot.shown.points.inside(plot.box).tolist() if plot.box else list(self._under)
        if ids:
            what = f"{len(ids):,} images" if len(ids) > 1 else "this image"
            self._tag(ids, what)

    @work(exclusive=True, group="tag", exit_on_error=False)
    async def _tag(self, ids: list[int], what: str) -> None:
        known = await asyncio.to_thread(self._engine.data.tags, self._collection)
        if not (tag := await self.app.push_screen_wait(tag_dialog(what, known))):
            return
        change = await attempt(self, lambda: self._engine.data.change_tags(self._collection, ids, tag, None))
        if change is not None:
            done = "taken from" if change.removed else "given to"
            self.notify(f"#{sanitize(change.tag)} {done} {len(change.ids):,} images", markup=False)
            self._read(self._by)

    def action_build(self) -> None:
        """Makes the map, or lays new images beside those that are on it."""
        self._build()

    @work(exclusive=True, group="build", exit_on_error=False)
    async def _build(self) -> None:
        root = self._collection.dataset.root
        if await attempt(self, lambda: self._engine.map.build(root)) is not None:
            self._read(self._by)

    def action_leave(self) -> None:
        """Lets go of the box, or goes back to the pane."""
        plot = self.query_one(MapPlot)
        if plot.box is not None:
            plot.end_box()
        else:
            self.dismiss()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def _ids_at(points: MapPoints, plot: MapPlot) -> list[int]:
    """Ids of the images under the cursor; where there is none, of the nearest within two cells."""
    left, top, right, bottom = plot.here
    if found := points.inside((left, top, right, bottom)).tolist():
        return [int(i) for i in found]
    near = points.nearest((left + right) / 2, (top + bottom) / 2, 2 * max(right - left, bottom - top))
    return [] if near is None else [int(points.ids[near])]


def _group(shown: ShownMap, sample: int) -> str:
    place = int(shown.points.ids.searchsorted(sample))
    return shown.colors.names[int(shown.colors.groups[place])]
