"""How fast a run trains on this machine's device, whether its data keep up, and how much of the device it uses.

python -m benchmarks.throughput DATASET [--size HEIGHTxWIDTH ...] [--batch N] [--set KEY=VALUE ...] [--json FILE]

In turns: the run's own steps, with its own batches, augmentation and events; the same of one batch that is already on
the device; and the plain step (forward, loss, backward, AdamW) on that batch, without augmentation, clipping or
events. What is lost between them is the fault of data and of all that a run does beside its network. The peak is that
of a large bf16 matrix product, measured here too; the work of a step is counted by torch's FlopCounterMode.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.jobs.job_writer import NullWriter
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.batches import Batch, epoch_order
from bddseg_tui.train.device import memory_mib
from bddseg_tui.train.fit import train_step
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.setup import setup
from bddseg_tui.train.step_log import read_steps, reading_is_due
from bddseg_tui.train.trainer import Trainer
from bddseg_tui.train.training_batches import training_batches
from benchmarks.report import publish

WARM = 5


def endless(trainer: Trainer) -> Iterator[Batch]:
    """The run's batches, epoch after epoch."""
    for epoch in itertools.count():
        order = epoch_order(len(trainer.train), trainer.batch_size, trainer.config.seed, epoch, trainer.repeat_factors)
        trainer.progress.epoch = epoch
        yield from training_batches(trainer, order)


def rate(trainer: Trainer, feed: Iterable[Batch]) -> float:
    """Images/s over these batches but the first, which only sets the reading ahead going."""
    images, started = 0, 0.0
    for number, (pictures, masks) in enumerate(feed):
        trainer.unread.append(train_step(trainer, pictures, masks))
        trainer.progress.step += 1
        trainer.progress.position += 1
        if number == 0:
            read_steps(trainer)
            started = time.perf_counter()
        else:
            images += len(pictures)
            if reading_is_due(trainer):
                read_steps(trainer)
    read_steps(trainer)
    return images / (time.perf_counter() - started)


def plain_rate(trainer: Trainer, batch: Batch, steps: int) -> float:
    """Images/s of plain steps of the model on one batch, as any loop of PyTorch takes them."""
    pictures, masks = normalise(batch[0], trainer.config.encoder), batch[1].long()

    def step() -> torch.Tensor:
        trainer.optimizer.zero_grad(set_to_none=True)
        loss = trainer.loss(forward(trainer.model, pictures), masks)
        trainer.accelerator.backward(loss)
        trainer.optimizer.step()
        return loss.detach()

    float(step())
    started = time.perf_counter()
    losses = [step() for _ in range(steps)]
    float(losses[-1])
    return steps * len(pictures) / (time.perf_counter() - started)


def flops_an_image(trainer: Trainer) -> int:
    """Floating-point operations of forward and backward of one image; multiplying and adding are two."""
    height, width = trainer.config.train_size
    image = torch.zeros(2, 3, height, width, dtype=torch.uint8, device=trainer.device)
    counter = FlopCounterMode(display=False)
    with counter:
        forward(trainer.bare_model, normalise(image, trainer.config.encoder)).sum().backward()
    trainer.optimizer.zero_grad(set_to_none=True)
    return int(counter.get_total_flops()) // 2


def peak_flops(device: torch.device) -> float:
    """Floating-point operations a second of a large bf16 matrix product."""
    n = 8192 if device.type == "cuda" else 2048
    a, b = (torch.randn(n, n, device=device, dtype=torch.bfloat16) for _ in range(2))
    best = 0.0
    for _ in range(10):
        started = time.perf_counter()
        product = a @ b
        float(product[0, 0])
        best = max(best, 2 * n**3 / (time.perf_counter() - started))
    return best


def measure(dataset: Path, settings: list[str], steps: int, rounds: int) -> tuple[dict[str, float], str]:
    """(figures, what ran) of one size."""
    with tempfile.TemporaryDirectory() as folder:
        config = build_config("cross-entropy", settings)
        run = create_run(Workspace(Path(folder)), open_dataset(dataset).root, config, "throughput")
        trainer = setup(run, NullWriter())
        trainer.model.train()
        feed, real, constant, plain = endless(trainer), list[float](), list[float](), list[float]()
        kept = next(feed)
        rate(trainer, itertools.islice(feed, WARM))
        if trainer.device.type == "cuda":
            # What finding the batch size took, and earlier sizes, are not the run's.
            torch.cuda.reset_peak_memory_stats(trainer.device)
        for _ in range(rounds):
            real.append(rate(trainer, itertools.islice(feed, steps + 1)))
            constant.append(rate(trainer, itertools.repeat(kept, steps + 1)))
            plain.append(plain_rate(trainer, kept, steps))
        speed, still, bare = (statistics.median(x) for x in (real, constant, plain))
        figures = {
            "batch": float(trainer.batch_size),
            "images_per_s": speed,
            "constant_batch": still,
            "plain_step": bare,
            "kept": speed / bare,
            "tflops": speed * flops_an_image(trainer) / 1e12,
            "memory_mib": memory_mib(trainer.device),
        }
        where = "on the device" if trainer.train.on_device else "mapped"
        return figures, f"{trainer.device}, {trainer.accelerator.mixed_precision}, data {where}"


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--size", nargs="+", default=["224x224", "512x1024"], metavar="HEIGHTxWIDTH")
    parser.add_argument("--batch", type=int, default=0, help="0 finds the largest that fits")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [("size", "batch", "images/s", "constant batch", "plain step", "kept", "TFLOP/s", "of peak", "memory MiB")]
    facts, what = {}, ""
    for size in arguments.size:
        height, width = size.split("x")
        settings = [f"height={height}", f"width={width}", f"batch_size={arguments.batch}", *arguments.settings]
        found, what = measure(arguments.dataset, settings, arguments.steps, arguments.rounds)
        found["peak_tflops"] = peak_flops(torch.device("cuda" if what.startswith("cuda") else "cpu")) / 1e12
        facts[size] = found
        share = found["tflops"] / found["peak_tflops"]
        rates = (f"{found[k]:.1f}" for k in ("images_per_s", "constant_batch", "plain_step"))
        speeds = (*rates, f"{100 * found['kept']:.1f} %")
        work = (f"{found['tflops']:.2f}", f"{100 * share:.0f} %", f"{found['memory_mib']:,.0f}")
        rows.append((size, f"{found['batch']:.0f}", *speeds, *work))
    publish(f"training on {what}", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
