"""What a dataset's size costs: at 1,000, 10,000, 100,000 and 1,000,000 images, and what grows faster than the data.

python -m benchmarks.scale DEMO [--counts 1000 10000] [--files-up-to 100000] [--decode-up-to 10000] [--json FILE]

DEMO is a drawn dataset with masks; its labelled images come as often as a count needs, as hard links of other names, so
every file is opened and decoded. A tenth are validation images. Each part runs in processes of its own; the memory is
that of the largest of them at its peak. What should grow with the count is the time alone.

Catalogs are measured at every count (`benchmarks.scale_catalog`), leaving the app up to `--files-up-to` images, and
what decodes every file (scan, training cache, evaluation) up to `--decode-up-to`.
"""

import argparse
import itertools
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import tail_log
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.evaluation import evaluation_folder
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks import scale_catalog
from benchmarks.report import compile_packages, publish

SETTINGS = ["encoder=mobilenet_v2", "encoder_weights=none", "height=64", "width=128", "batch_size=16", "epochs=1"]
FILTER = "class:car>1% -has:train sort:-bus"


def grow(demo: Path, count: int, target: Path) -> None:
    """A dataset of `count` labelled images, a tenth of them val, in hard links to the demo's."""
    labelled = [s for s in list_samples(open_dataset(demo)) if s.mask is not None]
    for number, sample in zip(range(count), itertools.cycle(labelled), strict=False):
        split = "val" if number % 10 == 0 else "train"
        assert sample.mask is not None
        for folder, source in (("images/10k", sample.image), ("labels/sem_seg/masks", sample.mask)):
            path = target / folder / split / f"{number:07d}{source.suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, path)


def part(name: str, root: Path, workspace: Workspace) -> float:
    """Runs one part in this process; returns its seconds."""
    dataset = open_dataset(root)
    catalog = Catalog(workspace.catalog_path(root), root)
    start = time.perf_counter()
    if name == "catalog":
        scan(catalog, dataset, lambda done, total: None)
    elif name == "filter":
        catalog.find(parse_query(FILTER), None)
    elif name == "cache":
        from bddseg_tui.train.cache import open_cache

        open_cache(dataset, "train", (64, 128), workspace.cache)
    return time.perf_counter() - start


def measured(words: list[str]) -> tuple[str, float]:
    """(the last word it prints, MiB of its largest process at its peak) of a command."""
    watcher = (
        "import resource, subprocess, sys\n"
        "out = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True, text=True).stdout\n"
        "print((out.split() or ['-'])[-1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", watcher, *words], capture_output=True, text=True, check=True).stdout
    said, mib = out.split()
    return said, float(mib)


def trained(engine: Engine, root: Path) -> Run:
    """A run of one step, to evaluate."""
    run = engine.runs.train(root, build_config("demo", [*SETTINGS, "train_limit=16", "val_limit=8"]), "demo")
    assert engine.runs.wait(run.folder).state == "finished", tail_log(run.folder)
    return run


def evaluated(model: Run, root: Path, workspace: Workspace) -> tuple[float, float]:
    """(seconds, MiB) of evaluating the model on the dataset's val split."""
    run = create_run(workspace, root, build_config("demo", SETTINGS), "demo")
    (run.folder / "checkpoints").symlink_to(model.folder / "checkpoints")
    evaluation_folder(run.folder, "best", "val").mkdir(parents=True)
    start = time.perf_counter()
    _, mib = measured([sys.executable, "-m", "bddseg_tui.train", "evaluate", os.fspath(run.folder)])
    return time.perf_counter() - start, mib


def decoded(count: int, root: Path, workspace: Workspace, model: Run) -> Iterator[tuple[str, float, float]]:
    """(part, seconds, MiB) of what decodes every file."""
    for name in ("catalog", "filter", "cache", "evaluate"):
        if name == "evaluate":
            seconds, mib = evaluated(model, root, workspace)
        else:
            own = [sys.executable, "-m", "benchmarks.scale", os.fspath(root), "--part", name]
            said, mib = measured([*own, "--workspace", os.fspath(workspace.root)])
            seconds = float(said)
        yield name, seconds, mib


