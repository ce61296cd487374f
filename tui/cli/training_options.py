"""Options of `train` and `config`: what the settings of a run are made of, the later ones winning."""

from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.config import preset_names
from bddseg_tui.tui.cli import completions

PRESETS = preset_names()
PresetOption = Annotated[str, typer.Option(help=f"{', '.join(PRESETS)}.", autocompletion=completions.presets)]
ConfigFileOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", parser=typed_path, help="A TOML file of settings.", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting; may be repeated.",
        autocompletion=completions.assignments,
    ),
]
