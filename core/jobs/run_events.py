"""The events that jobs write, by kind: what each must have to be read, and what it may have.

What else stands in a line is kept as it is, for `--json`; an event of a kind that is not listed here is not read.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.files.records import Count, Fraction, Line, Moment, Percentage, Real


class _Event(TypedDict):
    seq: NotRequired[Count]
    time: NotRequired[Moment]


class StepEvent(_Event):
    """One optimiser step. `loss` is null where it was not finite; memory is in MiB.

    `gpu_percent` and `cpu_percent` are how busy the GPU and the machine's CPUs were since the step before,
    `memory_percent` how much of the memory of the device in use is taken, whoever takes it.
    """

    kind: Literal["step"]
    step: Count
    epoch: Count
    loss: NotRequired[Real | None]
    lr: NotRequired[Real | None]
    images_per_s: NotRequired[Real | None]
    memory_mib: NotRequired[Real | None]
    gpu_percent: NotRequired[Real | None]
    cpu_percent: NotRequired[Real | None]
    memory_percent: NotRequired[Real | None]


class ClassRow(TypedDict):
    """One class: fractions (null where undefined), and its percentage (0..100) of pixels."""

    id: Count
    name: Line
    iou: Fraction | None
    precision: Fraction | None
    recall: Fraction | None
    percentage: Percentage | None


def all_classes(rows: list[Any]) -> list[Any]:
    """The rows, if they are those of all classes in order, or none."""
    if rows and [row["id"] for row in rows] != list(range(NUM_CLASSES)):
        raise ValueError(f"should be the classes 0 to {NUM_CLASSES - 1}")
    return rows


ClassRows = Annotated[list[ClassRow], AfterValidator(all_classes)]
"""A row a class, in order; or none."""


class EpochEvent(_Event):
    """One epoch: mean losses, and the validation's figures (fractions) at the training size."""

    kind: Literal["epoch"]
    epoch: Count
    step: Count
    train_loss: NotRequired[Real | None]
    val_loss: NotRequired[Real | None]
    pixel_accuracy: NotRequired[Fraction | None]
    miou19: NotRequired[Fraction | None]
    miou20: NotRequired[Fraction | None]
    seconds: NotRequired[Real | None]
    classes: NotRequired[ClassRows]


class RestartEvent(_Event):
    """A job begins, or goes on; a training run says from which step, with which model, device and batches."""

    kind: Literal["start", "resume"]
    step: NotRequired[Count]
    epoch: NotRequired[Count]
    parameters: NotRequired[Count]
    train_images: NotRequired[Count]
    excluded_images: NotRequired[Count]
    corrected_images: NotRequired[Count]
    val_images: NotRequired[Count]
    processes: NotRequired[Count]
    batch_size: NotRequired[Count]
    steps_an_epoch: NotRequired[Count]
    tensorboard: NotRequired[bool]
    device: NotRequired[Line]
    precision: NotRequired[Line]


class WarningEvent(_Event):
    """Something a person should know, and the files that it is about."""

    kind: Literal["warning"]
    message: Line
    files: NotRequired[list[Line]]


class CheckpointEvent(_Event):
    """A checkpoint is on the disk; `names` are the links that point to it now."""

    kind: Literal["checkpoint"]
    step: Count
    epoch: Count
    names: NotRequired[list[Line]]


class EndEvent(_Event):
    """A job is over: it finished, was stopped, or failed."""

    kind: Literal["finish", "stop", "fail"]
    message: NotRequired[Line]


class ExportedEvent(_Event):
    """A model was exported: its files, and the largest difference of logits from the model's own."""

    kind: Literal["exported"]
    max_difference: Real
    files: list[Line]


class BuiltEvent(_Event):
    """An index was built."""

    kind: Literal["built"]
    count: NotRequired[Count]


Event = StepEvent | EpochEvent | RestartEvent | WarningEvent | CheckpointEvent | EndEvent | ExportedEvent | BuiltEvent
Kind = Literal[
    "step", "epoch", "start", "resume", "warning", "checkpoint", "finish", "stop", "fail", "exported", "built"
]
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")], config=ConfigDict(extra="allow"))
