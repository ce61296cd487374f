"""What is shown while there is no dataset: point to one, or draw the demo."""

import asyncio
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, ProgressBar, Static
from textual.worker import Worker, get_current_worker

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.commands import Command, bindings
from bddseg_tui.tui.shared.demo_scene import DemoScene
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.path_lines import FoldedText
from bddseg_tui.tui.shared.worker_errors import tell_failure

WELCOME = """\
[b $primary]bddseg-tui[/]  driving scenes, pixel by pixel: the 20 classes of BDD100K

[b]d[/b]  draw the demo dataset (340 scenes, about 15 seconds) and open it
[b]o[/b]  open a dataset: type its folder below

A dataset is a folder with [b]images/10k/train,val,test[/b] and
[b]labels/sem_seg/masks[/b], as the official zips unpack
([b]bddseg-tui data unpack[/b]); or any folder of images. Then there are:

[b]1 Dataset[/b]   pictures, masks, predictions; filtered, searched, tagged
[b]2 Train[/b]     runs that outlive this terminal, with their curves
[b]3 Evaluate[/b]  IoU by class, confusions, the worst images of each class
[b]4 Ask[/b]       a question: an image that fits is found and looked at\
"""


FIRST_RUN = (
    Command("demo", "d", "Draw the demo", "Draw the demo dataset, and open it.", True),
    Command("type", "o,slash", "Open a folder", "Type the folder of a dataset.", True),
    Command("back", "escape", "Back", "Go back, or leave where no dataset is open.", True),
    Command("app.quit", "q", "Quit", "Leave.", True),
)


class FirstRunScreen(Screen[Path | None]):
    """Dismisses with a dataset's folder, or None if the person goes back."""

    ACTIONS = FIRST_RUN
    BINDINGS = bindings(FIRST_RUN)

    AUTO_FOCUS = ""

    class Drawn(Message):
        """So many scenes of the demo, of so many, are drawn."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    def __init__(self, engine: Engine, why: str = "") -> None:
        super().__init__()
        self._engine, self._why = engine, why

    def compose(self) -> ComposeResult:
        """What the program is, the field for a folder, and the progress of the demo."""
        with Vertical(id="welcome"):
            yield Static(WELCOME, id="welcome--text")
            yield Input(placeholder="/path/to/bdd100k", id="welcome--path", compact=True)
            yield Static(FoldedText(self._why), id="welcome--error")
            yield ProgressBar(id="welcome--progress", show_eta=True)
            yield DemoScene(id="welcome--scene")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Hides the progress, and keeps the cursor from blinking, which sends bytes for ever."""
        self.query_one(ProgressBar).display = False
        self.query_one(Input).cursor_blink = False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)

    def action_type(self) -> None:
        """Goes to the field."""
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """Leaves the field, or the screen."""
        if self.query_one(Input).has_focus:
            self.set_focus(None)
        else:
            self.workers.cancel_all()
            self.dismiss(None)

    def action_demo(self) -> None:
        """Draws the demo dataset."""
        bar = self.query_one(ProgressBar)
        bar.display = True
        self._say("drawing the demo dataset into " + sanitize_path(self._engine.workspace.demo))
        self._draw()

    @on(Input.Submitted)
    def _open(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._try(event.value.strip())

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _try(self, typed: str) -> None:
        def opened() -> Path:
            path = typed_path(typed)
            self._engine.data.open(path)
            return path

        try:
            path = await asyncio.to_thread(opened)
        except (BddsegError, OSError, ValueError) as error:
            self._say(sanitize(str(error)))
        else:
            self.dismiss(path)

    @work(exclusive=True, group="demo", exit_on_error=False)
    async def _draw(self) -> None:
        worker = get_current_worker()

        def drawn() -> Path:
            from bddseg_tui.core.demo.generate import draw_if_missing

            root = self._engine.workspace.demo
            draw_if_missing(root, report)
            return root

        def report(done: int, total: int) -> None:
            if worker.is_cancelled:
                raise InterruptedError
            if done % 4 == 0 or done == total:
                self.post_message(self.Drawn(done, total))

        try:
            root = await asyncio.to_thread(drawn)
        except (BddsegError, OSError) as error:
            self._say(sanitize(str(error)))
        else:
            self.dismiss(root)

    @on(Drawn)
    def _progressed(self, message: Drawn) -> None:
        self.query_one(ProgressBar).update(total=message.total, progress=message.done)

    def _say(self, text: str) -> None:
        self.query_one("#welcome--error", Static).update(FoldedText(text))
