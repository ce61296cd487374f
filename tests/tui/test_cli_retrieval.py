"""The commands of index, search and chat, run as a person would."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.core.workspace.workspace import Workspace
from tests.index.serving import chunk, send, serving, start_stream
from tests.tui.json_output import parsed


@pytest.fixture(scope="module")
def place(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose last dataset has an index."""
    folder = tmp_path_factory.mktemp("cli") / "workspace"
    done = run(folder, "index", "build", str(drawn), "--json")
    assert done.returncode == 0, done.stderr
    assert parsed("index build", done.stdout)["images"] == 21
    return folder


def run(workspace: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Runs `bddseg-tui WORDS` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bddseg_tui.tui", *words],
        env={**os.environ, "BDDSEG_WORKSPACE": os.fspath(workspace)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def output(workspace: Path, *words: str) -> Any:
    done = run(workspace, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_search_prints_what_scripts_are_promised(place: Path, drawn: Path) -> None:
    found = output(place, "index", "search", "heavy rain; -night", "--data", str(drawn), "--top", "3", "--json")
    shape = {"schema", "name", "path", "score", "confidence", "verdict", "seen"}
    assert len(found) == 3 and all(set(f) == shape for f in found)
    assert all(Path(f["path"]).is_file() for f in found)


def test_a_search_for_a_person_has_a_line_each(place: Path, drawn: Path) -> None:
    done = run(place, "index", "search", "night", "--data", str(drawn), "--filter", "split:test")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3 and "/test/" in done.stdout


def test_a_question_prints_what_scripts_are_promised(place: Path, drawn: Path) -> None:
    found = output(place, "ask", "show me the city at night", "--data", str(drawn), "--json")
    wanted = {"question", "anchors", "image", "score", "answer", "candidates", "timings"}
    assert wanted <= set(found) and found["question"] == "show me the city at night"
    assert found["answer"] and found["candidates"] and found["timings"]["total"] > 0


def test_a_question_about_an_image_searches_for_none(place: Path, drawn: Path) -> None:
    image = next((drawn / "images/10k/val").iterdir())
    found = output(place, "ask", "is it night?", "--image", str(image), "--data", str(drawn), "--json")
    assert found["image"] == str(image) and found["candidates"] == [] and found["anchors"] == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("index", "search"), 2, "search for what"),
        (("index", "stop", "DATA"), 1, "no index of this dataset is being built"),
        (("index", "search", "-night"), 1, "names nothing to find"),
        (("index", "search", "x", "--model", "no/model"), 1, "no finished index"),
        (("ask", "x", "--image", "/none.jpg"), 2, "is no file"),
        (("ask", "x", "--server", "http://127.0.0.1:9/v1", "--image", "IMAGE"), 1, "cannot be reached"),
        (("settings", "fusion=sum"), 2, "product, mean"),
        (("settings", "clip"), 2, "NAME=VALUE"),
        (("chats", "nothing of it", "--export", "/tmp/x"), 2, "no chat says this"),
    ],
)
def test_mistakes_are_one_line(place: Path, drawn: Path, words: tuple[str, ...], code: int, message: str) -> None:
    image = str(next((drawn / "images/10k/val").iterdir()))
    words = tuple({"IMAGE": image, "DATA": str(drawn)}.get(w, w) for w in words)
    data = () if words[0] == "settings" or words[1] == "stop" else ("--data", str(drawn))
    if words == ("index", "search", "-night"):
        words = ("index", "search", "--", "-night")
        data = ()
        (place / "settings.toml").write_text(f'dataset = "{drawn}"\n')
    done = run(place, *words[:2], *data, *words[2:]) if words[:1] == ("index",) else run(place, *words, *data)
    assert done.returncode == code, done.stderr
    assert message in done.stderr and "Traceback" not in done.stderr


def test_settings_are_changed_and_shown(tmp_path: Path) -> None:
    assert output(tmp_path, "settings", "top=5", "facts=on", "--json")["top"] == 5
    assert "facts" in run(tmp_path, "settings").stdout


def test_the_index_says_what_it_is(place: Path, drawn: Path) -> None:
    found = output(place, "index", "info", str(drawn), "--json")
    assert found["model"] == "demo" and found["images"] == 21 and len(found["sha256"]) == 64


