"""The retriever: a process that keeps CLIP, LLaVA and an index in memory. Requests in, events out, as JSON lines.

    {"id": 3, "do": "search", "setup": {...}, "text": "heavy rain; -night", ...}
    {"id": 4, "do": "ask", "setup": {...}, "question": "...", ...}
    {"do": "cancel", "id": 4}

Every event has the id of its request; the last of a request is `done`, `error` or `cancelled`. Requests are worked on
one after the other; a cancelled one is answered at once, whatever its models are still busy with. When standard input
ends, so does the process.
"""

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from core.catalog import Catalog
from core.errors import BddsegError
from core.imagefile import read_image
from core.json_text import decode
from core.query import parse_query
from core.typed_path import typed_path
from index.clip import Clip, load_clip
from index.llava import Llava
from index.phrases import parse_phrases
from index.pipeline import ANSWER_TOKENS, Ask, CancelledError, ask, hit_json
from index.search import Searcher, open_searcher

Request = dict[str, Any]


@dataclass
class Retriever:
    """What is loaded, and how to do each request."""

    send: Callable[[dict[str, Any]], None]
    cancelled: set[int] = field(default_factory=set)
    _clips: dict[tuple[str, str], Clip] = field(default_factory=dict)
    _llavas: dict[tuple[str, ...], Llava] = field(default_factory=dict)
    _searchers: dict[tuple[Any, ...], Searcher] = field(default_factory=dict)

    def handle(self, request: Request) -> None:
        """Does one request; every failure becomes an event."""
        number = int(request["id"])

        def emit(event: str, **values: Any) -> None:
            if number not in self.cancelled:
                self.send({"id": number, "event": event, **values})

        try:
            match request["do"]:
                case "search":
                    self._search(request, emit)
                case "ask":
                    self._ask(request, emit, lambda: number in self.cancelled)
                case "load":
                    self._searcher(request["setup"], emit)
                    self._llava(request["setup"], emit)
                    emit("done")
                case other:
                    emit("error", message=f"there is no request {other!r}")
        except CancelledError:
            pass
        except BddsegError as error:
            emit("error", message=str(error))
        except MemoryError:
            emit("error", message="there is not enough memory for this model: choose a smaller one, or a server")
        except Exception as error:
            traceback.print_exc()
            emit("error", message=f"the retriever failed ({type(error).__name__}: {error})")

    def _search(self, request: Request, emit: Callable[..., None]) -> None:
        setup = request["setup"]
        searcher = self._searcher(setup, emit)
        root, top = Path(setup["root"]), int(request.get("top", 9))
        allowed = _allowed(setup, request.get("filter", ""))
        if like := request.get("like"):
            source = os.fsencode(like)
            known = searcher.holds(source)
            picture = source if known else read_image(typed_path(like))
            hits = searcher.by_picture(picture, top, allowed)
        else:
            fusion = str(setup.get("fusion", "product"))
            hits = searcher.by_phrases(parse_phrases(request["text"]), top, allowed, fusion)
        emit("done", items=[hit_json(h, root) for h in hits], store=searcher.store.name)

    def _ask(self, request: Request, emit: Callable[..., None], cancelled: Callable[[], bool]) -> None:
        setup = request["setup"]
        image = request.get("image")
        question = Ask(
            question=str(request["question"]),
            image=os.fsencode(image) if image else None,
            anchors=tuple(str(a) for a in request.get("anchors", ())),
            history=tuple((str(q), str(a)) for q, a in request.get("history", ())),
            mode=str(request.get("mode", "auto")),
            allowed=_allowed(setup, request.get("filter", "")),
            top=int(request.get("top", 9)),
            fusion=str(setup.get("fusion", "product")),
            facts=_facts(setup, request.get("evaluation")) if setup.get("facts") else None,
            answer_tokens=int(setup.get("answer_tokens", ANSWER_TOKENS)),
        )
        ask(
            question,
            lambda: self._searcher(setup, emit),
            lambda: self._llava(setup, emit),
            Path(setup["root"]),
            emit,
            cancelled,
        )

    # -- what is loaded --------------------------------------------------------------------------------------

    def _clip(self, setup: dict[str, Any], emit: Callable[..., None]) -> Clip:
        key = (str(setup["clip"]), str(setup.get("device", "")))
        if key not in self._clips:
            emit("loading", what=f"CLIP {key[0]}")
            self._clips[key] = load_clip(key[0], key[1] or None, bool(setup.get("download")))
        return self._clips[key]

    def _searcher(self, setup: dict[str, Any], emit: Callable[..., None]) -> Searcher:
        folder = Path(setup["index"])
        try:
            stamp = (folder / "manifest.json").stat().st_mtime_ns
        except OSError:
            stamp = 0
        key = (setup["index"], stamp, setup["clip"], setup.get("milvus", ""))
        if key not in self._searchers:
            clip = self._clip(setup, emit)
            emit("loading", what="the index")
            self._searchers.clear()
            self._searchers[key] = open_searcher(folder, clip, str(setup.get("milvus", "")))
        return self._searchers[key]

    def _llava(self, setup: dict[str, Any], emit: Callable[..., None]) -> Llava:
        server = str(setup.get("server", ""))
        names = ("server_model", "thinking_tokens") if server else ("llava", "device", "quantise")
        key = (server, *(str(setup.get(name, "")) for name in names))
        if key not in self._llavas:
            if server:
                from index.llava.server import THINKING_TOKENS, ServerLlava

                self._llavas[key] = ServerLlava(server, key[1], thinking_tokens=int(key[2] or THINKING_TOKENS))
            else:
                from index.llava.local import load_llava

                emit("loading", what=f"LLaVA {key[1]}")
                self._llavas[key] = load_llava(key[1], key[2] or None, key[3], bool(setup.get("download")))
        return self._llavas[key]


