"""Where datasets are by now: what is kept of one goes by the path it was first opened at, which it may have left.

`<workspace>/moved.json` holds the exceptions, so that a move is one file that is replaced: nothing that is kept has to
move, and a kill leaves all of it at the old place or at the new one. Each entry is a key and a place; a dataset's own
key is the first with its place, any other is of what was kept at that place before it came.
"""

import json
import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.folder_key import folder_key
from bddseg_tui.core.sanitize import sanitize_path

_LARGEST = 16 << 20
Places = list[tuple[str, Path]]


def dataset_key(workspace: Path, root: Path) -> str:
    """The name in the workspace of what is kept of the dataset that is at this (resolved) folder now.

    Raises:
        BddsegError: the file of places is damaged.
    """
    places = read_places(workspace)
    for key, place in places:
        if place == root:
            return key
    raw, taken = os.fsencode(root), {key for key, _ in places}
    # Another dataset has come to where one was that has gone; the old one keeps its key.
    while (key := folder_key(raw, root.name)) in taken:
        raw += b"\0"
    return key


def present_place(workspace: Path, recorded: Path, key: str | None = None) -> Path:
    """Where the dataset is now that was at `recorded` when it had this key.

    Raises:
        BddsegError: the file of places is damaged.
    """
    wanted = key or folder_key(os.fsencode(recorded), recorded.name)
    return next((place for known, place in read_places(workspace) if known == wanted), recorded)


def where_to(workspace: Path, root: Path) -> str:
    """What to say of a folder where there is no dataset any more, but was one; "" if nothing is known of it."""
    root = Path(os.path.abspath(root.expanduser()))  # noqa: PTH100 (links keep their names)
    if (place := present_place(workspace, root)) != root:
        return f"; it has moved to {sanitize_path(place)}"
    if (workspace / "catalogs" / f"{dataset_key(workspace, root)}.sqlite").exists():
        return f"; if it has moved, `bddseg-tui data move {sanitize_path(root)} NEW` keeps its tags, index and runs"
    return ""


def read_places(workspace: Path) -> Places:
    """All (key, place) that are not as the paths say."""
    path = _file(workspace)
    if not path.exists():
        return []
    # pydantic is imported for this by those alone who have moved a dataset: the app's start does not need it.
    from pydantic import TypeAdapter

    from bddseg_tui.core.files.records import FileName, Line, read_record

    try:
        found = read_record(TypeAdapter(list[tuple[Line, FileName]]), path, _LARGEST)
        return [(key, Path(os.fsdecode(unquote_to_bytes(place)))) for key, place in found if "%00" not in place]
    except FileNotFoundError:
        return []
    except RecordError as error:
        raise BddsegError(
            f"{sanitize_path(path)}, which says where datasets have moved, is damaged: {error}"
        ) from error


def write_places(workspace: Path, places: Places) -> None:
    """Replaces them all at once.

    Raises:
        BddsegError: the workspace cannot be written; what was said before still holds.
    """
    # Percent-encoded, since a path need not be valid UTF-8, and JSON must.
    text = json.dumps([(key, quote(os.fsencode(place))) for key, place in places], indent=1)
    try:
        write_text(_file(workspace), text)
    except OSError as error:
        raise disk_error(error, _file(workspace)) from error


def _file(workspace: Path) -> Path:
    return workspace / "moved.json"
