"""Without --download nothing asks the network, whatever is in the cache; and why a model is not loaded is told."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.clip import DEMO, load_clip
from bddseg_tui.index.hub import why_not_loaded_from_hub
from bddseg_tui.index.llava.local import load_llava
from tests.index.tiny_models import save_tiny
from tests.no_network import watched_environment

LOADING = """
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.clip import DEMO, load_clip
from bddseg_tui.index.llava.local import load_llava
for load, names in ((load_clip, CLIPS), (load_llava, LLAVAS)):
    for name in names:
        try:
            load(name, "cpu")
        except BddsegError as error:
            print(error)
        else:
            print(name, "is loaded")
"""


@pytest.fixture
def watched(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """An environment as a person has it, with an empty cache, in which every process notes and refuses the network."""
    env, log = watched_environment(tmp_path)
    return {k: v for k, v in env.items() if k != "HF_HUB_OFFLINE"}, log


def cached(family: str, cache: Path, repository: str, *without: str) -> Path:
    """A model in the layout of the cache; some files left out."""
    folder = cache / f"models--{repository.replace('/', '--')}" / "snapshots" / "0123456789abcdef"
    save_tiny(family, folder)
    (folder.parents[1] / "refs").mkdir()
    (folder.parents[1] / "refs/main").write_text("0123456789abcdef")
    for name in without:
        (folder / name).unlink()
    return folder


def test_loading_by_name_asks_no_network(watched: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    env, log = watched
    cached("llava", tmp_path / "hf/hub", "somebody/whole")
    cached("llava", tmp_path / "hf/hub", "somebody/half", "tokenizer.json")
    clips = ["ViT-B-32/laion2b_s34b_b79k", "ViT-B-32/openai"]
    llavas = ["llava-hf/llava-1.5-7b-hf", "somebody/whole", "somebody/half"]
    code = LOADING.replace("CLIPS", repr(clips)).replace("LLAVAS", repr(llavas))
    done = subprocess.run([sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True, check=True)
    assert not log.exists(), log.read_text()
    said = done.stdout.splitlines()
    assert len(said) == 5 and said[3] == "somebody/whole is loaded", said
    assert all("not in the cache" in line for line in (*said[:3], said[4])), said


def test_a_question_with_models_that_are_not_there_asks_no_network(
    watched: tuple[dict[str, str], Path], drawn: Path, tmp_path: Path
) -> None:
    env, log = watched
    image = next(drawn.glob("images/10k/val/*.jpg"))
    line = ["ask", "is it dark?", "--image", str(image), "--data", str(drawn), "--llava", "llava-hf/llava-1.5-7b-hf"]
    command = [sys.executable, "-P", "-m", "bddseg_tui.tui", *line, "--workspace", str(tmp_path / "workspace")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "llava-1.5-7b-hf are not in the cache" in done.stderr, done.stderr
    assert not log.exists(), log.read_text()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_a_file_that_is_missing_from_the_cache_is_named(cache: Path) -> None:
    cached("llava", cache, "a/b", "tokenizer.json")
    said = why_not_loaded_from_hub("a/b", "a/b", OSError("a/b does not have tokenizer.json"), "fetch it", False)
    assert said == "tokenizer.json of a/b is not in the cache, though others are: fetch it"


def test_an_interrupted_download_is_told_as_one(cache: Path) -> None:
    folder = cached("llava", cache, "a/b", "model.safetensors")
    (folder.parents[1] / "blobs").mkdir()
    (folder.parents[1] / "blobs/0123.incomplete").write_bytes(b"half")
    said = why_not_loaded_from_hub("a/b", "a/b", OSError("no file named model.safetensors"), "fetch it", False)
    assert said is not None and "was interrupted" in said


def test_what_is_cached_is_loaded_though_it_might_be_fetched_and_the_hub_cannot_be_asked(cache: Path) -> None:
    cached("llava", cache, "a/b")
    assert load_llava("a/b", "cpu", download=True).name == "a/b"
    (cache / "models--a--b/snapshots/0123456789abcdef/tokenizer.json").unlink()
    with pytest.raises(BddsegError, match=r"a/b is not in the cache, or not whole.*HF_HUB_OFFLINE is set"):
        load_llava("a/b", "cpu", download=True)


def test_a_full_disk_and_no_network_are_told_as_such(cache: Path) -> None:
    try:
        raise RuntimeError("failed") from OSError(errno.ENOSPC, "No space left on device")
    except RuntimeError as error:
        assert "disk of the cache is full" in str(why_not_loaded_from_hub("a/b", "a/b", error, "", True))
    assert "huggingface.co is not reached" in str(why_not_loaded_from_hub("a/b", "a/b", OSError("x"), "", True))


def test_weights_of_another_architecture_are_no_missing_ones(tmp_path: Path) -> None:
    folder = save_tiny("qwen2_5_vl", tmp_path / "model")
    save_tiny("llava", tmp_path / "other")
    (folder / "model.safetensors").write_bytes((tmp_path / "other/model.safetensors").read_bytes())
    with pytest.raises(BddsegError, match="weights are another model's") as caught:
        load_llava(str(folder), "cpu")
    assert "cache" not in str(caught.value)


def test_a_clip_of_the_hub_is_loaded_from_a_cache_that_was_copied_here(cache: Path) -> None:
    with pytest.raises(BddsegError, match=r"hf-hub:me/tiny are not in the cache"):
        load_clip("hf-hub:me/tiny", "cpu")
    folder = cache / "models--me--tiny/snapshots/0123456789abcdef"
    shutil.copytree(DEMO, folder)
    (folder.parents[1] / "refs").mkdir()
    (folder.parents[1] / "refs/main").write_text("0123456789abcdef")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "me/tiny"
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    loaded = load_clip("hf-hub:me/tiny", "cpu")
    assert loaded.identity.startswith("hf-hub:me/tiny@") and loaded.encode_texts(["bus"]).shape == (1, loaded.dimension)


def test_a_clip_is_not_looked_for_under_a_name_that_open_clip_does_not_know() -> None:
    with pytest.raises(BddsegError, match="no CLIP is called"):
        load_clip("somebody/nothing")
