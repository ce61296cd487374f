"""The Train pane: all runs, the chosen one's live curves and per-class table, and what can be done with it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Label, OptionList, Static

from bddseg_tui.core.engine import Collection, Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status, tail_log
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_states import RunState
from bddseg_tui.core.sanitize import sanitize, sanitize_lines, sanitize_path
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.format import state_mark
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import ConfirmScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.chart import Chart
from bddseg_tui.tui.train.class_history import ClassHistory
from bddseg_tui.tui.train.commands import TRAIN
from bddseg_tui.tui.train.predict_export import TrainUse
from bddseg_tui.tui.train.run_plots import CHARTS, ChartLook, Curves, plot_runs
from bddseg_tui.tui.train.run_summary import STYLES, summary_text

if TYPE_CHECKING:
    from bddseg_tui.core.runs.config import TrainConfig

EVERY_S = 0.5
SHOWN_EVERY_S = 1.0
"""While a long file is read for the first time: each time the whole chart goes over the line."""
EMPTY = "no runs yet: n configures and starts one"


@dataclass(frozen=True)
class Seen:
    """What one look at the disk found: all runs, and histories of some, of which there may be more to read."""

    states: tuple[RunState, ...]
    histories: Mapping[str, History]
    behind: bool
    jobs: tuple[str, ...] = ()
    """What uses the chosen run just now."""


class TrainPane(Pane):
    """Watches and steers training runs."""

    ACTIONS = TRAIN
    BINDINGS = bindings(TRAIN)

    class Looked(Message):
        """A look at the disk is done; `seen` is None where it could not be made."""

        def __init__(self, seen: Seen | None) -> None:
            super().__init__()
            self.seen = seen

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__(engine, collection, id="train")
        self._runs: dict[str, tuple[Run, Status]] = {}
        self._states: tuple[RunState, ...] | None = None
        self._histories: Mapping[str, History] = {}
        self._looking = self._look_again = False
        self._hurry = threading.Event()
        self._summary = Text()
        self._drawn: tuple[object, ...] = ()
        self._jobs_seen: tuple[str, ...] = ()
        self._pinned: list[str] = []
        self._look = ChartLook()
        self.use = TrainUse(self)

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="run-side"):
                yield VimList(id="runs", compact=True)
                yield Label("n new  s stop  r resume", id="run-hint")
            with Vertical(id="run-main"):
                yield Static("", id="run-summary")
                yield Chart(id="run-chart")
                yield ClassHistory(id="run-classes")
                yield Label("", id="job-line", markup=False)

    def on_mount(self) -> None:
        self.query_one("#job-line").display = False
        self._states_reader, self._histories_reader = (
            self.engine.runs.run_states(),
            self.engine.runs.histories(),
        )
        self.set_interval(EVERY_S, self._tick)
        self._tick()

    def on_resize(self) -> None:
        # Names are cut to the list's width, which is not known before.
        self.call_after_refresh(self._show_list)

    def on_shown(self) -> None:
        self.query_one("#runs", VimList).focus()
        self._tick()

    # -- reading ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.is_shown:
            self._read()

    def _read(self) -> None:
        """Has a thread look at the disk; only one does so at a time."""
        if self._looking:
            self._look_again = True
            return
        self._looking, self._look_again = True, False
        self._hurry.clear()
        self._look_at_runs(tuple(n for n in (self.query_one("#runs", VimList).chosen, *self._pinned) if n))

    @work(thread=True, group="train", exit_on_error=False)
    def _look_at_runs(self, names: tuple[str, ...]) -> None:
        seen = None
        try:
            states = self._states_reader.read()
            events = {s.run.name: s.run.events for s in states}
            wanted = [n for n in names or tuple(events)[:1] if n in events]
            begun = time.monotonic()
            while True:
                found, behind = self._histories_reader.read(tuple(events[n] for n in wanted))
                if not behind or self._hurry.is_set() or time.monotonic() - begun > SHOWN_EVERY_S:
                    break
            histories = {n: found[path] for n, path in events.items() if path in found}
            seen = Seen(states, MappingProxyType(histories), behind, self._jobs(states, wanted[:1]))
        finally:
            self.post_message(self.Looked(seen))

    def _jobs(self, states: tuple[RunState, ...], names: list[str]) -> tuple[str, ...]:
        """What uses the run of that name, a line each."""
        runs = [s.run for s in states if s.run.name in names]
        jobs = [job for run in runs for job in self.engine.runs.jobs_of(run) if job.kind != "train"]
        return tuple(
            f"{job.kind} {job.folder.name}" + (f" {j.done:,}/{j.total:,}" if (j := job.status).total else "")
            for job in jobs
        )

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        self._looking = False
        seen = message.seen
        if seen is None:
            return
        if seen.states is not self._states:
            self._states, self._runs = seen.states, {s.run.name: (s.run, s.status) for s in seen.states}
            self._pinned = [p for p in self._pinned if p in self._runs]
            self._show_list()
        self._histories, self._jobs_seen = seen.histories, seen.jobs
        self._show_run()
        if (seen.behind or self._look_again) and self.is_shown:
            self._read()

    def _show_list(self) -> None:
        rows = [(name, self._label(name, status)) for name, (_, status) in self._runs.items()]
        self.query_one("#runs", VimList).set_rows(rows, EMPTY)

    @on(OptionList.OptionHighlighted, "#runs")
    def _run_highlighted(self) -> None:
        self._show_run()
        # What is being read for another run goes on when it is chosen again.
        self._hurry.set()
        self._read()

    def _show_run(self) -> None:
        """Shows the chosen run; what is as it was is not drawn again."""
        name = self._chosen_name()
        if name is None:
            self._show_summary(Text("Training runs go on when you leave the app or the connection drops.", style="dim"))
        else:
            history = self._histories.get(name, History())
            self._show_summary(summary_text(*self._runs[name], history, self._jobs_seen))
            self.query_one(ClassHistory).show(history.epochs)
        names = [name, *(p for p in self._pinned if p != name)] if name else []
        drawn = (name, self._look, [(n, self._histories[n]) for n in names if n in self._histories])
        if drawn != self._drawn:
            self._drawn = drawn
            curves = [Curves(n, history) for n, history in drawn[2]]
            self.query_one(Chart).show(plot_runs(curves, self._look))

    def _show_summary(self, text: Text) -> None:
        if text != self._summary:
            self._summary = text
            self.query_one("#run-summary", Static).update(text)

    def _label(self, name: str, status: Status) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("◆ " if name in self._pinned else "  ", "bold cyan")
        share = f" {100 * status.done / status.total:.0f}%" if status.live and status.total else ""
        width = self.query_one("#runs").content_size.width
        mark = state_mark(status.state) if width > 34 else state_mark(status.state)[0]
        mark += share
        room = max(8, width - 5 - max(14 if width > 34 else 6, len(mark)))
        text.append(f"{name[:room]:<{room}} ", "bold" if status.live else "")
        text.append(mark, STYLES.get(status.state, ""))
        return text

    # -- actions ---------------------------------------------------------------------------------------------

    def _chosen_name(self) -> str | None:
        name = self.query_one("#runs", VimList).chosen
        return name if name in self._runs else None

    def _chosen(self) -> Run | None:
        name = self._chosen_name()
        if name is None:
            self.notify(EMPTY, severity="warning")
            return None
        return self._runs[name][0]

    def action_new_run(self) -> None:
        collection = self.collection
        if collection is None:
            self.notify("open a dataset first: O", severity="warning")
            return
        from bddseg_tui.tui.train.configure import ConfigureScreen

        def configured(answer: "tuple[TrainConfig, str] | None") -> None:
            if answer is not None:
                self.act("started", lambda: self.engine.runs.train(collection.dataset.root, answer[0], answer[1]).name)

        demo = (collection.dataset.root / "scenes.jsonl").exists()
        title = sanitize_path(collection.dataset.root)
        self.app.push_screen(ConfigureScreen(title, "demo" if demo else "cross-entropy"), configured)

    def action_stop_run(self) -> None:
        if run := self._chosen():
            self.use.stop(run)

    def action_resume_run(self) -> None:
        if run := self._chosen():
            self.act("resumed", lambda: self.engine.runs.resume(run))

    def action_delete_run(self) -> None:
        run = self._chosen()
        if run is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.act("deleted", lambda: self.engine.runs.delete(run))

        self.app.push_screen(
            ConfirmScreen(f"Delete {run.name}?", "Its checkpoints, events and evaluations go with it."), answered
        )

    def action_evaluate_run(self) -> None:
        if run := self._chosen():
            self.act("evaluating: see 3 Evaluate", lambda: str(self.engine.runs.evaluate(run).name))

    def action_predict(self) -> None:
        if run := self._chosen():
            self.use.predict(run)

    def action_export(self) -> None:
        if run := self._chosen():
            self.use.export(run)

    def say(self, text: str) -> None:
        """Shows how a job that uses a model goes, in the pane's last line; nothing takes the line away."""
        line = self.query_one("#job-line", Label)
        line.display = bool(text)
        line.update(text)

    @work(thread=True, group="act", exit_on_error=False)
    def act(self, said: str, act: Callable[[], str | None]) -> None:
        """Runs one engine call and says how it went."""
        try:
            found = act()
        except (BddsegError, OSError) as error:
            self.app.call_from_thread(self.notify, sanitize(str(error)), severity="error", markup=False, timeout=10)
            return
        self.app.call_from_thread(self.notify, f"{said}{': ' + found if found else ''}", markup=False, timeout=4)
        self.app.call_from_thread(self._tick)

    def action_pin(self) -> None:
        name = self._chosen_name()
        if name is not None:
            self._pinned = [p for p in self._pinned if p != name] if name in self._pinned else [*self._pinned, name]
            self._show_list()
            self._show_run()
            self._read()

    def action_next_chart(self) -> None:
        self._relook(chart=CHARTS[(CHARTS.index(self._look.chart) + 1) % len(CHARTS)])

    def action_log_scale(self) -> None:
        self._relook(log=not self._look.log)

    def action_smooth(self) -> None:
        self._relook(smooth=not self._look.smooth)

    def action_zoom(self, way: int) -> None:
        start, end = self._look.window
        width = min(1.0, max(0.01, (end - start) * (0.5 if way > 0 else 2.0)))
        start = max(0.0, end - width)
        self._relook(window=(start, start + width))

    def action_pan(self, way: int) -> None:
        start, end = self._look.window
        width = end - start
        start = min(1.0 - width, max(0.0, start + way * width / 2))
        self._relook(window=(start, start + width))

    def action_reset_zoom(self) -> None:
        self._relook(window=(0.0, 1.0))

    def _relook(self, **changes: object) -> None:
        self._look = replace(self._look, **changes)  # type: ignore[arg-type]
        self._show_run()

    def action_show_log(self) -> None:
        if run := self._chosen():
            self._read_log(run)

    @work(thread=True, exclusive=True, group="log", exit_on_error=False)
    def _read_log(self, run: Run) -> None:
        from bddseg_tui.tui.shared.text_screen import TextScreen

        settings = run.problem or "\n".join(f"{k} = {v}" for k, v in run.spec["train"].items())
        log = sanitize_lines(tail_log(run.folder)).strip() or "(nothing was printed)"
        text = f"{sanitize_path(run.folder)}\n\n{log}\n\n{sanitize_lines(settings)}"
        self.app.call_from_thread(self.app.push_screen, TextScreen(Text(run.name, style="bold"), Text(text)))
