"""A run's history, built from its events as they come: what charts and tables show, live and afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.event_kinds import ClassRow, EpochEvent, Event, StepEvent

SMOOTHING = 0.95
"""Weight of the past in a smoothed curve."""


@dataclass(frozen=True)
class StepPoint:
    """One optimiser step. `loss` is None where it was not finite; memory is in MiB."""

    step: int
    epoch: int
    loss: float | None
    lr: float
    images_per_s: float
    memory: float
    gpu_percent: float | None


@dataclass(frozen=True)
class ClassScore:
    """One class: IoU, precision and recall (0..1, None where undefined) and its percentage (0..100) of pixels."""

    id: int
    name: str
    iou: float | None
    precision: float | None
    recall: float | None
    percentage: float


@dataclass(frozen=True)
class EpochPoint:
    """One epoch: mean losses, and the validation's figures (0..1) at the training size."""

    epoch: int
    step: int
    train_loss: float | None
    val_loss: float | None
    pixel_accuracy: float | None
    miou19: float | None
    miou20: float | None
    seconds: float
    classes: tuple[ClassScore, ...]


@dataclass
class History:
    """Steps and epochs in order; after a resume what was done twice stands once."""

    steps: list[StepPoint] = field(default_factory=list)
    epochs: list[EpochPoint] = field(default_factory=list)
    notes: list[Event] = field(default_factory=list)

    def feed(self, events: list[Event]) -> bool:
        """Takes in new events; returns whether anything changed."""
        for event in events:
            if event["kind"] == "step":
                self.steps.append(_step(event))
            elif event["kind"] == "epoch":
                self.epochs.append(_epoch(event))
            else:
                if event["kind"] == "start" or event["kind"] == "resume":
                    at = event.get("step", 0)
                    self.steps = [s for s in self.steps if s.step <= at]
                    self.epochs = [e for e in self.epochs if e.step <= at]
                self.notes.append(event)
        return bool(events)

    @property
    def best(self) -> EpochPoint | None:
        """The epoch with the highest mIoU over the 19 official classes."""
        scored = [e for e in self.epochs if e.miou19 is not None]
        return max(scored, key=lambda e: e.miou19 or 0.0, default=None)


def smoothed(values: Sequence[float | None], weight: float = SMOOTHING) -> list[float | None]:
    """Exponential moving average with bias correction (Kingma & Ba 2015, section 3); gaps stay gaps."""
    mean, total = 0.0, 0.0
    result: list[float | None] = []
    for value in values:
        if value is None:
            result.append(None)
            continue
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        result.append(mean / total)
    return result


def class_scores(rows: Sequence[ClassRow]) -> tuple[ClassScore, ...]:
    """Class rows as JSON has them, as dataclasses."""
    return tuple(
        ClassScore(r["id"], r["name"], r["iou"], r["precision"], r["recall"], r["percentage"] or 0.0) for r in rows
    )


def _step(e: StepEvent) -> StepPoint:
    return StepPoint(
        int(e["step"]),
        int(e["epoch"]),
        e.get("loss"),
        float(e.get("lr") or 0.0),
        float(e.get("images_per_s") or 0.0),
        float(e.get("memory_mib") or 0.0),
        e.get("gpu_percent"),
    )


def _epoch(e: EpochEvent) -> EpochPoint:
    return EpochPoint(
        int(e["epoch"]),
        int(e["step"]),
        e.get("train_loss"),
        e.get("val_loss"),
        e.get("pixel_accuracy"),
        e.get("miou19"),
        e.get("miou20"),
        float(e.get("seconds") or 0.0),
        class_scores(e.get("classes", [])),
    )
