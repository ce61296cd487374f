"""The retriever: a process that keeps CLIP, LLaVA and an index in memory. Requests in, events out, as JSON lines.

    {"id": 3, "do": "search", "setup": {...}, "text": "heavy rain; -night", ...}
    {"id": 4, "do": "ask", "setup": {...}, "question": "...", ...}
    {"do": "cancel", "id": 4}

They are those of `core.retrieval.protocol`. One CLIP, one index and one LLaVA are kept, those that were asked for last.
Requests are worked on one after the other; a cancelled one is answered at once, whatever its models are still busy
with. When standard input ends, so does the process.
"""

import gc
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

import torch

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.protocol import PROTOCOL
from bddseg_tui.core.retrieval.requests import AskRequest, Request, SearchRequest, Setup, check_request
from bddseg_tui.index.clip import Clip, load_clip
from bddseg_tui.index.llava import Llava
from bddseg_tui.index.pipeline import Ask, CancelledError, ask, hit_json
from bddseg_tui.index.search import Searcher, open_searcher
from bddseg_tui.index.search_language import parse_phrases


@dataclass
class Retriever:
    """What is loaded, at most one of each kind, and how to do each request."""

    send: Callable[[dict[str, Any]], None]
    cancelled: set[int] = field(default_factory=set)
    _clips: dict[tuple[str, str], Clip] = field(default_factory=dict)
    _llavas: dict[tuple[str, ...], Llava] = field(default_factory=dict)
    _searchers: dict[tuple[Any, ...], Searcher] = field(default_factory=dict)

    def handle(self, request: Request) -> None:
        """Does one request; every failure becomes an event."""
        number = request["id"]

        def emit(event: str, **values: Any) -> None:
            if number not in self.cancelled:
                self.send({"id": number, "event": event, **values})

        try:
            if request["do"] == "search":
                self._search(request, emit)
            elif request["do"] == "ask":
                self._ask(request, emit, lambda: number in self.cancelled)
            else:
                self._searcher(request["setup"], emit)
                self._llava(request["setup"], emit)
                emit("done")
        except CancelledError:
            pass
        except BddsegError as error:
            emit("error", message=str(error))
        except MemoryError:
            emit("error", message="there is not enough memory for this model: choose a smaller one, or a server")
        except Exception as error:
            traceback.print_exc()
            emit("error", message=f"the retriever failed ({type(error).__name__}: {error})")

    def _search(self, request: SearchRequest, emit: Callable[..., None]) -> None:
        setup = request["setup"]
        searcher = self._searcher(setup, emit)
        root, top = Path(setup["root"]), request["top"]
        allowed = _allowed(setup, request["filter"], request["evaluation"])
        if like := request["like"]:
            source = os.fsencode(like)
            known = searcher.holds(source)
            picture = source if known else read_image(typed_path(like))
            words = parse_phrases(request["text"], beside_picture=True) if request["text"].strip() else []
            hits = searcher.by_picture(picture, top, allowed, phrases=words)
        else:
            hits = searcher.by_phrases(parse_phrases(request["text"]), top, allowed, setup["fusion"])
        emit("done", items=[hit_json(h, root) for h in hits], store=searcher.method)

    def _ask(self, request: AskRequest, emit: Callable[..., None], cancelled: Callable[[], bool]) -> None:
        setup = request["setup"]
        image = request["image"]
        question = Ask(
            question=request["question"],
            image=os.fsencode(image) if image else None,
            anchors=tuple(request["anchors"]),
            history=tuple(request["history"]),
            mode=request["mode"],
            allowed=_allowed(setup, request["filter"], request["evaluation"]),
            top=request["top"],
            fusion=setup["fusion"],
            facts=_facts(setup, request["evaluation"]) if setup["facts"] else None,
            answer_tokens=setup["answer_tokens"],
        )
        ask(
            question,
            lambda: self._searcher(setup, emit),
            lambda: self._llava(setup, emit),
            Path(setup["root"]),
            emit,
            cancelled,
        )

    def loaded(self) -> list[object]:
        """CLIP, LLaVA and index that are in memory."""
        return [*self._clips.values(), *self._llavas.values(), *self._searchers.values()]

    # -- what is loaded --------------------------------------------------------------------------------------

    def _clip(self, setup: Setup, emit: Callable[..., None]) -> Clip:
        key = (setup["clip"], setup["device"])
        if key not in self._clips:
            emit("loading", what=f"CLIP {key[0]}")
            # Each index holds the model that it was built with.
            self._forget_searchers()
            self._clips.clear()
            _free_memory()
            self._clips[key] = load_clip(key[0], key[1] or None, setup["download"])
        return self._clips[key]

    def _searcher(self, setup: Setup, emit: Callable[..., None]) -> Searcher:
        folder = Path(setup["index"])
        # The graph comes after the manifest that it is of.
        stamps = tuple(_stamp(folder / name) for name in ("manifest.json", "hnsw.json"))
        key = (setup["index"], stamps, setup["clip"], setup["device"], setup["milvus"])
        if key not in self._searchers:
            clip = self._clip(setup, emit)
            emit("loading", what="the index")
            self._forget_searchers()
            self._searchers[key] = open_searcher(folder, clip, setup["milvus"])
        return self._searchers[key]

    def _forget_searchers(self) -> None:
        for searcher in self._searchers.values():
            searcher.close()
        self._searchers.clear()

    def _forget_llavas(self) -> None:
        self._llavas.clear()
        _free_memory()

    def _llava(self, setup: Setup, emit: Callable[..., None]) -> Llava:
        server = (setup["server"], setup["server_model"])
        key = server if setup["server"] else (setup["llava"], setup["device"], setup["quantise"])
        if key not in self._llavas:
            if setup["server"]:
                from bddseg_tui.index.llava.server import ServerLlava

                self._forget_llavas()
                self._llavas[key] = ServerLlava(*server)
            else:
                from bddseg_tui.index.llava.local import load_llava

                emit("loading", what=f"LLaVA {setup['llava']}")
                self._forget_llavas()
                self._llavas[key] = load_llava(
                    setup["llava"], setup["device"] or None, setup["quantise"], setup["download"]
                )
        self._llavas[key].thinking_tokens = setup["thinking_tokens"]
        return self._llavas[key]


