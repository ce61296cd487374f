"""Folders and files that pose as models: every loader refuses them in one line, and runs nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.weights_archive import refuse_packed
from bddseg_tui.index.clip import DEMO, load_clip
from bddseg_tui.index.llava.local import DEMO as DEMO_LLAVA
from bddseg_tui.index.llava.local import load_llava
from tests.hostile_weights import ARCHIVES, PICKLES, SAFETENSORS, zipped

FILES: dict[str, Callable[[Path], bytes]] = {
    **{f"pickle: {n}": f for n, f in PICKLES.items()},
    **{f"zipped: {n}": zipped(f) for n, f in PICKLES.items()},
    **ARCHIVES,
}


def copied(source: Path, to: Path, without: str) -> Path:
    shutil.copytree(source, to, ignore=shutil.ignore_patterns(without, "README.md"))
    return to


def refused(load: Callable[[], object], mark: Path) -> str:
    with pytest.raises(BddsegError) as caught:
        load()
    text = str(caught.value)
    assert not mark.exists(), "it has been run"
    assert "\n" not in text and len(text) < 500
    return text


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_a_pickle_in_a_folder_of_clip_is_refused(make: Callable[[Path], bytes], tmp_path: Path) -> None:
    mark = tmp_path / "run"
    folder = copied(DEMO, tmp_path / "clip", "open_clip_model.safetensors")
    (folder / "open_clip_pytorch_model.bin").write_bytes(make(mark))
    refused(lambda: load_clip(str(folder), "cpu"), mark)


@pytest.mark.parametrize("data", SAFETENSORS.values(), ids=SAFETENSORS)
def test_a_header_that_lies_in_a_folder_of_clip_is_refused(data: bytes, tmp_path: Path) -> None:
    folder = copied(DEMO, tmp_path / "clip", "open_clip_model.safetensors")
    (folder / "open_clip_model.safetensors").write_bytes(data)
    refused(lambda: load_clip(str(folder), "cpu"), tmp_path / "run")


@pytest.mark.parametrize("data", SAFETENSORS.values(), ids=SAFETENSORS)
def test_a_header_that_lies_in_a_folder_of_llava_is_refused(data: bytes, tmp_path: Path) -> None:
    folder = copied(DEMO_LLAVA, tmp_path / "llava", "model.safetensors")
    (folder / "model.safetensors").write_bytes(data)
    refused(lambda: load_llava(str(folder), "cpu"), tmp_path / "run")


def test_a_llava_of_pickles_is_refused_whatever_they_hold(tmp_path: Path) -> None:
    folder = copied(DEMO_LLAVA, tmp_path / "llava", "model.safetensors")
    (folder / "pytorch_model.bin").write_bytes(zipped(PICKLES["reduce, protocol 2"])(tmp_path / "run"))
    assert "safetensors" in refused(lambda: load_llava(str(folder), "cpu"), tmp_path / "run")


def test_what_is_compressed_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(ARCHIVES["a zip bomb"](tmp_path / "run"))
    with pytest.raises(BddsegError, match="compressed"):
        refuse_packed(tmp_path / "w.pth")
