"""Predicting into folders that people name: what is theirs stays, and only what changed is made again."""

import errno
import json
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.owned_folder import MARKER, own
from bddseg_tui.core.jobs.job_writer import FolderWriter, StopRequestedError
from bddseg_tui.core.runs.prediction_journal import PredictionJournal, read_journal
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.infer import write_prediction
from tests.train.in_process import predict
from tests.train.predicted import masks


def summed(to: Path) -> int:
    return int(json.loads((to / "summary.json").read_text())["images"])


def another_image(path: Path, size: tuple[int, int] = (100, 60)) -> None:
    Image.effect_noise(size, 50).convert("RGB").save(path)


def test_masks_of_the_users_own_are_neither_counted_nor_deleted(run: Run, photos: Path, out: Path) -> None:
    (out / "masks").mkdir(parents=True)
    theirs = out / "masks/truth.png"
    Image.new("L", (128, 72), 3).save(theirs)
    before = theirs.read_bytes()
    predict(run, photos, out)
    assert summed(out) == 3
    predict(run, photos, out, "last")
    assert summed(out) == 3
    assert theirs.read_bytes() == before


@pytest.mark.parametrize("name", ["masks/b.png", "colour/b.png", "overlay/b.jpg", "summary.json", "predictions.jsonl"])
def test_a_file_of_the_users_own_in_the_way_is_refused_before_any_work(
    run: Run, photos: Path, out: Path, name: str
) -> None:
    (out / name).parent.mkdir(parents=True)
    (out / name).write_bytes(b"theirs")
    with pytest.raises(BddsegError, match=f"refuses to replace {name}"):
        Engine(Workspace(run.folder.parent.parent)).runs.predict(run, out, photos)
    assert not (run.folder / "prediction").exists()
    with pytest.raises(BddsegError, match=f"refuses to replace {name}"):
        predict(run, photos, out)
    assert (out / name).read_bytes() == b"theirs"
    assert [p for p in out.rglob("*.png") if p.read_bytes() != b"theirs"] == []


def test_a_mask_that_was_corrected_by_hand_is_refused_by_any_checkpoint(run: Run, photos: Path, out: Path) -> None:
    predict(run, photos, out)
    corrected = out / "masks/b.png"
    Image.new("L", (128, 72), 3).save(corrected)
    before = corrected.read_bytes()
    for which in ("best", "last"):
        with pytest.raises(BddsegError, match=r"masks/b\.png in .* changed after they were predicted"):
            predict(run, photos, out, which)
        with pytest.raises(BddsegError, match="changed after they were predicted"):
            Engine(Workspace(run.folder.parent.parent)).runs.predict(run, out, photos, which)
    assert corrected.read_bytes() == before and len(masks(out)) == 3


def test_an_image_that_was_made_anew_is_predicted_again_and_no_other(run: Run, photos: Path, out: Path) -> None:
    predict(run, photos, out)
    before = masks(out)
    another_image(photos / "b.jpg")
    predict(run, photos, out)
    after = masks(out)
    assert [n for n in after if after[n] != before[n]] == ["b.png"]
    with Image.open(out / "masks/b.png") as mask, Image.open(out / "overlay/b.jpg") as overlay:
        assert mask.size == overlay.size == (100, 60)
    predict(run, photos, out)
    assert masks(out) == after


