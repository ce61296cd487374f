"""The client of the retriever, with processes that die, fall silent or do not listen: whoever waits hears of it."""

import os
import stat
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.channel import start_process
from bddseg_tui.core.retrieval.client import RetrieverClient
from bddseg_tui.core.retrieval.events import CancelledEvent, FailedEvent, FoundEvent, LoadedEvent
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.core.retrieval.protocol import PROTOCOL
from bddseg_tui.core.retrieval.requests import LoadRequest, SearchRequest, Setup
from bddseg_tui.core.retrieval.retriever_process import Limits

LOAD = LoadRequest(setup=Setup(options=Retrieval(), root="/d", catalog="/c", index="/i"))

SAYS = """
import json, os, subprocess, sys, time
def say(**event): print(json.dumps(event), flush=True)
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator["list[RetrieverClient]"]:
    clients: list[RetrieverClient] = []
    yield clients
    for client in clients:
        client.close()


def start(clients: list[RetrieverClient], folder: Path, script: str, ready_s: float = 60.0) -> RetrieverClient:
    command = [sys.executable, "-c", SAYS + script]
    log = folder / "logs" / "log.txt"
    clients.append(RetrieverClient(log, partial(start_process, log, command), Limits(ready_s, leave_s=0.3)))
    return clients[-1]


def test_a_process_that_dies_takes_none_of_its_successors_requests_along(
    started: list[RetrieverClient], tmp_path: Path
) -> None:
    # The first leaves a child behind that holds its output open, so that its end is heard of late.
    script = f"""
first = not os.path.exists({str(tmp_path / "child")!r})
if first:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open({str(tmp_path / "pid")!r}, "w") as file: file.write(str(child.pid))
    os.rename({str(tmp_path / "pid")!r}, {str(tmp_path / "child")!r})
    sys.stdin.readline(); os._exit(3)
asked = json.loads(sys.stdin.readline()); sys.stdin.readline()
say(id=asked["id"], event="loaded"); sys.stdin.read()
"""
    client = start(started, tmp_path, script)
    first = client.request(LOAD, LoadedEvent)
    while client.pid is not None:
        time.sleep(0.01)
    second = client.request(LOAD, LoadedEvent)
    os.kill(int((tmp_path / "child").read_text()), 9)
    last = list(first)[-1]
    assert isinstance(last, FailedEvent) and "exit code 3" in last.message
    client.request(LOAD, LoadedEvent)
    assert second.result() == LoadedEvent()


def test_a_process_that_closes_its_output_but_lives_is_ended_and_told(
    started: list[RetrieverClient], tmp_path: Path
) -> None:
    client = start(started, tmp_path, f'say(event="ready", pid=1, protocol={PROTOCOL}); os.close(1); time.sleep(600)')
    with pytest.raises(BddsegError, match="closed its output"):
        client.request(LOAD, LoadedEvent).result()
    assert client.pid is None


def test_a_process_that_never_says_that_it_is_ready_is_ended_and_told(
    started: list[RetrieverClient], tmp_path: Path
) -> None:
    client = start(started, tmp_path, "time.sleep(600)", ready_s=0.2)
    with pytest.raises(BddsegError, match=r"not ready after 0\.2 s"):
        client.request(LOAD, LoadedEvent).result()


@pytest.mark.parametrize("protocol", ["", f", protocol={PROTOCOL - 1}"])
def test_a_process_of_another_version_is_ended_and_told(
    started: list[RetrieverClient], tmp_path: Path, protocol: str
) -> None:
    client = start(started, tmp_path, f'say(event="ready", pid=1{protocol}); time.sleep(600)')
    with pytest.raises(BddsegError, match=r"of another version of bddseg-tui: leave the app, and start it again"):
        client.request(LOAD, LoadedEvent).result()
    assert client.pid is None


def test_a_process_that_does_not_read_holds_nobody_up_and_can_be_given_up(
    started: list[RetrieverClient], tmp_path: Path
) -> None:
    client = start(started, tmp_path, f'say(event="ready", pid=1, protocol={PROTOCOL}); time.sleep(600)')
    request = SearchRequest(setup=LOAD.setup, text="x" * 300_000, like="", filter="", evaluation=None, top=1)
    answering = [client.request(request, FoundEvent) for _ in range(3)]
    for one in answering:
        one.cancel()
        assert list(one)[-1] == CancelledEvent()


def test_lines_that_make_no_sense_are_left_out_and_counted(started: list[RetrieverClient], tmp_path: Path) -> None:
    script = """
for line in ("{", "[]", "3", '{"event": "nothing"}', '{"id": "1", "event": "loaded"}', "[" * 100_000): print(line)
print('\\\\udcff'.encode("utf-8", "surrogatepass"))
asked = json.loads(sys.stdin.readline())
say(id=asked["id"], event="loaded"); sys.stdin.read()
"""
    client = start(started, tmp_path, script)
    assert client.request(LOAD, LoadedEvent).result() == LoadedEvent()
    assert client.left_out.count == 7


def test_an_event_of_a_request_that_makes_no_sense_ends_it_with_the_reason(
    started: list[RetrieverClient], tmp_path: Path
) -> None:
    script = 'asked = json.loads(sys.stdin.readline()); say(id=asked["id"], event="token"); sys.stdin.read()'
    client = start(started, tmp_path, script)
    with pytest.raises(BddsegError, match=r"makes no sense.*text is missing"):
        client.request(LOAD, LoadedEvent).result()


def test_the_log_is_ones_own_alone_and_no_link_is_followed(started: list[RetrieverClient], tmp_path: Path) -> None:
    log = tmp_path / "logs" / "log.txt"
    log.parent.mkdir()
    log.write_text("old")
    log.chmod(0o644)
    client = start(started, tmp_path, 'asked = json.loads(sys.stdin.readline()); say(id=asked["id"], event="loaded")')
    client.request(LOAD, LoadedEvent).result()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    client.close()
    log.unlink()
    log.symlink_to(tmp_path / "precious")
    with pytest.raises(BddsegError, match="cannot be started"):
        client.request(LOAD, LoadedEvent)
    assert not (tmp_path / "precious").exists()
