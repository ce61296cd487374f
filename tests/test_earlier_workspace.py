"""A workspace that the program made before its modules moved still opens, whole.

`earlier/workspace-0.1.0.tar.xz` was made by the commands demo, train, evaluate, index build, data tag and settings,
and a chat of one turn; the weights were then filled with zeros, so that the archive is small.
"""

import tarfile
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import open_workspace
from bddseg_tui.train.checkpoint import load_model

WAS = Path("/srv/earlier/scenes")
"""Where the dataset was."""


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Path]:
    """The engine over that workspace, its dataset moved to where this test has it."""
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(Path(__file__).parent / "earlier/workspace-0.1.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    engine = Engine(open_workspace(folder / "workspace"))
    engine.data.move(WAS, folder / "scenes", force=True)
    return engine, folder / "scenes"


def test_its_runs_have_their_histories_and_checkpoints(moved: tuple[Engine, Path]) -> None:
    (run,) = moved[0].runs.list_runs()
    assert (run.name, run.status.state, run.dataset) == ("0001-demo", "finished", moved[1])
    assert [epoch.epoch for epoch in moved[0].runs.history(run).epochs] == [1, 2]
    assert not any(p.any() for p in load_model(run.folder / "checkpoints/best").parameters())


def test_its_evaluations_have_their_scores(moved: tuple[Engine, Path]) -> None:
    (evaluation,) = moved[0].analysis.evaluations()
    assert evaluation.name == "0001-demo/best-val"
    assert len(moved[0].analysis.images(evaluation)) == 2


def test_its_catalog_has_its_tags(moved: tuple[Engine, Path]) -> None:
    collection = moved[0].data.open(moved[1])
    assert [row.split for row in moved[0].data.find(collection, "tag:mark")] == ["val", "val"]


def test_its_index_is_whole(moved: tuple[Engine, Path]) -> None:
    manifest = moved[0].retrieval.info(moved[1])
    assert manifest
    assert manifest.count == 7


def test_its_chats_are_read(moved: tuple[Engine, Path]) -> None:
    (chat,) = moved[0].chats.find(moved[1])
    assert [(turn.question, turn.answer) for turn in chat.turns] == [("is there a bus?", "Yes.")]


def test_its_settings_hold(moved: tuple[Engine, Path]) -> None:
    assert moved[0].retrieval.options.answer_tokens == 77