def _free_memory() -> None:
    """Gives the memory of models that nothing holds any more back, the GPU's too, before others are loaded."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _catalog(setup: Setup) -> Catalog:
    return Catalog(Path(setup["catalog"]), Path(setup["root"]))


def _allowed(setup: Setup, text: str, evaluation: str | None) -> list[bytes] | None:
    """The images that a filter leaves, or None without one."""
    if not text.strip():
        return None
    catalog = _catalog(setup)
    root = os.fspath(catalog.root)
    return [os.fsencode(os.path.relpath(path, root)) for path in catalog.images(parse_query(text), evaluation)]


def _facts(setup: Setup, evaluation: str | None) -> Callable[[bytes], list[tuple[str, float]]]:
    def facts(image: bytes) -> list[tuple[str, float]]:
        from bddseg_tui.core.data.class_stats import image_shares

        return image_shares(_catalog(setup), image, evaluation)

    return facts


class RequestWorker:
    """Works on requests one after the other, in a thread; lines may come from any thread, and from many people.

    Args:
        send: told every event.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._retriever = Retriever(send)
        self._todo: queue.Queue[Request] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def take(self, raw: Any) -> None:
        """Takes a decoded line: a request waits for its turn, one that is cancelled is answered at once."""
        number = raw.get("id") if isinstance(raw, dict) else None
        try:
            request = check_request(raw)
        except RecordError as error:
            if isinstance(number, int):
                self._send({"id": number, "event": "error", "message": f"the request makes no sense ({error})"})
            return
        if request["do"] != "cancel":
            self._todo.put(request)
        else:
            self.cancel(request["id"])

    def cancel(self, number: int) -> None:
        """Gives up a request."""
        if number not in self._retriever.cancelled:
            self._retriever.cancelled.add(number)
            self._send({"id": number, "event": "cancelled"})

    def _work(self) -> None:
        while True:
            request = self._todo.get()
            if request["id"] not in self._retriever.cancelled:
                self._retriever.handle(request)


def serve(lines: TextIO, send: Callable[[dict[str, Any]], None]) -> None:
    """Reads requests until they end."""
    worker = RequestWorker(send)
    for line in lines:
        try:
            raw = decode(line)
        except RecordError:
            continue
        worker.take(raw)


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

    send({"event": "ready", "pid": os.getpid(), "protocol": PROTOCOL})
    serve(lines, send)
    # Models may still be busy in their thread; nobody is left to hear them.
    os._exit(0)
