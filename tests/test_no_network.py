"""No command asks the network where HF_HUB_OFFLINE is set; and where there is none, one look is enough to know it."""

import json
import socket
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.hub import why_unreachable
from bddseg_tui.tui.cli.root import build_program
from tests.index.serving import serving
from tests.no_network import watched_environment

pytestmark = pytest.mark.slow
WAS = "/srv/earlier/scenes"
"""Where the dataset of the earlier workspace was."""
CLIP, LLAVA = "ViT-B-32/laion2b_s34b_b79k", "llava-hf/llava-1.5-7b-hf"
RUN = """
import contextlib, io, json, sys
from bddseg_tui.tui.__main__ import main
if __name__ == "__main__":
    said = []
    for words in json.loads(sys.argv[1]):
        sys.argv = ["bddseg-tui", *words]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code
        said.append([code, out.getvalue(), err.getvalue()])
    json.dump(said, open(FILE, "w"))
"""
COMMANDS: dict[str, list[str]] = {
    "open": ["DATA"],
    "demo": ["--data-only", "--dir", "NEW/demo", "--train", "1", "--val", "1", "--test", "0", "--width", "64"],
    "doctor": [],
    "data unpack": ["no.zip", "--to", "NEW/unpacked"],
    "data check": ["DATA"],
    "data stats": ["DATA"],
    "data list": ["DATA"],
    "data tag": ["DATA", "odd"],
    "data tags export": ["DATA", "NEW/tags.csv"],
    "data tags import": ["DATA", "NEW/tags.csv"],
    "data views": ["DATA"],
    "data odd": ["DATA"],
    "data places": ["DATA"],
    "data differences": ["DATA"],
    "data duplicates": ["DATA"],
    "data label-errors": ["DATA", "--run", "1"],
    "data label-next": ["DATA"],
    "data verdicts list": ["DATA"],
    "data verdicts set": ["DATA", "IMAGE", "1", "confirmed"],
    "data verdicts undo": ["DATA"],
    "data verdicts export": ["DATA", "NEW/verdicts.csv"],
    "data verdicts import": ["DATA", "NEW/verdicts.csv"],
    "data move": [WAS, "DATA", "--force"],
    "data repair": ["DATA"],
    "train": ["DATA", "--preset", "demo", "--set", "encoder_weights=imagenet", "--follow"],
    "resume": ["1", "--set", "epochs=2", "--follow"],
    "runs": [],
    "runs show": ["1"],
    "runs samples": ["1"],
    "runs delete": ["2"],
    "config": [],
    "encoders": ["mobilenet_v2"],
    "evaluate": ["1"],
    "evaluations": [],
    "evaluations delete": ["0001-demo/best-train"],
    "classify": ["1"],
    "slices": ["1"],
    "compare": ["1", "1"],
    "diagnose": ["1"],
    "report": ["1", "--to", "NEW/report"],
    "predict": ["1", "--split", "val", "--to", "NEW/predictions"],
    "export": ["1", "--to", "smp"],
    "index build": ["DATA", "--model", CLIP, "--download"],
    "index stop": ["DATA"],
    "index unload": [],
    "index info": ["DATA"],
    "index compare": ["demo", CLIP, "DATA"],
    "index blind": ["DATA", "--images", "1"],
    "index map": ["DATA"],
    "index tag": ["night", "--data", "DATA"],
    "index search": ["bus", "--data", "DATA"],
    "ask": ["is it dark?", "--image", "IMAGE", "--data", "DATA", "--llava", LLAVA, "--download"],
    "chats": [],
    "settings": [],
    "jobs": [],
    "jobs stop": ["1"],
    "stop": ["last"],
    "queue": [],
    "queue start": [],
    "queue move": ["1", "1"],
    "queue remove": ["1"],
    "devices": [],
    "workspace": [],
    "workspace free": [],
}
"""Every command, with words that let it do its work on a workspace of an earlier version."""
FETCHES = ("train", "index build", "ask")


def commands(command: Any, path: str = "") -> set[str]:
    """The commands that do something, by their words."""
    found = {f"{path} {name}".strip(): sub for name, sub in getattr(command, "commands", {}).items()}
    own = {path} if path and getattr(command, "invoke_without_command", not found) else set()
    return own.union(*(commands(sub, words) for words, sub in found.items()))


def said_by(names: list[str], folder: Path, env: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Runs commands one after the other in one process, as PyTorch takes long to load: exit code and what was said."""
    with tarfile.open(Path(__file__).parent / "earlier/workspace-0.1.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    (folder / "new").mkdir()
    image = next((folder / "scenes").glob("images/**/*.jpg"))
    places = {"DATA": str(folder / "scenes"), "IMAGE": str(image), "NEW": str(folder / "new")}
    start = ["data move", *(n for n in names if n != "data move")]
    lines = [[*n.split(), *(_placed(word, places) for word in COMMANDS[n])] for n in start]
    (folder / "run.py").write_text(RUN.replace("FILE", repr(str(folder / "said.json"))))
    where = {"BDDSEG_WORKSPACE": str(folder / "workspace")}
    command = [sys.executable, "-P", str(folder / "run.py"), json.dumps(lines)]
    done = subprocess.run(
        command, env={**env, **where}, cwd=folder / "new", stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = json.loads((folder / "said.json").read_text())
    return {name: (code, out + err) for name, (code, out, err) in zip(start, said, strict=True)}


def _placed(word: str, places: dict[str, str]) -> str:
    name, slash, rest = word.partition("/")
    return places.get(name, name) + slash + rest


def test_no_command_asks_the_network_where_the_hub_is_offline(tmp_path: Path) -> None:
    assert set(COMMANDS) == commands(build_program())
    env, log = watched_environment(tmp_path)
    said = said_by(list(COMMANDS), tmp_path, {**env, "HF_HUB_OFFLINE": "1"})
    assert not log.exists(), log.read_text()
    for name in FETCHES:
        code, words = said[name]
        assert code == 1 and "HF_HUB_OFFLINE is set" in words.splitlines()[-1], (name, words)
    worked = {name for name, (code, _) in said.items() if code == 0}
    assert worked >= {"demo", "evaluate", "report", "predict", "export", "index search", "data check"}, said


def unreachable(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
    return why_unreachable(patience=0.2)


def test_that_the_hub_cannot_be_reached_is_known_at_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "127.0.0.1 is not reached" in unreachable(address, monkeypatch)
    assert unreachable(address, monkeypatch) == "127.0.0.1 is not reached (Connection refused)"
    assert unreachable("nonsense", monkeypatch)


def test_a_hub_that_answers_with_whatever_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda handler, body: None) as address:
        assert unreachable(address, monkeypatch) == ""
