"""The queue of runs and the devices that they wait for: order, restart, removal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, Static
from textual.worker import Worker

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.device_use import DeviceUse
from bddseg_tui.core.runs.queue import QueuedRun
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.queue import QueueService
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.device_text import device_lines
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure
from bddseg_tui.tui.train.commands import QUEUE

EVERY_S = 2.0
EMPTY = "no run waits: F6 in the form of a new run, or R on one that was stopped, puts it here"


@dataclass(frozen=True)
class QueueRead:
    """The queue and the devices as they were when they were looked at; `problem` says why that cannot be told."""

    queue: tuple[QueuedRun, ...] = ()
    devices: tuple[DeviceUse, ...] = ()
    problem: str = ""


def read(service: QueueService) -> QueueRead:
    """Looks, in a thread; asking for the GPUs may take a second."""
    try:
        return QueueRead(service.runs(), service.devices())
    except (BddsegError, OSError) as error:
        return QueueRead(problem=sanitize(str(error)))


class QueueScreen(ModalScreen[None]):
    """Looks every two seconds."""

    ACTIONS = QUEUE
    BINDINGS = bindings(QUEUE)

    def __init__(self, service: QueueService) -> None:
        super().__init__(id="queue-screen")
        self._service = service
        self._queue: tuple[QueuedRun, ...] = ()
        self._reading = False

    def compose(self) -> ComposeResult:
        """The devices, the runs that wait, and the keys."""
        with Vertical(classes="dialog wide"):
            yield Label("Devices", classes="dialog--title")
            yield Static("looking …", id="queue--devices", markup=False)
            yield Label("Queue", id="queue--title", classes="dialog--title", markup=False)
            yield VimList(id="queue--runs", compact=True)
            yield Label("J K move   x remove   s start again what was ended   Esc close", classes="dialog--hint")

    def on_mount(self) -> None:
        """Begins to look."""
        self.query_one(VimList).focus()
        self.set_interval(EVERY_S, self._look)
        self._look()

    def _look(self) -> None:
        if not self._reading:
            self._reading = True
            self._read_queue()

    @work(group="queue", exit_on_error=False)
    async def _read_queue(self) -> None:
        try:
            found = await asyncio.to_thread(read, self._service)
        finally:
            self._reading = False
        self._show(found)

    def _show(self, found: QueueRead) -> None:
        self._queue = found.queue
        self.query_one("#queue--devices", Static).update(found.problem or "\n".join(device_lines(found.devices)))
        ended = sum(not queued.waits for queued in found.queue)
        told = f"Queue   {ended} ended by a restart: s starts them again" if ended else "Queue"
        self.query_one("#queue--title", Label).update(told)
        rows = [(q.run.name, _row(place, q)) for place, q in enumerate(found.queue, start=1)]
        self.query_one(VimList).set_rows(rows, EMPTY)

    def _chosen(self) -> tuple[int, Run] | None:
        """The place, from 1, and the run that the cursor is on."""
        name = self.query_one(VimList).chosen
        return next(((n, q.run) for n, q in enumerate(self._queue, start=1) if q.run.name == name), None)

    def action_move_run(self, by: int) -> None:
        """Gives the chosen run another place."""
        if (chosen := self._chosen()) and 1 <= chosen[0] + by <= len(self._queue):
            self._act(lambda: self._service.move(chosen[1], chosen[0] + by))

    def action_remove(self) -> None:
        """Takes the chosen run out of the queue."""
        if chosen := self._chosen():
            self._act(lambda: self._service.remove(chosen[1]))

    def action_start(self) -> None:
        """Has those wait again whose processes were ended."""
        self._act(self._service.start)

    @work(group="act", exit_on_error=False)
    async def _act(self, act: Callable[[], object]) -> None:
        """Makes a call of the service, then looks at what has come of it."""
        await attempt(self, act)
        self._look()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def _row(place: int, queued: QueuedRun) -> Text:
    text = Text(f"{place:>3}  ", no_wrap=True, overflow="ellipsis")
    text.append(f"{queued.run.name:<20} ", "bold" if queued.waits else "")
    devices = ", ".join(queued.wants[:4]) + (" …" if len(queued.wants) > 4 else "")
    needs = f"{queued.needs} of " if queued.needs > 1 else ""
    text.append(f"waits for {needs}{devices}" if queued.waits else "? ended: s starts it again", "dim")
    return text
