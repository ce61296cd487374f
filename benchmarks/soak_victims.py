"""What `benchmarks.soak` kills: one process of each kind on a small dataset, and what each must come to."""

import contextlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np

from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.demo.generate import generate
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.services.retrieval import service_of
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.soak_processes import TINY, App, Command, Fit, Job, Retriever, Victim, digest, training_figures


def prepare(root: Path) -> list[Victim]:
    """A dataset, an unbroken run and every victim, each measured."""
    data, workspace = root / "data", Workspace(root / "workspace")
    os.environ["BDDSEG_WORKSPACE"] = str(workspace.root)
    generate(data, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, workers=1)
    engine = Engine(workspace)
    run = engine.runs.train(data, build_config("demo", TINY), "demo")
    status = engine.runs.wait(run.folder)
    if status.state != "finished":
        raise SystemExit(f"the unbroken run ended as {status.state}: {status.message}")
    out, to, service = root / "out", root / "exported", service_of(workspace)
    index = engine.retrieval.index_folder(data)

    def drop(*folders: Path) -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    evaluated = run.folder / "evaluation/best-val"
    victims: list[Victim] = [
        Fit(engine, data, training_figures(run)),
        Job(
            "evaluate",
            engine,
            lambda: engine.runs.evaluate(run),
            lambda: _evaluation(evaluated),
            lambda: drop(evaluated),
        ),
        Job(
            "predict", engine, lambda: engine.runs.predict(run, out), lambda: _hashes(out / "masks"), lambda: drop(out)
        ),
        Job("export", engine, lambda: engine.runs.export(run, "smp", to), lambda: _hashes(to), lambda: drop(to)),
        Job("index", engine, lambda: service.build(data), lambda: _vectors(index), lambda: drop(index)),
        *_small(engine, data, index),
    ]
    for victim in victims:
        victim.measure()
    return victims


def _small(engine: Engine, data: Path, index: Path) -> list[Victim]:
    """Those that work on the catalog, and the retriever."""
    copy = data.with_name("scanned")
    shutil.copytree(data, copy)
    collection, tagged = engine.data.open(copy), [0]
    engine.data.scan(collection, lambda done, total: None)
    catalog = collection.catalog.path
    collection.catalog.add_tag(collection.catalog.find(parse_query(""))[:5], "kept")
    totals = collection.catalog.class_totals()

    def forget_counts() -> None:
        # The times of the files change, so that all of them are scanned again.
        for image in (copy / "images").rglob("*.jpg"):
            os.utime(image)

    def scanned(whole: bool) -> str:
        try:
            if len(collection.catalog.find(parse_query("tag:kept"))) != 5:
                return "tags are lost"
            if whole and collection.catalog.class_totals() != totals:
                return "the counts differ"
        except (BddsegError, sqlite3.Error) as error:
            return f"the catalog cannot be read: {error}"
        return ""

    other = data.with_name("tagged")
    shutil.copytree(data, other)
    marked = engine.data.open(other)
    engine.data.scan(marked, lambda done, total: None)

    def tag_words() -> list[str]:
        tagged[0] += 1
        return [
            "-m",
            "bddseg_tui.tui",
            "data",
            "tag",
            str(other),
            f"t{tagged[0]}",
            "--filter",
            "split:val",
            "--no-scan",
        ]

    def tags(whole: bool) -> str:
        try:
            found = len(marked.catalog.find(parse_query(f"tag:t{tagged[0]}"))) if tagged[0] else 6
        except (BddsegError, sqlite3.Error) as error:
            return f"the catalog cannot be read: {error}"
        return "" if found == 6 or (found == 0 and not whole) else f"{found} of 6 are tagged"

    def untag() -> None:
        tagged[0] = tagged[0] + 1000

    request = {
        "id": 1,
        "do": "search",
        "setup": {
            "root": str(data),
            "index": str(index),
            "clip": "demo",
            "catalog": str(engine.data.open(data).catalog.path),
        },
        "text": "rain",
        "top": 3,
    }
    feed = (json.dumps(request) + "\n").encode()
    scan = Command(
        "scan", lambda: ["-P", "-m", "bddseg_tui.core.data.scan", str(copy), str(catalog)], scanned, forget_counts, {}
    )
    tag = Command("tag", tag_words, tags, untag, {})
    retriever = Retriever(
        "retriever", lambda: ["-P", "-m", "bddseg_tui.index", "retriever"], lambda _: "", lambda: None, {}, feed
    )
    return [scan, tag, retriever, App(other, tags)]


def _hashes(folder: Path) -> object:
    return sorted((p.name, digest(p)) for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))


def _evaluation(folder: Path) -> object:
    return digest(folder / "result.json"), _hashes(folder / "predictions")


def _vectors(folder: Path) -> object:
    """Every image with its vector, whatever the order they were encoded in."""
    with contextlib.closing(sqlite3.connect(folder / "rows.sqlite")) as db:
        rows = db.execute("SELECT image, row FROM images ORDER BY image").fetchall()
        (name,) = db.execute("SELECT value FROM meta WHERE key = 'file'").fetchone()
        (dimension,) = db.execute("SELECT value FROM meta WHERE key = 'dimension'").fetchone()
    matrix = np.fromfile(folder / name, np.float32).reshape(-1, int(dimension))
    return [(image, matrix[row].round(4).tobytes()) for image, row in rows]
