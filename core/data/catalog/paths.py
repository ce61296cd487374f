"""Paths in the catalog: bytes relative to the dataset's root, because a file name need not be valid UTF-8."""

import os
from pathlib import Path


def relative(path: Path, root: Path) -> bytes:
    """The path as the catalog keeps it."""
    raw, prefix = os.fsencode(path), os.fsencode(root) + b"/"
    rest = raw[len(prefix) :]
    # relpath takes as long as asking the disk does, and there is nothing for it to do in a path that was listed.
    if raw.startswith(prefix) and b"//" not in raw and b"/." not in raw and not rest.startswith((b"/", b".")):
        return rest
    return os.fsencode(os.path.relpath(path, root))


def relative_or_none(path: Path | None, root: Path) -> bytes | None:
    """The same for a mask, which there may be none of."""
    return None if path is None else relative(path, root)


def absolute(raw: bytes, root: Path) -> Path:
    """The path that was kept."""
    return root / os.fsdecode(raw)


def absolute_or_none(raw: bytes | None, root: Path) -> Path | None:
    """The same for a mask, which there may be none of."""
    return None if raw is None else absolute(raw, root)
