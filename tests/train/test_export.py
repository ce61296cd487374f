"""Whoever has an export and its card gets the masks that `predict` makes."""

import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.export_kinds import EXPORTS, FILES, ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.infer import Inference, predict_samples
from tests.train.in_process import export_to, fit, predict, small_config


@pytest.fixture(scope="module")
def odd(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run at a size that no network takes as it is, trained so long that it is sure of most pixels."""
    engine = Engine(Workspace(tmp_path_factory.mktemp("odd")))
    return fit(engine, drawn, small_config("height=45", "width=77", "epochs=12", "learning_rate=1e-2"))


@pytest.fixture(scope="module")
def photo(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of another size than those of the training, real where there is one; it was held upright."""
    real = os.environ.get("BDDSEG_REAL_DATA")
    source = next(iter(sorted((Path(real) / "bdd-real" if real else drawn).glob("images/10k/val/*.jpg"))))
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    with Image.open(source) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.resize((403, 299)).save(path, exif=exif)
    return path


def mask_by_the_card(export: Path, photo: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.uint8]:
    """What the card's program makes of a photograph, within the export's folder and with nothing of ours."""
    found = re.search(r"```python\n(.*?)```", (export / "README.md").read_text(), re.S)
    assert found and "bddseg" not in found[1]
    with monkeypatch.context() as patch:
        patch.chdir(export)
        patch.setattr(sys, "argv", ["use.py", str(photo), str(to)])
        exec(compile(found[1], "use.py", "exec"), {})
    with Image.open(to) as mask:
        return np.asarray(mask)


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_stranger_gets_the_mask_of_predict_by_the_card_alone(
    odd: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportKind
) -> None:
    export_to(odd, kind, tmp_path / "export")
    assert sorted(p.name for p in (tmp_path / "export").iterdir() if p.name != ".bddseg-tui") == sorted(FILES[kind])
    mask = mask_by_the_card(tmp_path / "export", photo, tmp_path / "mask.png", monkeypatch)
    predict(odd, photo.parent, tmp_path / "predicted")
    with Image.open(tmp_path / "predicted/masks/photo.png") as image:
        expected = np.asarray(image)
    assert mask.shape == expected.shape == (403, 299) and len(np.unique(expected)) > 3
    # Another library adds up in another order, and where two classes are equally likely the last digit decides.
    assert (mask == expected).mean() >= (0.9999 if kind == "onnx" else 1.0)
    how = Inference((45, 77), torch.device("cpu"), "bf16", 1)
    (half,) = predict_samples(load_model(odd.folder / "checkpoints/best"), [Sample("", photo, None)], how)
    assert half.predicted is not None
    ids = half.predicted.numpy()
    assert (np.where(ids == 19, 255, ids) == mask).mean() >= 0.995


def test_every_card_says_which_class_has_which_value_and_colour(odd: Run, tmp_path: Path) -> None:
    export_to(odd, "smp", tmp_path / "smp")
    card = (tmp_path / "smp/README.md").read_text()
    assert "| 6 | 6 | traffic light | #faaa1e |" in card and "| 19 | 255 | unknown |" in card
    assert yaml.safe_load(card.split("---\n")[1])["library_name"] == "segmentation-models-pytorch"
    facts = json.loads((tmp_path / "smp/classes.json").read_text())
    assert [(f["name"], f["mask_value"], tuple(f["colour"])) for f in facts] == [
        (c.name, 255 if c.id == 19 else c.id, c.color) for c in CLASSES
    ]


def test_an_onnx_file_makes_masks_of_any_number_of_images_at_any_size(odd: Run, tmp_path: Path) -> None:
    import onnxruntime

    export_to(odd, "onnx", tmp_path / "onnx")
    onnx.checker.check_model(tmp_path / "onnx/model.onnx", full_check=True)
    session = onnxruntime.InferenceSession(str(tmp_path / "onnx/model.onnx"))
    images = np.random.default_rng(0).random((3, 3, 45, 77), dtype=np.float32)
    logits, masks = session.run(None, {"images": images})
    assert logits.shape == (3, 20, 45, 77) and masks.shape == (3, 45, 77) and masks.dtype == np.uint8
    assert np.array_equal(np.where(logits.argmax(1) == 19, 255, logits.argmax(1)), masks)
    (large,) = session.run(["masks"], {"images": images, "size": np.array([90, 100])})
    assert large.shape == (3, 90, 100)
