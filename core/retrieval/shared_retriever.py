"""The retriever that commands and apps of a workspace share: it listens on a socket there, and ends when nobody asks.

Whoever comes first makes the socket and hands it to the process that it starts, so nobody waits for that to listen. A
process is shared by those alone who would have started it the same way: what it inherits of the environment is in the
socket's name.
"""

import contextlib
import hashlib
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.processes.locks import try_lock
from bddseg_tui.core.retrieval.channel import COMMAND, SocketChannel, spawn
from bddseg_tui.core.retrieval.protocol import PROTOCOL, message_line
from bddseg_tui.core.retrieval.requests import EndRequest

MINUTES = "BDDSEG_RETRIEVER_MINUTES"
"""Environment variable that stands above the setting `keep_minutes`."""
_INHERITED = ("CUDA", "HF_", "HUGGINGFACE", "LD_LIBRARY", "OMP_", "OPENAI", "PYTHON", "SSL_", "TORCH", "TRANSFORMERS")
_INHERITED_TOO = ("HOME", "XDG_CACHE_HOME", "VIRTUAL_ENV")
_WAITING = 64
"""Connections that may wait to be accepted."""


def minutes_kept(setting: int) -> float:
    """How many minutes a retriever waits for the next request; 0: it is not shared."""
    with contextlib.suppress(ValueError):
        return max(0.0, float(os.environ.get(MINUTES, setting)))
    return float(setting)


def connect_shared(folder: Path, log: Path, minutes: float) -> SocketChannel:
    """Connects to the retriever of a workspace, which is started where there is none.

    Args:
        folder: where the sockets lie.
        log: of a process that is started.
        minutes: how long that waits for requests before it ends.

    Raises:
        OSError: the file system has no sockets, or the folder cannot be written to.
        BddsegError: the process cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{_key()}.sock"
    with _address(folder, name) as address:
        if (connection := _connect(address)) is not None:
            return SocketChannel(connection, None)
        lock = try_lock(folder / f"{_key()}.lock", patience_s=1.0)
        if lock is None:
            raise BddsegError("another command has been starting the retriever for a second: try again")
        with lock:
            # Whoever held the lock may have started it meanwhile.
            if (connection := _connect(address)) is not None:
                return SocketChannel(connection, None)
            with contextlib.suppress(FileNotFoundError):
                (folder / name).unlink()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(address)
                (folder / name).chmod(0o600)
                listener.listen(_WAITING)
                pid = _start(listener, folder / name, log, minutes)
                connection = _connect(address)
    if connection is None:
        raise BddsegError("the retriever cannot be spoken with: ask again")
    return SocketChannel(connection, pid)


def end_shared(folder: Path) -> int:
    """Asks every retriever of a workspace to end; returns how many were there."""
    ended = 0
    for path in sorted(folder.glob("*.sock")):
        with _address(folder, path.name) as address, contextlib.suppress(OSError):
            connection = _connect(address)
            if connection is None:
                path.unlink(missing_ok=True)
                continue
            with connection, connection.makefile("rwb") as lines:
                lines.write(message_line(None, EndRequest()))
                lines.flush()
                connection.settimeout(10)
                lines.read()
            ended += 1
    return ended


def _start(listener: socket.socket, path: Path, log: Path, minutes: float) -> int:
    handle = listener.fileno()
    shared = ("--socket", str(handle), "--path", os.fspath(path), "--minutes", str(minutes))
    process = spawn(log, (*COMMAND, *shared), subprocess.DEVNULL, subprocess.DEVNULL, (handle,), path.parent)
    return process.pid


def _connect(address: str) -> socket.socket | None:
    """A connection to whoever listens there, if that is this person's own; None where nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address)
        size = struct.calcsize("3i")
        _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError:
        connection.close()
        raise
    if user != os.geteuid():
        connection.close()
        raise BddsegError("the retriever of this workspace is another person's")
    return connection


@contextlib.contextmanager
def _address(folder: Path, name: str) -> Iterator[str]:
    """A socket's address, of which a path of more than 107 bytes can't be one: by way of an open folder."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{name}"
    finally:
        os.close(handle)


def _key() -> str:
    """Twelve digits that stand for what a process inherits."""
    inherited = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(_INHERITED) or name in _INHERITED_TOO or name.lower().endswith("_proxy")
    )
    version = Path(__file__).stat().st_mtime_ns
    return hashlib.sha256(repr((PROTOCOL, version, sys.executable, inherited)).encode()).hexdigest()[:12]
