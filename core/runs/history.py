"""A run's history: what charts and tables show, live and afterwards. Frozen values, which threads may hand over."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT, LeftOut
from bddseg_tui.core.jobs.run_events import ClassRow, EpochEvent, Event, StepEvent
from bddseg_tui.core.runs.curve import Curve, CurveBuilder

SMOOTHING, SPEED_SMOOTHING = 0.95, 0.9
"""Weight of the past in the smoothed loss, and in the smoothed speed and loads."""
LOADS = ("gpu_load", "cpu_load", "memory_load")
CURVES = ("loss", "smoothed_loss", "lr", "speed", "memory", *LOADS)
"""What a history has a curve of, by step."""


@dataclass(frozen=True, slots=True)
class StepPoint:
    """One optimiser step. `loss` is None where it was not finite; memory is in MiB, loads (0..100) in percent.

    `memory_percent` is of the memory of the device that trains, None in runs of earlier versions, as `cpu_percent` is.
    """

    step: int
    epoch: int
    loss: float | None
    lr: float
    images_per_s: float
    memory: float
    gpu_percent: float | None
    cpu_percent: float | None = None
    memory_percent: float | None = None


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class: IoU, precision and recall (0..1, None where undefined) and its percentage (0..100) of pixels."""

    id: int
    name: str
    iou: float | None
    precision: float | None
    recall: float | None
    percentage: float


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, eq=False)
class History:
    """Steps as curves of bounded size, epochs one by one; after a resume what was done twice stands once.

    A new one is made when something is new, so two are the same if they are one object. `speed` is smoothed images/s,
    `memory` MiB, `gpu_load`, `cpu_load` and `memory_load` percent (0..100), `last` the newest step. `steps_an_epoch` is
    0 where the run does not say it. `left_out` counts the lines that make no sense.
    """

    loss: Curve = field(default_factory=Curve)
    smoothed_loss: Curve = field(default_factory=Curve)
    lr: Curve = field(default_factory=Curve)
    speed: Curve = field(default_factory=Curve)
    memory: Curve = field(default_factory=Curve)
    gpu_load: Curve = field(default_factory=Curve)
    cpu_load: Curve = field(default_factory=Curve)
    memory_load: Curve = field(default_factory=Curve)
    last: StepPoint | None = None
    epochs: tuple[EpochPoint, ...] = ()
    steps_an_epoch: int = 0
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def best(self) -> EpochPoint | None:
        """The epoch with the highest mIoU over the 19 official classes."""
        scored = [e for e in self.epochs if e.miou19 is not None]
        return max(scored, key=lambda e: e.miou19 or 0.0, default=None)


class MovingMean:
    """Exponential moving average with bias correction (Kingma & Ba 2015, section 3); gaps stay gaps."""

    def __init__(self, weight: float = SMOOTHING) -> None:
        self._weight, self._mean, self._total = weight, 0.0, 0.0

    def add(self, value: float | None) -> float | None:
        """Takes a value; returns the mean so far."""
        if value is None:
            return None
        self._mean = self._weight * self._mean + (1 - self._weight) * value
        self._total = self._weight * self._total + (1 - self._weight)
        return self._mean / self._total


