"""What a catalog's size costs those who wait for it: parts of `benchmarks.scale`, each in a process of its own.

The samples need not exist: the catalog is filled as a listing would fill it, and with what a scan would have found.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog import Catalog, ImageScore, ScanResult
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.dataset import Sample, list_samples
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.layouts import Dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace

Figures = dict[str, float]
FIGURES = {
    "fill_s": "a first listing",
    "rescan_s": "a listing without a change",
    "longest_wait_s": "the longest that a tag waits meanwhile",
    "keystroke_ms": "a letter typed in a tag filter",
    "find_ms": "a filter of three terms, sorted by a class",
    "first_row_ms": "the first row of `data list`",
    "head_s": "`data list | head -1`, with its start",
    "json_mib": "`data list --json`, MiB at its peak",
    "scores_s": "recording an evaluation of a tenth of the images",
    "bytes_a_score": "bytes a score takes in the file",
    "remove_s": "one image in a hundred is gone",
    "forget_s": "forgetting all evaluations",
    "mib_before": "MiB of the file before the evaluations",
    "mib_after": "MiB of the file after they were forgotten",
    "quit_first_s": "`q` while files are listed for the first time",
    "quit_later_s": "`q` while they are listed again",
}
GROWS = ("fill_s", "rescan_s", "scores_s", "remove_s", "forget_s", "find_ms", "mib_before", "mib_after")
"""What may grow with the data, but not faster."""
ENOUGH = {
    "longest_wait_s": 1.0,
    "keystroke_ms": 100.0,
    "first_row_ms": 100.0,
    "head_s": 1.0,
    "json_mib": 100.0,
    "bytes_a_score": 100.0,
    "quit_first_s": 0.3,
    "quit_later_s": 0.3,
}
"""Below this nobody minds that something grows."""


def samples(root: Path, count: int, without: int = 0) -> Iterator[Sample]:
    """So many labelled samples, a tenth of them val; every `without`-th is gone."""
    for n in range(count):
        if without and n % without == 0:
            continue
        split = "val" if n % 10 == 0 else "train"
        # Nowhere at any count: what is there and what is not takes the disk unlike times.
        image = root / "nowhere/images" / split / f"{n:07d}.jpg"
        yield Sample(split, image, root / "nowhere/masks" / split / f"{n:07d}.png")


def measure(root: Path, workspace: Workspace, count: int) -> Figures:
    """All but what needs an app, in the order in which a catalog grows."""
    engine = Engine(workspace)
    path = workspace.catalog_path(root)
    catalog = Catalog(path, root)
    found: Figures = {}
    found["fill_s"] = seconds(lambda: catalog.refresh(samples(root, count)))
    _pretend_scanned(catalog)
    tagger = _tagger(path, root)
    found["rescan_s"] = seconds(lambda: catalog.refresh(samples(root, count)))
    catalog.refresh(samples(root, count, without=10))
    catalog.refresh(samples(root, count))
    found["longest_wait_s"] = _longest_wait(tagger)
    ids = catalog.find(parse_query(""))
    for n in range(5):
        catalog.add_tag(ids[n::10], f"tag{n}")
    found["keystroke_ms"] = 1000 * best(lambda: (catalog.tags(), catalog.find(parse_query("tag:ta"))))
    found["find_ms"] = 1000 * best(lambda: catalog.find(parse_query("class:car>1% -has:train split:val sort:-bus")))
    collection = Collection(Dataset(root, "bdd100k", ()), catalog)
    found["first_row_ms"] = 1000 * best(lambda: next(engine.data.iterate(collection, "")))
    found["mib_before"] = path.stat().st_size / 2**20
    found |= _evaluations(catalog, root, count)
    return found


def _evaluations(catalog: Catalog, root: Path, count: int) -> Figures:
    """Ten evaluations of a tenth of the images each, as long as there are images to take away from them."""
    before = catalog.path.stat().st_size
    names = [f"{n:04d}-strong/best-val" for n in range(10)]
    took = [seconds(partial(_record_scores, catalog, root, count, name)) for name in names]
    scored = 10 * (count // 10)
    found: Figures = {"scores_s": min(took), "bytes_a_score": (catalog.path.stat().st_size - before) / scored}
    found["remove_s"] = seconds(lambda: catalog.refresh(samples(root, count, without=100)))
    catalog.refresh(samples(root, count))
    found["forget_s"] = seconds(lambda: forget(catalog, names))
    found["mib_after"] = catalog.path.stat().st_size / 2**20
    return found


def measure_commands(root: Path, workspace: Workspace) -> Figures:
    """What `data list` costs as a command; the dataset's folder must be there."""
    words = [sys.executable, "-m", "bddseg_tui.tui", "data", "list", os.fspath(root), "--no-scan"]
    environment = {**os.environ, "BDDSEG_WORKSPACE": os.fspath(workspace.root)}
    head = " ".join(f"'{word}'" for word in words) + " 2>/dev/null | head -1"
    found = {"head_s": best(lambda: subprocess.run(head, shell=True, env=environment, check=True, capture_output=True))}
    watcher = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    out = subprocess.run(
        [sys.executable, "-c", watcher, *words, "--json"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    return found | {"json_mib": float(out)}


def measure_quitting(root: Path, workspace: Workspace) -> Figures:
    """How long `q` takes while the app's scan lists a dataset of real files: at first, and when all is known."""
    other = Workspace(workspace.root / "real")
    found = {"quit_first_s": _quit(root, other)}
    collection = Engine(other).data.open(root)
    collection.catalog.refresh(list_samples(collection.dataset))
    _pretend_scanned(collection.catalog)
    return found | {"quit_later_s": _quit(root, other)}


def _quit(root: Path, workspace: Workspace) -> float:
    from tests.tui.terminal import Terminal

    os.environ["BDDSEG_WORKSPACE"] = os.fspath(workspace.root)
    with Terminal.app(root, "--images", "halfblock") as terminal:
        terminal.until(lambda seen: b"listing" in seen or b"scanning" in seen or "▀".encode() in seen)
        settled = time.perf_counter() + 1.0
        while time.perf_counter() < settled:
            terminal.read(0.02)
        start = time.perf_counter()
        terminal.send(b"q")
        terminal.wait()
        return time.perf_counter() - start


def _record_scores(catalog: Catalog, root: Path, count: int, evaluation: str) -> None:
    catalog.record_scores(evaluation, _scores(root, count, evaluation))


def forget(catalog: Catalog, evaluations: Sequence[str]) -> None:
    """Deletes the scores of some evaluations."""
    for name in evaluations:
        catalog.forget_scores(name)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best(work: Callable[[], object]) -> float:
    """The shortest of five times."""
    return min(seconds(work) for _ in range(5))


def _pretend_scanned(catalog: Catalog) -> None:
    """Notes for each sample what a scan might have found: classes in turn, so that filters leave some."""
    batch: list[ScanResult] = []
    for i, _, _ in catalog.pending():
        counts = tuple(9216 // (c + 1) if (i + c) % 7 else 0 for c in range(NUM_CLASSES))
        batch.append(ScanResult(i, 128, 72, counts, None))
        if len(batch) == 2000:
            catalog.record(batch)
            batch = []
    catalog.record(batch)


def _scores(root: Path, count: int, name: str) -> Iterator[ImageScore]:
    folder = root.parent / "workspace/runs" / name.replace("/", "/evaluation/") / "predictions"
    for sample in samples(root, count):
        if sample.split == "val":
            yield ImageScore(
                image=sample.image,
                prediction=folder / f"{sample.name}.png",
                accuracy=0.91,
                miou=0.512,
                boundary=0.4,
                confidence=0.83,
                brightness=0.41,
                missed=1 << 15,
                invented=0,
            )


def _tagger(path: Path, root: Path) -> "subprocess.Popen[str]":
    """A process that tags one sample after another until its input ends, and then says the longest wait."""
    script = (
        "import sys, threading, time\nfrom pathlib import Path\nfrom bddseg_tui.core.data.catalog import Catalog\n"
        "catalog, ended, worst, n = Catalog(Path(sys.argv[1]), Path(sys.argv[2])), threading.Event(), 0.0, 0\n"
        "threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()\n"
        "print('ready', flush=True)\n"
        "while not ended.wait(0.01):\n"
        "    start = time.perf_counter()\n    catalog.add_tag([1 + n % 100], 'waits')\n"
        "    catalog.remove_tag([1 + n % 100], 'waits')\n"
        "    worst, n = max(worst, (time.perf_counter() - start) / 2), n + 1\n"
        "print(worst, flush=True)"
    )
    words = [sys.executable, "-c", script, os.fspath(path), os.fspath(root)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def _longest_wait(tagger: "subprocess.Popen[str]") -> float:
    out, _ = tagger.communicate()
    return float(out.split()[-1])
