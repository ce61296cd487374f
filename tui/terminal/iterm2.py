"""Pictures in iTerm2's protocol, which WezTerm and VS Code's terminal take too.

Source: https://iterm2.com/documentation-images.html
"""

import base64
import io

from PIL import Image

from bddseg_tui.tui.terminal.kitty import palette_png

_QUALITIES = (90, 80, 65, 50, 35)
_FEW = 256


def encode_iterm2(picture: Image.Image, cells: tuple[int, int], limit: int) -> str:
    """An RGB picture as large as fits (columns, rows) at its own aspect, as sharp as `limit` bytes allow.

    Photographs go as JPEG, a quarter of a PNG; masks as PNG, since JPEG smears classes into each other.
    """
    data = palette_png(picture, limit) if picture.getcolors(_FEW) else _jpeg(picture, limit * 3 // 4)
    head = f"inline=1;size={len(data)};width={cells[0]};height={cells[1]};preserveAspectRatio=1;doNotMoveCursor=1"
    return f"\x1b]1337;File={head}:{base64.b64encode(data).decode('ascii')}\x07"


def _jpeg(picture: Image.Image, room: int) -> bytes:
    small = picture
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            small.save(file, "JPEG", quality=quality)
            if len(file.getvalue()) <= room or (quality == _QUALITIES[-1] and min(small.size) < 32):
                return file.getvalue()
        small = small.resize((small.width * 2 // 3, small.height * 2 // 3), Image.Resampling.BOX)