def catalog_figures(count: int, root: Path, workspace: Workspace, with_files: bool) -> scale_catalog.Figures:
    """What `benchmarks.scale_catalog` measures, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.scale", os.fspath(root), "--part", "figures", "--counts", str(count)]
    words += ["--workspace", os.fspath(workspace.root), "--files-up-to", str(count if with_files else 0)]
    out = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def figures_here(root: Path, workspace: Workspace, count: int, with_files: bool) -> scale_catalog.Figures:
    """The same in this process."""
    found = scale_catalog.measure(root, workspace, count)
    found |= scale_catalog.measure_commands(root, workspace)
    return found | (scale_catalog.measure_quitting(root, workspace) if with_files else {})


def verdicts(found: dict[int, scale_catalog.Figures]) -> Iterator[tuple[str, str, str]]:
    """(figure, its growth, what that means) from the smallest to the largest count that has it.

    The growth is the power of the count: 1 is in step with the data, 0 not at all.
    """
    for name, meaning in scale_catalog.FIGURES.items():
        counts = [count for count in sorted(found) if name in found[count]]
        if len(counts) < 2 or min(found[counts[0]][name], found[counts[-1]][name]) <= 0:
            continue
        low, high = counts[0], counts[-1]
        power = math.log(found[high][name] / found[low][name]) / math.log(high / low)
        grows, enough = name in scale_catalog.GROWS, scale_catalog.ENOUGH.get(name, 0)
        if power <= (1.1 if grows else 0.1):
            verdict = "as it should"
        else:
            verdict = f"grows, and is below {enough:g}" if found[high][name] < enough else "GROWS FASTER THAN IT MAY"
        yield meaning, f"{power:.2f}", verdict


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--files-up-to", type=int, default=100_000)
    parser.add_argument("--decode-up-to", type=int, default=10_000)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--workspace", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.part == "figures":
        count = arguments.counts[0]
        with_files = arguments.files_up_to >= count
        print(json.dumps(figures_here(arguments.demo, Workspace(arguments.workspace), count, with_files)))
        return
    if arguments.part:
        print(part(arguments.part, arguments.demo, Workspace(arguments.workspace)))
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    compile_packages()
    # Beside the demo, since hard links stay on one file system.
    with tempfile.TemporaryDirectory(dir=arguments.demo.parent) as folder:
        facts, found = run_all(arguments, Path(folder))
    rows: list[tuple[str, ...]] = [("images", "part", "seconds", "images/s", "MiB")]
    for fact in facts:
        worked = {"cache": fact["images"] * 9 // 10, "evaluate": fact["images"] // 10, "filter": 0}
        images = worked.get(fact["part"], fact["images"])
        rate = f"{images / fact['seconds']:.0f}" if images else ""
        rows.append((f"{fact['images']:,}", fact["part"], f"{fact['seconds']:.2f}", rate, f"{fact['mib']:.0f}"))
    publish(f"cost by number of images, {os.cpu_count()} cores", rows, {}, None)
    counts = sorted(found)
    table = [("figure", *(f"{c:,}" for c in counts))]
    for name in scale_catalog.FIGURES:
        table.append((name, *(f"{found[c][name]:.3f}" if name in found[c] else "" for c in counts)))
    publish("a catalog by number of images", table, {}, None)
    said = [("figure", "power of the count", ""), *verdicts(found)]
    everything = {"rows": facts, "catalog": {str(c): found[c] for c in counts}, "growth": said[1:]}
    publish("what grows how", said, everything, arguments.json)


def run_all(
    arguments: argparse.Namespace, folder: Path
) -> tuple[list[dict[str, Any]], dict[int, scale_catalog.Figures]]:
    """All parts at all counts, smallest first."""
    facts: list[dict[str, Any]] = []
    found: dict[int, scale_catalog.Figures] = {}
    decoding = [count for count in arguments.counts if count <= arguments.decode_up_to]
    model = trained(Engine(Workspace(folder / "model")), arguments.demo) if decoding else None
    for count in sorted(arguments.counts):
        root = folder / f"{count}"
        with_files = count <= arguments.files_up_to
        # The folder must be there for the commands, though its images need not.
        grow(arguments.demo, count if with_files else 1, root)
        if model is not None and count in decoding:
            for name, seconds, mib in decoded(count, root, Workspace(folder / f"workspace-{count}"), model):
                facts.append({"images": count, "part": name, "seconds": seconds, "mib": mib})
                print(facts[-1], flush=True)
        found[count] = catalog_figures(count, root, Workspace(folder / f"catalog-{count}"), with_files)
        print(count, found[count], flush=True)
        shutil.rmtree(root)
    return facts, found


if __name__ == "__main__":
    main()
