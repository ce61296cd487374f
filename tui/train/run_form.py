"""What the form of a new run is made from, and what it says of the settings as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bddseg_tui.core.data.filter_language import EXCLUDE
from bddseg_tui.core.runs.architectures import ARCHITECTURES
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.confirmed_errors import LeftOut
from bddseg_tui.core.runs.encoders import Encoder
from bddseg_tui.core.runs.run_estimate import RunCosts
from bddseg_tui.core.runs.timm_weights import TaggedWeights, untagged, weights_by_encoder
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.configs import ConfigService
from bddseg_tui.tui.shared.format import format_bytes, format_duration


@dataclass(frozen=True)
class RunForm:
    """A form for runs on the dataset in `root`: where its settings begin, what can be chosen, what runs there cost.

    `encoders` are by architecture those whose cost in it is known, `weights` by encoder timm's, with their tags.
    """

    root: Path
    preset: str
    presets: Mapping[str, TrainConfig]
    encoders: Mapping[str, tuple[Encoder, ...]]
    costs: RunCosts
    weights: Mapping[str, tuple[TaggedWeights, ...]]

    def encoder(self, name: str, architecture: str) -> Encoder | None:
        """The encoder with this name; None where its cost in this architecture is not known."""
        return next((e for e in self.encoders.get(architecture, ()) if e.name == untagged(name)), None)


def read_form(configs: ConfigService, root: Path) -> RunForm:
    """Reads it, in a thread."""
    return RunForm(
        root=root,
        preset=configs.suggested_preset(root),
        presets=MappingProxyType(configs.presets()),
        encoders=MappingProxyType({a: configs.encoders(architecture=a) for a in ARCHITECTURES}),
        costs=configs.costs(root),
        weights=weights_by_encoder(),
    )


def shown_value(value: Any) -> str:
    """A setting's value as its field has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def changed_settings(config: TrainConfig, preset: TrainConfig) -> dict[str, str]:
    """By name, the settings that are not as the preset has them: `24 (16)`, the preset's value in brackets."""
    before = preset.model_dump()
    return {
        name: f"{sanitize(shown_value(value))} ({sanitize(shown_value(before[name]))})"
        for name, value in config.model_dump().items()
        if value != before[name]
    }


def changes_text(preset: str, changed: Mapping[str, str]) -> str:
    """What is changed, in one line."""
    if not changed:
        return f"Nothing is changed: the preset {sanitize(preset)} as it is."
    return "Changed: " + ", ".join(f"{name} {values}" for name, values in changed.items())


def left_out_text(config: TrainConfig, left_out: LeftOut) -> str:
    """What the run will not learn from, in one line; '' where it learns from all."""
    parts = []
    if left_out.tagged and config.exclude.strip() == f"tag:{EXCLUDE}":
        parts.append(f"left out: {left_out.tagged:,} tagged {EXCLUDE}")
    if left_out.areas:
        does = {"ignore-areas": "ignored", "leave-out": "left out with their images", "keep": "trained on all the same"}
        areas = f"confirmed errors: {left_out.areas:,} (images: {left_out.images:,})"
        parts.append(f"{areas}, {does[config.confirmed_errors]}")
    return "; ".join(parts)


def costs_text(config: TrainConfig, form: RunForm) -> str:
    """How long the run will take and how much memory, what that is reckoned from, and what it does not learn from."""
    return "\n".join(filter(None, (_costs(config, form), left_out_text(config, form.costs.left_out))))


def _costs(config: TrainConfig, form: RunForm) -> str:
    costs = form.costs
    found = costs.estimate(config)
    images = costs.learnt_from(config)
    images = min(images, config.train_limit or images)
    work = f"{config.steps:,} steps" if config.steps else f"{config.epochs:,} epochs of {images:,} images"
    cache = f"cache: {format_bytes(found.cache)} ({format_bytes(costs.free_disk)} free)"
    if form.encoder(config.encoder, config.architecture) is None and not found.by:
        return f"{work}: how long is not known, as this encoder was not counted\nOn the disk {cache}"
    if found.seconds is None:
        time = f"{work}: how long on {found.device} is known after a first run there"
    else:
        # Short enough for a line of the narrowest terminal, below which the memory's must be seen.
        by = f"by {found.by}" if found.by else "roughly"
        time = f"{work}: about {format_duration(found.seconds)} on {found.device}, {by}"
    if found.memory is None:
        return f"{time}\n" + ("On the disk " if config.batch_size else "Memory: what is free, ") + cache
    free = f" ({format_bytes(costs.free_memory)} free)" if found.device == "cpu" else ""
    return f"{time}\nMemory: {format_bytes(found.memory)}{free}, {cache}"
