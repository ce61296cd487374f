import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.demo.generate import draw_scene, generate, is_complete
from bddseg_tui.core.demo.scene import sample_scene
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.owned_folder import MARKER


def digest(root: Path) -> str:
    files = sorted(p for p in root.rglob("*") if p.is_file())
    return hashlib.sha256(b"".join(str(p.relative_to(root)).encode() + p.read_bytes() for p in files)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_however_many_workers(drawn: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, workers=2)
    assert digest(tmp_path / "again") == digest(drawn)


def test_an_interrupted_drawing_goes_on_to_the_same_bytes(drawn: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    root = tmp_path / "again"
    with pytest.raises(KeyboardInterrupt):
        generate(root, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, report=interrupt, workers=1)
    assert not is_complete(root)
    generate(root, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, workers=1)
    assert digest(root) == digest(drawn)


def test_every_class_occurs_in_the_default_dataset() -> None:
    seen = np.zeros(256, dtype=bool)
    for index in range(0, 300, 5):
        seen[np.unique(draw_scene(sample_scene(2020, index), 160, 90).mask)] = True
    missing = [c.name for c in CLASSES[:19] if not seen[c.id]] + ([] if seen[255] else ["unknown"])
    # A train is in every tenth scene or so, the others in most.
    assert missing == []
    assert set(np.flatnonzero(seen)) == {*range(19), 255}


def test_every_place_time_and_weather_occurs() -> None:
    scenes = [sample_scene(2020, i) for i in range(200)]
    assert {s.place for s in scenes} == {"city", "highway", "forest", "desert", "residential"}
    assert {s.time for s in scenes} == {"day", "dusk", "night"}
    assert {s.weather for s in scenes} == {"clear", "rain", "snow", "fog"}


def test_what_the_notes_say_is_in_the_mask(drawn: Path) -> None:
    scenes = [json.loads(line) for line in (drawn / "scenes.jsonl").read_text().splitlines()]
    assert len(scenes) == 21
    class_of = {c.name: c.id for c in CLASSES}
    checked = 0
    for scene in scenes:
        if scene["split"] == "test":
            continue
        mask = np.asarray(Image.open(drawn / f"labels/sem_seg/masks/{scene['split']}/{scene['name']}.png"))
        for thing in scene["objects"]:
            if thing["kind"] in class_of and thing["pixels"] > 60:
                left, top, right, bottom = thing["box"]
                assert (mask[top:bottom, left:right] == class_of[thing["kind"]]).any(), (scene["name"], thing)
                checked += 1
    assert checked > 10


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("")
    with pytest.raises(BddsegError, match="not empty"):
        generate(tmp_path, {"train": 1}, (64, 36))
    assert [p.name for p in tmp_path.iterdir()] == ["precious.txt"]


def test_another_recipe_in_the_same_folder_is_refused(dataset: Path) -> None:
    with pytest.raises(BddsegError, match="another seed"):
        generate(dataset, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=8)


def test_what_a_version_without_markers_began_goes_on(drawn: Path, tmp_path: Path) -> None:
    root = tmp_path / "again"
    shutil.copytree(drawn, root)
    (root / MARKER).unlink()
    (root / "scenes.jsonl").unlink()
    generate(root, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, workers=1)
    assert digest(root / "images") == digest(drawn / "images")


def test_a_complete_dataset_needs_nothing_written(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("bddseg_tui.core.demo.generate.own", refuse)
    generate(dataset, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7)


def test_a_link_where_scenes_would_go_is_not_written_through(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "demo"
    outside.mkdir()
    generate(root, {"train": 1}, (64, 36), workers=1)
    (root / "scenes.jsonl").unlink()
    shutil.rmtree(root / "images/10k/train")
    (root / "images/10k/train").symlink_to(outside)
    with pytest.raises(BddsegError, match="is a link"):
        generate(root, {"train": 1}, (64, 36), workers=1)
    assert list(outside.iterdir()) == []
