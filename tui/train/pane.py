"""The Train pane: all runs, the chosen one's live curves and per-class table, and what can be done with it."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Protocol, cast

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import OptionList

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.core.runs.run_summaries import RunSummary
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.divider import Divider
from bddseg_tui.tui.shared.path_lines import FoldedText
from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.train.chart_grid import ChartGrid
from bddseg_tui.tui.train.chart_keys import ChartKeys
from bddseg_tui.tui.train.commands import TRAIN
from bddseg_tui.tui.train.configure import ConfigureScreen
from bddseg_tui.tui.train.run_actions import RunActions
from bddseg_tui.tui.train.run_form import RunForm, changed_settings, changes_text, read_form
from bddseg_tui.tui.train.run_list import EMPTY, RunList
from bddseg_tui.tui.train.run_panel import RunPanel
from bddseg_tui.tui.train.run_plots import Curves
from bddseg_tui.tui.train.run_reader import RunReader, RunsRead, read_log
from bddseg_tui.tui.train.samples_screen import SamplesScreen

EVERY_S = 0.5
SLOW_LOOKS = 6
"""Over a slow line, of so many looks one is made."""
NO_HISTORY = History()
"""Of a run that has not been read yet."""


class LineApp(Protocol):
    """What is asked of the app."""

    @property
    def slow_line(self) -> bool:
        """Whether what is drawn may take long to arrive."""


class TrainPane(ChartKeys, RunActions):
    """Watches and steers training runs."""

    ACTIONS = TRAIN
    BINDINGS = bindings(TRAIN)

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__(engine, collection, id="train")
        self._reader = RunReader(engine.runs)
        self._reading = self._read_again = False
        self._hurry = threading.Event()
        self._all: tuple[RunSummary, ...] | None = None
        self._runs: dict[str, RunSummary] = {}
        self._histories: Mapping[str, History] = {}
        self._details: Mapping[str, RunDetails] = {}
        self._pinned: list[str] = []
        self._form: RunForm | None = None
        self._form_wanted = False
        self._looks = 0

    def compose(self) -> ComposeResult:
        """The list of runs, and the one that is chosen."""
        with Horizontal():
            yield RunList(id="run-side")
            yield Divider("train")
            yield RunPanel(id="run-main")

    def on_mount(self) -> None:
        """Reads the runs."""
        self.set_interval(EVERY_S, self._look)
        self.look()
        self._read_form()

    def open(self, collection: Collection) -> None:
        """Goes over to another dataset: new runs are on that one."""
        super().open(collection)
        self._show_list()
        self._read_form()

    def on_shown(self) -> None:
        """Looks at the runs at once, and puts the focus on their list."""
        self.query_one(RunList).focus_list()
        self.look()

    # -- reading ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Over a slow line less often: each time the whole curve is another, as its axis has grown."""
        self._looks += 1
        if self._looks % SLOW_LOOKS == 0 or not cast(LineApp, self.app).slow_line:
            self.look()

    def look(self) -> None:
        """Reads what is new, where the pane is shown."""
        if self.is_shown:
            self._read()

    def _read(self) -> None:
        """Has a thread look at the disk; only one does so at a time."""
        if self._reading:
            self._read_again = True
            return
        self._reading, self._read_again = True, False
        self._hurry.clear()
        self._read_runs(tuple(n for n in (self.query_one(RunList).chosen, *self._pinned) if n))

    @work(group="runs", exit_on_error=False)
    async def _read_runs(self, names: tuple[str, ...]) -> None:
        try:
            read = await asyncio.to_thread(self._reader.read, names, self._hurry.is_set)
        finally:
            self._reading = False
        self._show_read(read)
        if (read.behind or self._read_again) and self.is_shown:
            self._read()

    def _show_read(self, read: RunsRead) -> None:
        if read.runs is not self._all:
            self._all, self._runs = read.runs, {run.name: run for run in read.runs}
            self._pinned = [p for p in self._pinned if p in self._runs]
            self._show_list()
        details = {n: d for n, d in self._details.items() if n in self._runs}
        self._histories, self._details = read.histories, details | dict(read.details)
        self._show_run()

    def _show_list(self) -> None:
        root = self.collection.dataset.root if self.collection else None
        self.query_one(RunList).show(self._all or (), self._pinned, root)

    @on(OptionList.OptionHighlighted, "#runs")
    def _run_highlighted(self) -> None:
        self._show_run()
        # What is being read for another run goes on when it is chosen again.
        self._hurry.set()
        self._read()

    def _show_run(self) -> None:
        """Shows the chosen run, and the curves of the pinned ones with its own."""
        name, panel = self._chosen_name(), self.query_one(RunPanel)
        if name is None:
            panel.show_nothing()
            return
        others = [p for p in self._pinned if p != name and p in self._histories]
        curves = tuple(
            Curves(n, self._histories.get(n, NO_HISTORY), self._runs[n].status.live) for n in (name, *others)
        )
        panel.show(self._runs[name].status, self._details.get(name), curves)

    @property
    def charts(self) -> ChartGrid:
        """The charts of the chosen run."""
        return self.query_one(ChartGrid)

    # -- actions ---------------------------------------------------------------------------------------------

    def _chosen_name(self) -> str | None:
        name = self.query_one(RunList).chosen
        return name if name in self._runs else None

    def chosen_run(self) -> Run | None:
        """The run under the cursor; without one that is told."""
        name = self._chosen_name()
        if name is None:
            self.notify(EMPTY, severity="warning")
            return None
        return self._runs[name].run

    @work(exclusive=True, group="form", exit_on_error=False)
    async def _read_form(self) -> None:
        if self.collection is not None:
            self._form = None
            self._form = await asyncio.to_thread(read_form, self.engine.configs, self.collection.dataset.root)
            if self._form_wanted:
                self.action_new_run()

    def action_new_run(self) -> None:
        """Configures a run and starts it."""
        if self.collection is None:
            self.notify("open a dataset first: O", severity="warning")
            return
        form = self._form
        # What is behind the key should reach the form: where it has been read, it opens at once.
        self._form_wanted = form is None
        if form is None:
            return

        def configured(answer: tuple[TrainConfig, str, bool] | None) -> None:
            if answer is not None:
                self._start(form, *answer)

        training = next((n for n, run in self._runs.items() if run.status.state in ("starting", "running")), "")
        self.app.push_screen(ConfigureScreen(form, training), configured)

    @work(group="act", exit_on_error=False)
    async def _start(self, form: RunForm, config: TrainConfig, preset: str, queue: bool) -> None:
        run = await attempt(self, lambda: self.engine.runs.train(form.root, config, preset, queue))
        if run is not None:
            changes = changes_text(preset, changed_settings(config, form.presets[preset]))
            self.notify(f"{'queued' if queue else 'started'} {run.name}. {changes}", markup=False, timeout=6)
            self.query_one(RunList).choose(run.name)
            self.look()

    def action_filter(self) -> None:
        """Starts typing a filter of runs."""
        self.query_one(RunList).enter_filter()

    def action_sort(self) -> None:
        """Asks for the order of the runs."""
        self.query_one(RunList).ask_order()

    def action_other_datasets(self) -> None:
        """Hides the runs of other datasets, or shows them."""
        self.query_one(RunList).toggle_others()

    def before_command(self) -> None:
        """Lets keys go to the list again."""
        self.query_one(RunList).focus_list()

    def action_samples(self) -> None:
        """Shows what the chosen run predicted for a few images, epoch by epoch."""
        if run := self.chosen_run():
            self.app.push_screen(SamplesScreen(self.engine.runs, run))

    def action_pin(self) -> None:
        """Lays the chosen run's curves over those of others, or takes them away again."""
        name = self._chosen_name()
        if name is not None:
            self._pinned = [p for p in self._pinned if p != name] if name in self._pinned else [*self._pinned, name]
            self._show_list()
            self._show_run()
            self._read()

    def action_show_log(self) -> None:
        """Shows the end of the chosen run's log, and its settings."""
        if run := self.chosen_run():
            self._show_log(run)

    @work(exclusive=True, group="log", exit_on_error=False)
    async def _show_log(self, run: Run) -> None:
        text = await asyncio.to_thread(read_log, self.engine.runs, run)
        self.app.push_screen(TextScreen(Text(run.name, style="bold"), FoldedText(text)))
