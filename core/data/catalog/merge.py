"""Taking over into one catalog what another one of the same dataset holds: tags, verdicts, evaluations, new samples."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.data.catalog.records import COUNT_COLUMNS, PREDICTED_COLUMNS, SCORE_COLUMNS
from bddseg_tui.core.data.catalog.verdicts import VERDICT_COLUMNS

_COLUMNS = ", ".join(
    ("split", "name", "image", "mask", "stamp", "scanned", "width", "height", "problem", "pixels", *COUNT_COLUMNS)
)
_SCORE_COLUMNS = (*SCORE_COLUMNS, *PREDICTED_COLUMNS)
_SCORES = ", ".join(_SCORE_COLUMNS)
_VERDICT = ", ".join(VERDICT_COLUMNS)
_STATEMENTS = (
    f"INSERT OR IGNORE INTO samples ({_COLUMNS}, absent) SELECT {_COLUMNS}, absent FROM other.samples",
    "INSERT OR IGNORE INTO tag_names (name) SELECT name FROM other.tag_names",
    "INSERT OR IGNORE INTO tags SELECT s.id, n.id FROM other.tags t "
    "JOIN other.samples o ON o.id = t.sample JOIN samples s ON s.image = o.image "
    "JOIN other.tag_names w ON w.id = t.tag JOIN tag_names n ON n.name = w.name",
    f"INSERT INTO verdicts (sample, {_VERDICT}) SELECT s.id, {', '.join('v.' + c for c in VERDICT_COLUMNS)} "
    "FROM other.verdicts v JOIN other.samples o ON o.id = v.sample JOIN samples s ON s.image = o.image "
    "WHERE NOT EXISTS (SELECT 1 FROM main.verdicts m WHERE m.sample = s.id AND m.mask_hash = v.mask_hash "
    "AND m.area = v.area AND m.at = v.at) ORDER BY v.at, v.id",
    "CREATE TEMP TABLE taken AS SELECT id, name FROM other.evaluations WHERE name IS NOT NULL "
    "AND name NOT IN (SELECT name FROM main.evaluations WHERE name IS NOT NULL)",
    "INSERT INTO evaluations (name, folder) SELECT name, folder FROM other.evaluations WHERE id IN "
    "(SELECT id FROM taken)",
    f"INSERT INTO scores (evaluation, sample, prediction, {_SCORES}) "
    f"SELECT e.id, s.id, c.prediction, {', '.join('c.' + column for column in _SCORE_COLUMNS)} FROM other.scores c "
    "JOIN taken ON taken.id = c.evaluation JOIN evaluations e ON e.name = taken.name "
    "JOIN other.samples o ON o.id = c.sample JOIN samples s ON s.image = o.image",
)


def merge(into: Path, other: Path, root: Path) -> None:
    """Takes over what `other` holds, all in one transaction; done twice, it changes nothing more.

    Raises:
        BddsegError: one of them cannot be read, or `into` cannot be written.
    """
    database = Database(into, root)
    # Opened once, so that it is of this version.
    Database(other, root)
    with database.writing(durable=True, attached=f"file:{quote(bytes(other))}?mode=ro") as db:
        for statement in _STATEMENTS:
            db.execute(statement)


def image_names(path: Path, root: Path) -> set[bytes]:
    """The images that a catalog knows, absent ones too, as paths relative to the dataset."""
    with Database(path, root).reading() as db:
        return {bytes(image) for (image,) in db.execute("SELECT image FROM samples")}


def recorded_root(path: Path) -> Path | None:
    """The folder that a catalog says its dataset was in when it was last scanned; None if it does not say.

    Nothing is written, and a catalog of an earlier version stays one.
    """
    address = f"file:{quote(bytes(path))}?mode=ro"
    for how in ("", "&immutable=1"):
        try:
            with closing(sqlite3.connect(address + how, uri=True, timeout=1)) as db:
                found = db.execute("SELECT value FROM facts WHERE name = 'root'").fetchone()
                return Path(os.fsdecode(found[0])) if found else None
        except sqlite3.Error:
            continue
    return None
