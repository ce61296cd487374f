from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.validate_dataset import check_dataset


def kinds(root: Path) -> dict[str, str]:
    return {p.path.name: p.kind for p in check_dataset(open_dataset(root)).problems}


def test_a_sound_dataset_has_no_problems(drawn: Path) -> None:
    report = check_dataset(open_dataset(drawn))
    assert report.problems == []
    assert report.splits == {"train": (12, 12), "val": (6, 6), "test": (3, 0)}


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


def put(path: Path, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new(mode, (8, 6))
    picture.putpixel((0, 0), 10 if mode == "L" else (10, 10, 10))
    picture.save(path)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """One labelled sample, `a`."""
    put(tmp_path / "images/10k/val/a.jpg")
    put(tmp_path / "labels/sem_seg/masks/val/a.png", "L")
    return tmp_path


def test_images_of_one_stem_are_found_and_one_of_them_owns_the_mask(small: Path) -> None:
    for suffix in (".png", ".webp", ".PNG"):
        put(small / f"images/10k/val/a{suffix}")
    assert kinds(small) == dict.fromkeys(["a.png", "a.webp", "a.PNG"], "same-stem")
    samples = list(list_samples(open_dataset(small)))
    assert sum(s.mask is not None for s in samples) == 1
    assert {s.name for s in samples if s.mask} == {"a"}
    assert {s.name for s in samples} == {"a", "a.png", "a.webp", "a.PNG"}


def test_the_name_made_of_a_file_name_is_nobody_elses_stem(small: Path) -> None:
    for name in ("a.png", "a.png.jpg", "a.png.png"):
        put(small / f"images/10k/val/{name}")
    names = [s.name for s in list_samples(open_dataset(small))]
    assert len(set(names)) == len(names) == 4


def test_stems_that_differ_by_case_alone_are_found(small: Path) -> None:
    put(small / "images/10k/val/A.jpg")
    put(small / "labels/sem_seg/masks/val/A.png", "L")
    assert kinds(small) == {"a.jpg": "same-stem"}


def test_two_masks_of_one_image_are_found_and_the_exact_name_counts(small: Path) -> None:
    put(small / "labels/sem_seg/masks/val/a_train_id.png", "L")
    put(small / "labels/sem_seg/masks/val/a.PNG", "L")
    assert kinds(small) == {"a_train_id.png": "stray-file", "a.PNG": "stray-file"}
    assert [s.mask and s.mask.name for s in list_samples(open_dataset(small))] == ["a.png"]


def test_no_mask_belongs_to_two_images(small: Path) -> None:
    put(small / "images/10k/val/b.jpg")
    put(small / "images/10k/val/b_train_id.jpg")
    put(small / "labels/sem_seg/masks/val/b_train_id.png", "L")
    masks = {s.name: s.mask and s.mask.name for s in list_samples(open_dataset(small))}
    assert masks == {"a": "a.png", "b": None, "b_train_id": "b_train_id.png"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.jpg", "is no PNG, and masks are"),
        ("z.png", "is a mask without an image: add"),
        ("A.png", "a.jpg differs from it by upper and lower case"),
        ("a.jpg.png", "is it that of a.jpg? Call it a.png"),
        ("a.txt", "neither an image nor a mask"),
    ],
)
def test_a_stray_mask_says_what_is_wrong_with_it(small: Path, name: str, says: str) -> None:
    path = small / "labels/sem_seg/masks/val" / name
    if name.endswith(".txt"):
        path.write_text("")
    else:
        put(path, "L")
    (found,) = check_dataset(open_dataset(small)).problems
    assert found.kind == "stray-file" and says in found.detail


def test_what_systems_leave_behind_is_no_stray(small: Path) -> None:
    for name in ("._a.jpg", ".DS_Store", "Thumbs.db", ".bddseg-tui"):
        (small / "images/10k/val" / name).write_text("")
        (small / "labels/sem_seg/masks/val" / f"._{name}").write_text("")
    (small / "images/10k/val/__MACOSX").mkdir()
    assert kinds(small) == {}


def test_an_empty_folder_of_masks_is_told(small: Path) -> None:
    put(small / "images/10k/train/b.jpg")
    (small / "labels/sem_seg/masks/train").mkdir()
    (found,) = check_dataset(open_dataset(small)).problems
    assert found.kind == "missing-mask" and found.path.name == "train" and "is empty" in found.detail


def test_faults_of_the_official_release_are_known_by_the_threads_that_state_them(small: Path) -> None:
    put(small / "images/10k/val/80a9e37d-e4548ac1.jpg")
    put(small / "labels/sem_seg/masks/val/ff55861e-a06b953c.png", "L")
    put(small / "images/10k/val/a279854d-162bd02c.jpg")
    put(small / "labels/sem_seg/masks/val/a279854d-162bd02c.png", "L")
    found = {p.path.name: (p.kind, p.detail) for p in check_dataset(open_dataset(small)).problems}
    assert [found[name][0] for name in sorted(found)] == ["missing-mask", "known-label", "stray-file"]
    assert "so in the official release: bdd100k/bdd100k#103" in found["80a9e37d-e4548ac1.jpg"][1]
    assert "bdd100k/bdd100k#103" in found["ff55861e-a06b953c.png"][1]
    assert "ucbdrive/bdd100k#62" in found["a279854d-162bd02c.png"][1]
