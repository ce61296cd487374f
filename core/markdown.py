"""Text from outside as Markdown that shows it and does nothing: no links, images, HTML, headings or tables of its own.

Rules of CommonMark and GitHub, and of what links bare names by itself (GitHub's autolinks, markdown-it's linkify).
Renderers bring no such function: `mdformat` and the like keep Markdown as it is, and Jinja escapes HTML alone.
"""

import re

from bddseg_tui.core.sanitize import sanitize, sanitize_lines

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# An address is linked after all escapes are read; one with code in its middle is none.
_SPECIAL = {**{c: "\\" + c for c in "\\`*_[]{}#|!~$"}, **_ENTITIES, "@": "`@`"}
_LINKED = re.compile(
    r"(?P<scheme>:)(?=//)"
    r"|(?<=/)(?P<slash>/)"
    r"|(?<=[^\W_])(?P<dot>\.)(?=[^\W\d_])"
    r"|(?P<special>[" + re.escape("".join(_SPECIAL)) + r"])"
)
_BLOCK = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")


def markdown_lines(text: str) -> str:
    """Text of several lines, sanitized and escaped; each stays a line of its own."""
    return "\n".join(_line(line.strip()) for line in sanitize_lines(text).split("\n"))


def markdown(text: str) -> str:
    """Text as one line, sanitized and escaped: for headings, cells and captions."""
    return _line(" ".join(sanitize_lines(text).split()))


def markdown_code(text: str) -> str:
    """Text as a code span."""
    plain = sanitize(text).replace("`", "'").replace("|", "¦").strip()
    return f"`{plain}`" if plain else ""


def _line(text: str) -> str:
    escaped = _LINKED.sub(_one, text)
    match = _BLOCK.match(escaped)
    if match is None:
        return escaped
    # A list, a rule or an underline begins a line with these; a number is a list's with what follows it.
    at = match.end() if match[0][0].isdigit() else 0
    return escaped[:at] + "\\" + escaped[at:]


def _one(match: re.Match[str]) -> str:
    found = match[0]
    return _SPECIAL.get(found, "\\" + found)
