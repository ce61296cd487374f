"""Runs of a test: how they are set, and what their events say."""

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events, rewind
from bddseg_tui.core.jobs.job import tail_log
from bddseg_tui.core.runs.config import TrainConfig, build_config
from bddseg_tui.core.runs.run import Run


def config(*assignments: str) -> TrainConfig:
    """Six steps over two epochs of a small U-Net; a checkpoint after each step."""
    small = [
        "encoder=mobilenet_v2",
        "height=32",
        "width=64",
        "batch_size=4",
        "epochs=2",
        "checkpoint_minutes=1e-9",
        "threads=1",
    ]
    return build_config("demo", [*small, *assignments])


def finished(engine: Engine, run: Run, state: str = "finished") -> None:
    status = engine.runs.wait(run.folder)
    assert status.state == state, f"{status} {tail_log(run.folder)}"


def losses(run: Run) -> list[tuple[int, float | None]]:
    return [(e["step"], e["loss"]) for e in rewind(read_events(run.events)) if e["kind"] == "step"]


def epochs(run: Run) -> list[tuple[object, ...]]:
    keys = ("epoch", "step", "train_loss", "val_loss", "miou19", "miou20", "pixel_accuracy")
    return [tuple(dict(e)[k] for k in keys) for e in rewind(read_events(run.events)) if e["kind"] == "epoch"]
