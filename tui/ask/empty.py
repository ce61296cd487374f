"""What the Ask pane shows instead of a conversation: no index yet, an index being built, or what one could ask."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, ProgressBar, Static

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.retrieval.manifest import Manifest
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.tui.shared.vim_list import VimList

SUGGESTIONS = (
    "I want to pass by the forest on the way home, is there traffic?",
    "Show me a traffic jam at night",
    "I drive through the city in heavy rain. What colour is the bus?",
    "Where can I see a construction site?",
    "Find a desert road with a red car",
    "Is there a visible licence plate?",
)


class ChatEmpty(Vertical):
    """Posts `Chosen` with a suggested question."""

    class Chosen(Message):
        """A suggestion was chosen."""

        def __init__(self, question: str) -> None:
            super().__init__()
            self.question = question

    def compose(self) -> ComposeResult:
        yield Static("", id="chat-empty--text")
        yield ProgressBar(show_eta=True, id="chat-empty--progress")
        yield VimList(id="suggestions", compact=True)

    def on_mount(self) -> None:
        rows = [(str(i), Text(question)) for i, question in enumerate(SUGGESTIONS)]
        self.query_one(VimList).set_rows(rows)
        self.query_one(ProgressBar).display = False

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(SUGGESTIONS[event.option_index]))

    def show(self, dataset: str, options: Retrieval, manifest: Manifest | None, status: Status | None) -> None:
        """Says how things stand."""
        building = status is not None and status.live
        bar = self.query_one(ProgressBar)
        bar.display = building
        if building and status is not None:
            bar.update(total=status.total or None, progress=status.done)
        self.query_one(VimList).display = manifest is not None and not building
        self.query_one("#chat-empty--text", Static).update(_words(dataset, options, manifest, status))


def _words(dataset: str, options: Retrieval, manifest: Manifest | None, status: Status | None) -> Text:
    text = Text()
    if status is not None and status.live:
        phase = {"load": "loading CLIP", "graph": "building the graph"}.get(status.phase, "embedding the images")
        text.append(f"{phase} of {dataset}", "bold")
        text.append(f"   {status.done:,} of {status.total:,}" if status.total else "")
        text.append("\n\nIt goes on when you leave, and where it stopped when it is stopped.")
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
            text.append(f"\n\n! the last build {status.state}: {status.message}", "bold red")
        return text
    text.append("Ask what you would ask someone who has seen every image\n\n", "bold")
    text.append("LLaVA names what to look for, CLIP finds the image that fits best, LLaVA answers looking at it.\n")
    if options.clip == "demo":
        text.append("The demo models know drawn scenes alone: for photographs choose other models with S.\n", "dim")
    text.append("\nType a question below, or choose one:")
    return text
