"""What a person picks in the Dataset pane: an order, a class to highlight, an evaluation, a tag."""

from typing import TYPE_CHECKING

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.filter_language import FIGURES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.view_state import sort_choices
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import PromptScreen

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane


class DatasetChoices:
    """Asks in dialogs over the pane, and tells the pane what was chosen."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane

    def sort(self) -> None:
        """Asks for the order of the list."""
        pane = self._pane

        def chosen(value: str | None) -> None:
            if value is None:
                return
            if value.removeprefix("-") in FIGURES and pane.evaluation is None:
                pane.notify("first choose an evaluation: E", severity="warning")
            bar = pane.query_one(FilterBar)
            rest = [w for w in bar.text.split() if not w.startswith("sort:")]
            bar.set_text(" ".join(rest + ([f"sort:{value}"] if value != "name" else [])))

        pane.app.push_screen(ChooseScreen("Sort by", sort_choices()), chosen)

    def highlight(self) -> None:
        """Asks for the class to show alone."""
        choices: list[tuple[str, int]] = [("all classes", -1)] + [(f"{c.id:>2} {c.name}", c.id) for c in CLASSES]

        def chosen(value: int | None) -> None:
            if value is not None:
                self._pane.highlight(value if value >= 0 else None)

        self._pane.app.push_screen(ChooseScreen("Highlight a class", choices, self._pane.look.highlight), chosen)

    def evaluation(self) -> None:
        """Asks whose predictions and scores to show."""
        pane = self._pane
        if pane.collection is None:
            return
        catalog = pane.collection.catalog

        def ask() -> None:
            try:
                names = catalog.evaluations()
            except (BddsegError, OSError) as error:
                pane.app.call_from_thread(self._refused, error)
                return
            pane.app.call_from_thread(self._choose_evaluation, names)

        pane.run_worker(ask, thread=True, exclusive=True, group="evaluations", exit_on_error=False)

    def _choose_evaluation(self, names: list[str]) -> None:
        pane = self._pane
        if not names:
            pane.notify("no evaluation of this dataset yet: train (2), then evaluate (3)", severity="warning")
            return
        choices = [("none", "")] + [(sanitize(n), n) for n in reversed(names)]

        def chosen(value: str | None) -> None:
            if value is not None:
                pane.use_evaluation(value or None)

        pane.app.push_screen(ChooseScreen("Predictions and scores of", choices, pane.evaluation), chosen)

    def tag(self) -> None:
        """Asks for a tag, which the sample at the cursor gets or, if it has it, loses."""
        pane = self._pane
        row = pane.query_one(SampleList).row
        if row is None or pane.collection is None:
            return
        catalog = pane.collection.catalog

        def typed(tag: str | None) -> None:
            if tag:
                pane.run_worker(lambda: change(tag), thread=True, group="tag", exit_on_error=False)

        def change(tag: str) -> None:
            try:
                (catalog.remove_tag if tag.lower() in row.tags else catalog.add_tag)([row.id], tag)
            except (BddsegError, OSError) as error:
                pane.app.call_from_thread(self._refused, error)
                return
            pane.app.call_from_thread(pane.tagged)

        title = f"Tag {sanitize(row.name)[:40]}: a word; one it has is taken away"
        pane.app.push_screen(PromptScreen(title, "night", known=pane.tags), typed)

    def _refused(self, error: Exception) -> None:
        self._pane.notify(sanitize(str(error)), severity="error", markup=False)
