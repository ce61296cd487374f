"""Messages and pictures as OpenAI's protocol has them."""

import base64
from io import BytesIO
from typing import Any

from PIL import Image

from bddseg_tui.index.prompts import Message

_SIDE = 1024


def data_uri(picture: Image.Image) -> str:
    """The picture as a JPEG data URI, at most 1024 pixels wide or high."""
    small = picture.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    sink = BytesIO()
    small.save(sink, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(sink.getvalue()).decode()


def for_server(message: Message, image: str | None) -> dict[str, Any]:
    """A message in OpenAI's protocol; `image` is the URI of the picture that belongs to the conversation."""
    if not (message.picture and image):
        return {"role": message.role, "content": message.text}
    return {
        "role": message.role,
        "content": [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": message.text}],
    }
