"""Using the chosen run's model from the Train pane: predicting a split, a folder or a video, and exporting."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import suggested, typed_path
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.runs.export_kinds import EXPORTS
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.format import state_mark
from bddseg_tui.tui.shared.prompt import PromptScreen

if TYPE_CHECKING:
    from bddseg_tui.core.runs.job_list import Job
    from bddseg_tui.tui.train.pane import TrainPane

EVERY_S = 0.5
_SPLITS = ("test", "val", "train")
_ABOUT = {
    "onnx": "onnx         one file for onnxruntime and others",
    "torchscript": "torchscript  one file for torch.jit.load, also from C++",
    "smp": "smp          a folder for segmentation_models_pytorch.from_pretrained",
    "hub-folder": "hub-folder   the same with labels and a card, ready for the Hugging Face Hub",
}


class TrainUse:
    """Starts such jobs and follows each in the pane's last line until it ends."""

    def __init__(self, pane: "TrainPane") -> None:
        self._pane = pane

    def predict(self, run: Run) -> None:
        """Asks what to predict and where to write it."""

        def named(source: str | None) -> None:
            if source:
                title = f"Predictions of {source} with {run.name} go into the folder"
                ask = PromptScreen(sanitize(title), "", suggested("predictions"))
                self._pane.app.push_screen(ask, lambda to: self._predict(run, source, to))

        title = f"Predict with {run.name}: a split (test, val, train), a folder of images, or a video"
        self._pane.app.push_screen(PromptScreen(title, "test", "test"), named)

    def _predict(self, run: Run, source: str, to: str | None) -> None:
        if not to:
            return

        def start() -> Path:
            chosen = source if source in _SPLITS else typed_path(source)
            return self._pane.engine.runs.predict(run, typed_path(to), chosen)

        self._run(f"predict {run.name}", start, lambda _: sanitize_path(to))

    def export(self, run: Run) -> None:
        """Asks for the kind of export and its folder."""

        def chosen(kind: str | None) -> None:
            if kind:
                ask = PromptScreen(f"Export {run.name} into the folder", "", suggested(f"{run.name}-{kind}"))
                self._pane.app.push_screen(ask, lambda to: self._export(run, kind, to))

        choices = [(_ABOUT[kind], kind) for kind in EXPORTS]
        self._pane.app.push_screen(ChooseScreen(f"Export {run.name} (best) as", choices), chosen)

    def _export(self, run: Run, kind: str, to: str | None) -> None:
        if not to:
            return

        def result(job: Path) -> str:
            told = [e for e in read_events(job / "events.jsonl") if e["kind"] == "exported"]
            off = float(told[-1]["max_difference"]) if told else float("nan")
            return f"{sanitize_path(to)}; logits differ from the model's by at most {off:.1e}"

        self._run(f"export {run.name}", lambda: self._pane.engine.runs.export(run, kind, typed_path(to)), result)

    def stop(self, run: Run) -> None:
        """Stops the training of a run, or else the job that uses it; asks which where there are several."""
        self._pane.run_worker(lambda: self._offer_stop(run), thread=True, group="use", exit_on_error=False)

    def _offer_stop(self, run: Run) -> None:
        pane, live = self._pane, self._pane.engine.runs.jobs_of(run)
        training = [job for job in live if job.kind == "train"]
        chosen = training or live
        if len(chosen) > 1:
            choices = [(f"{job.kind}  {job.name}", job) for job in chosen]
            screen = ChooseScreen(f"Stop which job of {run.name}?", choices)
            pane.app.call_from_thread(pane.app.push_screen, screen, self._stop)
        elif chosen:
            pane.app.call_from_thread(self._stop, chosen[0])
        else:
            text = f"{run.name} is not training (it is {run.status.state}), and no job uses it"
            pane.app.call_from_thread(lambda: pane.notify(text, severity="error", markup=False))

    def _stop(self, job: "Job | None") -> None:
        if job is not None:
            said = "stopping: it writes a checkpoint first" if job.kind == "train" else f"stopping {job.name}"
            self._pane.act(said, lambda: self._pane.engine.runs.stop_job(job))

    def _run(self, label: str, start: Callable[[], Path], result: Callable[[Path], str]) -> None:
        self._pane.run_worker(lambda: self._follow(label, start, result), thread=True, group="use", exit_on_error=False)

    def _follow(self, label: str, start: Callable[[], Path], result: Callable[[Path], str]) -> None:
        """Starts a job and tells how it goes; it goes on when the app is left."""
        pane, call = self._pane, self._pane.app.call_from_thread
        try:
            folder = start()
            while (status := read_status(folder)).live:
                done = f"{status.done:,}/{status.total:,}" if status.total else ""
                call(pane.say, f"{label}: {state_mark(status.state)} {status.phase} {done}")
                time.sleep(EVERY_S)
            text, good = f"{label}: {status.message or status.state}", status.state == "finished"
            if good:
                text = f"{label}: {result(folder)}"
        except (BddsegError, OSError) as error:
            text, good = f"{label}: {sanitize(str(error))}", False
        call(pane.say, "")
        severity = "information" if good else "error"
        call(lambda: pane.notify(text, severity=severity, markup=False, timeout=10))  # type: ignore[arg-type]
