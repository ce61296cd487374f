"""The retriever that several processes share: one at a time works, its models stay, and it ends when it is to."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bddseg_tui.core.retrieval.channel import SocketChannel
from bddseg_tui.core.retrieval.client import Answering, RetrieverClient
from bddseg_tui.core.retrieval.events import FailedEvent, LoadedEvent, TokenEvent
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.core.retrieval.requests import LoadRequest, Setup
from bddseg_tui.core.retrieval.shared_retriever import connect_shared, end_shared, minutes_kept
from bddseg_tui.index.shared_retriever import Connection


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the sockets of a retriever lie that all tests here share; its path is longer than an address may be."""
    folder = tmp_path_factory.mktemp("shared") / ("long" * 25) / "retriever"
    yield folder
    end_shared(folder)


def client(place: Path) -> RetrieverClient:
    log = place.parent / "log.txt"
    return RetrieverClient(log, lambda: connect_shared(place, log, minutes=5))


def ask(who: RetrieverClient, word: str) -> Answering[LoadedEvent]:
    """A request that makes no sense, as its answer says: it needs no models."""
    setup = Setup(options=Retrieval(), root="/d", catalog="/c", index="/i")
    return who.request(LoadRequest(setup=setup, do=word), LoadedEvent)  # type: ignore[arg-type]


def asked(who: RetrieverClient, word: str = "nonsense") -> str:
    """Why that was refused."""
    end = list(ask(who, word))[-1]
    assert isinstance(end, FailedEvent)
    return end.message


def test_two_who_come_at_once_share_one_process_that_outlives_them(place: Path) -> None:
    clients = [client(place) for _ in range(4)]
    threads = [threading.Thread(target=asked, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (process,) = {one.pid for one in clients}
    assert process is not None
    for one in clients:
        one.close()
    later = client(place)
    assert asked(later) and later.pid == process
    later.close()


def test_each_hears_the_answers_to_its_own_requests_alone(place: Path) -> None:
    one, other = client(place), client(place)
    first, second = ask(one, "nonsense"), ask(other, "rubbish")
    assert "nonsense" in str(list(first)[-1]) and "rubbish" in str(list(second)[-1])
    one.close()
    other.close()


def test_a_client_that_is_killed_leaves_the_process_to_the_others(place: Path) -> None:
    script = (
        "from pathlib import Path; import os, sys\n"
        "from bddseg_tui.core.retrieval.shared_retriever import connect_shared\n"
        f"channel = connect_shared(Path({str(place)!r}), Path(os.devnull), 5)\n"
        "channel.reader.readline(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert killed.returncode == -9
    one = client(place)
    assert asked(one)
    one.close()


def test_it_ends_when_it_is_asked_to_and_its_socket_is_gone(place: Path) -> None:
    one = client(place)
    asked(one)
    process = psutil.Process(one.pid)
    one.close()
    assert end_shared(place) == 1
    assert process.wait(10) in (0, None)
    assert not list(place.glob("*.sock"))


def test_it_ends_by_itself_when_nobody_has_asked_for_its_time(tmp_path: Path) -> None:
    channel = connect_shared(tmp_path, tmp_path / "log.txt", minutes=1e-4)
    assert channel.reader.readline() and channel.pid is not None
    process = psutil.Process(channel.pid)
    channel.hang_up()
    channel.wait(1)
    assert process.wait(30) in (0, None)


def test_one_who_does_not_read_is_hung_up_on_and_holds_nobody_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        silent = Connection(1, ours, patience_s=1)
        silent.send(1, TokenEvent(text="x" * 4_000_000))
        with theirs.makefile("rb") as lines:
            assert not lines.read().endswith(b"\n")


def test_only_oneself_may_speak_with_it(place: Path) -> None:
    one = connect_shared(place, place.parent / "log.txt", 5)
    assert isinstance(one, SocketChannel)
    (path,) = place.glob("*.sock")
    assert path.stat().st_mode & 0o077 == 0
    one.hang_up()
    one.wait(1)


def test_another_environment_has_a_process_of_its_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = connect_shared(place, place.parent / "log.txt", 5)
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    other = connect_shared(place, place.parent / "other.txt", 1e-4)
    assert len(list(place.glob("*.sock"))) == 2
    for channel in (one, other):
        channel.hang_up()
        channel.wait(1)


@pytest.mark.parametrize(("word", "minutes"), [("0", 0), ("2.5", 2.5), ("-1", 0), ("many", 10)])
def test_the_environment_says_for_how_long(monkeypatch: pytest.MonkeyPatch, word: str, minutes: float) -> None:
    monkeypatch.setitem(os.environ, "BDDSEG_RETRIEVER_MINUTES", word)
    assert minutes_kept(10) == minutes
