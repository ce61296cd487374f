"""A scene of the demo dataset, one half of it in the colours of its classes: what this is all about."""

import asyncio
from typing import TYPE_CHECKING, cast

from textual import work
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.tui.shared.picture_app import PictureApp
from bddseg_tui.tui.shared.worker_errors import tell_failure
from bddseg_tui.tui.terminal.class_colors import class_palette
from bddseg_tui.tui.terminal.few_colors import Colors

if TYPE_CHECKING:
    from bddseg_tui.tui.terminal.cell_glyphs import CellKind

SEED, SCENE, PIXELS = 2020, 12, (320, 180)
FEWEST_ROWS = 6


class DemoScene(Widget):
    """As large as there is room for, in characters, which every terminal has; nothing where there is too little."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._strips: list[Strip] = []

    def on_resize(self) -> None:
        """Draws it for the new size."""
        self._draw(self.size)

    @work(exclusive=True, group="scene", exit_on_error=False)
    async def _draw(self, size: Size) -> None:
        app = cast(PictureApp, self.app)
        if size.height < FEWEST_ROWS or app.protocol == "none":
            self._strips = []
        else:
            shown = app.protocol in ("halfblock", "quadrant", "sextant", "octant")
            kind = cast("CellKind", app.protocol if shown else "quadrant")
            self._strips = await asyncio.to_thread(scene_strips, size, app.cell, kind, app.color_count)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of it, from the left."""
        width, style = self.size.width, self.rich_style
        if y >= len(self._strips):
            return Strip.blank(width, style)
        strip = self._strips[y]
        return (
            strip if strip.cell_length == width else Strip.join([strip, Strip.blank(width - strip.cell_length, style)])
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def scene_strips(size: Size, cell: tuple[int, int], kind: "CellKind", colors: Colors) -> list[Strip]:
    """The scene in at most (width, height) cells, each of so many pixels; blocks."""
    import numpy as np
    from PIL import Image

    from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
    from bddseg_tui.core.demo.generate import draw_scene
    from bddseg_tui.core.demo.scene import sample_scene
    from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS
    from bddseg_tui.tui.terminal.cells import cell_strips

    drawn = draw_scene(sample_scene(SEED, SCENE), *PIXELS)
    palette = np.array(class_palette(colors), np.uint8).reshape(-1, 3)
    painted = palette[np.where(drawn.mask == RAW_UNKNOWN, UNKNOWN, drawn.mask)]
    half = PIXELS[0] // 2
    both = np.concatenate([drawn.picture[:, :half], painted[:, half:]], axis=1)
    (wide, high), (across, down) = cell, CELL_KINDS[kind]
    scale = min(size.width * wide / PIXELS[0], size.height * high / PIXELS[1])
    columns, rows = max(1, round(PIXELS[0] * scale / wide)), max(1, round(PIXELS[1] * scale / high))
    small = Image.fromarray(both).resize((columns * across, rows * down), Image.Resampling.BOX)
    return cell_strips(small, kind, colors=colors)
