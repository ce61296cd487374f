"""What evaluations say of each image.

A new evaluation of a name is written beside the old one in short transactions, under a number without a name, and
takes the name at once at the end. What a killed writer or a replaced evaluation leaves is taken away later, a little
at a time.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path

from bddseg_tui.core.data.catalog.database import Database, give_way
from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.catalog.predictions import stored
from bddseg_tui.core.data.catalog.records import PREDICTED_COLUMNS, SCORE_COLUMNS, ImageScore
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.processes.process import ProcessId, this_process
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

_BATCH = 1000
_DELETED_AT_ONCE = 5000
_COLUMNS = (*SCORE_COLUMNS, *PREDICTED_COLUMNS)
_INSERT = (
    f"INSERT OR REPLACE INTO scores (evaluation, sample, prediction, {', '.join(_COLUMNS)}) "
    f"SELECT ?, id, ?{', ?' * len(_COLUMNS)} FROM samples WHERE image = ?"
)


def record_scores(database: Database, root: Path, evaluation: str, scores: Iterable[ImageScore]) -> None:
    """Replaces what an evaluation says of each image; images that the catalog does not know are left out.

    Raises:
        BddsegError: the catalog cannot be written; what it said before is still there.
    """
    source = iter(scores)
    first = next(source, None)
    if first is None:
        forget_scores(database, evaluation)
        return
    folder = os.fsencode(first.prediction.parent)
    with database.writing() as db:
        writer = json.dumps(asdict(this_process()))
        number = db.execute("INSERT INTO evaluations (folder, writer) VALUES (?, ?)", (folder, writer)).lastrowid
    source = chain([first], source)
    while some := list(islice(source, _BATCH)):
        values = [_values(score, number or 0, folder, root) for score in some]
        with database.writing() as db:
            db.executemany(_INSERT, values)
        give_way()
    with database.writing(durable=True) as db:
        db.execute("UPDATE evaluations SET name = NULL, writer = NULL WHERE name = ?", (evaluation,))
        db.execute("UPDATE evaluations SET name = ?, writer = NULL WHERE id = ?", (evaluation, number))
    # What was to be kept is on disk: that room cannot be given back now is no failure.
    with suppress(BddsegError):
        clear_left_over(database)


def forget_scores(database: Database, evaluation: str) -> None:
    """Takes away what an evaluation says, and gives its room back to the disk.

    Raises:
        BddsegError: the catalog cannot be written.
    """
    with database.writing() as db:
        db.execute("UPDATE evaluations SET name = NULL, writer = NULL WHERE name = ?", (evaluation,))
    with suppress(BddsegError):
        clear_left_over(database)


def clear_left_over(database: Database) -> None:
    """Deletes the scores of evaluations that were replaced, forgotten, or left half written by a killed process."""
    with database.reading() as db:
        found = db.execute("SELECT id, writer FROM evaluations WHERE name IS NULL").fetchall()
    left = [number for number, writer in found if not _alive(writer)]
    for number in left:
        while True:
            with database.writing() as db:
                gone = db.execute(
                    "DELETE FROM scores WHERE evaluation = ?1 AND sample IN "
                    "(SELECT sample FROM scores WHERE evaluation = ?1 LIMIT ?2)",
                    (number, _DELETED_AT_ONCE),
                ).rowcount
                if gone < _DELETED_AT_ONCE:
                    db.execute("DELETE FROM evaluations WHERE id = ? AND name IS NULL", (number,))
                    break
            give_way()
    if left:
        database.shrink()


def evaluations(database: Database) -> list[str]:
    """Names of the evaluations that have per-image scores."""
    with database.reading() as db:
        sql = "SELECT name FROM evaluations WHERE name IS NOT NULL ORDER BY name"
        return [name for (name,) in db.execute(sql)]


def without_predicted(database: Database) -> list[str]:
    """Names of the evaluations of which the predicted classes are not known: those of earlier versions."""
    sql = "SELECT EXISTS (SELECT 1 FROM scores WHERE evaluation = ? AND predicted IS NOT NULL)"
    with database.reading() as db:
        named = db.execute("SELECT id, name FROM evaluations WHERE name IS NOT NULL ORDER BY name").fetchall()
        return [name for number, name in named if not db.execute(sql, (number,)).fetchone()[0]]


def lacks_predicted(database: Database, evaluation: str | None) -> str:
    """Why nothing is known of the classes that an evaluation predicted, in words; '' where they are known."""
    if evaluation is None:
        return "whose predictions? choose an evaluation (E, --evaluation), or write evaluation:NAME"
    known = evaluations(database)
    if evaluation not in known:
        return f"no evaluation is called {sanitize(evaluation)!r}{suggestion(evaluation, known)}"
    if evaluation not in without_predicted(database):
        return ""
    # Masks that are there already are only counted by a prediction that is made again.
    what = (
        "predict again" if evaluation.endswith(" predicted") else "`bddseg-tui evaluations` takes them from its counts"
    )
    return f"{sanitize(evaluation)} is of an earlier version, which did not keep the predicted classes: {what}"


def _values(score: ImageScore, number: int, folder: bytes, root: Path) -> tuple[object, ...]:
    image = relative(score.image, root)
    prediction = stored(os.fsencode(score.prediction), folder, image)
    figures = (getattr(score, column) for column in SCORE_COLUMNS)
    predicted: tuple[int | None, ...] = (None,) * len(PREDICTED_COLUMNS)
    if score.predicted is not None:
        predicted = (sum(score.predicted), *score.predicted)
    return (number, prediction, *figures, *predicted, image)


def _alive(writer: str | None) -> bool:
    if writer is None:
        return False
    try:
        return ProcessId(**decode(writer)).alive()
    except (ValueError, TypeError):
        return False
