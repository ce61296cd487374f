"""The Train pane: all runs, the chosen one's live curves and per-class table, and what can be done with it."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, OptionList

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.job_list import Job
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.core.runs.run_states import RunState
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import ConfirmScreen
from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.chart_grid import ChartGrid
from bddseg_tui.tui.train.commands import TRAIN
from bddseg_tui.tui.train.configure import ConfigureScreen
from bddseg_tui.tui.train.job_line import JobLine
from bddseg_tui.tui.train.predict_export import Export, Prediction, ask_export, ask_prediction
from bddseg_tui.tui.train.run_form import RunForm, read_form
from bddseg_tui.tui.train.run_panel import RunPanel
from bddseg_tui.tui.train.run_plots import Curves
from bddseg_tui.tui.train.run_reader import RunReader, RunsRead, read_log
from bddseg_tui.tui.train.run_summary import run_row
from bddseg_tui.tui.train.samples_screen import SamplesScreen

EVERY_S = 0.5
SLOW_LOOKS = 6
"""Over a slow line, of so many looks one is made."""
EMPTY = "no runs yet: n configures and starts one"
NO_HISTORY = History()
"""Of a run that has not been read yet."""


class LineApp(Protocol):
    """What is asked of the app."""

    @property
    def slow_line(self) -> bool:
        """Whether what is drawn may take long to arrive."""


class TrainPane(Pane):
    """Watches and steers training runs."""

    ACTIONS = TRAIN
    BINDINGS = bindings(TRAIN)

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__(engine, collection, id="train")
        self._reader = RunReader(engine.runs)
        self._reading = self._read_again = False
        self._hurry = threading.Event()
        self._states: tuple[RunState, ...] | None = None
        self._runs: dict[str, RunState] = {}
        self._histories: Mapping[str, History] = {}
        self._details: Mapping[str, RunDetails] = {}
        self._pinned: list[str] = []
        self._form: RunForm | None = None
        self._form_wanted = False
        self._looks = 0

    def compose(self) -> ComposeResult:
        """The list of runs, and the one that is chosen."""
        with Horizontal():
            with Vertical(id="run-side"):
                yield VimList(id="runs", compact=True)
                yield Label("n new  s stop  r resume", id="run-hint")
            yield RunPanel(id="run-main")

    def on_mount(self) -> None:
        """Reads the runs."""
        self.set_interval(EVERY_S, self._look)
        self._tick()
        self._read_form()

    def open(self, collection: Collection) -> None:
        """Goes over to another dataset: new runs are on that one."""
        super().open(collection)
        self._read_form()

    def on_resize(self) -> None:
        """Cuts the names to the new width."""
        # Names are cut to the list's width, which is not known before.
        self.call_after_refresh(self._show_list)

    def on_shown(self) -> None:
        """Looks at the runs at once, and puts the focus on their list."""
        self.query_one("#runs", VimList).focus()
        self._tick()

    # -- reading ---------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Over a slow line less often: each time the whole curve is another, as its axis has grown."""
        self._looks += 1
        if self._looks % SLOW_LOOKS == 0 or not cast(LineApp, self.app).slow_line:
            self._tick()

    def _tick(self) -> None:
        if self.is_shown:
            self._read()

    def _read(self) -> None:
        """Has a thread look at the disk; only one does so at a time."""
        if self._reading:
            self._read_again = True
            return
        self._reading, self._read_again = True, False
        self._hurry.clear()
        self._read_runs(tuple(n for n in (self.query_one("#runs", VimList).chosen, *self._pinned) if n))

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
        if read.states is not self._states:
            self._states, self._runs = read.states, {s.run.name: s for s in read.states}
            self._pinned = [p for p in self._pinned if p in self._runs]
            self._show_list()
        details = {n: d for n, d in self._details.items() if n in self._runs}
        self._histories, self._details = read.histories, details | dict(read.details)
        self._show_run()

    def _show_list(self) -> None:
        width = self.query_one("#runs").content_size.width
        rows = [(n, run_row(n, state.status, n in self._pinned, width)) for n, state in self._runs.items()]
        self.query_one("#runs", VimList).set_rows(rows, EMPTY)

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

    # -- actions ---------------------------------------------------------------------------------------------

    def _chosen_name(self) -> str | None:
        name = self.query_one("#runs", VimList).chosen
        return name if name in self._runs else None

    def _chosen(self) -> Run | None:
        name = self._chosen_name()
        if name is None:
            self.notify(EMPTY, severity="warning")
            return None
        return self._runs[name].run

    @work(exclusive=True, group="form", exit_on_error=False)
    async def _read_form(self) -> None:
        if self.collection is not None:
            self._form = None
            self._form = await asyncio.to_thread(read_form, self.engine.runs, self.collection.dataset.root)
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

        def configured(answer: tuple[TrainConfig, str] | None) -> None:
            if answer is not None:
                self._act("started", lambda: self.engine.runs.train(form.root, *answer).name)

        self.app.push_screen(ConfigureScreen(form), configured)

    def action_stop_run(self) -> None:
        """Stops the training of the chosen run, or else the job that uses it; asks which where there are several."""
        if run := self._chosen():
            self._stop(run)

    @work(group="act", exit_on_error=False)
    async def _stop(self, run: Run) -> None:
        jobs = await attempt(self, lambda: self.engine.runs.stoppable_jobs(run))
        if jobs is None:
            return
        if len(jobs) == 1:
            self._stop_job(jobs[0])
            return
        choices = [(f"{job.kind}  {job.name}", job) for job in jobs]
        self.app.push_screen(ChooseScreen(f"Stop which job of {run.name}?", choices), self._stop_job)

    def _stop_job(self, job: Job | None) -> None:
        if job is not None:
            said = "stopping: it writes a checkpoint first" if job.kind == "train" else f"stopping {job.name}"
            self._act(said, lambda: self.engine.runs.stop_job(job))

    def action_resume_run(self) -> None:
        """Goes on with the chosen run."""
        if run := self._chosen():
            self._act("resumed", lambda: self.engine.runs.resume(run))

    def action_delete_run(self) -> None:
        """Deletes the chosen run, once that is confirmed."""
        run = self._chosen()
        if run is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._act("deleted", lambda: self.engine.runs.delete(run))

        self.app.push_screen(
            ConfirmScreen(f"Delete {run.name}?", "Its checkpoints, events and evaluations go with it."), answered
        )

    def action_evaluate_run(self) -> None:
        """Starts an evaluation of the chosen run."""
        if run := self._chosen():
            self._act("evaluating: see 3 Evaluate", lambda: str(self.engine.runs.evaluate(run).name))

    @work(group="act", exit_on_error=False)
    async def _act(self, said: str, act: Callable[[], str | None]) -> None:
        """Makes a call of the engine and tells how it went: what it gives, if anything, comes behind `said`."""
        found = await attempt(self, lambda: act() or "")
        if found is not None:
            self.notify(f"{said}{': ' + found if found else ''}", markup=False, timeout=4)
            self._tick()

    def action_predict(self) -> None:
        """Asks what the chosen run's model shall predict."""
        if run := self._chosen():
            ask_prediction(self.app, run, self._follow)

    def action_export(self) -> None:
        """Asks what the chosen run's model shall be exported as."""
        if run := self._chosen():
            ask_export(self.app, run, self._follow)

    def _follow(self, job: Prediction | Export) -> None:
        runs = self.engine.runs
        line = self.query_one(JobLine)
        line.follow(runs, job.label, lambda: job.start(runs), lambda folder: job.result(runs, folder))

    def action_samples(self) -> None:
        """Shows what the chosen run predicted for a few images, epoch by epoch."""
        if run := self._chosen():
            self.app.push_screen(SamplesScreen(self.engine.runs, run))

    def action_pin(self) -> None:
        """Lays the chosen run's curves over those of others, or takes them away again."""
        name = self._chosen_name()
        if name is not None:
            self._pinned = [p for p in self._pinned if p != name] if name in self._pinned else [*self._pinned, name]
            self._show_list()
            self._show_run()
            self._read()

    def action_next_chart(self) -> None:
        """Goes on to the next chart."""
        self.query_one(ChartGrid).next_chart()

    def action_log_scale(self) -> None:
        """Changes between a logarithmic scale and a linear one."""
        self.query_one(ChartGrid).toggle_log_scale()

    def action_smooth(self) -> None:
        """Shows the training curve smoothed, or raw alone."""
        self.query_one(ChartGrid).toggle_smoothing()

    def action_zoom(self, way: int) -> None:
        """Zooms in (above 0) or out."""
        self.query_one(ChartGrid).zoom(way)

    def action_pan(self, way: int) -> None:
        """Goes to later steps (above 0) or to earlier ones."""
        self.query_one(ChartGrid).pan(way)

    def action_reset_zoom(self) -> None:
        """Shows all steps."""
        self.query_one(ChartGrid).reset_zoom()

    def action_show_log(self) -> None:
        """Shows the end of the chosen run's log, and its settings."""
        if run := self._chosen():
            self._show_log(run)

    @work(exclusive=True, group="log", exit_on_error=False)
    async def _show_log(self, run: Run) -> None:
        text = await asyncio.to_thread(read_log, self.engine.runs, run)
        self.app.push_screen(TextScreen(Text(run.name, style="bold"), Text(text)))
