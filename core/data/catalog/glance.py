"""A look into a catalog's file without opening it as one: nothing is written, whatever version made it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


def count_tags(path: Path) -> int | None:
    """How many tags and verdicts people have given; None where that cannot be told."""
    address = f"file:{quote(bytes(path))}?mode=ro"
    for how in ("", "&immutable=1"):
        try:
            with closing(sqlite3.connect(address + how, uri=True, timeout=1)) as db:
                (count,) = db.execute("SELECT count(*) FROM tags").fetchone()
                # Catalogs of earlier versions have no verdicts.
                if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdicts'").fetchone():
                    count += db.execute("SELECT count(*) FROM verdicts").fetchone()[0]
                return int(count)
        except sqlite3.Error:
            continue
    return None
