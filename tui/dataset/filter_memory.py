"""What is remembered of filters: those that were used, and the views that were saved by name."""

from collections.abc import Sequence
from dataclasses import replace

from textual import on, work
from textual.widget import Widget

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.saved_views import SavedView
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.dataset.choices import save_view_dialog, view_dialog
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.view_state import ViewState
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import Command


class FilterMemory(Widget):
    """Actions for a pane with a filter bar and a list.

    Attributes:
        engine: what all its work goes through.
        collection: the dataset that is open.
        evaluation: whose predictions are shown.
        state: how samples are shown.
    """

    engine: Engine
    collection: Collection | None
    evaluation: str | None
    state: ViewState
    _views: tuple[SavedView, ...] = ()

    def use_evaluation(self, name: str | None) -> None:
        """Shows the predictions and scores of this evaluation."""
        raise NotImplementedError

    def show_as(self, state: ViewState) -> None:
        """Shows the same sample, and all after it, in another way."""
        raise NotImplementedError

    @property
    def more_commands(self) -> Sequence[Command]:
        """The saved views, for the palette."""
        return [Command(f"use_view({v.name!r})", "B", f"View: {v.name}", v.filter or "all images") for v in self._views]

    @work(exclusive=True, group="memory", exit_on_error=False)
    async def remember(self) -> None:
        """Reads what is remembered."""
        if (collection := self.collection) is None:
            return
        found = await attempt(
            self, lambda: (self.engine.data.filter_history(), self.engine.data.views(collection)), "warning"
        )
        if found is not None:
            self.query_one(FilterBar).set_history(found[0])
            self._views = found[1]

    @on(FilterBar.Used)
    def _filter_used(self, event: FilterBar.Used) -> None:
        self._keep_filter(event.text)

    @work(group="history", exit_on_error=False)
    async def _keep_filter(self, text: str) -> None:
        await attempt(self, lambda: self.engine.data.remember_filter(text), "warning")

    def action_choose_view(self) -> None:
        """Asks for a saved view."""
        if self._views:
            self.app.push_screen(view_dialog(self._views), self._use)
        else:
            self.notify("no view is saved yet: N saves what is listed and how it is shown", timeout=4)

    def action_save_view(self) -> None:
        """Asks for a name, under which the filter and how images are shown is saved."""
        if self.collection is not None:
            view = SavedView("", self.query_one(FilterBar).text.strip(), self.state.view, self.evaluation)
            self.app.push_screen(save_view_dialog([v.name for v in self._views]), lambda name: self._save(name, view))

    def action_use_view(self, name: str) -> None:
        """Shows a saved view."""
        self._use(next((view for view in self._views if view.name == name), None))

    def _use(self, view: SavedView | None) -> None:
        if view is None:
            return
        there = view.evaluation is None or view.evaluation in self.query_one(ListPanel).known.evaluations
        if not there:
            self.notify(f"{view.evaluation} is not there any more", severity="warning", markup=False)
        self.use_evaluation(view.evaluation if there else None)
        self.show_as(replace(self.state, view=view.view))
        self.query_one(FilterBar).set_text(view.filter)

    def _save(self, name: str | None, view: SavedView) -> None:
        if name and self.collection is not None:
            self._keep_view(self.collection, name, view)

    @work(group="views", exit_on_error=False)
    async def _keep_view(self, collection: Collection, name: str, view: SavedView) -> None:
        def work() -> tuple[SavedView, ...]:
            if name.startswith("-"):
                self.engine.data.delete_view(collection, name[1:].strip())
            else:
                self.engine.data.save_view(collection, replace(view, name=name))
            return self.engine.data.views(collection)

        if (views := await attempt(self, work)) is not None:
            if collection is self.collection:
                self._views = views
            self.notify(
                f"{name[1:]} is deleted" if name.startswith("-") else f"saved as {name}: B shows it", markup=False
            )
