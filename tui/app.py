"""The app: one screen with four panes, and what belongs to all of them."""

import asyncio
import gc
import logging
from collections.abc import Awaitable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.events import Event, Key, Paste
from textual.widgets import ContentSwitcher

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.settings import Settings, check_settings, save_images, save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.command_palette import CommandProvider
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.header import Header
from bddseg_tui.tui.panes import make_pane
from bddseg_tui.tui.reporting_app import ReportingApp
from bddseg_tui.tui.shared.commands import APP, bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.messages import EvaluationChosen, Remember, ShowFilter, ShowImage
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.quiet_screen import QuietScreen
from bddseg_tui.tui.shared.typeahead import TypeAhead
from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal.protocol import PROTOCOLS, ImageProtocol, cell_pixels
from bddseg_tui.tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from textual.driver import Driver

_LOG = logging.getLogger(__name__)
WIDE = 130
"""Columns from which a screen is wide."""
BLANK_S = 0.3
"""How long rows are waited for before anything is drawn."""
SETTLED_AFTER_S = 1.0
"""When jobs are first looked at, and garbage: what it takes is 150 ms of imports, for which no first picture waits."""


class BddsegApp(ReportingApp):
    """The whole app.

    Attributes:
        engine: what all panes work with.
        collection: the dataset that is open; None until there is one.
        sides: the share (0..1) of the width that a pane's left side has, by pane, where it was moved.
    """

    TITLE = "bddseg-tui"
    CSS_PATH = ["app.tcss", "dataset/pane.tcss", "shared/dialog.tcss"]
    COMMANDS = {CommandProvider}
    BINDINGS = bindings(APP)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    AUTO_FOCUS = "#samples"

    def __init__(
        self,
        workspace: Workspace,
        dataset: Path | None = None,
        protocol: ImageProtocol = "halfblock",
        terminal: TerminalCapabilities | None = None,
        driver_class: "type[Driver] | None" = None,
        picture_bytes: int = 0,
    ) -> None:
        """Reads the settings of the workspace.

        Args:
            workspace: where everything is kept.
            dataset: the folder to open; the one that was opened last if left out.
            protocol: how pictures are drawn, if nothing is known of the terminal.
            terminal: what is known of it; if left out, it has all colours.
            driver_class: Textual's driver; its own choice if left out.
            picture_bytes: the most that a picture may take; 0 for what the settings say.
        """
        self._settings: Settings
        self._settings, self._odd_settings = check_settings(workspace)
        terminal = terminal or TerminalCapabilities(wanted_colors="truecolor", wanted_images=protocol)
        super().__init__(workspace, terminal, driver_class, picture_bytes or self._settings.picture_bytes)
        self.engine = Engine(workspace)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        # Before the styles are read, which would else be read twice.
        self.theme = LIGHT.name if self._settings.theme == "light" else DARK.name
        self.stylesheet.set_variables(self.get_css_variables())
        self._wanted = dataset or self._settings.dataset_path
        self._opening: Awaitable[Collection] | None = None
        self.collection: Collection | None = None
        self._evaluation: str | None = None
        self._typeahead = TypeAhead(self)
        self.sides = dict(self._settings.sides)
        self.has_content = False

    def get_default_screen(self) -> QuietScreen[None]:
        """The screen with the panes. It has the class of its width from the start, which spares styling it twice."""
        return QuietScreen(id="_default", classes="-wide" if self.size.width >= WIDE else "-narrow")

    def compose(self) -> ComposeResult:
        """The header, the pane that is shown, and the footer."""
        yield Header(id="header")
        with ContentSwitcher(initial="dataset", id="panes"):
            yield DatasetPane(self.engine, self._settings.legend)
        yield KeyFooter()

    async def on_event(self, event: Event) -> None:
        """Every event of the app; keys and pasted texts go one after another."""
        if not isinstance(event, Key | Paste) or event.is_forwarded or not self.screen_stack:
            await super().on_event(event)
        elif not self._typeahead.holds(event):
            target = self.focused or self.screen
            await super().on_event(event)
            self._typeahead.given(target)

    def on_load(self) -> None:
        """Begins to open the dataset, while the screen is made."""
        if self._wanted is not None:
            self._opening = asyncio.ensure_future(self._read_dataset(self._wanted))

    def on_mount(self) -> None:
        """Shows the dataset, and begins to watch the runs."""
        if told := self._odd_settings.tell("setting", str(self.engine.workspace.settings)):
            self.notify(told, severity="warning", markup=False, timeout=10)
        if self._wanted is None:
            self._first_run()
        else:
            self._open(self._wanted, self._opening)
        self.set_timer(BLANK_S, self.show_content)
        self.set_timer(SETTLED_AFTER_S, self._settle)

    @on(ListPanel.Listed)
    def _listed(self) -> None:
        self.show_content()

    # -- the dataset -----------------------------------------------------------------------------------------

    async def _read_dataset(self, root: Path) -> Collection:
        return await asyncio.to_thread(self.engine.data.open, root, lambda text: self.notify(text, timeout=10))

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open(self, root: Path, opening: Awaitable[Collection] | None = None) -> None:
        try:
            collection = await (opening or self._read_dataset(root))
        except (BddsegError, OSError, ValueError) as error:
            self._first_run(sanitize(str(error)))
            return
        self.collection, self._evaluation = collection, None
        _LOG.info("opened %s", collection.dataset.root)
        for pane in self.query(Pane):
            pane.open(collection)
        self.query_one(Header).place = sanitize_path(collection.dataset.root.name or Path("/"))
        self._remember(dataset=str(collection.dataset.root))
        await asyncio.to_thread(self.engine.workspace.sweep)

    def _first_run(self, why: str = "") -> None:
        from bddseg_tui.tui.first_run import FirstRunScreen

        self.show_content()

        def chosen(root: Path | None) -> None:
            if root is not None:
                self._open(root)
            elif self.collection is None:
                self.exit(0)

        self.push_screen(FirstRunScreen(self.engine, why), chosen)

    def action_open_dataset(self) -> None:
        """Asks for another dataset."""
        self._first_run()

    # -- panes -----------------------------------------------------------------------------------------------

    async def action_show(self, name: str) -> None:
        """Brings a pane to the front; makes it the first time."""
        if len(self.screen_stack) > 1:
            return
        switcher = self.query_one(ContentSwitcher)
        if not switcher.query(f"#{name}"):
            self._read_styles("shared/form.tcss", f"{name}/pane.tcss")
            await switcher.mount(make_pane(name, self.engine, self.collection, self._evaluation))
        _LOG.debug("pane %s", name)
        switcher.current = name
        self.query_one(Header).current = name
        switcher.query_one(f"#{name}", Pane).on_shown()

    def _read_styles(self, *sheets: str) -> None:
        """Reads what only some panes are styled by: with all of it, each widget of the first takes twice as long."""
        for path in (str(Path(__file__).parent / sheet) for sheet in sheets):
            if not self.stylesheet.has_source(path):
                self.stylesheet.read(path)

    @on(Header.Clicked)
    async def _tab_clicked(self, event: Header.Clicked) -> None:
        await self.action_show(event.pane)

    @on(ShowImage)
    async def _show_image(self, message: ShowImage) -> None:
        (await self._dataset_pane()).go_to(message.image)

    @on(ShowFilter)
    async def _show_filter(self, message: ShowFilter) -> None:
        (await self._dataset_pane()).show_filter(message.text, message.evaluation)

    async def _dataset_pane(self) -> DatasetPane:
        """Brings the Dataset pane to the front, from below whatever screen it was asked for."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.action_show("dataset")
        return self.query_one(DatasetPane)

    @on(EvaluationChosen)
    def _evaluation_chosen(self, message: EvaluationChosen) -> None:
        self._evaluation = message.evaluation
        for pane in self.query(Pane):
            if not isinstance(pane, DatasetPane):
                pane.evaluation = message.evaluation

    # -- jobs in the background ------------------------------------------------------------------------------

    def _settle(self) -> None:
        # What exists by now stays for good. Left to the garbage collector, it would be looked through every few
        # seconds, and each time keys would wait a tenth of a second.
        gc.freeze()
        gc.enable()
        self._watch_jobs()

    @work(group="jobs", exit_on_error=False)
    async def _watch_jobs(self) -> None:
        module = await asyncio.to_thread(import_module, "bddseg_tui.tui.job_notifications")
        await self.screen_stack[0].mount(module.JobNotifications(self.engine))

    # -- settings --------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """Shows every key."""
        from bddseg_tui.tui.command_groups import GROUPS
        from bddseg_tui.tui.help_screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            shown = next((pane for pane in self.screen_stack[0].query(Pane) if pane.is_shown), None)
            own = getattr(self.screen, "ACTIONS", ())
            self.push_screen(HelpScreen(GROUPS, str(shown.id).capitalize() if shown else "", own))

    def action_workspace(self) -> None:
        """Shows what takes room in the workspace."""
        from bddseg_tui.tui.disk_use_screen import DiskUseScreen

        if len(self.screen_stack) == 1:
            self.push_screen(DiskUseScreen(self.engine, self.collection))

    async def action_terminal(self) -> None:
        """Shows what is known of the terminal, and what would give it more."""
        from bddseg_tui.tui.terminal_screen import TerminalScreen

        if len(self.screen_stack) == 1:
            self.push_screen(TerminalScreen(self.terminal, await asyncio.to_thread(cell_pixels)))

    def action_toggle_theme(self) -> None:
        """Goes over to the other theme, and remembers it."""
        dark = self.theme != DARK.name
        self.theme = DARK.name if dark else LIGHT.name
        self._remember(theme="dark" if dark else "light")

    @on(Remember)
    def _keep_settings(self, message: Remember) -> None:
        self._remember(**message.changes)

    @work(thread=True, group="settings", exit_on_error=False)
    def _remember(self, **changes: object) -> None:
        """Keeps settings; that they cannot be written keeps nobody from working."""
        try:
            save_settings(self.engine.workspace, **changes)
        except BddsegError as error:
            self.notify(sanitize(str(error)), severity="warning", markup=False)

    def action_cycle_images(self) -> None:
        """Draws pictures in the next way, and remembers it for this terminal."""
        chosen = PROTOCOLS[(PROTOCOLS.index(self.protocol) + 1) % len(PROTOCOLS)]
        self.learn(self.terminal.drawing(chosen))
        self._remember_images(self.terminal.name, chosen)
        self.notify(f"pictures: {chosen}, in {self.terminal.name} from now on", timeout=3, markup=False)

    @work(thread=True, group="settings", exit_on_error=False)
    def _remember_images(self, terminal: str, way: ImageProtocol) -> None:
        try:
            save_images(self.engine.workspace, terminal, way)
        except BddsegError as error:
            self.notify(sanitize(str(error)), severity="warning", markup=False)
