"""The one loader, and that embeddings are open_clip's own."""

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.index.clip import DEMO, Clip, load_clip
from bddseg_tui.index.image_loading import draft_size


def test_embeddings_equal_those_of_open_clip(clip: Clip, drawn: Path) -> None:
    pictures = [read_image(s.image) for s in list_samples(open_dataset(drawn))][:6]
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{DEMO}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{DEMO}")
    texts = ["heavy snow", "a red bus in the forest"]
    with torch.inference_mode():
        image = model.eval().encode_image(torch.stack([preprocess(p) for p in pictures]), normalize=True).numpy()
        text = model.encode_text(tokenizer(texts), normalize=True).numpy()
    assert np.allclose(clip.encode_images(pictures), image, atol=1e-5)
    assert np.allclose(clip.encode_texts(texts), text, atol=1e-5)


def test_decoding_at_a_smaller_size_hardly_moves_an_embedding(clip: Clip, tmp_path: Path) -> None:
    from PIL import Image

    from bddseg_tui.core.demo.generate import draw_scene
    from bddseg_tui.core.demo.scene import sample_scene

    Image.fromarray(draw_scene(sample_scene(5, 3), 1280, 720).picture).save(tmp_path / "large.jpg", quality=92)
    whole, draft = (read_image(tmp_path / "large.jpg", at_least=a) for a in (None, draft_size(clip)))
    assert draft.width < whole.width
    first, second = clip.encode_images([whole, draft])
    assert float(first @ second) > 0.98


def test_embeddings_are_unit_float32(clip: Clip) -> None:
    found = clip.encode_texts(["night", "a very " * 200 + "long text"])
    assert found.dtype == np.float32 and found.shape == (2, clip.dimension)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_an_unknown_model_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"no CLIP is called 'ViT-B-32/nothing'.*laion2b"):
        load_clip("ViT-B-32/nothing")


def test_weights_that_are_not_cached_are_one_line_with_the_command() -> None:
    with pytest.raises(BddsegError, match=r"not in the cache.*--download"):
        load_clip("ViT-B-32/laion2b_s34b_b79k")


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BddsegError, match="holds no CLIP"):
        load_clip(str(tmp_path))


def test_a_pickle_that_runs_code_is_not_loaded(tmp_path: Path) -> None:
    import pickle
    import shutil

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "ran",)

    folder = tmp_path / "model"
    shutil.copytree(DEMO, folder)
    (folder / "open_clip_model.safetensors").unlink()
    (folder / "open_clip_pytorch_model.bin").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(BddsegError):
        load_clip(str(folder))
    assert not (tmp_path / "ran").exists()


def test_the_models_that_ship_are_safetensors_of_at_most_20_megabytes() -> None:
    files = [p for p in DEMO.parent.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} <= {".safetensors", ".json", ".jinja", ".md"}
    assert sum(p.stat().st_size for p in files) <= 20_000_000
    assert all((DEMO.parent / name / "README.md").is_file() for name in ("clip", "llava"))
