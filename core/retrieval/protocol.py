"""The protocol between whoever asks and the retriever process: JSON lines, requests one way, events the other.

A line is a message of `requests` or `events` and the number of its request, `id`, which the events repeat; each request
ends with one of `events.End`. Before all else the retriever says `ready`, with its PROTOCOL. Lines are made and read
here alone, and each is checked where it arrives.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.records import checked
from bddseg_tui.core.retrieval.events import Event
from bddseg_tui.core.retrieval.requests import Request

PROTOCOL = 4
"""Raised when one side no longer understands the other: a program that is upgraded while it runs starts the new one."""
_LARGEST_NUMBER = 2**53
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="do")])
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
T = TypeVar("T")


class MessageError(RecordError):
    """A message makes no sense, but of which request it is can be told.

    Attributes:
        number: of that request.
    """

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number


def message_line(number: int | None, message: Request | Event) -> bytes:
    """A message as it goes over the line; None for one that belongs to no request."""
    about = {} if number is None else {"id": number}
    return json.dumps({**about, **asdict(message)}).encode() + b"\n"


def read_request(line: bytes | str) -> tuple[int | None, Request]:
    """A request and its number.

    Raises:
        MessageError: it is of no known kind, or lacks what its kind must have.
        RecordError: the line is no message of any request.
    """
    return _read(_REQUEST, line)


def read_event(line: bytes | str) -> tuple[int | None, Event]:
    """An event and the number of its request; see `read_request`."""
    return _read(_EVENT, line)


def _read(kind: TypeAdapter[T], line: bytes | str) -> tuple[int | None, T]:
    raw = decode(line)
    number = _number(raw)
    if number is None and isinstance(raw, dict) and "id" in raw:
        raise RecordError("id should be a whole number")
    try:
        return number, checked(kind, raw)
    except RecordError as error:
        if number is None:
            raise
        raise MessageError(number, str(error)) from error


def _number(raw: Any) -> int | None:
    number = raw.get("id") if isinstance(raw, dict) else None
    return number if type(number) is int and 0 <= number <= _LARGEST_NUMBER else None
