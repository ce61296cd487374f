"""The app: one screen with three panes, and what belongs to all of them."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.events import Event, Key, Paste, Resize
from textual.geometry import Size
from textual.notifications import SeverityLevel
from textual.theme import Theme
from textual.widgets import ContentSwitcher, Footer

from bddseg_tui.core.engine import Collection, Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize, sanitize_lines
from bddseg_tui.core.settings import Settings, check_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.command_palette import CommandProvider
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.header import Header
from bddseg_tui.tui.shared.commands import APP, bindings
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.typeahead import TypeAhead
from bddseg_tui.tui.terminal.protocol import PROTOCOLS, Protocol

if TYPE_CHECKING:
    from textual.driver import Driver

    from bddseg_tui.tui.terminal.driver import DeviceAttributes

DARK = Theme(
    "bddseg-dark",
    primary="#5aa9e6",
    secondary="#7f8fa6",
    accent="#f2b84b",
    warning="#f2b84b",
    error="#ef6461",
    success="#67c587",
    foreground="#d8dee6",
    background="#11151a",
    surface="#171c23",
    panel="#1f2630",
    dark=True,
)
LIGHT = Theme(
    "bddseg-light",
    primary="#1c6ea4",
    secondary="#5b6b7f",
    accent="#a8620a",
    warning="#a8620a",
    error="#b3261e",
    success="#1e7d45",
    foreground="#1b2128",
    background="#f6f7f9",
    surface="#eceff3",
    panel="#dfe4ea",
    dark=False,
)


SMALLEST = Size(10, 4)
"""Cells. Where nothing is left of a line beside padding and bars, Rich cannot break it and ends the app."""


def _no_smaller(event: Resize) -> Resize:
    """A change of size as the app hears of it: a smaller terminal shows a part of the screen."""
    size = Size(max(event.size.width, SMALLEST.width), max(event.size.height, SMALLEST.height))
    return event if size == event.size else Resize(size, size, pixel_size=event.pixel_size)


class BddsegApp(App[int]):
    """The whole app. `protocol` is how pictures are drawn; `may_upgrade` lets the terminal's answer raise it."""

    TITLE = "bddseg-tui"
    CSS_PATH = [
        "app.tcss",
        *(f"{name}/pane.tcss" for name in ("dataset", "train", "evaluate", "ask")),
        "shared/dialog.tcss",
    ]
    COMMANDS = {CommandProvider}
    BINDINGS: ClassVar = [*bindings(APP), Binding("ctrl+c", "quit", show=False, priority=True)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (130, "-wide")]
    AUTO_FOCUS = "#samples"

    def __init__(
        self,
        workspace: Workspace,
        dataset: Path | None = None,
        protocol: Protocol = "halfblock",
        may_upgrade: bool = False,
        driver_class: "type[Driver] | None" = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.engine = Engine(workspace)
        self.protocol: Protocol = protocol
        self._may_upgrade = may_upgrade
        self._settings: Settings
        self._settings, self._odd_settings = check_settings(workspace)
        self._wanted = dataset or self._settings.dataset_path
        self.collection: Collection | None = None
        self._typeahead = TypeAhead(self)
        self.failure: Exception | None = None

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with ContentSwitcher(initial="dataset", id="panes"):
            yield DatasetPane()
        yield Footer(show_command_palette=False, compact=True)

    async def on_event(self, event: Event) -> None:
        """Every event of the app; keys and pasted texts go one after another."""
        if isinstance(event, Resize):
            event = _no_smaller(event)
        if not isinstance(event, Key | Paste) or event.is_forwarded or not self.screen_stack:
            await super().on_event(event)
        elif not self._typeahead.holds(event):
            target = self.focused or self.screen
            await super().on_event(event)
            self._typeahead.given(target)

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = "bddseg-light" if self._settings.theme == "light" else "bddseg-dark"
        self.set_class(self.protocol == "none", "-no-pictures")
        if told := self._odd_settings.tell("setting", str(self.engine.workspace.settings)):
            self.notify(told, severity="warning", markup=False, timeout=10)
        if self._wanted is None:
            self._first_run()
        else:
            self._open(self._wanted)
        self.call_after_refresh(self._watch_runs)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Shows a toast. All of them come through here, and their texts pass the sanitizer."""
        super().notify(
            sanitize_lines(message), title=sanitize(title), severity=severity, timeout=timeout, markup=markup
        )

    def _handle_exception(self, error: Exception) -> None:
        # Textual has no public way to learn of an error that ends the app; whoever started it tells it.
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print the traceback with the values of all variables, as they are.
        self.bell()
        self.panic()

    # -- the dataset -----------------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="open", exit_on_error=False)
    def _open(self, root: Path) -> None:
        try:
            collection = self.engine.data.open(root, lambda text: self.call_from_thread(self.notify, text, timeout=10))
        except (BddsegError, OSError, ValueError) as error:
            self.call_from_thread(self._first_run, sanitize(str(error)))
            return
        self.call_from_thread(self._opened, collection)
        self._keep(dataset=str(collection.dataset.root))
        self.engine.workspace.sweep()

    def _opened(self, collection: Collection) -> None:
        self.collection = collection
        pane = self.query_one(DatasetPane)
        pane.open(collection)
        for other in self.query(Pane):
            other.on_dataset()
        self.query_one(Header).place = pane.title
        # What exists by now stays for good. Left to the garbage collector, it would be looked through every few
        # seconds, and each time keys would wait a tenth of a second.
        self.call_after_refresh(gc.freeze)

    def _first_run(self, why: str = "") -> None:
        from bddseg_tui.tui.first_run import FirstRunScreen

        def chosen(root: Path | None) -> None:
            if root is not None:
                self._open(root)
            elif self.collection is None:
                self.exit(0)

        self.push_screen(FirstRunScreen(self.engine, why), chosen)

    def action_open_dataset(self) -> None:
        self._first_run()

    # -- panes -----------------------------------------------------------------------------------------------

    async def action_show(self, name: str) -> None:
        if len(self.screen_stack) > 1:
            return
        switcher = self.query_one(ContentSwitcher)
        if not switcher.query(f"#{name}"):
            await switcher.mount(self._make_pane(name))
        switcher.current = name
        self.query_one(Header).current = name
        switcher.query_one(f"#{name}", Pane).on_shown()

    @on(Header.Clicked)
    async def _tab_clicked(self, event: Header.Clicked) -> None:
        await self.action_show(event.pane)

    @staticmethod
    def _make_pane(name: str) -> Pane:
        # All but Dataset are imported when they are first shown: the first picture should not wait for them.
        if name == "train":
            from bddseg_tui.tui.train.pane import TrainPane

            return TrainPane()
        if name == "chat":
            from bddseg_tui.tui.ask.pane import ChatPane

            return ChatPane()
        from bddseg_tui.tui.evaluate.pane import EvaluatePane

        return EvaluatePane()

    async def show_evaluation(self, name: str) -> None:
        """Opens the Evaluate pane on an evaluation."""
        await self.action_show("evaluate")
        from bddseg_tui.tui.evaluate.pane import EvaluatePane

        self.query_one(EvaluatePane).choose(name)

    async def show_image(self, image: Path) -> None:
        """Opens the Dataset pane on an image."""
        await self.action_show("dataset")
        self.query_one(DatasetPane).go_to(image)

    async def show_filter(self, text: str, evaluation: str | None = None) -> None:
        """Opens the Dataset pane on a filter, with an evaluation's predictions and scores."""
        await self.action_show("dataset")
        self.query_one(DatasetPane).show_filter(text, evaluation)

    # -- runs in the background ------------------------------------------------------------------------------

    def _watch_runs(self) -> None:
        from bddseg_tui.tui.job_notifications import RunWatch

        self.run_watch = RunWatch(self)
        self.run_watch.start()

    # -- looks -----------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        from bddseg_tui.tui.help_screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_workspace(self) -> None:
        from bddseg_tui.tui.disk_use_screen import RoomScreen

        if len(self.screen_stack) == 1:
            self.push_screen(RoomScreen())

    def action_toggle_theme(self) -> None:
        dark = self.theme != "bddseg-dark"
        self.theme = "bddseg-dark" if dark else "bddseg-light"
        self._remember(theme="dark" if dark else "light")

    @work(thread=True, group="settings", exit_on_error=False)
    def _remember(self, **changes: str) -> None:
        self._keep(**changes)

    def _keep(self, **changes: str) -> None:
        """Keeps settings, from a thread; that they cannot be written keeps nobody from working."""
        try:
            save_settings(self.engine.workspace, **changes)
        except BddsegError as error:
            told = sanitize(str(error))
            self.call_from_thread(lambda: self.notify(told, severity="warning", markup=False))

    def action_cycle_images(self) -> None:
        self._set_protocol(PROTOCOLS[(PROTOCOLS.index(self.protocol) + 1) % len(PROTOCOLS)])
        self._remember(images=self.protocol)
        self.notify(f"pictures: {self.protocol}", timeout=2)

    def on_device_attributes(self, event: "DeviceAttributes") -> None:
        """The terminal's answer, whenever it comes."""
        if event.sixel and self._may_upgrade:
            self._set_protocol("sixel")

    def _set_protocol(self, protocol: Protocol) -> None:
        from bddseg_tui.tui.shared.picture import PictureView

        self._may_upgrade = False
        self.protocol = protocol
        self.set_class(protocol == "none", "-no-pictures")
        for screen in self.screen_stack:
            for view in screen.query(PictureView):
                view.redraw()
