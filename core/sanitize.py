"""The one sanitizer: text from outside loses whatever a terminal would obey.

Everything that a person, a file name, a log or a model wrote passes here before it reaches a widget or a
console. Rich escapes markup, but neither Rich nor Textual removes C1 controls or bidirectional overrides,
which can hide or reorder what is read ("Trojan Source", CVE-2021-42574).
"""

import os

_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_INVISIBLE = (0x00AD, 0x200B, 0x2060, 0xFEFF, 0x2028, 0x2029)
_TABLE: dict[int, str] = dict.fromkeys((*range(32), *range(127, 160), *_BIDI, *_INVISIBLE), "·")
_TABLE |= dict.fromkeys(range(55296, 57344), "�")
_LINES = {**_TABLE, 0x0A: "\n", 0x09: "    "}


def sanitize(text: str) -> str:
    """Returns the text as one line with every control, bidirectional or invisible character shown as `·`."""
    return text if text.isascii() and text.isprintable() else text.translate(_TABLE)


def sanitize_lines(text: str) -> str:
    """Like `sanitize`, but newlines stay and a tab becomes four spaces: for logs and tracebacks."""
    return text.translate(_LINES)


def sanitize_path(path: str | bytes | os.PathLike[str]) -> str:
    """Returns a path as printable text; bytes that are not UTF-8 show as U+FFFD."""
    raw = path if isinstance(path, bytes) else os.fsencode(path)
    return sanitize(raw.decode("utf-8", "replace"))
