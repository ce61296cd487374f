"""`config`: every setting of a training run, as a file that `train --config` takes."""

from typing import TYPE_CHECKING

import typer

from bddseg_tui.core.runs.config import build_config
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption
from bddseg_tui.tui.cli.output import print_json, say
from bddseg_tui.tui.cli.training_options import PRESETS, ConfigFileOption, PresetOption, SetOption

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.training_outputs import ConfigPrinted, SettingRow


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(config)


def config(
    preset: PresetOption = PRESETS[0],
    assignments: SetOption = None,
    file: ConfigFileOption = None,
    json: JsonOption = False,
) -> None:
    """Print every setting of a training run with its meaning, as TOML that `train --config` takes."""
    engine = open_engine(None)
    values = build_config(preset, assignments or (), file)
    if json:
        rows: list[SettingRow] = [
            {
                "name": setting.name,
                "group": setting.group,
                "default": setting.default,
                "about": setting.about,
                "choices": list(setting.choices),
                "limits": list(setting.limits),
                "value": getattr(values, setting.name),
            }
            for setting in engine.configs.settings()
        ]
        printed: ConfigPrinted = {"preset": preset, "settings": rows}
        print_json(printed)
        return
    say(engine.configs.as_toml(values).rstrip())
