"""The settings of a training run as a table: what each means, its default, and what it may be."""

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from bddseg_tui.core.runs.config import TrainConfig

GROUPS = ("data", "model", "loss", "optimisation", "augmentation", "device")
"""Parts of a training that settings belong to, in the order in which forms and files show them."""
_SIGNS = ((Ge, "ge", ">="), (Gt, "gt", ">"), (Le, "le", "<="), (Lt, "lt", "<"))


@dataclass(frozen=True)
class Setting:
    """A setting as `TrainConfig` declares it.

    Attributes:
        name: as `--set` and TOML files have it.
        group: which part of the training it belongs to, one of `GROUPS`.
        default: what it is where neither a preset nor a person says anything.
        about: what it means, in a few words.
        choices: the values that it can have, where these are words; else empty.
        limits: the bounds of a number, such as (">= 32", "<= 4096").
    """

    name: str
    group: str
    default: bool | int | float | str
    about: str
    choices: tuple[str, ...]
    limits: tuple[str, ...]


def settings_table() -> tuple[Setting, ...]:
    """All settings, in the order of the configuration."""
    return tuple(_setting(name, field) for name, field in TrainConfig.model_fields.items())


def _setting(name: str, field: FieldInfo) -> Setting:
    extra = field.json_schema_extra
    return Setting(
        name=name,
        group=str(extra.get("group", "")) if isinstance(extra, dict) else "",
        default=field.default,
        about=field.description or "",
        choices=_choices(field.annotation),
        limits=tuple(_limits(field)),
    )


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(str(value) for value in get_args(annotation))
    return ("true", "false") if annotation is bool else ()


def _limits(field: FieldInfo) -> list[str]:
    return [
        f"{sign} {getattr(bound, key):,}".replace(",", "")
        for bound in field.metadata
        for kind, key, sign in _SIGNS
        if isinstance(bound, kind)
    ]
