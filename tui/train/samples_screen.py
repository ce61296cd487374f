"""What a run predicted for a few validation images, epoch by epoch: one sees it learn, also while it trains."""

import asyncio
from dataclasses import dataclass

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.screen import Screen
from textual.widgets import Label, Static
from textual.worker import Worker

from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.samples import SampleEpoch, SampleImage, Samples
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.runs import RunService
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.worker_errors import tell_failure
from bddseg_tui.tui.train.commands import SAMPLES
from bddseg_tui.tui.train.samples_text import class_lines, epoch_line, none_yet, title_line

EVERY_S = 1.0
VIEWS: tuple[tuple[View, str], ...] = (
    ("image", "image"),
    ("mask", "actual"),
    ("prediction", "predicted"),
    ("error", "errors (red)"),
)
PREDICTION = 2


@dataclass(frozen=True)
class SamplesRead:
    """What a run has kept by now, and how it stands; `problem` says why that cannot be told."""

    samples: Samples
    status: Status
    problem: str = ""


def read(runs: RunService, run: Run) -> SamplesRead:
    """Looks at the run's folder, in a thread."""
    try:
        return SamplesRead(runs.samples(run), runs.status(run.folder))
    except (BddsegError, OSError) as error:
        return SamplesRead(Samples(), Status("lost"), sanitize(str(error)))


class SamplesScreen(Screen[None]):
    """Arrows step through the epochs, j and k through the images. At the last epoch it follows a run that trains."""

    ACTIONS = SAMPLES
    BINDINGS = bindings(SAMPLES)

    def __init__(self, runs: RunService, run: Run) -> None:
        super().__init__(id="samples-screen")
        self._runs, self._run = runs, run
        self._read: SamplesRead | None = None
        self._image = 0
        self._epoch: int | None = None
        """The epoch that is shown; None for the last one, whichever that is."""
        self._highlight: int | None = None
        self._reading = False

    def compose(self) -> ComposeResult:
        """Four pictures with their names, the classes, and a line about the epoch."""
        yield OneLine(id="samples--title")
        with Grid(id="samples--grid"):
            for number, (_, name) in enumerate(VIEWS):
                with Vertical(classes="samples--view", id=f"samples--view{number}"):
                    yield Label(name, classes="samples--name")
                    yield PictureView(id=f"samples--picture{number}")
        yield Static("", id="samples--classes")
        yield OneLine(id="samples--epoch")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begins to look at the run's folder."""
        self.query_one("#samples--title", OneLine).update(title_line(self._run.name, None, None))
        self.set_interval(EVERY_S, self._look)
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        """All four pictures get the same room: what is left over by two goes elsewhere."""
        # Title, epoch and footer take a line each, the classes two.
        odd_height, odd_width = (event.size.height - 5) % 2, event.size.width % 2
        self.query_one("#samples--classes").styles.height = 2 + odd_height
        self.query_one("#samples--grid", Grid).styles.grid_gutter_vertical = 2 - odd_width
        if self._read is not None:
            self._show()

    def _look(self) -> None:
        # A slow disk gets no second thread; what has ended stays as it is.
        if not self._reading and (self._read is None or self._read.status.live):
            self._reading = True
            self._read_samples()

    @work(group="samples", exit_on_error=False)
    async def _read_samples(self) -> None:
        try:
            found = await asyncio.to_thread(read, self._runs, self._run)
        finally:
            self._reading = False
        if found != self._read:
            self._read = found
            self._show()

    # -- what is shown ---------------------------------------------------------------------------------------

    @property
    def _epochs(self) -> tuple[SampleEpoch, ...]:
        return self._read.samples.epochs if self._read else ()

    def _place(self) -> int:
        """Of the epoch that is shown among those that are kept: it, or the one before where it was thinned out."""
        if self._epoch is None:
            return len(self._epochs) - 1
        return max(0, sum(e.epoch <= self._epoch for e in self._epochs) - 1)

    def _chosen_image(self) -> SampleImage | None:
        images = self._read.samples.images if self._read else ()
        return images[min(self._image, len(images) - 1)] if images else None

    def _show(self) -> None:
        read, image = self._read, self._chosen_image()
        assert read is not None
        epoch = self._epochs[self._place()] if self._epochs else None
        images = read.samples.images
        title = title_line(self._run.name, image, len(images)) if not read.problem else read.problem
        self.query_one("#samples--title", OneLine).update(title)
        self.query_one("#samples--grid").set_class(epoch is None, "-empty")
        for number, (view, _) in enumerate(VIEWS):
            picture = self.query_one(f"#samples--picture{number}", PictureView)
            if image is None or epoch is None:
                picture.show(None, message=none_yet(read.status, bool(images)) if number == 0 else "")
                continue
            neighbours = [self._request(image, e, view) for e in self._beside()] if number >= PREDICTION else []
            picture.show(self._request(image, epoch, view), neighbours)
        if image is not None and epoch is not None:
            line = epoch_line(self._epochs, self._place(), image.number, read.status)
            classes = self.query_one("#samples--classes", Static)
            classes.update(class_lines(image.shares, self._highlight, self.size.width), layout=False)
            self.query_one("#samples--epoch", OneLine).update(line)

    def _beside(self) -> list[SampleEpoch]:
        """The epochs that one key leads to."""
        place = self._place()
        return [*self._epochs[place + 1 : place + 2], *self._epochs[max(0, place - 1) : place]]

    def _request(self, image: SampleImage, epoch: SampleEpoch, view: View) -> PictureRequest:
        highlight = self._highlight if view != "error" else None
        prediction = epoch.prediction(image.number) if view in ("prediction", "error") else None
        return PictureRequest(image.image, image.mask, prediction, view, highlight=highlight)

    # -- actions ---------------------------------------------------------------------------------------------

    def action_epoch(self, by: int) -> None:
        """Goes on to another epoch."""
        self._go_to(self._place() + by)

    def action_end(self, way: int) -> None:
        """Goes to the first epoch, or to the last and follows."""
        self._go_to(0 if way < 0 else len(self._epochs) - 1)

    def _go_to(self, place: int) -> None:
        if 0 <= place < len(self._epochs):
            last = place == len(self._epochs) - 1
            self._epoch = None if last else self._epochs[place].epoch
            self._show()

    def action_image(self, by: int) -> None:
        """Goes on to another image."""
        images = self._read.samples.images if self._read else ()
        if 0 <= self._image + by < len(images):
            self._image += by
            self._highlight = None
            self._show()

    def action_highlight(self, by: int) -> None:
        """Highlights another class of the image."""
        image = self._chosen_image()
        if image is None:
            return
        there = sorted((i for i, share in enumerate(image.shares) if share), key=lambda i: -image.shares[i])
        order: list[int | None] = [None, *there]
        now = order.index(self._highlight) if self._highlight in order else 0
        self._highlight = order[(now + by) % len(order)]
        self._show()

    def action_views(self) -> None:
        """Shows the prediction alone, or all four views."""
        self.query_one("#samples--grid").toggle_class("-alone")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
