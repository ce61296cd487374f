"""What can be done with evaluations: making one, deleting one, writing a report."""

import asyncio
from pathlib import Path

from rich.text import Text
from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.corruptions import CORRUPTIONS, SEVERITIES
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.evaluate.comparison import differing_settings, read_changes
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen
from bddseg_tui.tui.evaluate.new_evaluation import NewEvaluation, evaluation_choices
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import ConfirmScreen, PromptScreen
from bddseg_tui.tui.shared.robustness_text import robustness_lines
from bddseg_tui.tui.shared.show_file import show_file
from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.shared.worker_errors import tell_failure


class EvaluationActions(Widget):
    """Shows dialogs and screens alone: it posts what became of them."""

    DEFAULT_CSS = "EvaluationActions { display: none; }"

    class Started(Message):
        """An evaluation of this name has been started."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Deleted(Message):
        """An evaluation is gone."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._reports: dict[str, Path] = {}

    # -- making one ------------------------------------------------------------------------------------------

    @work(group="act", exit_on_error=False)
    async def offer(self) -> None:
        """Asks which run, checkpoint and split to evaluate, and starts it."""
        choices = await attempt(self, lambda: evaluation_choices(self._engine.runs))
        if choices:

            def chosen(new: NewEvaluation | None) -> None:
                if new is not None:
                    self._start(new)

            self.app.push_screen(ChooseScreen("Evaluate a run, checkpoint and split", choices), chosen)
        elif choices is not None:
            self.notify("no run has a checkpoint yet: 2 Train starts one", severity="warning")

    @work(group="act", exit_on_error=False)
    async def _start(self, new: NewEvaluation) -> None:
        evaluate = self._engine.runs.evaluate
        folder = await attempt(self, lambda: evaluate(new.run, new.split, new.checkpoint, new.tta))
        if folder is not None:
            self.post_message(self.Started(f"{new.run.name}/{folder.name}"))

    # -- deleting one ----------------------------------------------------------------------------------------

    def delete(self, run: Run, name: str) -> None:
        """Deletes an evaluation, once that is confirmed."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(run, name)

        self.app.push_screen(ConfirmScreen(f"Delete {name}?", "Its predictions and scores go with it."), answered)

    @work(group="act", exit_on_error=False)
    async def _delete(self, run: Run, name: str) -> None:
        await attempt(self, lambda: self._engine.analysis.delete(run, name))
        self.post_message(self.Deleted())

    # -- comparing -------------------------------------------------------------------------------------------

    @work(exclusive=True, group="changes", exit_on_error=False)
    async def show_changes(self, before: Evaluation, after: Evaluation) -> None:
        """Lists the images of two evaluations by how much they changed."""
        found = await attempt(self, lambda: read_changes(self._engine.analysis, before, after), "warning", 8)
        if found:
            self.app.push_screen(ImagesScreen(found.title, found.images))

    @work(exclusive=True, group="settings", exit_on_error=False)
    async def show_settings(self, before: Evaluation, after: Evaluation) -> None:
        """Shows the settings in which the runs of two evaluations differ."""
        text = await attempt(self, lambda: differing_settings(self._engine.analysis, before, after), "warning")
        if text is not None:
            self.app.push_screen(TextScreen(Text(f"{before.name} → {after.name}", style="bold"), Text(text)))

    # -- corrupted images ------------------------------------------------------------------------------------

    @work(exclusive=True, group="robustness", exit_on_error=False)
    async def robustness(self, run: Run, evaluation: Evaluation) -> None:
        """Shows what is measured on corrupted images; where nothing is, asks whether to measure it."""
        read, place = self._engine.quality.robustness, (evaluation.split, evaluation.checkpoint)
        try:
            found = await asyncio.to_thread(read, run, *place)
        except BddsegError as error:
            self.notify(str(error), severity="warning", markup=False, timeout=8)
            return
        if found is not None and found.kinds:
            head, *lines = robustness_lines(found)
            self.app.push_screen(TextScreen(Text(head, style="bold"), Text("\n" + "\n".join(lines))))
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._corrupt(run, *place)

        images = f"All {evaluation.images:,} images of {evaluation.split}, 36 times; C shows what is done by then."
        self.app.push_screen(ConfirmScreen("Measure on corrupted images?", images), answered)

    @work(group="act", exit_on_error=False)
    async def _corrupt(self, run: Run, split: str, checkpoint: str) -> None:
        corrupt = self._engine.quality.corrupt
        if await attempt(self, lambda: corrupt(run, CORRUPTIONS, SEVERITIES, split, checkpoint)):
            self.notify("measuring as a job: C shows how far it is", timeout=6)

    # -- the report ------------------------------------------------------------------------------------------

    def report(self, evaluation: Evaluation, other: Evaluation | None) -> None:
        """Asks for a folder and writes a report into it."""

        def named(folder: str | None) -> None:
            if folder:
                self.notify("writing the report …", timeout=3)
                self._write_report(evaluation, [other] if other else [], folder)

        prompt = PromptScreen("Write the report into the folder", "", str(evaluation.folder / "report"))
        self.app.push_screen(prompt, named)

    @work(exclusive=True, group="report", exit_on_error=False)
    async def _write_report(self, evaluation: Evaluation, others: list[Evaluation], to: str) -> None:
        report = self._engine.analysis.report
        written = await attempt(self, lambda: report(evaluation, others, typed_path(to)), "warning", 8)
        if written:
            self._reports[evaluation.name] = written[0]
            self.notify(f"written to {sanitize_path(written[0])}: o opens it", markup=False, timeout=8)

    @work(exclusive=True, group="report", exit_on_error=False)
    async def open_report(self, evaluation: Evaluation) -> None:
        """Opens the report that was written last, or the one in the evaluation's folder."""
        path = self._reports.get(evaluation.name, evaluation.folder / "report" / "report.html")
        if await asyncio.to_thread(path.is_file):
            await show_file(self.app, path)
        else:
            self.notify("there is no report yet: p writes one", severity="warning")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
