"""What takes room in the workspace, in words: the same in the app and on the command line."""

from collections.abc import Sequence

from bddseg_tui.core.maintenance import Item, Kind
from bddseg_tui.tui.shared.format import format_bytes

NAMES: dict[Kind, str] = {
    "run": "runs",
    "cache": "training caches",
    "catalog": "catalogs",
    "index": "indexes",
    "chats": "chats",
    "deleted": "leftovers",
    "temporary": "unfinished files",
    "demo": "demo",
    "log": "logs",
    "other": "other",
}


def by_kind(items: Sequence[Item]) -> list[tuple[str, int, int]]:
    """(name, how many, bytes) of each kind, what takes most first."""
    rows = []
    for kind, name in NAMES.items():
        some = [i.bytes for i in items if i.kind == kind]
        if some:
            rows.append((name, len(some), sum(some)))
    return sorted(rows, key=lambda row: -row[2])


def freeable(items: Sequence[Item], word: str) -> int:
    """Bytes that a word frees, if nothing of it is in use; tagged catalogs are not freed by words."""
    return sum(i.bytes for i in items if i.frees and word in (i.frees, "all") and not (i.kind == "catalog" and i.tags))


def free_hint(items: Sequence[Item]) -> str:
    """Which words free how much, in one line; '' where there is nothing to free."""
    words = [(word, freeable(items, word)) for word in ("caches", "deleted", "gone")]
    told = ", ".join(f"{word} {format_bytes(taken)}" for word, taken in words if taken)
    return f"can be made again: {told} (`bddseg-tui workspace free WHAT`)" if told else ""
