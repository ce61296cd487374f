"""What is shown of evaluations and runs while one looks again and again."""

import json
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import EventWriter
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.processes.process import this_process
from bddseg_tui.core.runs.config import build_config, preset_names
from bddseg_tui.core.runs.run import Run, create_run
from tests.core.test_odd_records import result


@pytest.fixture
def run(engine: Engine, drawn: Path) -> Run:
    return create_run(engine.workspace, drawn, build_config("demo"), "demo")


def evaluated(run: Run, name: str, content: str, status: Status | None = None) -> Path:
    folder = run.folder / "evaluation" / name
    folder.mkdir(parents=True)
    write_status(folder, status or Status("finished", heartbeat=1.0), durable=False)
    (folder / "result.json").write_text(content)
    return folder


def test_an_evaluation_is_listed_with_its_result_its_job_or_what_is_wrong(engine: Engine, run: Run) -> None:
    evaluated(run, "best-val", json.dumps(result(run=run.name)))
    evaluated(run, "last-train", "{")
    evaluated(run, "last-val", json.dumps(result()), Status("running", "images", 1, 6, process=this_process()))
    good, damaged, live = engine.analysis.evaluation_states().read()
    assert good.name == f"{run.name}/best-val" and good.result and good.result.miou19 == 0.5 and not good.problem
    assert damaged.result is None and "damaged" in damaged.problem
    assert live.result is None and not live.problem and live.status.total == 6
    assert good.dataset == run.shown_dataset


def test_evaluations_that_are_as_they_were_are_the_very_value_of_before(engine: Engine, run: Run) -> None:
    folder, states = evaluated(run, "best-val", json.dumps(result(run=run.name))), engine.analysis.evaluation_states()
    before = states.read()
    assert states.read() is before
    (folder / "result.json").write_text(json.dumps(result(run=run.name, miou19=0.75)))
    write_status(folder, Status("finished", heartbeat=2.0), durable=False)
    (after,) = states.read()
    assert after.result and after.result.miou19 == 0.75


def test_details_name_the_live_jobs_that_use_a_run_but_not_its_training(engine: Engine, run: Run) -> None:
    write_status(run.folder, Status("running", process=this_process()), durable=False)
    evaluated(run, "best-val", "{}", Status("running", "images", 1, 6, process=this_process()))
    evaluated(run, "last-val", "{}", Status("finished"))
    (run.folder / "checkpoints/last").mkdir(parents=True)
    (run.folder / "checkpoints/last/model.safetensors").touch()
    found = engine.runs.details(run)
    assert [job.name for job in found.jobs] == [f"{run.name}/evaluate-best-val"]
    assert found.checkpoints == ("last",) and engine.runs.checkpoints() == ((run, "last"),)
    assert (found.dataset, found.preset, found.problem) == (run.shown_dataset, "demo", "")


def test_details_of_a_run_whose_configuration_is_damaged_say_so(engine: Engine, run: Run) -> None:
    (run.folder / "config.toml").write_text("dataset = 7")
    found = engine.runs.details(engine.runs.list_runs()[0])
    assert found.dataset == "-" and "damaged" in found.problem


def test_the_demo_dataset_suggests_its_own_preset_and_every_preset_fits(engine: Engine, drawn: Path) -> None:
    assert engine.configs.suggested_preset(drawn) == "demo"
    assert engine.configs.suggested_preset(drawn / "images") == "cross-entropy"
    assert list(engine.configs.presets()) == preset_names()
    assert engine.configs.presets()["demo"] == build_config("demo")


def test_an_export_says_what_it_made_or_that_it_does_not(engine: Engine, tmp_path: Path) -> None:
    EventWriter(tmp_path / "events.jsonl").write("exported", files=["model.pt"], max_difference=1e-6)
    assert engine.runs.exported(tmp_path).files == ("model.pt",)
    assert engine.runs.exported(tmp_path).max_difference == 1e-6
    (tmp_path / "events.jsonl").unlink()
    with pytest.raises(BddsegError, match="does not say what was exported"):
        engine.runs.exported(tmp_path)
