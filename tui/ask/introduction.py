"""What the Ask pane shows instead of a conversation: no index yet, an index being built, or what one could ask."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, ProgressBar, Static

from bddseg_tui.tui.ask.index_watch import IndexState
from bddseg_tui.tui.shared.vim_list import VimList

SUGGESTIONS = (
    "I want to pass by the forest on the way home, is there traffic?",
    "Show me a traffic jam at night",
    "I drive through the city in heavy rain. What colour is the bus?",
    "Where can I see a construction site?",
    "Find a desert road with a red car",
    "Is there a visible licence plate?",
)


class Introduction(Vertical, can_focus=True):
    """Posts `Chosen` with a suggested question."""

    class Chosen(Message):
        """A suggestion was chosen."""

        def __init__(self, question: str) -> None:
            super().__init__()
            self.question = question

    def compose(self) -> ComposeResult:
        """A text, the build's progress, and the suggestions."""
        yield Static("", id="introduction--text")
        yield ProgressBar(show_eta=True, id="introduction--progress")
        yield VimList(id="suggestions", compact=True)

    def on_mount(self) -> None:
        """Lists the suggestions."""
        rows = [(str(i), Text(question)) for i, question in enumerate(SUGGESTIONS)]
        self.query_one(VimList).set_rows(rows)
        self.query_one(ProgressBar).display = False

    @property
    def keys(self) -> Widget:
        """What takes the focus: the suggestions, or this where there are none."""
        suggestions = self.query_one(VimList)
        return suggestions if suggestions.display else self

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(SUGGESTIONS[event.option_index]))

    def show(self, dataset: str, index: IndexState) -> None:
        """Says how the index of a dataset stands."""
        bar = self.query_one(ProgressBar)
        bar.display = index.building
        if index.building and index.status is not None:
            bar.update(total=index.status.total or None, progress=index.status.done)
        self.query_one(VimList).display = index.manifest is not None and not index.building
        self.query_one("#introduction--text", Static).update(_words(dataset, index))


def _words(dataset: str, index: IndexState) -> Text:
    text, options, manifest, status = Text(), index.options, index.manifest, index.status
    if status is not None and status.live:
        phase = {"load": "loading CLIP", "graph": "building the graph"}.get(status.phase, "embedding the images")
        text.append(f"{phase} of {dataset}", "bold")
        text.append(f"   {status.done:,} of {status.total:,}" if status.total else "")
        text.append("\n\nIt goes on when you leave, and where it stopped when it is stopped.\n\n")
        text.append(" B ", "reverse")
        text.append("  stop it")
        return text
    if manifest is None:
        text.append(f"There is no index of {dataset} yet\n\n", "bold")
        text.append("To find the image that fits a question, each image is embedded once with CLIP ")
        text.append(f"({options.clip}).\n\n")
        text.append(" b ", "reverse")
        text.append("  build it now        ")
        text.append(" S ", "reverse")
        text.append("  choose other models first")
        if status is not None and status.state in ("failed", "lost", "stopped"):
            text.append(f"\n\n! the last build {status.state}: {status.message}", "bold")
        return text
    text.append("Ask what you would ask someone who has seen every image\n\n", "bold")
    text.append("LLaVA names what to look for, CLIP finds the image that fits best, LLaVA answers looking at it.\n")
    if options.clip == "demo":
        text.append("The demo models know drawn scenes alone: for photographs choose other models with S.\n", "dim")
    if manifest.advice and not options.milvus:
        text.append(f"{manifest.advice}.\n", "dim")
    text.append("\ni or / types a question; or choose one:")
    return text
