"""`transformers serve` with the tiny LLaVA as a real server on the loopback: the whole way over HTTP.

With BDDSEG_PEER_VENV the server runs in that virtual environment (`transformers[serving]` in it), else in this one.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.index.llava import Piece
from bddseg_tui.index.llava.local import DEMO, LocalLlava
from bddseg_tui.index.llava.server import ServerLlava
from bddseg_tui.index.prompts import anchor_messages, answer_messages
from tests.index.conftest import Indexed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = os.environ.get("BDDSEG_PEER_VENV")
    if own is None:
        pytest.importorskip("fastapi")
        pytest.importorskip("uvicorn")
    programs = Path(own) / "bin" if own else Path(sys.executable).parent
    home = tmp_path_factory.mktemp("serve")
    (home / "hub").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(programs / "transformers"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--device", "cpu"],
            env={**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    try:
        while True:
            assert process.poll() is None, (home / "log.txt").read_text()[-2000:]
            assert time.monotonic() < deadline, "the server does not come up"
            try:
                urllib.request.urlopen(f"{url}/health", timeout=2)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield f"{url}/v1"
    finally:
        process.kill()
        process.wait()


def words(pieces: Iterable[Piece]) -> list[str]:
    """What was said, without what was told beside it."""
    return [p for p in pieces if isinstance(p, str)]


def test_a_real_server_answers_about_a_picture_as_the_same_model_does_here(
    server: str, llava: LocalLlava, indexed: Indexed
) -> None:
    picture = read_image(indexed.root / os.fsdecode(indexed.searcher.images[0]))
    messages = answer_messages("what is the weather like?")
    remote = "".join(words(ServerLlava(server, str(DEMO)).stream(messages, picture, 24, lambda: False)))
    here = "".join(words(llava.stream(messages, picture, 24, lambda: False)))
    assert remote.strip() == here.strip() != ""


def test_a_real_server_makes_anchors_in_pieces(server: str) -> None:
    messages = anchor_messages("show me a red bus")
    pieces = words(ServerLlava(server, str(DEMO)).stream(messages, None, 24, lambda: False))
    assert len(pieces) > 1 and "".join(pieces).strip()
