"""Of training runs and their settings."""

from typing import Any, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Fraction, Line, Real
from bddseg_tui.core.jobs.job import JobState
from bddseg_tui.core.jobs.run_events import EpochEvent
from bddseg_tui.tui.cli.json_output.closed import closed


@closed
class Started(TypedDict):
    """`train` and `resume`."""

    run: Line
    folder: Line


@closed
class Estimated(TypedDict):
    """`train --estimate`: seconds and bytes, null where they are not known, and the run that they are reckoned from."""

    seconds: Real | None
    memory: Count | None
    device: Line
    by: Line
    cache: Count


@closed
class RunRow(TypedDict):
    """An item of `runs`."""

    run: Line
    state: JobState
    message: Line
    done: Count
    """Steps."""
    total: Count
    preset: Line
    dataset: Line
    problem: Line
    """What is wrong with its configuration; empty for nothing."""
    folder: Line
    best_epoch: Count | None
    best_miou19: Fraction | None
    checkpoints: list[Line]
    """Which of best and last there are."""


@with_config(ConfigDict(extra="allow"))
class EpochRow(EpochEvent):
    """An epoch as the run told it; it may have told more."""


@closed
class RunShown(RunRow):
    """`runs show`."""

    config: dict[str, Any]
    """Every setting of the run; `config --json` says what each means."""
    epochs: list[EpochRow]


@closed
class SampleFiles(TypedDict):
    """A validation image that is predicted after each epoch."""

    number: Count
    image: Line
    mask: Line


@closed
class SamplePrediction(TypedDict):
    """What was predicted for one of them."""

    number: Count
    file: Line
    """A PNG of train ids at the training size; 255 is unknown."""
    pixel_accuracy: Fraction | None
    """Of the pixels that are not unknown."""


@closed
class SampleEpochRow(TypedDict):
    """An epoch whose predictions are kept."""

    epoch: Count
    step: Count
    miou19: Fraction | None
    """Over all validation images."""
    predictions: list[SamplePrediction]


@closed
class RunSamples(TypedDict):
    """`runs samples`."""

    run: Line
    images: list[SampleFiles]
    epochs: list[SampleEpochRow]
    files: list[Line]
    """What was written with `--to`."""


@closed
class Deleted(TypedDict):
    """`runs delete` and `evaluations delete`."""

    deleted: Line
    left: NotRequired[Line]
    """What could not be done, and why."""


@closed
class SettingRow(TypedDict):
    """A setting of a training run."""

    name: Line
    group: Line
    default: bool | int | float | str
    about: Line
    choices: list[Line]
    limits: list[Line]
    value: bool | int | float | str


@closed
class ConfigPrinted(TypedDict):
    """`config`."""

    preset: Line
    settings: list[SettingRow]


@closed
class TaggedRow(TypedDict):
    """Weights of an encoder: its name with their tag; percent of ImageNet they classify rightly, at which side."""

    encoder: Line
    top1: Real | None
    size: Count | None


class EncoderRow(TypedDict):
    """An item of `encoders`, of the whole U-Net."""

    name: Line
    parameters: Count
    multiply_adds: Real
    """Of one image of the size that was named."""
    weights: list[Line]
    tagged: list[TaggedRow]
