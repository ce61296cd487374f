"""Real training processes: they are started, killed, stopped, starved of disk, and resumed."""

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.image_file import read_mask
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import Event, read_events
from bddseg_tui.core.jobs.job import tail_log
from bddseg_tui.core.processes.process import kill
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from tests.small_disk import mounted_disk
from tests.train.in_process import evaluate, fit, small_config
from tests.train.run_events import config, epochs, finished, losses
from tests.train.tensorboard_files import hparams, pictures, read_board, scalars

DEADLINE_S = 240.0


def wait_for(run: Run, until: Callable[[list[Event]], bool]) -> None:
    """Follows the run's events until they say so.

    Raises:
        AssertionError: the run ended before, or hung.
    """
    deadline = time.monotonic() + DEADLINE_S
    while not until(read_events(run.events)):
        status = run.status
        assert status.live, f"{status} {tail_log(run.folder)}"
        assert time.monotonic() < deadline, "the run hangs"
        time.sleep(0.02)


def about(points: Iterable[tuple[int, float | None]]) -> list[tuple[int, object]]:
    """The points that are defined, as near as a float32 comes to them."""
    return [(step, pytest.approx(value)) for step, value in points if value is not None]


def steps(events: list[Event]) -> int:
    return sum(e["kind"] == "step" for e in events)


def more_steps_than(count: int) -> Callable[[list[Event]], bool]:
    return lambda events: steps(events) > count


@pytest.fixture(scope="module")
def unbroken(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Run]:
    """A run that nothing disturbed."""
    engine = Engine(Workspace(tmp_path_factory.mktemp("unbroken")))
    run = engine.runs.train(drawn, config(), "demo")
    finished(engine, run)
    return engine, run


def test_a_run_leaves_everything_that_its_layout_promises(unbroken: tuple[Engine, Run]) -> None:
    engine, run = unbroken
    assert [s for s, _ in losses(run)] == [1, 2, 3, 4, 5, 6]
    assert [e[0] for e in epochs(run)] == [1, 2]
    assert run.checkpoints() == ["best", "last"]
    assert {"config.toml", "events.jsonl", "status.json", "log.txt", "checkpoints", "tensorboard"} <= set(
        os.listdir(run.folder)
    )
    events = read_events(run.events)
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    rows = next(e for e in events if e["kind"] == "epoch")["classes"]
    assert [r["id"] for r in rows] == list(range(20))
    best, facts = engine.runs.history(run).best, run.status.facts
    assert best and (facts["best_epoch"], facts["best_miou19"]) == (best.epoch, pytest.approx(best.miou19))
    steps = [e for e in events if e["kind"] == "step"]
    assert all(0 <= (e["cpu_percent"] or 0) <= 100 and 0 < (e["memory_percent"] or 0) <= 100 for e in steps)
    assert 0 < facts["trained_s"] <= steps[-1]["time"] - events[0]["time"] + 60


def test_a_killed_run_resumes_to_the_very_same_losses(
    unbroken: tuple[Engine, Run], engine: Engine, drawn: Path
) -> None:
    step = random.SystemRandom().randint(1, 5)
    run = engine.runs.train(drawn, config(), "demo")
    wait_for(run, more_steps_than(step - 1))
    status = run.status
    assert status.process
    kill(status.process)
    assert engine.runs.wait(run.folder).state == "lost"
    engine.runs.resume(run)
    finished(engine, run)
    assert losses(run) == losses(unbroken[1]), f"killed at step {step}"
    assert epochs(run) == epochs(unbroken[1]), f"killed at step {step}"
    ours, theirs = (load_file(r.folder / "checkpoints/last/model.safetensors") for r in (run, unbroken[1]))
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)
    board, whole = read_board(run.folder), read_board(unbroken[1].folder)
    assert scalars(board, "step/loss") == scalars(whole, "step/loss"), f"killed at step {step}"
    # An epoch whose checkpoint is there is not done again; killed right then, its figures are in the events alone.
    rows, expected = scalars(board, "epoch/miou19"), scalars(whole, "epoch/miou19")
    assert rows in (expected, expected[1:]), f"killed at step {step}"


