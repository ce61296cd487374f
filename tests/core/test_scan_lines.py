import pytest

from bddseg_tui.core.data.scan_lines import read_line
from bddseg_tui.core.errors import RecordError


def test_a_line_of_a_scan_is_progress_or_an_error() -> None:
    assert read_line(b'{"done": 3, "total": 7}\n') == (3, 7)
    assert read_line(b'{"error": "\\u001b[2Jno"}\n') == "·[2Jno"


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"{", b"[1]", b"null", b'{"done": 3}', b'{"done": "3", "total": 7}', b'{"done": 8, "total": 7}'),
        *(b'{"done": -1, "total": 7}', b'{"done": 1e999, "total": 7}', b"[" * 100_000, b"\xff", b'{"error": null}'),
        *(b'{"done": 1, "total": ' + b"9" * 5000 + b"}", b'{"done": 1, "total": ' + b"9" * 400 + b"}"),
    ],
)
def test_a_line_that_is_neither_is_a_record_error(line: bytes) -> None:
    with pytest.raises(RecordError):
        read_line(line)
