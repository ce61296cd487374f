"""What a server of a test is asked, and how it answers or is refused."""

from collections.abc import Callable

import pytest
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.llava import Piece
from bddseg_tui.index.llava.exchange import Patience
from bddseg_tui.index.llava.server import ServerLlava
from bddseg_tui.index.prompts import answer_messages
from tests.index.serving import Handle, serving

QUESTION = answer_messages("is there a bus?")


PICTURE = Image.new("RGB", (3000, 1000), (10, 120, 40))


def pieces(url: str, patience: Patience | None = None, cancelled: Callable[[], bool] = lambda: False) -> list[Piece]:
    return list(ServerLlava(url, "m", patience).stream(QUESTION, PICTURE, 32, cancelled))


def ask(url: str, patience: Patience | None = None) -> str:
    return "".join(p for p in pieces(url, patience) if isinstance(p, str))


def refuses(handle: Handle, message: str, patience: Patience | None = None) -> None:
    with serving(handle) as url, pytest.raises(BddsegError, match=message) as caught:
        ask(url, patience)
    text = str(caught.value)
    assert "\n" not in text and "\x1b" not in text and len(text) < 500
