"""Datasets wherever a zip or a person has put them: recognised, joined, or named; opened again they are the same."""

import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bddseg_tui.core.data.dataset import Dataset, list_samples, open_dataset
from bddseg_tui.core.data.unpack import unpack
from bddseg_tui.core.errors import BddsegError

OFFICIAL = {"train": "images/10k/train", "val": "images/10k/val", "test": "images/10k/test"}


def put(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L" if path.suffix == ".png" else "RGB", (8, 6)).save(path)


def pairs(root: Path) -> dict[str, tuple[str, bool]]:
    """By name (split, whether it has a mask); and what is opened for its root is the same."""
    found = open_dataset(root)
    assert open_dataset(found.root) == found
    return {s.name: (s.split, s.mask is not None) for s in list_samples(found)}


WHOLE = ["images/10k/train/a.jpg", "images/10k/val/b.jpg", "images/10k/test/c.jpg"]
WHOLE += ["labels/sem_seg/masks/train/a.png", "labels/sem_seg/masks/val/b.png"]
LABELLED = {"a": ("train", True), "b": ("val", True), "c": ("test", False)}
SEED = ["images/train/a.jpg", "images/valid/b.jpg", "test/c.jpg", "labels/train/a.png", "labels/valid/b.png"]
OLD = ["images/train/a.jpg", "images/val/b.jpg", "images/test/c.jpg"]
OLD += ["labels/train/a_train_id.png", "labels/val/b_train_id.png", "color_labels/train/a_train_color.png"]


@pytest.mark.parametrize("top", ["", "bdd100k/", "my_copy/", "Downloads/x/bdd100k/", "a/b/c/d/"])
@pytest.mark.parametrize(
    "files", [WHOLE, SEED, OLD, [f"seg/{name}" for name in OLD]], ids=["official", "seed", "2018", "seg"]
)
def test_a_layout_is_recognised_below_any_folders(tmp_path: Path, top: str, files: list[str]) -> None:
    put(tmp_path, *(top + name for name in files))
    assert pairs(tmp_path) == LABELLED
    assert open_dataset(tmp_path).root.name == ("seg" if "seg/" in files[0] else (tmp_path / top).name)


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("bdd100k_images_10k/bdd100k/images/10k", "bdd100k_sem_seg_labels_trainval/bdd100k/labels/sem_seg/masks"),
        ("10k", "bdd100k/labels/sem_seg/masks"),
        ("bdd100k/images/10k", "bdd100k_sem_seg_labels_trainval/bdd100k/labels/sem_seg/masks"),
        ("images/10k", "zip/bdd100k/labels/sem_seg/masks"),
        ("10k", "sem_seg/masks"),
        ("images/images/10k", "labels/labels/sem_seg/masks"),
        ("bdd100k/bdd100k/images/10k", "bdd100k_seg/bdd100k/seg/labels"),
    ],
)
def test_images_and_masks_that_lie_apart_come_together(tmp_path: Path, images: str, masks: str) -> None:
    ending = "_train_id" if "seg/labels" in masks else ""
    put(tmp_path, *(f"{images}/{name}.jpg" for name in ("train/a", "val/b", "test/c")))
    put(tmp_path, f"{masks}/train/a{ending}.png", f"{masks}/val/b{ending}.png")
    assert pairs(tmp_path) == LABELLED


def test_splits_in_folders_of_their_own_come_together(tmp_path: Path) -> None:
    put(tmp_path, "10k_images_train/10k/train/a.jpg", "10k_images_val/10k/val/b.jpg", "10k_images_test/10k/test/c.jpg")
    put(tmp_path, "labels_zip/labels/sem_seg/masks/train/a.png", "labels_zip/labels/sem_seg/masks/val/b.png")
    assert pairs(tmp_path) == LABELLED


def test_a_root_that_was_recognised_before_stays_the_root(tmp_path: Path) -> None:
    put(tmp_path, *(f"bdd100k/{name}" for name in WHOLE), *(f"other/{name}" for name in WHOLE))
    assert open_dataset(tmp_path).root == tmp_path / "bdd100k"
    put(tmp_path, *WHOLE)
    assert open_dataset(tmp_path).root == tmp_path


