import errno
import os
from pathlib import Path

import pytest

from bddseg_tui.core.files.disk_errors import disk_error, disk_reason


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_to_be_emptied(code: int) -> None:
    assert "make room" in disk_reason(OSError(code, os.strerror(code)))


@pytest.mark.parametrize("code", sorted(set(errno.errorcode) - {errno.ENOSPC, errno.EDQUOT}))
def test_no_other_error_is_blamed_on_a_full_disk(code: int) -> None:
    reason = disk_reason(OSError(code, os.strerror(code)))
    assert reason
    assert "make room" not in reason


def test_the_line_names_the_file_and_holds_no_control_character() -> None:
    error = disk_error(OSError(errno.EROFS, "Read-only file system"), Path("/data/\x1b[31mx"))
    assert str(error).startswith("/data/·[31mx cannot be written: the file system is read-only")


def test_the_file_of_the_error_is_named_where_no_other_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "none" / "x").open("wb")
    assert str(disk_error(caught.value)) == f"{tmp_path}/none/x cannot be written: it does not exist"
