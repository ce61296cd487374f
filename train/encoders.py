"""What the U-Net costs with each encoder that SMP or timm has, as `core/runs/encoders.csv` keeps it for the app.

python -W ignore -m bddseg_tui.train.encoders > core/runs/encoders.csv     counts every one of them anew: some minutes
python -W ignore -m bddseg_tui.train.encoders architectures > core/runs/architectures.csv    the other architectures
python -W ignore -m bddseg_tui.train.encoders weights RESULTS > core/runs/timm_weights.csv
    timm's weights by tag; RESULTS is its results/results-imagenet.csv, which no package has

The app shows the table and imports no model, so the counting is done here, once for the versions of the libraries that
the project is tested with; an encoder that is not in the table is counted by `count` when someone asks for it.
"""

import csv
import logging
import sys
from pathlib import Path

import segmentation_models_pytorch as smp
import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.architectures import ARCHITECTURES, SHOWN, USUAL_ENCODERS, VIT_ENCODERS, Architecture
from bddseg_tui.core.runs.encoders import COUNTED_AT, Encoder, encoders
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.train.live_tensor_bytes import LiveTensorBytes
from bddseg_tui.train.model import build

IMAGES = (2, 4)
"""Images in the two steps whose memory is compared."""


def count(name: str, architecture: Architecture = "unet") -> Encoder:
    """Parameters, multiplications and activations of the network of this kind with this encoder.

    It is built on the meta device, where tensors have shapes and no content; encoders that look at a value while they
    are built (`mit_*`) are built in memory.

    Raises:
        BddsegError: there is no such encoder, or no U-Net can be made of it.
    """
    try:
        try:
            costs = _count(name, architecture, "meta")
        except RuntimeError:
            costs = _count(name, architecture, "cpu")
    except Exception as error:
        reason = sanitize(str(error)).partition("\n")[0][:160]
        what = f"no {SHOWN[architecture]} can be made of {sanitize(name)!r}"
        raise BddsegError(f"{what}: {reason or type(error).__name__}") from error
    return Encoder(name, *costs, weights_of(name))


def _count(name: str, architecture: Architecture, device: str) -> tuple[int, int, int]:
    """(parameters, multiplications, bytes of a training step that each further image adds)."""
    side = COUNTED_AT
    with torch.device(device):
        model = build(architecture, name).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            logits = model(torch.empty(1, 3, side, side))
    if logits.shape != (1, NUM_CLASSES, side, side):
        raise BddsegError(f"its output is {tuple(logits.shape)}")
    # FlopCounterMode counts a multiplication and its addition as two.
    parameters, multiplications = sum(p.numel() for p in model.parameters()), counter.get_total_flops() // 2
    few, more = (_peak(model, device, images) for images in IMAGES)
    return parameters, multiplications, (more - few) // (IMAGES[1] - IMAGES[0])


def _peak(model: torch.nn.Module, device: str, images: int) -> int:
    """The most bytes that tensors take at any time of a training step with so many images."""
    model.train().zero_grad(set_to_none=True)
    live = LiveTensorBytes()
    with torch.device(device), live:
        logits = model(torch.empty(images, 3, COUNTED_AT, COUNTED_AT))
        masks = torch.zeros(images, COUNTED_AT, COUNTED_AT, dtype=torch.long)
        torch.nn.functional.cross_entropy(logits, masks).backward()
    return live.peak


def weights_of(name: str) -> tuple[str, ...]:
    """Names of the pre-trained weights that SMP or timm offers for an encoder."""
    if name.startswith("tu-"):
        return ("imagenet",) if timm.is_model_pretrained(name.removeprefix("tu-")) else ()
    return tuple(smp.encoders.encoders[name]["pretrained_settings"] or ())


def names() -> list[str]:
    """SMP's own encoders, then those of timm; whether a U-Net can be made of them is another matter."""
    return [*smp.encoders.get_encoder_names(), *(f"tu-{n}" for n in timm.list_models())]


def count_architectures() -> None:
    """Writes what each architecture but the U-Net costs with the usual encoders, line by line."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("architecture", "encoder", "parameters", "multiplications", "activations"))
    for architecture in ARCHITECTURES[1:]:
        for name in VIT_ENCODERS if architecture == "dpt" else USUAL_ENCODERS:
            try:
                e = count(name, architecture)
            except BddsegError as error:
                print(error, file=sys.stderr)
                continue
            writer.writerow((architecture, name, e.parameters, e.multiplications, e.activations))
            sys.stdout.flush()


def list_weights(results: Path) -> None:
    """Writes the tagged weights of every encoder that was counted, with their best accuracy, line by line."""
    best: dict[str, tuple[float, int]] = {}
    for row in csv.DictReader(results.read_text("utf-8").splitlines()):
        found = float(row["top1"]), int(row["img_size"])
        best[row["model"]] = max(found, best.get(row["model"], (0.0, 0)))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("encoder", "top1", "size"))
    names = [*(e.name for e in encoders() if e.name.startswith("tu-")), *VIT_ENCODERS]
    for name in (n.removeprefix("tu-") for n in names):
        default = timm.get_pretrained_cfg(name)
        tags = [t for t in timm.list_pretrained(f"{name}.*") if t.partition(".")[0] == name]
        for tagged in sorted(tags, key=lambda t: (default is None or t != f"{name}.{default.tag}", t)):
            top1, size = best.get(tagged, ("", ""))
            writer.writerow((f"tu-{tagged}", top1, size))


def main() -> None:
    """Writes the table to standard output, and what was left out to standard error."""
    logging.disable(logging.WARNING)
    if sys.argv[1:] == ["architectures"]:
        count_architectures()
        return
    if sys.argv[1:2] == ["weights"]:
        list_weights(Path(sys.argv[2]))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("name", "parameters", "multiplications", "activations", "weights"))
    for name in names():
        try:
            encoder = count(name)
        except BddsegError as error:
            print(error, file=sys.stderr)
            continue
        e = encoder
        writer.writerow((name, e.parameters, e.multiplications, e.activations, " ".join(e.weights)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
