"""Using a run's model: what is asked of a person before it predicts or is exported, and the calls behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import App

from bddseg_tui.core.files.typed_path import suggested, typed_path
from bddseg_tui.core.runs.export_kinds import ABOUT, EXPORTS, ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.services.runs import RunService
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import PromptScreen

_SPLITS = ("test", "val", "train")


@dataclass(frozen=True)
class Prediction:
    """What shall be predicted, and the folder it goes into, both as they were typed."""

    run: Run
    source: str
    to: str

    @property
    def label(self) -> str:
        """What it is called while it goes on."""
        return f"predict {self.run.name}"

    def start(self, runs: RunService) -> Path:
        """Starts it; returns the job's folder."""
        source = self.source if self.source in _SPLITS else typed_path(self.source)
        return runs.predict(self.run, typed_path(self.to), source)

    def result(self, runs: RunService, job: Path) -> str:
        """Where the predictions are."""
        return sanitize_path(self.to)


@dataclass(frozen=True)
class Export:
    """The kind that a run's best checkpoint shall be exported as, and the folder it goes into, as it was typed."""

    run: Run
    kind: ExportKind
    to: str

    @property
    def label(self) -> str:
        """What it is called while it goes on."""
        return f"export {self.run.name}"

    def start(self, runs: RunService) -> Path:
        """Starts it; returns the job's folder."""
        return runs.export(self.run, self.kind, typed_path(self.to))

    def result(self, runs: RunService, job: Path) -> str:
        """Where the export is, and how exact it is."""
        off = runs.exported(job).max_difference
        return f"{sanitize_path(self.to)}; logits differ from the model's by at most {off:.1e}"


def ask_prediction(app: App[Any], run: Run, then: Callable[[Prediction], None]) -> None:
    """Asks what to predict with a run and where to write it."""

    def named(source: str | None) -> None:
        if source:
            title = f"Predictions of {source} with {run.name} go into the folder"
            ask = PromptScreen(sanitize(title), "", suggested("predictions"))
            app.push_screen(ask, lambda to: then(Prediction(run, source, to)) if to else None)

    title = f"Predict with {run.name}: a split (test, val, train), a folder of images, or a video"
    app.push_screen(PromptScreen(title, "test", "test"), named)


def ask_export(app: App[Any], run: Run, then: Callable[[Export], None]) -> None:
    """Asks for the kind of export and its folder."""

    def chosen(kind: ExportKind | None) -> None:
        if kind:
            ask = PromptScreen(f"Export {run.name} into the folder", "", suggested(f"{run.name}-{kind}"))
            app.push_screen(ask, lambda to: then(Export(run, kind, to)) if to else None)

    width = max(map(len, EXPORTS))
    choices = [(f"{kind:<{width}}  {ABOUT[kind]}", kind) for kind in EXPORTS]
    app.push_screen(ChooseScreen(f"Export {run.name} (best) as", choices), chosen)
