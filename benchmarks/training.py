"""Training images/s beside a Lightning loop with the same SMP model, batch and size, in turns.

python -m benchmarks.training DATASET [--rounds N] [--steps N] [--json FILE]

Ours is the whole job as `bddseg-tui train` starts it: augmentation, events, checks. Lightning has the images in
memory, no augmentation and its default precision. Each runs in a process of its own, with all cores.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import publish

BATCH, SIZE, WARM = 8, 224, 4


def ours(dataset: Path, steps: int) -> float:
    """Images/s of a real job, from the times of its step events."""
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.jobs.events import read_events
    from bddseg_tui.core.jobs.job import tail_log
    from bddseg_tui.core.runs.config import build_config
    from bddseg_tui.core.workspace.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Workspace(Path(folder)))
        count = (steps + WARM) * BATCH
        settings = [
            f"height={SIZE}",
            f"width={SIZE}",
            f"batch_size={BATCH}",
            "epochs=1",
            f"train_limit={count}",
            "val_limit=8",
        ]
        run = engine.runs.train(dataset, build_config("demo", settings), "demo")
        assert engine.runs.wait(run.folder).state == "finished", tail_log(run.folder)
        times = [e["time"] for e in read_events(run.events) if e["kind"] == "step"]
        return BATCH * (len(times) - WARM) / (times[-1] - times[WARM - 1])


def lightning(steps: int) -> float:
    """Images/s of a LightningModule's fit, in this process."""
    import lightning
    import segmentation_models_pytorch as smp
    import torch
    import torch.nn.functional as F

    class Module(lightning.LightningModule):  # type: ignore[misc]  # its types are not looked at
        def __init__(self) -> None:
            super().__init__()
            self.model = smp.Unet("resnet34", encoder_weights=None, classes=20)
            self.times: list[float] = []

        def training_step(self, batch: "tuple[torch.Tensor, torch.Tensor]", index: int) -> torch.Tensor:
            images, masks = batch
            return F.cross_entropy(self.model(images), masks)

        def on_train_batch_end(self, *_: object) -> None:
            self.times.append(time.perf_counter())

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=1e-3)

    count = (steps + WARM) * BATCH
    data = torch.utils.data.TensorDataset(torch.randn(count, 3, SIZE, SIZE), torch.randint(0, 20, (count, SIZE, SIZE)))
    module = Module()
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", **quiet)
    trainer.fit(module, torch.utils.data.DataLoader(data, batch_size=BATCH))
    return BATCH * (len(module.times) - WARM) / (module.times[-1] - module.times[WARM - 1])


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.peer:
        print(json.dumps(lightning(arguments.steps)))
        return
    rates: dict[str, list[float]] = {"bddseg-tui": [], "Lightning": []}
    for _ in range(arguments.rounds):
        rates["bddseg-tui"].append(ours(arguments.dataset, arguments.steps))
        command = [
            sys.executable,
            "-m",
            "benchmarks.training",
            str(arguments.dataset),
            "--peer",
            "--steps",
            str(arguments.steps),
        ]
        out = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
        rates["Lightning"].append(float(out.splitlines()[-1]))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratio = medians["bddseg-tui"] / medians["Lightning"]
    rows = [("", "images/s, median", "each round")]
    rows += [(n, f"{medians[n]:.2f}", " ".join(f"{v:.2f}" for v in values)) for n, values in rates.items()]
    rows.append(("ratio", f"{ratio:.2f}", ""))
    title = f"training SMP Unet-ResNet34, {SIZE}x{SIZE}, batch {BATCH}, {os.cpu_count()} cores"
    publish(title, rows, {"images_per_s": rates, "ratio": ratio}, arguments.json)


if __name__ == "__main__":
    main()
