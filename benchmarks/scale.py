"""What a dataset's size costs: catalog, filter, training cache and evaluation at 1,000, 10,000 and 100,000 images.

python -m benchmarks.scale DEMO [--counts 1000 10000] [--json FILE]

DEMO is a drawn dataset with masks; its labelled images come as often as a count needs, as hard links of other names, so
every file is opened and decoded. A tenth are validation images. Each part runs in processes of its own; the memory is
that of the largest of them at its peak. What should grow with the count is the time alone.
"""

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import publish
from core.catalog import Catalog
from core.config import build_config
from core.dataset import list_samples, open_dataset
from core.engine import Engine
from core.evaluation import evaluation_folder
from core.job import tail_log
from core.query import parse_query
from core.runs import Run, create_run
from core.scan import scan
from core.workspace import Workspace

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
        from train.cache import open_cache

        open_cache(dataset, "train", (64, 128), workspace.cache)
    return time.perf_counter() - start


def measured(words: list[str]) -> tuple[str, float]:
    """(the last word it prints, MiB of its largest process at its peak) of a command."""
    watcher = (
        "import resource, subprocess, sys\n"
        "out = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True, text=True).stdout\n"
        "print(out.split()[-1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    out = subprocess.run([sys.executable, "-c", watcher, *words], capture_output=True, text=True, check=True).stdout
    said, mib = out.split()
    return said, float(mib)


def trained(engine: Engine, root: Path) -> Run:
    """A run of one step, to evaluate."""
    run = engine.train(root, build_config("demo", [*SETTINGS, "train_limit=16", "val_limit=8"]), "demo")
    assert engine.wait(run.folder).state == "finished", tail_log(run.folder)
    return run


def evaluated(model: Run, root: Path, workspace: Workspace) -> tuple[float, float]:
    """(seconds, MiB) of evaluating the model on the dataset's val split."""
    run = create_run(workspace, root, build_config("demo", SETTINGS), "demo")
    (run.folder / "checkpoints").symlink_to(model.folder / "checkpoints")
    evaluation_folder(run.folder, "best", "val").mkdir(parents=True)
    start = time.perf_counter()
    _, mib = measured([sys.executable, "-m", "train", "evaluate", os.fspath(run.folder)])
    return time.perf_counter() - start, mib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--workspace", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.part:
        print(part(arguments.part, arguments.demo, Workspace(arguments.workspace)))
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows: list[tuple[str, ...]] = [("images", "part", "seconds", "images/s", "MiB")]
    facts = []
    # Beside the demo, since hard links stay on one file system.
    with tempfile.TemporaryDirectory(dir=arguments.demo.parent) as folder:
        model = trained(Engine(Workspace(Path(folder) / "model")), arguments.demo)
        for count in arguments.counts:
            root, workspace = Path(folder) / f"{count}", Workspace(Path(folder) / f"workspace-{count}")
            grow(arguments.demo, count, root)
            for name in ("catalog", "filter", "cache", "evaluate"):
                if name == "evaluate":
                    seconds, mib = evaluated(model, root, workspace)
                else:
                    own = [sys.executable, "-m", "benchmarks.scale", os.fspath(root), "--part", name]
                    said, mib = measured([*own, "--workspace", os.fspath(workspace.root)])
                    seconds = float(said)
                worked = {"catalog": count, "cache": count * 9 // 10, "evaluate": count // 10}.get(name)
                rate = f"{worked / seconds:.0f}" if worked else ""
                rows.append((f"{count:,}", name, f"{seconds:.2f}", rate, f"{mib:.0f}"))
                facts.append({"images": count, "part": name, "seconds": seconds, "mib": mib})
                print("  ".join(rows[-1]), flush=True)
    publish(f"cost by number of images, {os.cpu_count()} cores", rows, {"rows": facts}, arguments.json)


if __name__ == "__main__":
    main()
