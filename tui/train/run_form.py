"""What the form of a new run is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.encoders import Encoder
from bddseg_tui.core.services.runs import RunService


@dataclass(frozen=True)
class RunForm:
    """A form for runs on the dataset in the folder `root`: where its settings begin, and what can be chosen."""

    root: Path
    preset: str
    presets: Mapping[str, TrainConfig]
    encoders: tuple[Encoder, ...]

    def encoder(self, name: str) -> Encoder | None:
        """The encoder with this name; None where its cost is not known."""
        return next((e for e in self.encoders if e.name == name), None)


def read_form(runs: RunService, root: Path) -> RunForm:
    """Reads it, in a thread."""
    return RunForm(root, runs.suggested_preset(root), MappingProxyType(runs.presets()), runs.encoders())
