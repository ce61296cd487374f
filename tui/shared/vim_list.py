"""An option list that also takes j, k, g and G, and whose rows can be updated without flicker."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from bddseg_tui.tui.shared.commands import LIST, Command, bindings


class VimList(OptionList):
    """Rows are (id, label); the highlighted id stays highlighted when rows change."""

    ACTIONS: ClassVar[Sequence[Command]] = LIST
    BINDINGS = bindings(LIST)

    def set_rows(self, rows: Sequence[tuple[str, Text]], empty: str = "") -> None:
        """Shows these rows; only labels that differ are drawn again."""
        ids = [name for name, _ in rows]
        if ids == [o.id for o in self.options] and ids:
            for index, (_, label) in enumerate(rows):
                shown = self.get_option_at_index(index).prompt
                if shown is not label and shown != label:
                    self.replace_option_prompt_at_index(index, label)
            return
        kept = self.chosen
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options([Option(label, id=name) for name, label in rows])
        if not rows and empty:
            self.add_option(Option(Text(empty, style="dim"), disabled=True))
        if rows:
            self.highlighted = ids.index(kept) if kept in ids else 0

    @property
    def chosen(self) -> str | None:
        """The id of the highlighted row."""
        if self.highlighted is None or self.highlighted >= self.option_count:
            return None
        return self.get_option_at_index(self.highlighted).id

    def choose(self, name: str) -> None:
        """Highlights the row with this id, if there is one."""
        ids = [o.id for o in self.options]
        if name in ids:
            self.highlighted = ids.index(name)
