"""What takes room in the workspace, and freeing what can be made again."""

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Label, Static
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.maintenance import Freed, Item
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.choice_list import ChoiceList
from bddseg_tui.tui.shared.commands import Command, bindings
from bddseg_tui.tui.shared.disk_use_text import by_kind, freeable
from bddseg_tui.tui.shared.format import format_bytes
from bddseg_tui.tui.shared.prompt import ConfirmScreen
from bddseg_tui.tui.shared.worker_errors import tell_failure

WORDS = {"caches": "training caches", "deleted": "what killed processes left", "gone": "what is kept of gone datasets"}
AGAIN = {
    "caches": "The next run makes those again that it needs, which takes a while.",
    "deleted": "Nothing reads it any more.",
    "gone": "A dataset that comes back is scanned and indexed again. Catalogs with tags are kept.",
}
ELSEWHERE = {
    "run": "x in the Train pane deletes a run",
    "chats": "X in the Ask pane deletes a chat",
    "demo": "the demo is a dataset: delete its folder",
    "log": "a log is yours to delete",
    "other": "that is yours to delete",
}
"""What is not freed here, and where it can be deleted."""
_ONE = {"cache": "training cache", "deleted": "leftover", "temporary": "unfinished file"}


DISK_USE = (
    Command("dismiss(None)", "escape,q", "Close", "Go back.", True),
    Command("move(1)", "j,down", "Down", "Go down."),
    Command("move(-1)", "k,up", "Up", "Go up."),
    Command("move(10)", "pagedown", "Page down", "Go down by a page."),
    Command("move(-10)", "pageup", "Page up", "Go up by a page."),
    Command("free('caches')", "c", "Free caches", "Free the training caches.", True),
    Command("free('deleted')", "d", "Free what was left", "Free what killed processes left.", True),
    Command("free('gone')", "g", "Free what is gone", "Free what is kept of datasets that are gone.", True),
    Command("free_item", "x", "Free this", "Free what the cursor is on.", True),
)


class DiskUseScreen(ModalScreen[None]):
    """Shows what takes room, what takes most first; measured by a thread."""

    ACTIONS = DISK_USE
    BINDINGS = bindings(DISK_USE)

    class Measured(Message):
        """A thread has measured; or it is at it, and has done so many of so many."""

        def __init__(self, items: tuple[Item, ...] | None, done: int, total: int) -> None:
            super().__init__()
            self.items, self.done, self.total = items, done, total

    class Done(Message):
        """Something was freed, or could not be."""

        def __init__(self, freed: Freed | None, problem: str) -> None:
            super().__init__()
            self.freed, self.problem = freed, problem

    def __init__(self, engine: Engine, collection: Collection | None) -> None:
        super().__init__()
        self._engine, self._collection = engine, collection
        self._items: tuple[Item, ...] = ()
        self._busy = True

    def compose(self) -> ComposeResult:
        """A title with the sum, the sums by kind, the list, and the keys."""
        with Vertical(classes="dialog wide"):
            yield Label("", id="disk-use--title", classes="dialog--title", markup=False)
            yield Static("", id="disk-use--kinds")
            yield ChoiceList()
            yield Label("", id="disk-use--hint", classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """Begins to measure."""
        self._title("measuring …")
        self._measure()

    def action_move(self, by: int) -> None:
        """Moves the cursor."""
        self.query_one(ChoiceList).move(by)

    def action_free(self, word: str) -> None:
        """Frees all of a kind, after a question."""
        taken = freeable(self._items, word)
        if self._busy or not taken:
            self.notify("still at it" if self._busy else f"there is nothing to free of {WORDS[word]}", timeout=3)
            return
        self._ask(f"Free {format_bytes(taken)}: {WORDS[word]}?", AGAIN[word], [word])

    def action_free_item(self) -> None:
        """Frees what the cursor is on, after a question."""
        place = self.query_one(ChoiceList).cursor
        if self._busy or place >= len(self._items):
            return
        item = self._items[place]
        if why := ELSEWHERE.get(item.kind):
            self.notify(why, timeout=4)
        elif self._collection is not None and item.path == self._collection.catalog.path:
            self.notify("that dataset is open", timeout=4)
        else:
            below = item.path.relative_to(self._engine.workspace.root)
            told = "It can be made again."
            if item.kind == "catalog" and item.tags != 0:
                told = f"{'Its' if item.tags is None else format(item.tags, ',')} tags go with it for good."
            self._ask(f"Free {format_bytes(item.bytes)}: {sanitize_path(below)}?", told, [str(below)])

    def _ask(self, question: str, told: str, words: list[str]) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self._busy = True
                self._title("freeing …")
                self._free(words)

        self.app.push_screen(ConfirmScreen(question, told), answered)

    @work(thread=True, group="room", exit_on_error=False)
    def _measure(self) -> None:
        def report(done: int, total: int) -> None:
            if done % 20 == 0:
                self.post_message(self.Measured(None, done, total))

        try:
            items = tuple(self._engine.disk_use(report))
        except (BddsegError, OSError) as error:
            self.post_message(self.Done(None, sanitize(str(error))))
            return
        self.post_message(self.Measured(items, len(items), len(items)))

    @work(thread=True, group="room", exit_on_error=False)
    def _free(self, words: list[str]) -> None:
        try:
            freed, problem = self._engine.free(words, sure=True), ""
        except (BddsegError, OSError) as error:
            freed, problem = None, sanitize(str(error))
        self.post_message(self.Done(freed, problem))

    @on(Measured)
    def _measured(self, message: Measured) -> None:
        if message.items is None:
            self._title(f"measuring {message.done:,} of {message.total:,} …")
            return
        self._items, self._busy = message.items, False
        self._title(format_bytes(sum(i.bytes for i in self._items)))
        kinds = Text("\n").join(
            Text.assemble((f"{format_bytes(taken):>9}", "bold"), f"  {name}", (f"  {count:,}", "dim"))
            for name, count, taken in by_kind(self._items)
        )
        self.query_one("#disk-use--kinds", Static).update(kinds)
        self.query_one(ChoiceList).show(
            [self._line(i) for i in self._items], self.query_one(ChoiceList).cursor, "nothing is in it yet"
        )
        keys = (("c", "caches"), ("d", "deleted"), ("g", "gone"))
        frees = [f"{key} {word} {format_bytes(taken)}" for key, word in keys if (taken := freeable(self._items, word))]
        told = "free: " + "   ".join(frees) if frees else "nothing here can be freed"
        self.query_one("#disk-use--hint", Label).update(f"{told}   x this one   Esc close")

    @on(Done)
    def _done(self, message: Done) -> None:
        self._busy = False
        if message.freed is None:
            self.notify(message.problem, severity="error", markup=False, timeout=10)
        else:
            self.notify(f"{format_bytes(message.freed.bytes)} freed", timeout=4)
            for item, why in message.freed.kept[:3]:
                self.notify(f"kept {sanitize(item.path.name)}: {why}", severity="warning", markup=False, timeout=8)
        self._busy = True
        self._measure()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)

    def _title(self, told: str) -> None:
        root = sanitize_path(self._engine.workspace.root)
        self.query_one("#disk-use--title", Label).update(f"Workspace  {root}  {told}")

    @staticmethod
    def _line(item: Item) -> Text:
        kind = _ONE.get(item.kind, item.kind)
        line = Text.assemble((f"{format_bytes(item.bytes):>9}  ", ""), (f"{kind:<15} ", "dim"), item.what)
        if item.kind == "catalog" and item.tags:
            line.append(f"  {item.tags:,} tags", "bold")
        return line