def test_several_datasets_are_named_and_none_is_taken(tmp_path: Path) -> None:
    put(tmp_path, *(f"first/{name}" for name in WHOLE), *(f"second/{name}" for name in WHOLE))
    with pytest.raises(BddsegError, match=r"several datasets \(first, second\): name one"):
        open_dataset(tmp_path)


def test_the_only_one_with_masks_is_taken(tmp_path: Path) -> None:
    put(tmp_path, *(f"b/{name}" for name in WHOLE), *(f"a/{name}" for name in WHOLE[:3]))
    assert open_dataset(tmp_path).root == tmp_path / "b"


def test_masks_of_other_images_are_not_taken(tmp_path: Path) -> None:
    put(tmp_path, "one/images/10k/train/a.jpg", "two/labels/train/z.png")
    assert pairs(tmp_path) == {"a": ("train", False)}


def test_an_empty_split_folder_is_no_split(tmp_path: Path) -> None:
    put(tmp_path, "images/10k/train/a.jpg", "labels/sem_seg/masks/train/a.png")
    for name in ("images/10k/val", "images/10k/test", "labels/sem_seg/masks/val"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "images/10k/val/.DS_Store").write_text("")
    (tmp_path / "images/10k/test/._x.jpg").write_text("")
    assert [f.split for f in open_dataset(tmp_path).splits] == ["train"]


def test_an_empty_folder_of_masks_labels_nothing(tmp_path: Path) -> None:
    put(tmp_path, "images/10k/train/a.jpg")
    (tmp_path / "labels/sem_seg/masks/train").mkdir(parents=True)
    assert [f.masks for f in open_dataset(tmp_path).splits] == [None]


def test_the_one_folder_of_images_below_is_a_plain_dataset(tmp_path: Path) -> None:
    put(tmp_path, "photos/trip/a.jpg")
    found = open_dataset(tmp_path)
    assert (found.root, found.layout) == (tmp_path / "photos/trip", "plain")


def test_a_picture_beside_a_dataset_does_not_hide_it(tmp_path: Path) -> None:
    put(tmp_path, "cover.jpg", *(f"bdd/{name}" for name in WHOLE))
    assert pairs(tmp_path) == LABELLED


def test_zips_that_are_not_unpacked_are_named(tmp_path: Path) -> None:
    (tmp_path / "bdd100k_images_10k.zip").write_bytes(b"")
    with pytest.raises(BddsegError, match=r"zips in it \(bdd100k_images_10k.zip\): `bddseg-tui data unpack` them"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["labels/sem_seg/masks/train/a.png"], r"masks are in labels/sem_seg/masks/train, but no images for them"),
        (["x/labels/train/a.png", "x/labels/val/b.png"], r"masks are in x/labels/train, x/labels/val, but no images"),
        (
            ["images/100k/train/a.jpg", "images/100k/val/b.jpg"],
            r"images are in images/100k/train, images/100k/val, in no",
        ),
    ],
)
def test_what_is_no_layout_names_the_nearest(tmp_path: Path, files: list[str], says: str) -> None:
    put(tmp_path, *files)
    with pytest.raises(BddsegError, match=says):
        open_dataset(tmp_path)


@pytest.mark.parametrize("inner", ["images", "images/10k", "labels", "labels/sem_seg/masks"])
def test_a_part_of_a_dataset_names_the_whole(tmp_path: Path, inner: str) -> None:
    put(tmp_path, *WHOLE)
    with pytest.raises(BddsegError, match=f"it is a part of {tmp_path}: name that folder"):
        open_dataset(tmp_path / inner)


def test_links_in_a_circle_are_walked_once(tmp_path: Path) -> None:
    put(tmp_path, *(f"a/{name}" for name in WHOLE))
    (tmp_path / "a/again").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert pairs(tmp_path) == LABELLED


def test_a_walk_stops_at_folders_of_images_and_after_so_many_folders(tmp_path: Path) -> None:
    put(tmp_path, "photos/0.jpg")
    for number in range(1, 250):
        (tmp_path / f"photos/{number}.jpg").hardlink_to(tmp_path / "photos/0.jpg")
    put(tmp_path, *(f"photos/below/{name}" for name in WHOLE))
    assert open_dataset(tmp_path).layout == "plain"
    for number in range(600):
        (tmp_path / f"other/{number}").mkdir(parents=True)
    put(tmp_path, *(f"other/599/far/{name}" for name in WHOLE))
    assert open_dataset(tmp_path).layout == "plain"


