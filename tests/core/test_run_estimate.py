"""How long a run will take and how much memory, by earlier runs."""

from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.confirmed_errors import LeftOut
from bddseg_tui.core.runs.encoders import find_encoder
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.runs.run_estimate import (
    RATE_OF_A_CORE,
    Measured,
    RunCosts,
    estimate,
    likely_device,
    measured_runs,
)
from bddseg_tui.core.workspace.workspace import Workspace

BASE = ["height=96", "width=160", "batch_size=8", "epochs=10"]
FACTS = {"device": "cpu", "precision": "bf16", "batch_size": 8, "step_s": 0.4, "memory_mib": 1200.0, "processes": 1}


def measured(*settings: str, run: str = "0001-demo", device: str = "cuda", images_per_s: float = 20.0) -> Measured:
    config = build_config(None, [*BASE, *settings])
    return Measured(run, config, device, False, images_per_s, 8, 1, 2 << 30)


def test_a_run_like_an_earlier_one_takes_as_long() -> None:
    before = measured()
    found = estimate(before.config, 83, 0, [before], "cuda")
    # 80 of 83 images fill ten batches of eight.
    assert found.seconds == pytest.approx(10 * 80 / 20)
    assert (found.memory, found.by) == (2 << 30, "0001-demo")


def test_time_goes_with_multiplications_and_validation_is_a_third_of_training() -> None:
    before = measured()
    twice = estimate(build_config(None, [*BASE, "height=192"]), 80, 0, [before], "cuda")
    assert twice.seconds == pytest.approx(2 * 10 * 80 / 20)
    validated = estimate(before.config, 80, 30, [before], "cuda")
    assert validated.seconds == pytest.approx(10 * (80 + 10) / 20)
    small, large = find_encoder("resnet18"), find_encoder("resnet34")
    assert small and large
    other = estimate(build_config(None, [*BASE, "encoder=resnet18"]), 80, 0, [before], "cuda")
    assert other.seconds == pytest.approx(10 * 80 / 20 * small.multiplications / large.multiplications)


def test_the_run_that_is_most_alike_tells() -> None:
    runs = [
        measured("height=1024", run="0003-large"),
        measured("encoder=resnet18", run="0002-other"),
        measured(run="0001-same"),
    ]
    assert estimate(runs[2].config, 80, 0, runs, "cuda").by == "0001-same"
    assert estimate(runs[2].config, 80, 0, [measured(device="cpu")], "cuda").by == ""


def test_without_a_run_a_cpu_is_reckoned_by_its_cores_and_a_gpu_is_not() -> None:
    config = build_config(None, [*BASE, "encoder=resnet34"])
    encoder = find_encoder("resnet34")
    assert encoder
    work = 10 * 80 * encoder.multiplications * 96 * 160 / 224**2
    assert estimate(config, 80, 0, [], "cpu").seconds == pytest.approx(work / (RATE_OF_A_CORE * cores()))
    assert estimate(config, 80, 0, [], "cuda").seconds is None


def test_memory_grows_with_the_batch_and_shrinks_with_accumulation() -> None:
    before = measured()
    memory = [
        estimate(build_config(None, [*BASE, *more]), 80, 0, [before], "cuda").memory or 0
        for more in (["accumulate=8"], [], ["batch_size=16"], ["batch_size=32"])
    ]
    assert memory == sorted(memory) and memory[3] - memory[2] == pytest.approx(2 * (memory[2] - memory[1]), rel=0.01)
    assert estimate(build_config(None, [*BASE, "batch_size=0"]), 80, 0, [before], "cuda").memory is None


def test_an_encoder_that_was_not_counted_is_reckoned_by_a_run_with_it_alone() -> None:
    config = build_config(None, [*BASE, "encoder=my-own"])
    assert estimate(config, 80, 0, [measured()], "cuda").seconds is None
    own = measured("encoder=my-own", "height=48")
    assert estimate(config, 80, 0, [measured(), own], "cuda").seconds == pytest.approx(2 * 10 * 80 / 20)


def test_runs_of_the_workspace_are_measured_if_they_made_enough_steps(workspace: Workspace, tmp_path: Path) -> None:
    for done, facts in ((3, FACTS), (50, FACTS), (50, {})):
        run = create_run(workspace, tmp_path, build_config("demo"), "demo")
        write_status(run.folder, Status("finished", done=done, total=50, facts=facts))
    (found,) = measured_runs(Engine(workspace).runs.summaries().read())
    assert (found.run, found.images_per_s, found.half, found.memory) == ("0002-demo", 20.0, True, 1200 << 20)
    assert likely_device([found]) == "cpu"


def test_a_run_is_as_fast_as_it_was_over_all_that_it_did_not_as_its_last_steps(
    workspace: Workspace, tmp_path: Path
) -> None:
    # Five epochs of 80 images, each with 30 of validation, which cost a third, in 100 s; the last steps were fast.
    facts = FACTS | {"step_s": 0.1, "trained_s": 100.0, "train_images": 80, "val_images": 30}
    run = create_run(workspace, tmp_path, build_config("demo", ["gradient_checkpointing=false"]), "demo")
    write_status(run.folder, Status("finished", done=50, total=50, facts=facts))
    (found,) = measured_runs(Engine(workspace).runs.summaries().read())
    assert found.images_per_s == pytest.approx(5 * (80 + 10) / 100)
    again = estimate(found.config.model_copy(update={"epochs": 5, "batch_size": 8}), 80, 30, [found], "cpu")
    assert again.seconds == pytest.approx(100.0)


def test_images_that_are_left_out_are_not_counted() -> None:
    costs = RunCosts(80, 0, (measured(),), "cuda", 0, left_out=LeftOut(tagged=10, areas=30, images=6))
    config = build_config(None, BASE)
    assert costs.learnt_from(config) == 70
    assert costs.learnt_from(config.model_copy(update={"confirmed_errors": "leave-out"})) == 64
    assert costs.learnt_from(config.model_copy(update={"exclude": ""})) == 80
    assert costs.estimate(config).seconds == estimate(config, 70, 0, [measured()], "cuda").seconds
