"""The evaluations of all runs, looked at again and again: what is finished is read once."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status, read_status
from bddseg_tui.core.runs.evaluation import Evaluation, NoEvaluationError, evaluated_dataset, load_evaluation
from bddseg_tui.core.runs.run import Run, list_runs
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class EvaluationState:
    """An evaluation's folder: its run, what it is called, how its job stands, and its result if there is one.

    `dataset` is the path of its dataset as printable text; `problem` says why a result that is there cannot be
    read.
    """

    run: Run
    name: str
    dataset: str
    status: Status
    result: Evaluation | None = None
    problem: str = ""


class EvaluationStates:
    """Any thread may read; reads go one after another."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = Lock()
        self._known: dict[str, EvaluationState] = {}
        self._states: tuple[EvaluationState, ...] = ()

    def read(self) -> tuple[EvaluationState, ...]:
        """Every evaluation, those of the newest run first; the very value of the time before where nothing is new."""
        with self._lock:
            states = tuple(
                self._state(run, folder) for run in list_runs(self._workspace) for folder in run.evaluations()
            )
            self._known = {state.name: state for state in states}
            if states != self._states:
                self._states = states
            return self._states

    def _state(self, run: Run, folder: Path) -> EvaluationState:
        name, status = f"{run.name}/{folder.name}", read_status(folder)
        before = self._known.get(name)
        if before and before.result and before.status.heartbeat == status.heartbeat:
            return before
        result, problem = None, ""
        try:
            result = load_evaluation(folder) if not status.live else None
        except NoEvaluationError:
            pass
        except BddsegError as error:
            problem = str(error)
        dataset = run.shown_dataset
        if result and result.data_key:
            dataset = sanitize_path(evaluated_dataset(run, folder))
        return EvaluationState(run=run, name=name, dataset=dataset, status=status, result=result, problem=problem)
