"""Why each class's IoU is what it is: a line for each, the worst first, and all that is known of the chosen one."""

from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Label, OptionList, Static
from textual.worker import Worker

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.tui.evaluate.commands import DIAGNOSIS
from bddseg_tui.tui.evaluate.images_screen import ImagesScreen
from bddseg_tui.tui.evaluate.listed_images import Listing, read_images
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure

if TYPE_CHECKING:
    from bddseg_tui.core.quality.diagnosis import ClassDiagnosis, Diagnosis


class DiagnosisScreen(Screen[None]):
    """Reads the diagnosis of an evaluation in a thread.

    Attributes:
        diagnosis: what was found; None until then.
    """

    ACTIONS = DIAGNOSIS
    BINDINGS = bindings(DIAGNOSIS)

    def __init__(self, engine: Engine, evaluation: Evaluation) -> None:
        super().__init__(id="diagnosis")
        self._engine, self._evaluation = engine, evaluation
        self._parts = True
        self.diagnosis: Diagnosis | None = None
        self._diagnosed: list[ClassDiagnosis] = []

    def compose(self) -> ComposeResult:
        """The means, the classes, and what is known of one."""
        yield Label(f"{self._evaluation.name}   reading …", id="diagnosis--title", markup=False)
        yield Label(f"   {'class':<14} {'IoU':>5} {'image':>5}  why", id="diagnosis--head", markup=False)
        yield VimList(id="diagnosis--classes", compact=True)
        with VerticalScroll(id="diagnosis--about", can_focus=False):
            yield Static("", id="diagnosis--class")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Reads the diagnosis."""
        self.query_one(VimList).focus()
        self._read()

    @work(exclusive=True, group="diagnosis", exit_on_error=False)
    async def _read(self) -> None:
        found = await attempt(self, lambda: self._engine.quality.diagnose(self._evaluation), "warning", 8)
        if found is None:
            self.query_one("#diagnosis--title", Label).update(f"{self._evaluation.name}   nothing could be read")
        else:
            self._show(found)

    def _show(self, found: "Diagnosis") -> None:
        from bddseg_tui.core.quality.diagnosis_text import means_line, worst_first

        self.diagnosis, self._diagnosed = found, worst_first(found)
        self.query_one("#diagnosis--title", Label).update(f"{found.evaluation}   {means_line(found)}")
        self.query_one(VimList).set_rows([(str(c.id), _row(c)) for c in self._diagnosed], "no class")

    @property
    def _class(self) -> "ClassDiagnosis | None":
        chosen = self.query_one(VimList).highlighted
        return self._diagnosed[chosen] if chosen is not None and chosen < len(self._diagnosed) else None

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        if (found := self.diagnosis) is not None and (c := self._class) is not None:
            self.query_one("#diagnosis--class", Static).update(_about(found, c, self._parts))

    def action_parts(self) -> None:
        """Shows the parts of the class, or what the figures rest on."""
        self._parts = not self._parts
        self._describe()

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Lists the images of the class, the worst first."""
        if (c := self._class) is not None:
            self._open(c.id, c.name)

    @work(exclusive=True, group="images", exit_on_error=False)
    async def _open(self, class_id: int, name: str) -> None:
        listing = Listing(self._evaluation, class_id)
        images = await attempt(self, lambda: read_images(self._engine.analysis, listing), "warning", 8)
        if images is not None:
            self.app.push_screen(ImagesScreen(f"{name}, lowest IoU first:", images, class_id))

    def action_copy(self) -> None:
        """Copies the diagnosis as text."""
        from bddseg_tui.core.quality.diagnosis_text import diagnosis_lines

        if self.diagnosis is not None:
            self.app.copy_to_clipboard("\n".join(diagnosis_lines(self.diagnosis, parts=True)))
            self.notify("copied as text")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def _swatch(class_id: int) -> Text:
    return Text("██", style="rgb({},{},{})".format(*CLASSES[class_id].color))


def _row(c: "ClassDiagnosis") -> Text:
    from bddseg_tui.core.quality.diagnosis_text import percent

    text = Text(no_wrap=True, overflow="ellipsis")
    text.append_text(_swatch(c.id)).append(f" {c.name:<14} ")
    text.append(f"{percent(c.iou):>5}", "bold").append(f" {percent(c.iou_per_image):>5}  ")
    return text.append(c.line)


def _about(found: "Diagnosis", c: "ClassDiagnosis", parts: bool) -> Text:
    """Every reason, then the parts of the class, or what the figures rest on."""
    from bddseg_tui.core.quality.diagnosis_text import class_facts, notes, part_lines

    text = Text()
    text.append_text(_swatch(c.id)).append(f" {c.name}  ", "bold").append(f"{class_facts(c)}\n")
    for finding in c.findings:
        text.append(" • ", "bold").append(f"{finding.text}\n")
    below = part_lines(c) if parts else [f"model: {found.about}", *notes(found)]
    return text.append("\n").append("\n".join(below), "" if parts else "dim")
