"""Views that people save by name: a filter with its order, whose predictions, and how images are shown.

One file a dataset. Checked by hand, since the app reads them before it has the time to import pydantic.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from bddseg_tui.core.data.pictures import VIEWS, View
from bddseg_tui.core.errors import RecordError, UsageError
from bddseg_tui.core.files.atomic import PRIVATE, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.file_lock import hold
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

_LARGEST = 1 << 22
_LONGEST_NAME = 60


@dataclass(frozen=True)
class SavedView:
    """What is listed and how it is shown, under a name.

    Attributes:
        name: one line of at most 60 characters.
        filter: as it is typed, with its order.
        view: how images are shown.
        evaluation: whose predictions and scores are shown; None for nobody's.
    """

    name: str
    filter: str = ""
    view: View = "image"
    evaluation: str | None = None


def load_views(path: Path) -> tuple[SavedView, ...]:
    """The views of a dataset by their names; those that make no sense are left out.

    Raises:
        BddsegError: the file cannot be read.
    """
    try:
        return _read(path)
    except RecordError:
        return ()
    except OSError as error:
        raise disk_error(error, path, "read") from error


def find_view(views: tuple[SavedView, ...], name: str) -> SavedView:
    """The view of this name.

    Raises:
        UsageError: there is none; the nearest name is suggested.
    """
    names = [view.name for view in views]
    if name not in names:
        raise UsageError(f"no view is called {sanitize(name)!r}{suggestion(name, names)}: see `bddseg-tui data views`")
    return views[names.index(name)]


def save_view(path: Path, view: SavedView) -> None:
    """Keeps a view; one of the same name is replaced.

    Raises:
        UsageError: the name is none.
        BddsegError: it cannot be written; what was there still is.
    """
    name = view.name.strip()
    if not name or name.startswith("-") or sanitize(name) != name or len(name) > _LONGEST_NAME:
        raise UsageError(f"a view's name is one line of at most {_LONGEST_NAME} characters, not {sanitize(name)!r}")
    kept = SavedView(name, sanitize(view.filter), view.view, view.evaluation)
    _change(path, lambda views: (*(v for v in views if v.name != name), kept))


def delete_view(path: Path, name: str) -> None:
    """Forgets a view.

    Raises:
        UsageError: there is none of this name.
        BddsegError: the file cannot be written.
    """
    find_view(load_views(path), name)
    _change(path, lambda views: tuple(v for v in views if v.name != name))


def merge_views(into: Path, other: Path) -> None:
    """Takes over the views of another place whose names are not taken.

    Raises:
        BddsegError: one of the files cannot be read or written.
    """
    if found := load_views(other):
        _change(into, lambda views: (*views, *(v for v in found if v.name not in {w.name for w in views})))


def _change(path: Path, change: Callable[[tuple[SavedView, ...]], tuple[SavedView, ...]]) -> None:
    try:
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            hold(handle)
            try:
                there = _read(path)
            except RecordError:
                # A person may have written it: it is put aside.
                path.replace(path.with_name(f"{path.name}.damaged"))
                there = ()
            views = sorted(change(there), key=lambda v: v.name.lower())
            write_text(path, json.dumps([asdict(v) for v in views], indent=1), mode=PRIVATE)
        finally:
            os.close(handle)
    except OSError as error:
        raise disk_error(error, path) from error


def _read(path: Path) -> tuple[SavedView, ...]:
    try:
        raw = decode(read_regular(path, _LARGEST))
    except FileNotFoundError:
        return ()
    if not isinstance(raw, list):
        raise RecordError("it is no list of views")
    return tuple(view for item in raw if (view := _checked(item)) is not None)


def _checked(item: Any) -> SavedView | None:
    if not isinstance(item, dict):
        return None
    name, text, view, evaluation = (item.get(key) for key in ("name", "filter", "view", "evaluation"))
    if not (isinstance(name, str) and name.strip() and isinstance(text, str) and view in VIEWS):
        return None
    if evaluation is not None and not isinstance(evaluation, str):
        return None
    return SavedView(sanitize(name)[:_LONGEST_NAME], sanitize(text), cast(View, view), evaluation)
