"""LLaVA, three ways behind one interface: with transformers in this process, on an OpenAI-compatible server, or `demo`.

`stream(messages, picture, limit, cancelled)` yields the reply in pieces; `cancelled()` is asked between tokens.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from PIL import Image

from index.prompts import Message


class Llava(Protocol):
    """What answers."""

    name: str

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[str]:
        """The reply to a conversation, of at most `limit` tokens.

        Raises:
            BddsegError: it cannot answer; the message says why and what to do.
        """
        ...


def reply(llava: Llava, messages: Sequence[Message], limit: int, cancelled: Callable[[], bool] = lambda: False) -> str:
    """A whole reply to words alone."""
    return "".join(llava.stream(messages, None, limit, cancelled)).strip()
