"""What tells one mask from another: what is said of a mask's areas holds for that mask alone."""

from hashlib import blake2b
from pathlib import Path

_BYTES = 16


def mask_hash(path: Path) -> str:
    """A digest of a mask's file, 32 hexadecimal digits; another one as soon as a pixel of it was mended.

    Raises:
        OSError: it cannot be read.
    """
    return blake2b(path.read_bytes(), digest_size=_BYTES).hexdigest()
