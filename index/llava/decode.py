"""The bytes of a reply into its parts: server-sent events, one JSON object, JSON lines, or a web page in their place.

`httpx2.EventSource` and the `openai` library want the media type that belongs to events, data in every event, and no
byte order mark; servers and what stands before them give other things, so the lines are read here.
"""

import codecs
import json
from typing import Any

from bddseg_tui.index.llava.chunks import Failed, Odd, Part, error_words, parts_of

_LONGEST_LINE = 1_000_000
_PAGE = ("<!doctype", "<html", "<head", "<body", "<?xml")


class WebPageError(Exception):
    """What came is a page for a browser."""


class TooLongError(Exception):
    """A line has no end."""


class ReplyDecoder:
    """Takes a reply in pieces of bytes; `ended` says that it came to its end (`[DONE]`, or one whole object)."""

    def __init__(self) -> None:
        # Bytes of a character may come in two pieces; one that is no UTF-8 is shown as such.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._text, self._form, self._event = "", "", ""
        self._data: list[str] = []
        self.ended = False

    def feed(self, data: bytes) -> list[Part]:
        """The parts that are whole now.

        Raises:
            WebPageError: it is HTML.
        """
        self._text += self._decoder.decode(data)
        if not self._form and not self._recognise():
            return []
        return self._lines() if self._form == "events" else []

    def end(self) -> list[Part]:
        """What is left when the server has closed."""
        self._text += self._decoder.decode(b"", final=True)
        if self._form == "object":
            return self._object()
        self._text += "\n\n"
        return self._lines()

    def _recognise(self) -> bool:
        start = self._text.lstrip()[:16].lower()
        if not start:
            return False
        if start[0] == "<":
            if len(start) < 9 and any(p.startswith(start) for p in _PAGE):
                return False
            if start.startswith(_PAGE):
                raise WebPageError
        self._form = "object" if start[0] in "{[" else "events"
        return True

    # -- server-sent events ----------------------------------------------------------------------------------

    def _lines(self) -> list[Part]:
        *lines, self._text = self._text.split("\n")
        if len(self._text) > _LONGEST_LINE:
            raise TooLongError
        return [part for line in lines for part in self._line(line.rstrip("\r"))]

    def _line(self, line: str) -> list[Part]:
        if not line.strip():
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name.strip():
            case "data":
                # Some servers end an event with one newline only: an object that is whole is an event.
                before = self._dispatch() if self._data and _whole("\n".join(self._data)) else []
                self._data.append(value)
                return before
            case "event":
                self._event = value.strip()
            case "error":
                # llama.cpp: an error is a field of its own.
                return [Failed(_words(value))]
        return []

    def _dispatch(self) -> list[Part]:
        data, event = "\n".join(self._data).strip(), self._event
        self._data, self._event = [], ""
        if not data:
            return []
        if data.startswith("[DONE]"):
            self.ended = True
            return []
        raw = loads(data)
        if raw is None:
            return [Failed(data) if event == "error" else Odd()]
        if event == "error":
            return [Failed(_words(data))]
        return list(parts_of(raw))

    # -- one object, or one a line ---------------------------------------------------------------------------

    def _object(self) -> list[Part]:
        raw = loads(self._text)
        if isinstance(raw, list) and len(raw) == 1:
            raw = raw[0]
        if raw is not None:
            self.ended = True
            return list(parts_of(raw))
        lines = [loads(line) for line in self._text.splitlines() if line.strip()]
        if len(lines) < 2 or lines[0] is None:
            return [Odd()]
        self.ended = any(isinstance(raw, dict) and raw.get("done") is True for raw in lines)
        return [part for raw in lines if raw is not None for part in parts_of(raw)]


def loads(text: str) -> Any:
    """The JSON value, or None where it is none, or one nested beyond reason."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(text: str) -> bool:
    return text.startswith("[DONE]") or loads(text) is not None


def _words(data: str) -> str:
    raw = loads(data)
    if raw is None:
        return data
    return error_words(raw) or error_words({"error": raw}) or "an error without words"
