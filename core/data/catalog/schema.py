"""The catalog's tables, and how one of an earlier version becomes one of this.

A sample is never deleted by a scan: what is not there is `absent`, and tags and scores wait for it. Evaluations and
tags have numbers, as their names would stand in every row else. An evaluation whose name is NULL is being written by
the process `writer`, or is what one left behind. Verdicts are appended, and the last one of an area holds.
"""

import os
import sqlite3
from pathlib import Path

from bddseg_tui.core.data.catalog.predictions import stored
from bddseg_tui.core.data.catalog.records import COUNT_COLUMNS, PREDICTED_COLUMNS, SCORE_COLUMNS

VERSION = 6
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY, split TEXT NOT NULL, name TEXT NOT NULL, image BLOB NOT NULL UNIQUE, mask BLOB,
    stamp TEXT NOT NULL, scanned INTEGER NOT NULL DEFAULT 0, width INTEGER, height INTEGER, problem TEXT,
    pixels INTEGER, {", ".join(f"{c} INTEGER" for c in COUNT_COLUMNS)}, absent INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS samples_in_order ON samples (split, name) WHERE absent = 0;
CREATE INDEX IF NOT EXISTS samples_unscanned ON samples (scanned) WHERE scanned = 0 AND absent = 0;
CREATE INDEX IF NOT EXISTS samples_absent ON samples (absent) WHERE absent = 1;
CREATE TABLE IF NOT EXISTS tag_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS tags (
    sample INTEGER NOT NULL, tag INTEGER NOT NULL, PRIMARY KEY (sample, tag)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_by_tag ON tags (tag, sample);
CREATE TABLE IF NOT EXISTS evaluations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, folder BLOB NOT NULL, writer TEXT);
CREATE TABLE IF NOT EXISTS scores (
    evaluation INTEGER NOT NULL, sample INTEGER NOT NULL, accuracy REAL, miou REAL, boundary REAL, confidence REAL,
    brightness REAL, missed INTEGER, invented INTEGER, prediction BLOB,
    {", ".join(f"{c} INTEGER" for c in PREDICTED_COLUMNS)}, PRIMARY KEY (evaluation, sample)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS measures (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS measured (
    sample INTEGER NOT NULL, measure INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (sample, measure)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (sample INTEGER PRIMARY KEY, grid BLOB NOT NULL, objects BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
    id INTEGER PRIMARY KEY, sample INTEGER NOT NULL, mask_hash TEXT NOT NULL, area INTEGER NOT NULL,
    verdict TEXT NOT NULL, given INTEGER NOT NULL, predicted INTEGER NOT NULL, pixels INTEGER NOT NULL,
    x1 INTEGER NOT NULL, y1 INTEGER NOT NULL, x2 INTEGER NOT NULL, y2 INTEGER NOT NULL, score REAL,
    runs BLOB NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS verdicts_by_area ON verdicts (sample, mask_hash, area);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_SINCE_2 = ("boundary REAL", "confidence REAL", "brightness REAL", "missed INTEGER", "invented INTEGER")
"""Columns of scores that catalogs of version 1 lack."""
_EVALUATIONS_2 = """
WITH RECURSIVE found(name) AS (
    SELECT min(evaluation) FROM old_scores
    UNION ALL SELECT (SELECT min(evaluation) FROM old_scores WHERE evaluation > name) FROM found WHERE name IS NOT NULL)
SELECT name, (SELECT prediction FROM old_scores WHERE evaluation = name AND prediction IS NOT NULL LIMIT 1)
FROM found WHERE name IS NOT NULL
"""
"""A step for each name: SELECT DISTINCT reads every row."""


def upgrade(db: sqlite3.Connection, root: Path) -> None:
    """Makes an empty database, or a catalog of an earlier version, one of this version; commits nothing."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version >= VERSION:
        return
    if version >= 3:
        if version == 3:
            for column in PREDICTED_COLUMNS:
                db.execute(f"ALTER TABLE scores ADD COLUMN {column} INTEGER")
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
        return
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for index in ("samples_by_split", "samples_pending"):
        db.execute(f"DROP INDEX IF EXISTS {index}")
    if "samples" in there and "absent" not in _columns(db, "samples"):
        db.execute("ALTER TABLE samples ADD COLUMN absent INTEGER NOT NULL DEFAULT 0")
    for table in ("tags", "scores"):
        if table in there:
            db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in SCHEMA.split(";"):
        db.execute(statement)
    if "tags" in there:
        _copy_tags(db)
    if "scores" in there:
        _copy_scores(db)
    db.execute("INSERT OR REPLACE INTO facts VALUES ('root', ?)", (os.fsencode(root),))
    db.execute(f"PRAGMA user_version = {VERSION}")


def _copy_tags(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO tag_names (name) SELECT DISTINCT tag FROM old_tags ORDER BY tag")
    db.execute("INSERT INTO tags SELECT o.sample, n.id FROM old_tags o JOIN tag_names n ON n.name = o.tag")
    db.execute("DROP TABLE old_tags")


def _copy_scores(db: sqlite3.Connection) -> None:
    for column in _SINCE_2:
        if column.split()[0] not in _columns(db, "old_scores"):
            db.execute(f"ALTER TABLE old_scores ADD COLUMN {column}")
    db.create_function("stored", 3, stored, deterministic=True)
    for name, prediction in db.execute(_EVALUATIONS_2).fetchall():
        folder = os.path.dirname(prediction or b"")  # noqa: PTH120 (bytes)
        number = db.execute("INSERT INTO evaluations (name, folder) VALUES (?, ?)", (name, folder)).lastrowid
        columns = ", ".join(SCORE_COLUMNS)
        db.execute(
            f"INSERT INTO scores (evaluation, sample, {columns}, prediction) "
            f"SELECT ?, o.sample, {', '.join('o.' + c for c in SCORE_COLUMNS)}, stored(o.prediction, ?, s.image) "
            "FROM old_scores o LEFT JOIN samples s ON s.id = o.sample WHERE o.evaluation = ?",
            (number, folder, name),
        )
    db.execute("DROP TABLE old_scores")


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