def test_another_reader_of_images_predicts_all_again(
    run: Run, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(run, photos, out)
    before = masks(out)
    monkeypatch.setattr("bddseg_tui.core.runs.prediction_journal.READER_VERSION", 99)
    predict(run, photos, out)
    assert all(t != before[n] for n, t in masks(out).items())


def test_predictions_of_images_that_are_gone_or_broken_go(run: Run, photos: Path, out: Path) -> None:
    predict(run, photos, out)
    (photos / "a.jpg").unlink()
    (photos / "b.jpg").write_bytes(b"broken")
    predict(run, photos, out)
    assert list(masks(out)) == ["c.png"]
    assert [p.name for p in (out / "colour").iterdir()] == ["c.png"]
    assert [p.name for p in (out / "overlay").iterdir()] == ["c.jpg"]
    assert summed(out) == 1


def test_images_of_one_stem_have_each_a_prediction_of_its_own(run: Run, photos: Path, out: Path) -> None:
    another_image(photos / "a.png", (70, 50))
    (photos / "a.webp.jpg").write_bytes((photos / "b.jpg").read_bytes())
    another_image(photos / "a.webp", (60, 40))
    predict(run, photos, out)
    sizes = {}
    for name in masks(out):
        with Image.open(out / "masks" / name) as mask:
            sizes[name] = mask.size
    big = (128, 72)
    small = {"a.png.png": (70, 50), "a.webp~.png": (60, 40)}
    assert sizes == {**dict.fromkeys(("a.png", "a.webp.png", "b.png", "c.png"), big), **small}
    assert summed(out) == 6


def test_another_checkpoint_predicts_all_again_even_under_the_same_name(run: Run, photos: Path, out: Path) -> None:
    predict(run, photos, out)
    before = masks(out)
    best, last = (run.folder / "checkpoints" / n for n in ("best", "last"))
    kept = (best / "model.safetensors").read_bytes()
    try:
        shutil.copy(last / "model.safetensors", best.resolve() / "model.safetensors")
        predict(run, photos, out)
    finally:
        (best.resolve() / "model.safetensors").write_bytes(kept)
    assert all(t != before[n] for n, t in masks(out).items())


def test_what_is_predicted_into_its_own_source_is_no_image_of_it(run: Run, photos: Path) -> None:
    for _ in range(2):
        predict(run, photos, photos)
        assert summed(photos) == 3 and len(masks(photos)) == 3


def test_hidden_files_are_no_images(run: Run, photos: Path, out: Path) -> None:
    (photos / "._a.jpg").write_bytes(b"\0\5\x16\7")
    (photos / ".trash").mkdir()
    shutil.copy(photos / "a.jpg", photos / ".trash/d.jpg")
    predict(run, photos, out)
    assert summed(out) == 3


def test_two_predictions_into_one_folder_do_not_mix(
    run: Run, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bddseg_tui.core.runs.prediction_journal._PATIENCE_S", 0.0)
    with PredictionJournal(own(out, "predict")), pytest.raises(BddsegError, match="another prediction is being"):
        predict(run, photos, out)
    predict(run, photos, out)
    assert summed(out) == 3


def test_a_file_system_without_locks_is_predicted_into(
    run: Run, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    folder = own(out, "predict")
    with monkeypatch.context() as patch:
        patch.setattr("bddseg_tui.core.runs.prediction_journal.fcntl.flock", flock)
        with PredictionJournal(folder) as journal:
            assert journal.facts is None


def test_a_stopped_prediction_goes_on_and_owns_no_name_that_it_did_not_write(
    run: Run, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def progress(self: FolderWriter, done: int, total: int) -> None:
        seen.append(done)
        if done == 2:
            raise StopRequestedError

    with monkeypatch.context() as patch:
        patch.setattr(FolderWriter, "progress", progress)
        with pytest.raises(StopRequestedError):
            predict(run, photos, out)
    before = masks(out)
    assert set(before) == {"a.png", "b.png"} and not (out / "summary.json").exists()
    folder = own(out, "predict")
    assert folder.owns("masks/b.png") and not folder.owns("masks/c.png")
    predict(run, photos, out)
    after = masks(out)
    assert len(after) == 3 and all(after[n] == t for n, t in before.items()) and summed(out) == 3


def test_a_mask_whose_line_in_the_journal_is_torn_is_predicted_again(run: Run, photos: Path, out: Path) -> None:
    predict(run, photos, out)
    before, journal = masks(out), out / "predictions.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    predict(run, photos, out)
    after = masks(out)
    assert sum(after[n] != before[n] for n in after) == 1
    assert len(read_journal(out)[1]) == 3


def test_a_linked_folder_is_followed_and_links_in_it_are_not(run: Run, photos: Path, tmp_path: Path) -> None:
    real, elsewhere = tmp_path / "real", tmp_path / "elsewhere"
    real.mkdir()
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(real)
    predict(run, photos, tmp_path / "link")
    assert len(masks(real)) == 3
    shutil.rmtree(real / "masks")
    (real / "masks").symlink_to(elsewhere)
    with pytest.raises(BddsegError, match="masks is a link"):
        predict(run, photos, tmp_path / "link")
    assert list(elsewhere.iterdir()) == []


def test_folders_of_earlier_versions_go_on_without_the_masks_that_were_the_users(
    run: Run, photos: Path, out: Path
) -> None:
    predict(run, photos, out)
    (out / MARKER).unlink()
    (out / "predictions.jsonl").unlink()
    (out / "predictions.json").write_text(json.dumps({"run": run.name, "checkpoint": "step-1", "source": "x"}))
    (out / "colour/b.png").unlink()
    with pytest.raises(BddsegError, match=r"refuses to replace masks/b\.png"):
        predict(run, photos, out)
    for name in ("masks/b.png", "overlay/b.jpg"):
        (out / name).unlink()
    predict(run, photos, out)
    assert len(masks(out)) == 3 and not (out / "predictions.json").exists()


def test_a_full_disk_is_one_true_line_and_leaves_no_half_files(
    run: Run, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bddseg_tui.train import predict as predicting

    lock, count = threading.Lock(), [0]
    real = write_prediction

    def write(ids: NDArray[np.uint8], path: Path) -> None:
        with lock:
            count[0] += 1
            if count[0] > 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))
        real(ids, path)

    with monkeypatch.context() as patch:
        patch.setattr(predicting, "write_prediction", write)
        with pytest.raises(BddsegError, match=r"out/masks/[abc]\.png cannot be written: the disk is full: make room"):
            predict(run, photos, out)
    written = masks(out)
    assert len(written) == 1 and len(list((out / "colour").iterdir())) == 1
    predict(run, photos, out)
    assert summed(out) == 3 and all(masks(out)[n] == t for n, t in written.items())
