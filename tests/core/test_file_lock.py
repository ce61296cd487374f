import errno
import fcntl
import os
from pathlib import Path

import pytest

from bddseg_tui.core.files.file_lock import hold
from bddseg_tui.core.files.owned_folder import own


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without)
    own(tmp_path, "report").claim(["report.html"])
    assert own(tmp_path, "report").owns("report.html")


def test_one_who_holds_it_alone_keeps_others_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first, second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    hold(first)
    with pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_SH | fcntl.LOCK_NB)
    os.close(first)
    hold(second, alone=False)
    os.close(second)