class HistoryBuilder:
    """Makes a history of events that come in order; belongs to one thread at a time.

    Curves cannot forget single steps, so steps that are done again later must be known before: `restarts` are the
    steps of all `start` and `resume` events to come, in order.
    """

    def __init__(self, restarts: tuple[int, ...] = ()) -> None:
        self._known = len(restarts)
        self._limits = _limits(restarts)
        self._limit = self._limits[0]
        self.restarts: list[int] = []
        """The steps of the restarts that have come."""
        self._curves = {name: CurveBuilder() for name in CURVES}
        self._steps_an_epoch = 0
        self._loss, self._speed = MovingMean(), MovingMean(SPEED_SMOOTHING)
        self._loads = {name: MovingMean(SPEED_SMOOTHING) for name in LOADS}
        self._last: StepPoint | None = None
        self._epochs: list[EpochPoint] = []
        self._frozen_epochs: tuple[EpochPoint, ...] = ()

    def add(self, event: Event) -> bool:
        """Takes the next event. Returns False where steps would have to be forgotten: build anew, with all restarts."""
        if event["kind"] == "step":
            self._add_step(_step(event))
        elif event["kind"] == "epoch":
            epoch = _epoch(event)
            if (self._epochs[-1].step if self._epochs else 0) <= epoch.step <= self._limit:
                self._epochs.append(epoch)
        elif event["kind"] == "start" or event["kind"] == "resume":
            self._steps_an_epoch = event.get("steps_an_epoch", 0)
            return self._restart(event.get("step", 0))
        return True

    def history(self, left_out: LeftOut = NOTHING_LEFT_OUT) -> History:
        """The history so far, as a value of its own."""
        curves = {name: builder.curve() for name, builder in self._curves.items()}
        if len(self._frozen_epochs) != len(self._epochs) or self._frozen_epochs[-1:] != tuple(self._epochs[-1:]):
            self._frozen_epochs = tuple(self._epochs)
        return History(
            **curves,
            last=self._last,
            epochs=self._frozen_epochs,
            steps_an_epoch=self._steps_an_epoch,
            left_out=left_out,
        )

    def _add_step(self, point: StepPoint) -> None:
        if not (self._last.step if self._last else -1) < point.step <= self._limit:
            return
        self._last = point
        add = self._curves
        add["loss"].add(point.step, point.loss)
        add["smoothed_loss"].add(point.step, self._loss.add(point.loss))
        add["lr"].add(point.step, point.lr)
        add["speed"].add(point.step, self._speed.add(point.images_per_s))
        add["memory"].add(point.step, point.memory)
        loads = (point.gpu_percent, point.cpu_percent, point.memory_percent)
        for name, load in zip(LOADS, loads, strict=True):
            # What a run does not tell at all takes no room.
            if load is not None:
                add[name].add(point.step, self._loads[name].add(load))

    def _restart(self, step: int) -> bool:
        self.restarts.append(step)
        self._limit = self._limits[min(len(self.restarts), self._known)]
        self._epochs = [e for e in self._epochs if e.step <= step]
        return self._last is None or self._last.step <= step


def _limits(restarts: tuple[int, ...]) -> list[float]:
    """For each stretch between restarts, up to which step it stands: no later restart lies before it."""
    limits = [float("inf")]
    for step in reversed(restarts):
        limits.append(min(limits[-1], step))
    return limits[::-1]


def class_scores(rows: Sequence[ClassRow]) -> tuple[ClassScore, ...]:
    """Class rows as JSON has them, as dataclasses."""
    return tuple(
        ClassScore(
            id=r["id"],
            name=r["name"],
            iou=r["iou"],
            precision=r["precision"],
            recall=r["recall"],
            percentage=r["percentage"] or 0.0,
        )
        for r in rows
    )


def _step(e: StepEvent) -> StepPoint:
    return StepPoint(
        step=e["step"],
        epoch=e["epoch"],
        loss=e.get("loss"),
        lr=e.get("lr") or 0.0,
        images_per_s=e.get("images_per_s") or 0.0,
        memory=e.get("memory_mib") or 0.0,
        gpu_percent=e.get("gpu_percent"),
        cpu_percent=e.get("cpu_percent"),
        memory_percent=e.get("memory_percent"),
    )


def _epoch(e: EpochEvent) -> EpochPoint:
    return EpochPoint(
        epoch=e["epoch"],
        step=e["step"],
        train_loss=e.get("train_loss"),
        val_loss=e.get("val_loss"),
        pixel_accuracy=e.get("pixel_accuracy"),
        miou19=e.get("miou19"),
        miou20=e.get("miou20"),
        seconds=e.get("seconds") or 0.0,
        classes=class_scores(e.get("classes", [])),
    )
