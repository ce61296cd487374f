import os
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.errors import BddsegError


def picture(path: Path, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (8, 6)).save(path)


def test_the_official_layout_opens_with_its_splits(drawn: Path) -> None:
    found = open_dataset(drawn)
    assert found.layout == "bdd100k"
    assert [f.split for f in found.splits] == ["train", "val", "test"]
    samples = list(list_samples(found))
    assert len(samples) == 21
    assert all((s.mask is None) == (s.split == "test") for s in samples)


def test_the_folder_above_bdd100k_opens_too(tmp_path: Path) -> None:
    picture(tmp_path / "bdd100k/images/10k/val/a.jpg")
    assert open_dataset(tmp_path).root == tmp_path / "bdd100k"


def test_the_seeds_layout_opens_and_valid_becomes_val(tmp_path: Path) -> None:
    picture(tmp_path / "images/train/a.jpg")
    picture(tmp_path / "labels/train/a_train_id.png", "L")
    picture(tmp_path / "images/valid/b.jpg")
    picture(tmp_path / "labels/valid/b.png", "L")
    picture(tmp_path / "test/c.jpg")
    samples = {s.name: s for s in list_samples(open_dataset(tmp_path))}
    assert {n: s.split for n, s in samples.items()} == {"a": "train", "b": "val", "c": "test"}
    assert samples["a"].mask and samples["b"].mask and samples["c"].mask is None


def test_a_plain_folder_of_images_opens(tmp_path: Path) -> None:
    picture(tmp_path / "x.png")
    found = open_dataset(tmp_path)
    assert found.layout == "plain"
    assert [(s.split, s.mask) for s in list_samples(found)] == [("all", None)]


def test_a_pipe_named_like_an_image_is_not_opened(tmp_path: Path) -> None:
    picture(tmp_path / "x.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert [s.name for s in list_samples(open_dataset(tmp_path))] == ["x"]


@pytest.mark.parametrize(
    ("make", "says"), [("empty", "holds no dataset"), ("file", "is not a folder"), ("none", "does not exist")]
)
def test_what_is_no_dataset_says_what_was_expected(tmp_path: Path, make: str, says: str) -> None:
    root = tmp_path / "x"
    if make == "empty":
        root.mkdir()
    elif make == "file":
        root.write_text("")
    with pytest.raises(BddsegError, match=says):
        open_dataset(root)
