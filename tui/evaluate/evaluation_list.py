"""The evaluations of all runs: one is chosen, and one may be compared with it."""

import asyncio
from collections.abc import Iterable

from textual import on, work
from textual.message import Message
from textual.widgets import OptionList
from textual.worker import Worker

from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState, EvaluationStates
from bddseg_tui.tui.evaluate.comparison import comparable, is_comparable
from bddseg_tui.tui.evaluate.evaluation_text import evaluation_row
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure

EMPTY = "none yet: n makes one"


class EvaluationList(VimList):
    """Reads the disk when told to; posts `Changed` where what is chosen, or what it is compared with, is another.

    Attributes:
        dataset: the path of the open dataset, as printable text: its evaluations are preferred.
        compared: the name of the evaluation to compare with.
    """

    class Changed(Message):
        """Another evaluation is chosen or compared with, or it is not as it was."""

    def __init__(self, reader: EvaluationStates, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, compact=True)
        self._reader, self._reading, self._read_again = reader, False, False
        self._listed: dict[str, EvaluationState] = {}
        self._shown: tuple[EvaluationState | None, Evaluation | None, str | None] | None = None
        self._awaited: tuple[str, str | None] | None = None
        self.dataset = ""
        self.compared: str | None = None

    # -- reading ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Has a thread look at the disk; only one does so at a time."""
        self._read_again = self._reading
        if not self._reading:
            self._reading = True
            self._read()

    @work(group="evaluations", exit_on_error=False)
    async def _read(self) -> None:
        try:
            states = await asyncio.to_thread(self._reader.read)
        finally:
            self._reading = False
        self._listed = {state.name: state for state in states}
        self.show()
        if self._read_again:
            self.look()

    def prefer(self, dataset: str) -> None:
        """Chooses anew, among the evaluations of the dataset that is open now."""
        self.dataset = dataset
        self.show(anew=True)

    def await_result(self, name: str) -> None:
        """Chooses an evaluation once it is finished, unless another one has been chosen by then."""
        self._awaited = name, self.chosen
        self.look()

    def show(self, anew: bool = False) -> None:
        """Lists what was read last; what was chosen stays so."""
        before, width = self.chosen, self.content_size.width
        self.set_rows(
            [
                (name, evaluation_row(state, name == self.compared, width, self._is_elsewhere(state)))
                for name, state in self._listed.items()
            ],
            EMPTY,
        )
        if (anew or before not in self._listed) and (first := first_choice(self._listed.values(), self.dataset)):
            self.choose(first)
        self._choose_awaited()
        self._tell()

    def _is_elsewhere(self, state: EvaluationState) -> bool:
        return bool(self.dataset) and state.dataset != self.dataset

    def _choose_awaited(self) -> None:
        if self._awaited is None or self._awaited[0] not in self._listed:
            return
        name, chosen_then = self._awaited
        if not self._listed[name].status.live:
            self._awaited = None
            if self.chosen == chosen_then:
                self.choose(name)

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        """Posts `Changed`; not where everything is as it was."""
        shown = self.state, self.other, self.compared
        if shown != self._shown:
            self._shown = shown
            self.post_message(self.Changed())

    # -- what is chosen --------------------------------------------------------------------------------------

    @property
    def state(self) -> EvaluationState | None:
        """The chosen evaluation, finished or not."""
        return self._listed.get(self.chosen or "")

    @property
    def evaluation(self) -> Evaluation | None:
        """The chosen evaluation, if it is finished."""
        return self.state.result if self.state else None

    @property
    def other(self) -> Evaluation | None:
        """The evaluation that the chosen one is compared with; None where they were measured on different images."""
        chosen, other = self.state, self._listed.get(self.compared or "")
        if chosen is None or other is None or other.name == chosen.name or not is_comparable(chosen, other):
            return None
        return other.result

    @property
    def refused(self) -> str:
        """The name of the one that the chosen one should be compared with but cannot be; '' where there is none."""
        chosen, other = self.state, self._listed.get(self.compared or "")
        if not chosen or not other or other.name == chosen.name or self.other:
            return ""
        return other.name

    @property
    def comparable(self) -> list[EvaluationState]:
        """What the chosen one can be compared with, the newest run first."""
        return comparable(self.state, self._listed.values()) if self.state else []

    def compare(self, name: str | None) -> None:
        """Compares the chosen one with another from now on, or with none."""
        self.compared = name
        self.show()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def first_choice(states: Iterable[EvaluationState], dataset: str) -> str | None:
    """The name of what to begin with: what is finished rather than what runs, then the newest of this dataset."""
    order = sorted(states, key=lambda s: (s.result is None, bool(dataset) and s.dataset != dataset))
    return order[0].name if order else None
