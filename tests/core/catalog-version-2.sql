CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY, split TEXT NOT NULL, name TEXT NOT NULL, image BLOB NOT NULL UNIQUE, mask BLOB,
    stamp TEXT NOT NULL, scanned INTEGER NOT NULL DEFAULT 0, width INTEGER, height INTEGER, problem TEXT,
    pixels INTEGER, c0 INTEGER, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER, c5 INTEGER, c6 INTEGER, c7 INTEGER,
    c8 INTEGER, c9 INTEGER, c10 INTEGER, c11 INTEGER, c12 INTEGER, c13 INTEGER, c14 INTEGER, c15 INTEGER, c16 INTEGER,
    c17 INTEGER, c18 INTEGER, c19 INTEGER);
CREATE INDEX IF NOT EXISTS samples_by_split ON samples (split, name);
CREATE INDEX IF NOT EXISTS samples_pending ON samples (scanned) WHERE scanned = 0;
CREATE TABLE IF NOT EXISTS tags (sample INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (sample, tag)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (
    evaluation TEXT NOT NULL, sample INTEGER NOT NULL, accuracy REAL, miou REAL, prediction BLOB,
    PRIMARY KEY (evaluation, sample)) WITHOUT ROWID;
ALTER TABLE scores ADD COLUMN boundary REAL;
ALTER TABLE scores ADD COLUMN confidence REAL;
ALTER TABLE scores ADD COLUMN brightness REAL;
ALTER TABLE scores ADD COLUMN missed INTEGER;
ALTER TABLE scores ADD COLUMN invented INTEGER;
INSERT INTO samples (id, split, name, image, stamp, scanned, c0, c1, pixels) VALUES
    (1, 'train', 'a', CAST('images/10k/train/a.jpg' AS BLOB), '1:1|1:1', 1, 1, 1, 2),
    (2, 'val', 'b', CAST('images/10k/val/b.jpg' AS BLOB), '1:1|1:1', 1, 5, 0, 5),
    (3, 'test', 'c', CAST('images/10k/test/c.jpg' AS BLOB), '1:1|', 0, NULL, NULL, NULL);
INSERT INTO tags VALUES (1, 'night'), (2, 'night'), (2, 'rain');
INSERT INTO scores (evaluation, sample, accuracy, miou, prediction, boundary, confidence, brightness, missed, invented)
VALUES
    ('0001-demo/best-val', 1, 0.1, 0.1, NULL, NULL, NULL, NULL, 0, 0),
    ('0001-demo/best-val', 2, 0.9, 0.5, CAST('/w/runs/0001-demo/evaluation/best-val/predictions/b.png' AS BLOB),
     0.4, 0.8, 0.3, 32768, 0),
    ('0001-demo/best-test predicted', 3, NULL, NULL, CAST('/elsewhere/masks/sub/c.jpg.png' AS BLOB),
     NULL, NULL, NULL, NULL, NULL);
PRAGMA user_version = 2;
