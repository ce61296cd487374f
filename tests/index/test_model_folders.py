"""A folder is loaded as the model that it is, or refused in one line that names what is wrong with it."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.hub import offline
from bddseg_tui.index.clip import DEMO, Clip, load_clip
from bddseg_tui.index.llava.local import DEMO as DEMO_LLAVA
from bddseg_tui.index.llava.local import load_llava
from bddseg_tui.index.weights_check import difference

State = dict[str, torch.Tensor]


def spoiled(folder: Path, to: Path, spoil: Callable[[State], object]) -> str:
    """A copy of a model's folder with other weights."""
    shutil.copytree(folder, to)
    path = next(to.glob("*.safetensors"))
    state = load_file(path)
    spoil(state)
    save_file(state, path, metadata={"format": "pt"})
    return str(to)


def lose(state: State) -> None:
    for key in sorted(k for k in state if "attn" in k)[:5]:
        del state[key]


def add(state: State) -> None:
    state["projector.of.another"] = torch.zeros(2)


def reshape(state: State) -> None:
    state[next(k for k in sorted(state) if "attn" in k)] = torch.zeros(3, 3)


def rot(value: float) -> Callable[[State], None]:
    def spoil(state: State) -> None:
        next(state[k] for k in sorted(state) if "attn" in k and state[k].dim() > 1)[0, 0] = value

    return spoil


WRONG: dict[str, tuple[Callable[[State], object], str]] = {
    "missing": (lose, r"attn.*attn.*attn.* and 2 more missing"),
    "another shape": (reshape, r"attn\S* of another shape"),
    "NaN": (rot(float("nan")), "NaN or infinity in .*attn"),
    "infinity": (rot(float("-inf")), "NaN or infinity in .*attn"),
}


@pytest.mark.parametrize("kind", [*WRONG, "unexpected"])
def test_clip_of_other_weights_is_refused_with_their_names(kind: str, tmp_path: Path) -> None:
    spoil, message = {**WRONG, "unexpected": (add, "projector.of.another unexpected")}[kind]
    with pytest.raises(BddsegError, match=message) as caught:
        load_clip(spoiled(DEMO, tmp_path / "model", spoil), "cpu")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", WRONG)
def test_llava_of_other_weights_is_refused_with_their_names(kind: str, tmp_path: Path) -> None:
    spoil, message = WRONG[kind]
    with pytest.raises(BddsegError, match=message.replace("attn.*attn.*attn.*", "attn.*")) as caught:
        load_llava(spoiled(DEMO_LLAVA, tmp_path / "model", spoil), "cpu")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize(("source", "load"), [(DEMO, load_clip), (DEMO_LLAVA, load_llava)])
def test_a_folder_without_weights_is_refused(source: Path, load: Callable[[str, str], object], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(BddsegError, match=r"no weights|no file named model\.safetensors"):
        load(str(folder), "cpu")


def test_only_the_first_keys_are_named() -> None:
    assert difference(["a", "b", "c", "d", "e"], ["x"], []) == (
        "its weights are another model's: a, b, c and 2 more missing, x unexpected"
    )


@pytest.fixture
def eager(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A folder of CLIP that wants a tokenizer of its own code, and the file that this code makes."""
    folder, mark = tmp_path / "eager", tmp_path / "run"
    shutil.copytree(DEMO, folder)
    (folder / "own.py").write_text(
        f"from pathlib import Path\nPath({os.fspath(mark)!r}).touch()\n"
        "from transformers import PreTrainedTokenizerFast\nclass Own(PreTrainedTokenizerFast):\n    pass\n"
    )
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    tokenizer |= {"auto_map": {"AutoTokenizer": ["own.Own", "own.Own"]}, "tokenizer_class": "Own"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    yield folder, mark


@pytest.mark.parametrize("wanted", [{}, {"trust_remote_code": True}])
def test_code_that_comes_with_a_tokenizer_is_never_run(
    eager: tuple[Path, Path], wanted: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mark = eager
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["tokenizer_kwargs"] = wanted
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    monkeypatch.setenv("HF_MODULES_CACHE", str(folder.parent / "modules"))
    try:
        loaded = load_clip(str(folder), "cpu")
    except BddsegError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(loaded, Clip)
    assert not mark.exists()


def test_offline_holds_after_huggingface_hub_was_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants, is_offline_mode

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with offline(True):
        assert is_offline_mode()
    assert not is_offline_mode()
    with offline(False):
        assert not is_offline_mode()