def packed(path: Path, files: list[str], top: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in files:
            archive.writestr(f"{top}{name}", name)
    return path


@pytest.mark.parametrize("top", ["", "./", "bdd100k/", "bdd100k/seg/", "my copy/of it/"])
@pytest.mark.parametrize("files", [WHOLE, SEED, OLD], ids=["official", "seed", "2018"])
def test_what_is_unpacked_opens_from_its_folder(tmp_path: Path, top: str, files: list[str]) -> None:
    found = unpack([packed(tmp_path / "a.zip", files, top)], tmp_path / "out").dataset
    assert found == open_dataset(tmp_path / "out")
    assert pairs(tmp_path / "out") == LABELLED
    assert isinstance(found, Dataset) and found.root == tmp_path / "out"


def test_zips_with_tops_of_their_own_come_together(tmp_path: Path) -> None:
    images = packed(tmp_path / "i.zip", WHOLE[:3], "bdd100k_images_10k/bdd100k/")
    masks = packed(tmp_path / "m.zip", WHOLE[3:], "bdd100k_sem_seg_labels_trainval/bdd100k/")
    assert unpack([images], tmp_path / "out").dataset is not None
    unpack([masks], tmp_path / "out")
    assert pairs(tmp_path / "out") == LABELLED
    assert open_dataset(tmp_path / "out").root == tmp_path / "out"


def test_two_datasets_in_one_zip_stay_two(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for top in ("first", "second"):
            for name in WHOLE:
                archive.writestr(f"{top}/{name}", top + name)
    report = unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert report.written == 10 and report.dataset is None
    assert "several datasets (first, second)" in report.unrecognised


def test_folders_that_are_only_called_like_a_layouts_do_not_keep_the_top(tmp_path: Path) -> None:
    files = [*WHOLE, "docs/images/train/figure.svg", "docs/labels/train/notes.txt"]
    unpack([packed(tmp_path / "a.zip", files, "bdd100k/")], tmp_path / "out")
    assert open_dataset(tmp_path / "out").root == tmp_path / "out"
    assert (tmp_path / "out/docs/labels/train/notes.txt").exists()


def test_masks_alone_are_unpacked_and_said_to_be_no_dataset(tmp_path: Path) -> None:
    report = unpack([packed(tmp_path / "m.zip", WHOLE[3:], "bdd100k/")], tmp_path / "out")
    assert report.dataset is None
    assert "no images for them" in report.unrecognised


FOLDERS = ["", "bdd100k/", "a/", "b/", "a/bdd100k/", "zip/seg/", "b/c/d/"]
PLACES = ["images/10k/train", "images/10k/val", "10k/train", "10k/test", "images/train", "images/valid", "images/val"]
PLACES += ["test", "labels/sem_seg/masks/train", "labels/sem_seg/masks/val", "sem_seg/masks/train", "labels/train"]
PLACES += ["labels/valid", "labels/sem_seg/colormaps/train", "images/100k/train", "photos", "."]
NAMES = ["x.jpg", "x.png", "X.jpg", "y.jpeg", "y.png", "y_train_id.png", "x_train_id.png", "x_train_id.jpg", "._x.jpg"]
TREES = st.lists(st.tuples(*map(st.sampled_from, (FOLDERS, PLACES, NAMES))), min_size=1, max_size=12)


@given(TREES)
def test_whatever_lies_where_the_root_opens_as_the_same_and_nothing_counts_twice(
    tree: list[tuple[str, str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        for top, place, file in tree:
            path = Path(name) / "root" / top / place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        try:
            found = open_dataset(Path(name) / "root")
        except BddsegError:
            return
        assert open_dataset(found.root) == found
        assert found.root.is_relative_to(Path(name) / "root")
        samples = list(list_samples(found))
        assert samples and len({(s.split, s.name) for s in samples}) == len(samples)
        masks = [s.mask for s in samples if s.mask is not None]
        assert len(set(masks)) == len(masks)
        assert {f.split for f in found.splits} == {s.split for s in samples}
        assert all(p.is_relative_to(found.root) for s in samples for p in (s.image, s.mask) if p)
