"""Configurations of training runs: what they can be set to, and what a run with one will cost."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.runs.config import TrainConfig
    from bddseg_tui.core.runs.encoders import Encoder
    from bddseg_tui.core.runs.run_estimate import RunCosts
    from bddseg_tui.core.runs.settings_table import Setting


@dataclass(frozen=True)
class ConfigService:
    """The configurations of a workspace's runs to come. All methods block."""

    workspace: Workspace

    def presets(self) -> "dict[str, TrainConfig]":
        """The configuration of each preset by its name, the plain one first."""
        from bddseg_tui.core.runs.config import build_config, preset_names

        return {name: build_config(name) for name in preset_names()}

    def settings(self) -> "tuple[Setting, ...]":
        """The settings of a training run: what each means, its default, and what it may be."""
        from bddseg_tui.core.runs.settings_table import settings_table

        return settings_table()

    def as_toml(self, config: "TrainConfig") -> str:
        """A configuration as TOML, each setting with a comment; `build_config` takes it as a file."""
        from bddseg_tui.core.runs.config_toml import commented_toml

        return commented_toml(config)

    def suggested_preset(self, root: Path) -> str:
        """The preset that a run on this dataset begins with, where nothing else is said."""
        from bddseg_tui.core.runs.config import suggested_preset

        return suggested_preset(root)

    def costs(self, root: Path) -> "RunCosts":
        """How long runs on this dataset will take and how much memory, by earlier runs of this machine."""
        from bddseg_tui.core.data.dataset import open_dataset
        from bddseg_tui.core.runs.confirmed_errors import count_left_out
        from bddseg_tui.core.runs.run_estimate import run_costs
        from bddseg_tui.core.runs.run_summaries import RunSummaries

        dataset = open_dataset(root)
        left_out = count_left_out(self.workspace, dataset)
        return run_costs(dataset, RunSummaries(self.workspace).read(), left_out, self.workspace.cache)

    def encoders(self, words: str = "", architecture: str = "unet") -> "tuple[Encoder, ...]":
        """The encoders whose cost in this architecture is known, and in whose names each of these words is."""
        from bddseg_tui.core.runs.encoders import matching

        return tuple(matching(words, architecture))
