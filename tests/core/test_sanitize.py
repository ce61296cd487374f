import pytest

from bddseg_tui.core.sanitize import sanitize, sanitize_lines, sanitize_path

HOSTILE = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "a\nb",
    "a\rb",
    "tab\there",
    "\x9b31m",
    "nul\0",
    "del\x7f",
    "right\u202eleft",
    "\u2066isolate\u2069",
    "zero\u200bwidth",
    "\ufeffbom",
    "line\u2028separator",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    clean = sanitize(text)
    assert clean.isprintable()
    assert not any(c in clean for c in "\u202e\u2066\u2069\u200b\ufeff\x1b")


def test_ordinary_text_is_left_alone() -> None:
    assert sanitize("Straße 東京 ✓ 7d06-a1") == "Straße 東京 ✓ 7d06-a1"


def test_logs_keep_their_lines() -> None:
    assert sanitize_lines("one\n\ttwo\x1b[31m") == "one\n    two·[31m"


def test_paths_that_are_not_utf8_can_be_shown() -> None:
    assert sanitize_path(b"caf\xe9/\x1b.jpg") == "caf\ufffd/·.jpg"
