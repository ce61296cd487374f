"""What a person types as the name of a split becomes part of a path, and leads nowhere else."""

from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.evaluation import evaluation_folder
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace

NAMES = ["x/../../../..", "../val", "/tmp/val", "val/x", "a\0b", "", ".", "val\n", "x" * 300]


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> Run:
    """A run with a checkpoint, which is looked for first."""
    made = create_run(workspace, tmp_path, build_config("demo"), "demo")
    (made.folder / "checkpoints/best").mkdir(parents=True)
    (made.folder / "checkpoints/best/model.safetensors").write_text("")
    return made


@pytest.mark.parametrize("split", NAMES)
def test_evaluate_and_predict_refuse_names_that_leave_the_run(
    engine: Engine, run: Run, split: str, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="plain name"):
        engine.runs.evaluate(run, split)
    with pytest.raises(UsageError, match="plain name"):
        engine.runs.predict(run, tmp_path / "to", split)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", NAMES)
def test_no_part_of_an_evaluations_name_leads_out_of_its_run(name: str) -> None:
    for parts in ((name, "val", "none"), ("best", name, "none"), ("best", "val", name)):
        with pytest.raises(UsageError, match="plain name"):
            evaluation_folder(Path("/runs/0001-demo"), *parts)


@pytest.mark.parametrize("checkpoint", ["../best", "/tmp", "best/../best", ""])
def test_a_checkpoint_is_one_of_those_that_there_are(engine: Engine, run: Run, checkpoint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no checkpoint"):
        engine.runs.evaluate(run, "val", checkpoint)
    with pytest.raises(UsageError, match="has no checkpoint"):
        engine.runs.predict(run, tmp_path / "to", "val", checkpoint)
    with pytest.raises(UsageError, match="has no checkpoint"):
        engine.runs.export(run, "onnx", tmp_path / "to", checkpoint)
