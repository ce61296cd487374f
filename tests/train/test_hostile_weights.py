"""A file that poses as an encoder's weights is refused in one line, and nothing in it is run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.train.weights_file import read_weights
from tests.hostile_weights import ARCHIVES, PICKLES, SAFETENSORS, zipped

FILES: dict[str, Callable[[Path], bytes]] = {
    **{f"pickle: {n}": f for n, f in PICKLES.items()},
    **{f"zipped: {n}": zipped(f) for n, f in PICKLES.items()},
    **ARCHIVES,
}
WELL_FORMED = ("no tensor", "numbers in the place of weights", "the same key twice")
"""They hold tensors (the key that comes twice means the same bytes), or none: that these are no encoder's is said where
they are loaded into one."""


def refused(path: Path, mark: Path) -> None:
    with pytest.raises(BddsegError) as caught:
        read_weights(path)
    assert not mark.exists(), "it has been run"
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_a_pickle_that_does_more_than_hold_tensors_is_refused(make: Callable[[Path], bytes], tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(make(tmp_path / "run"))
    refused(tmp_path / "weights.pth", tmp_path / "run")


@pytest.mark.parametrize("name", [n for n in SAFETENSORS if n not in WELL_FORMED])
def test_a_header_that_lies_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(SAFETENSORS[name])
    refused(tmp_path / "weights.safetensors", tmp_path / "run")
