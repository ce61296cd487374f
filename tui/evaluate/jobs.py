"""Making and deleting evaluations from the Evaluate pane."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import ConfirmScreen

if TYPE_CHECKING:
    from bddseg_tui.tui.evaluate.pane import EvaluatePane

Wish = tuple[Run, str, str, str]
"""Run, checkpoint, split, test-time augmentation."""
WITH = {"none": "", "flip": "  with mirror images", "scales": "  with mirror images and four scales"}


class EvaluationJobs:
    """Asks what is wanted; reading and deleting are the work of threads."""

    def __init__(self, pane: "EvaluatePane") -> None:
        self._pane = pane

    def offer(self) -> None:
        """Asks which run, checkpoint and split to evaluate."""
        self._run(self._offer)

    def _offer(self) -> None:
        pane, choices = self._pane, list[tuple[str, Wish]]()
        for run in pane.engine.runs.list_runs():
            for checkpoint in run.checkpoints():
                for split, tta in (("val", "none"), ("val", "flip"), ("val", "scales"), ("train", "none")):
                    label = f"{run.name}  {checkpoint}  {split}{WITH[tta]}"
                    choices.append((label, (run, checkpoint, split, tta)))
        if choices:
            screen = ChooseScreen("Evaluate a run, checkpoint and split", choices)
            pane.app.call_from_thread(pane.app.push_screen, screen, self._chosen)
        else:
            text = "no run has a checkpoint yet: 2 Train starts one"
            pane.app.call_from_thread(pane.notify, text, severity="warning")

    def _chosen(self, wish: Wish | None) -> None:
        if wish is not None:
            self._run(lambda: self._start(*wish))

    def _start(self, run: Run, checkpoint: str, split: str, tta: str) -> None:
        pane = self._pane
        try:
            folder = pane.engine.runs.evaluate(run, split, checkpoint, tta)
        except (BddsegError, OSError) as error:
            self._tell(error)
            return
        pane.app.call_from_thread(pane.choose, f"{run.name}/{folder.name}")

    def delete(self, run: Run, name: str) -> None:
        """Deletes an evaluation, once that is confirmed."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(lambda: self._delete(run, name))

        screen = ConfirmScreen(f"Delete {name}?", "Its predictions and scores go with it.")
        self._pane.app.push_screen(screen, answered)

    def _delete(self, run: Run, name: str) -> None:
        try:
            self._pane.engine.analysis.delete(run, name)
        except (BddsegError, OSError) as error:
            self._tell(error)
        self._pane.app.call_from_thread(self._pane.refresh_list)

    def _tell(self, error: BddsegError | OSError) -> None:
        pane, text = self._pane, sanitize(str(error))
        pane.app.call_from_thread(lambda: pane.notify(text, severity="error", markup=False))

    def _run(self, work: Callable[[], None]) -> None:
        self._pane.run_worker(work, thread=True, group="act", exit_on_error=False)
