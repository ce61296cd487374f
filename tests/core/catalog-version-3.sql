CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY, split TEXT NOT NULL, name TEXT NOT NULL, image BLOB NOT NULL UNIQUE, mask BLOB,
    stamp TEXT NOT NULL, scanned INTEGER NOT NULL DEFAULT 0, width INTEGER, height INTEGER, problem TEXT,
    pixels INTEGER, c0 INTEGER, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER, c5 INTEGER, c6 INTEGER, c7 INTEGER, c8 INTEGER, c9 INTEGER, c10 INTEGER, c11 INTEGER, c12 INTEGER, c13 INTEGER, c14 INTEGER, c15 INTEGER, c16 INTEGER, c17 INTEGER, c18 INTEGER, c19 INTEGER, absent INTEGER NOT NULL DEFAULT 0);
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
    brightness REAL, missed INTEGER, invented INTEGER, prediction BLOB, PRIMARY KEY (evaluation, sample)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO samples (id, split, name, image, stamp, scanned, c0, c1, pixels) VALUES
    (1, 'train', 'a', CAST('images/10k/train/a.jpg' AS BLOB), '1:1|1:1|2', 1, 1, 1, 2),
    (2, 'val', 'b', CAST('images/10k/val/b.jpg' AS BLOB), '1:1|1:1|2', 1, 5, 0, 5);
INSERT INTO tag_names VALUES (1, 'night'), (2, 'rain');
INSERT INTO tags VALUES (1, 1), (2, 1), (2, 2);
INSERT INTO evaluations (id, name, folder) VALUES
    (1, '0001-demo/best-val', CAST('/w/runs/0001-demo/evaluation/best-val/predictions' AS BLOB));
INSERT INTO scores (evaluation, sample, accuracy, miou, boundary, confidence, brightness, missed, invented) VALUES
    (1, 2, 0.9, 0.5, 0.4, 0.8, 0.3, 32768, 0);
PRAGMA user_version = 3;