def _catalog(setup: dict[str, Any]) -> Catalog:
    return Catalog(Path(setup["catalog"]), Path(setup["root"]))


def _allowed(setup: dict[str, Any], text: str) -> list[bytes] | None:
    """The images that a filter leaves, or None without one."""
    if not text.strip():
        return None
    catalog = _catalog(setup)
    root = os.fspath(catalog.root)
    return [
        os.fsencode(os.path.relpath(path, root)) for path in catalog.images(parse_query(text), setup.get("evaluation"))
    ]


def _facts(setup: dict[str, Any], evaluation: str | None) -> Callable[[bytes], list[tuple[str, float]]]:
    def facts(image: bytes) -> list[tuple[str, float]]:
        from core.stats import image_shares

        return image_shares(_catalog(setup), image, evaluation)

    return facts


def serve(lines: TextIO, send: Callable[[dict[str, Any]], None]) -> None:
    """Reads requests until they end; works on them in one thread."""
    retriever = Retriever(send)
    todo: queue.Queue[Request | None] = queue.Queue()

    def work() -> None:
        while (request := todo.get()) is not None:
            if request["id"] not in retriever.cancelled:
                retriever.handle(request)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    for line in lines:
        try:
            request = decode(line)
            number = int(request["id"])
        except (ValueError, TypeError, KeyError, OverflowError):
            continue
        if request.get("do") == "cancel":
            if number not in retriever.cancelled:
                retriever.cancelled.add(number)
                send({"id": number, "event": "cancelled"})
        else:
            todo.put(request)


def main() -> int:
    """Serves standard input and output. What libraries print goes to standard error instead."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="surrogateescape")
    # A library that asks something on standard input must not have a request for an answer.
    lines = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8", errors="replace")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lock = threading.Lock()

    def send(event: dict[str, Any]) -> None:
        with lock:
            try:
                out.write(json.dumps(event) + "\n")
                out.flush()
            except OSError:
                os._exit(0)

    send({"event": "ready", "pid": os.getpid()})
    serve(lines, send)
    # Models may still be busy in their thread; nobody is left to hear them.
    os._exit(0)
