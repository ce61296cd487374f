"""Hostile zips by mutation: nothing outside the folder is ever made or changed, and no other error comes out.

`HYPOTHESIS_PROFILE=long` looks for as long as it is given.
"""

import io
import os
import stat
import tempfile
import warnings
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bddseg_tui.core.data.unpack import unpack
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

PARTS = ["bdd100k", "images", "10k", "train", "labels", "..", ".", "", "link", "deep", "file", "C:", "\\", "a\\..\\b"]
PARTS += [
    "x.jpg",
    "x.png",
    "X.JPG",
    ".bddseg-tui",
    "~",
    "nul\0l",
    "\x1b[2J",
    "\u202e",
    "y" * 255,
    "z" * 256,
    "dot.",
    "OUT",
]
NAMES = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), min_size=1, max_size=7).map("/".join)
MODES = st.sampled_from(
    [0, 0o644, *(kind | 0o777 for kind in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR, stat.S_IFCHR))]
)
ENTRIES = st.lists(st.tuples(NAMES, MODES, st.binary(max_size=40)), min_size=1, max_size=8)
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6)


def snapshot(folder: Path, without: Path) -> dict[str, tuple[int, bytes | str]]:
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in folder.rglob("*"):
        if path != without and without not in path.parents:
            mode = path.lstat().st_mode
            content = os.fspath(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
            found[os.fspath(path)] = mode, content
    return found


def hostile(entries: list[tuple[str, int, bytes]], outside: str) -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, mode, data in entries:
            # The name of a file that is really there, so that a way out would be seen.
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name.replace("OUT", outside) or "x"
            info.external_attr = mode << 16
            info.create_system = 0 if mode == 0 else 3
            archive.writestr(info, data)
    return sink.getvalue()


@given(entries=ENTRIES, changes=CHANGES, again=st.booleans())
def test_nothing_outside_the_folder_is_made_or_changed(
    entries: list[tuple[str, int, bytes]], changes: list[tuple[int, int]], again: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "mine").write_bytes(b"mine")
        (base / "elsewhere").mkdir()
        out = base / "out"
        (out / "images/10k").mkdir(parents=True)
        (out / "link").symlink_to("../elsewhere")
        (out / "images/10k/train").symlink_to(base / "elsewhere")
        (out / "file").symlink_to("../mine")
        data = bytearray(hostile(entries, os.fspath(base / "mine")))
        for place, value in changes:
            data[place % len(data)] = value
        (base / "a.zip").write_bytes(data)
        before = snapshot(base, out)
        for _ in range(1 + again):
            try:
                unpack([base / "a.zip"], out)
            except BddsegError as error:
                assert sanitize(str(error)) == str(error)
        assert snapshot(base, out) == before
        assert (out / "file").is_symlink() and (out / "link").is_symlink()
        assert not any(p.name.startswith(".unpacking-") for p in out.rglob("*"))