def test_the_images_of_an_index_are_laid_out_on_a_map_that_filters_know(place: Path, drawn: Path) -> None:
    made = parsed("index map", run(place, "index", "map", str(drawn), "--json").stdout)
    assert made["images"] == 21 and made["placed"] == 0
    found = output(place, "data", "list", str(drawn), "--filter", "map-x>=0 cluster=1", "--json")
    assert 0 < len(found) < 21 and all(row["measures"]["cluster"] == 1 for row in found)


def test_without_hnswlib_a_dataset_is_indexed_and_searched_and_a_large_one_says_what_is_missing(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every process that a command starts reads this, so nowhere can hnswlib be imported.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['hnswlib'] = None\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    place = tmp_path / "workspace"
    built = parsed("index build", run(place, "index", "build", str(drawn), "--json").stdout)
    assert built["method"] == "exact search"
    assert output(place, "index", "search", "night", "--data", str(drawn), "--top", "3", "--json")
    manifest = Path(built["folder"]) / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "count": 150_000}))
    said = run(place, "index", "info", str(drawn)).stdout
    assert "exact search" in said and "pip install 'bddseg-tui[ann]'" in said


def test_without_a_number_as_many_are_found_as_are_set(place: Path, drawn: Path) -> None:
    assert run(place, "settings", "top=2").returncode == 0
    found = output(place, "index", "search", "night", "--data", str(drawn), "--json")
    assert run(place, "settings", "top=9").returncode == 0
    assert len(found) == 2


def test_a_build_that_is_left_alone_is_stopped_from_elsewhere(tmp_path: Path, drawn: Path) -> None:
    begun = parsed("index build --detach", run(tmp_path, "index", "build", str(drawn), "--detach", "--json").stdout)
    stopped = run(tmp_path, "index", "stop", str(drawn), "--json")
    # It is small: it may be done before it is stopped.
    if stopped.returncode == 0:
        assert parsed("index stop", stopped.stdout)["state"] in ("stopped", "finished")
    else:
        assert "no index of this dataset is being built" in stopped.stderr
    assert Path(begun["folder"]).is_dir()


def test_an_index_that_is_not_there_is_one_line(tmp_path: Path, drawn: Path) -> None:
    done = run(tmp_path, "index", "info", str(drawn))
    assert done.returncode == 1 and "index build" in done.stderr


def test_chats_are_listed_and_exported(place: Path, drawn: Path, tmp_path: Path) -> None:
    chats = Engine(Workspace(place)).chats
    chats.keep(chats.new(drawn), Turn(1, "where is the tram?", answer="Far away."))
    assert [c["title"] for c in output(place, "chats", "tram", "--data", str(drawn), "--json")] == [
        "where is the tram?"
    ]
    done = run(place, "chats", "tram", "--export", str(tmp_path / "out"), "--data", str(drawn))
    assert done.returncode == 0 and "Far away" in (tmp_path / "out/chat.md").read_text()


@pytest.mark.parametrize(
    ("events", "code", "told"),
    [
        ([chunk({"content": "Two cars."}, "stop")], 0, ""),
        ([chunk({"content": "Two cars."}, "length")], 0, "cut at its limit of tokens"),
        ([chunk({"content": "Two cars."})], 1, "error: the server http://127.0.0.1"),
        ([chunk({"content": "hm, hm</think>Two cars."}, "stop")], 0, ""),
    ],
)
def test_an_answer_of_a_server_says_whether_it_is_whole(
    place: Path, drawn: Path, events: list[object], code: int, told: str
) -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        for event in events:
            send(handler, event)

    image = str(next((drawn / "images/10k/val").iterdir()))
    with serving(handle, path="") as url:
        address = url.removeprefix("http://")
        done = run(place, "ask", "how many?", "--data", str(drawn), "--image", image, "--server", address, "--json")
    assert done.returncode == code and told in done.stderr and "Traceback" not in done.stderr
    assert f"asking {url}/v1" in done.stderr
    answered = json.loads(done.stdout)
    assert answered["answer"] == "Two cars." and answered["complete"] is (code == 0)
    assert bool(answered["problem"]) is bool(told)


def test_answers_are_compared_with_those_without_the_picture(place: Path, drawn: Path) -> None:
    done = run(place, "index", "blind", str(drawn), "--images", "2", "--question", "Is it day or night?", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["shown"]: row["asked"] for row in parsed("index blind", done.stdout)}
    assert rows == {"no picture": 2, "a black picture": 2, "another picture": 2}