def test_tensorboard_files_hold_curves_classes_and_settings(unbroken: tuple[Engine, Run]) -> None:
    _, run = unbroken
    board = read_board(run.folder)
    found = [e for e in read_events(run.events) if e["kind"] == "epoch"]
    assert scalars(board, "step/loss") == about(losses(run))
    for row in found[-1]["classes"]:
        known = about((e["step"], e["classes"][row["id"]]["iou"]) for e in found)
        tag = f"iou/{row['name']}"
        assert (scalars(board, tag) if tag in board.Tags()["scalars"] else []) == known
    assert {"encoder": "mobilenet_v2", "batch_size": 4.0, "flip": True}.items() <= hparams(board).items()
    last = about([(6, found[-1]["miou19"])])
    assert scalars(board, "epoch/miou19")[-1:] == scalars(board, "hparam/miou19")[-1:] == last
    assert scalars(board, "hparam/best_miou19") == about([(6, run.status.facts["best_miou19"])])


def test_tensorboard_files_show_images_beside_their_truth_and_what_was_predicted(
    unbroken: tuple[Engine, Run],
) -> None:
    engine, run = unbroken
    board = read_board(run.folder)
    truth = read_mask(engine.runs.samples(run).images[1].mask)
    small = np.asarray(Image.fromarray(truth).resize((64, 32), Image.Resampling.NEAREST))
    colours = np.array([c.color for c in CLASSES], np.uint8)
    ((step, found),) = pictures(board, "validation/2/truth")
    assert step == 3 and np.array_equal(found, colours[small])
    assert [(s, p.shape) for s, p in pictures(board, "validation/2/image")] == [(3, (32, 64, 3))]
    predicted = pictures(board, "validation/2/prediction")
    assert [s for s, _ in predicted] == [3, 6]
    assert {tuple(c) for _, p in predicted for c in p.reshape(-1, 3)} <= {tuple(c) for c in colours}
    assert sorted(board.Tags()["images"])[-1] == "validation/4/truth"


def test_sigterm_checkpoints_and_ends_cleanly_and_the_rest_is_the_same(
    unbroken: tuple[Engine, Run], engine: Engine, drawn: Path
) -> None:
    run = engine.runs.train(drawn, config("checkpoint_minutes=60"), "demo")
    wait_for(run, more_steps_than(1))
    engine.runs.stop(run)
    finished(engine, run, "stopped")
    at = read_events(run.events)[-1]
    assert at["kind"] == "stop"
    saved = json.loads((run.folder / "checkpoints/last/state.json").read_text())["progress"]["step"]
    assert saved == losses(run)[-1][0]
    engine.runs.resume(run)
    finished(engine, run)
    assert losses(run) == losses(unbroken[1])


@pytest.fixture(scope="module")
def started() -> Iterator[list[tuple[Engine, Run]]]:
    """Long runs that were started here."""
    made = list[tuple[Engine, Run]]()
    yield made
    for engine, run in made:
        if run.status.live:
            engine.runs.stop(run, now=True)


@pytest.fixture
def live(
    started: list[tuple[Engine, Run]], drawn: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Engine, Run]:
    """A run that trains, the one of the test before if it still does."""
    if not started or not started[-1][1].status.live:
        engine = Engine(Workspace(tmp_path_factory.mktemp("live")))
        run = engine.runs.train(drawn, config("epochs=5000", "checkpoint_minutes=60"), "demo")
        started.append((engine, run))
        wait_for(run, more_steps_than(0))
    return started[-1]


@pytest.mark.parametrize("work", ["resume", "delete"])
def test_a_run_cannot_be_worked_on_twice(live: tuple[Engine, Run], work: str) -> None:
    engine, run = live
    with pytest.raises(BddsegError, match="still training"):
        getattr(engine.runs, work)(run)


def test_a_run_that_was_ended_at_once_is_lost_and_may_be_deleted(live: tuple[Engine, Run]) -> None:
    engine, run = live
    engine.runs.stop(run, now=True)
    assert engine.runs.wait(run.folder).state == "lost"
    engine.runs.delete(run)
    assert engine.runs.list_runs() == []


