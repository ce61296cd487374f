from pathlib import Path

from PIL import Image

from core.check import check_dataset
from core.dataset import open_dataset


def kinds(root: Path) -> dict[str, str]:
    return {p.path.name: p.kind for p in check_dataset(open_dataset(root)).problems}


def test_a_sound_dataset_has_no_problems(drawn: Path) -> None:
    report = check_dataset(open_dataset(drawn))
    assert report.problems == []
    assert report.to_json()["splits"] == {
        "train": {"images": 12, "masks": 12},
        "val": {"images": 6, "masks": 6},
        "test": {"images": 3, "masks": 0},
    }


def test_missing_masks_and_strays_and_sizes_are_found(dataset: Path) -> None:
    images, masks = dataset / "images/10k/train", dataset / "labels/sem_seg/masks/train"
    names = sorted(p.stem for p in masks.iterdir())
    (masks / f"{names[0]}.png").unlink()
    (images / f"{names[1]}.jpg").unlink()
    Image.new("L", (10, 10)).save(masks / f"{names[2]}.png")
    (images / "notes.txt").write_text("")
    (masks / "folder").mkdir()
    assert kinds(dataset) == {
        f"{names[0]}.jpg": "missing-mask",
        f"{names[1]}.png": "stray-file",
        f"{names[2]}.png": "size-mismatch",
        "notes.txt": "stray-file",
        "folder": "stray-file",
    }


def test_every_problem_says_what_to_do(dataset: Path) -> None:
    (dataset / "images/10k/train/broken.jpg").write_bytes(b"x")
    for problem in check_dataset(open_dataset(dataset)).problems:
        assert ":" in problem.detail


def test_real_datasets_are_sound(real_data: Path) -> None:
    for name in ("camvid", "bdd-real"):
        assert check_dataset(open_dataset(real_data / name)).problems == []
