"""A configuration as TOML with comments: what each setting means and may be; `build_config` reads it back."""

import textwrap

import tomli_w

from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.settings_table import GROUPS, Setting, settings_table

_WIDTH = 100
_HEAD = (
    "# Settings of a training run, for `bddseg-tui train DIR --config FILE`; what is left out has the preset's value."
)


def commented_toml(config: TrainConfig) -> str:
    """Every setting with its value, its meaning, what it may be and its default, group by group."""
    lines = [_HEAD]
    for group in GROUPS:
        lines += ["", f"# ---- {group} ----"]
        for setting in settings_table():
            if setting.group == group:
                value = getattr(config, setting.name)
                lines += ["", *_comment(setting), f"{setting.name} = {_toml(value)}"]
    return "\n".join(lines) + "\n"


def _comment(setting: Setting) -> list[str]:
    about = textwrap.wrap(setting.about, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    bounds = " | ".join(map(_toml, setting.choices)) if setting.choices else ", ".join(setting.limits)
    if isinstance(setting.default, bool):
        bounds = " | ".join(setting.choices)
    return [*about, f"#   {f'{bounds}; ' if bounds else ''}default {_toml(setting.default)}"]


def _toml(value: object) -> str:
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip()