def test_a_hang_up_does_not_reach_a_run(live: tuple[Engine, Run]) -> None:
    _, run = live
    process = run.status.process
    assert process
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    os.kill(process.pid, signal.SIGHUP)
    seen = steps(read_events(run.events))
    wait_for(run, more_steps_than(seen))


def test_a_loss_that_is_no_number_ends_the_run_and_the_good_checkpoint_stays(engine: Engine, copied: Run) -> None:
    run = copied
    path = run.folder / "checkpoints/last/model.safetensors"
    weights = load_file(path)
    weights["segmentation_head.0.weight"].fill_(3e38)
    save_file(weights, path)
    target = (run.folder / "checkpoints/last").resolve()
    engine.runs.resume(run)
    finished(engine, run, "failed")
    assert re.search("loss became (nan|inf) at step", run.status.message), run.status.message
    assert "learning_rate" in run.status.message
    assert read_events(run.events)[-1]["kind"] == "fail"
    assert (run.folder / "checkpoints/last").resolve() == target


def test_missing_weights_fail_before_anything_else_is_done(engine: Engine, drawn: Path) -> None:
    with pytest.raises(BddsegError, match="encoder_weights=none"):
        fit(engine, drawn, small_config("encoder=resnet18", "encoder_weights=imagenet"))
    (run,) = engine.runs.list_runs()
    assert read_events(run.events) == []
    assert list(engine.workspace.cache.iterdir()) == []


def test_out_of_memory_names_what_was_tried(engine: Engine, drawn: Path) -> None:
    large = ["height=1024", "width=1024", "batch_size=12", "color_jitter=0", "scale_min=1", "scale_max=1"]
    run = create_run(engine.workspace, drawn, config(*large), "demo")
    limit = 5 << 30
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bddseg_tui.train", "fit", str(run.folder)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert run.status.state == "failed"
    assert "out of memory with batch_size 12 at 1024x1024: try --set batch_size=6" in run.status.message
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that holds one checkpoint and not two."""
    with mounted_disk(tmp_path / "small", "130m") as disk:
        yield disk


def test_a_full_disk_keeps_the_last_checkpoint_and_says_what_to_do(
    unbroken: tuple[Engine, Run], small_disk: Path, drawn: Path
) -> None:
    engine = Engine(Workspace(small_disk))
    run = engine.runs.train(drawn, config(), "demo")
    finished(engine, run, "failed")
    assert "the disk is full: make room, then resume; the last one is kept" in run.status.message
    assert "Traceback" not in tail_log(run.folder)
    assert json.loads((run.folder / "checkpoints/last/state.json").read_text())["progress"]["step"] == 1
    subprocess.run(["mount", "-o", "remount,size=2g", str(small_disk)], check=True)
    engine.runs.resume(run)
    finished(engine, run)
    assert losses(run) == losses(unbroken[1])


def test_broken_images_never_end_a_run(engine: Engine, dataset: Path) -> None:
    for split in ("train", "val"):
        next((dataset / "images/10k" / split).iterdir()).write_bytes(b"broken")
    run = fit(engine, dataset, small_config())
    warnings = [e["message"] for e in read_events(run.events) if e["kind"] == "warning"]
    assert warnings == ["1 images of train are left out", "1 images of val are left out"]
    evaluate(run)
    assert [e.left_out for e in engine.analysis.evaluations()] == [1]


def test_a_run_that_was_killed_again_and_again_loses_nothing(
    unbroken: tuple[Engine, Run], engine: Engine, drawn: Path
) -> None:
    run = engine.runs.train(drawn, config(), "demo")
    for _ in range(2):
        wait_for(run, more_steps_than(steps(read_events(run.events))))
        status = run.status
        if not status.live or not status.process:
            break
        kill(status.process)
        engine.runs.wait(run.folder)
        engine.runs.resume(run)
    finished(engine, run)
    assert losses(run) == losses(unbroken[1])
