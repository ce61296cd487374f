"""Several processes that train one run come to the numbers of one."""

from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events
from tests.train.in_process import fit
from tests.train.run_events import config, finished, losses


def test_two_processes_train_together_with_uneven_shares_and_images_that_do_not_count(
    engine: Engine, dataset: Path
) -> None:
    masks = sorted((dataset / "labels/sem_seg/masks/train").iterdir())
    for mask in masks[::2]:
        Image.new("L", (128, 72), 255).save(mask)
    uneven = ["processes=2", "batch_size=3", "accumulate=2", "val_limit=4", "unknown=ignore"]
    run = engine.runs.train(dataset, config(*uneven, "device=cpu", "precision=fp32", "epochs=1"), "demo")
    finished(engine, run)
    assert [s for s, _ in losses(run)] == [1, 2, 3, 4]
    assert None not in [loss for _, loss in losses(run)]
    assert None not in [e["val_loss"] for e in read_events(run.events) if e["kind"] == "epoch"]
    start = read_events(run.events)[0]
    assert start["kind"] == "start" and start["processes"] == 2


def test_two_processes_come_to_the_numbers_of_one(engine: Engine, drawn: Path) -> None:
    # Zooming out adds pixels that are not counted, unevenly; Dice is no sum over pixels.
    plain = ["scale_min=0.5", "color_jitter=0.2", "learning_rate=2e-4", "precision=fp32", "device=cpu"]
    plain += ["class_weights=inverse-sqrt", "dice=0.5", "rare_crops=0.5"]
    figures = []
    for processes in (1, 2):
        settings = config(f"processes={processes}", *plain)
        if processes == 1:
            run = fit(engine, drawn, settings)
        else:
            run = engine.runs.train(drawn, settings, "demo")
            finished(engine, run)
        events = read_events(run.events)
        steps_of = [e["loss"] for e in events if e["kind"] == "step"]
        epochs = [(e["val_loss"], e["miou19"], e["pixel_accuracy"]) for e in events if e["kind"] == "epoch"]
        figures.append(([e["step"] for e in events if e["kind"] == "step"], steps_of, epochs))
    (steps_1, losses_1, epochs_1), (steps_2, losses_2, epochs_2) = figures
    assert steps_1 == steps_2 == list(range(1, 7))
    # Adam's first steps are as large for small gradients as for large ones, so a float's last digits soon matter.
    assert losses_2[0] == pytest.approx(losses_1[0], rel=1e-5)
    assert losses_2 == pytest.approx(losses_1, rel=2e-2)
    assert epochs_2 == [pytest.approx(e, rel=5e-2, abs=5e-3) for e in epochs_1]
