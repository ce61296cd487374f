"""What the retriever keeps in memory, one CLIP, one index and one LLaVA, and how it does each request.

Those that were asked for last are kept. Requests come one after the other (`request_worker`).
"""

import gc
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.events import (
    AnsweredEvent,
    End,
    Event,
    FailedEvent,
    FoundEvent,
    LoadedEvent,
    LoadingEvent,
    RequestEvent,
)
from bddseg_tui.core.retrieval.requests import AskRequest, SearchRequest, Setup, Work
from bddseg_tui.index.clip import Clip, load_clip
from bddseg_tui.index.llava import Llava
from bddseg_tui.index.pipeline import Ask, CancelledError, ask, found_item, looking
from bddseg_tui.index.query import Emit
from bddseg_tui.index.search import Searcher, open_searcher
from bddseg_tui.index.search_language import parse_phrases
from bddseg_tui.index.second_look import second_look
from bddseg_tui.index.taught_words import Understood, demo_vocabulary, doubted, understand


@dataclass
class Retriever:
    """What is loaded, at most one of each kind, and how to do each request."""

    send: Callable[[int, Event], None]
    cancelled: set[int] = field(default_factory=set)
    _clips: dict[tuple[str, str], Clip] = field(default_factory=dict)
    _llavas: dict[tuple[str, ...], Llava] = field(default_factory=dict)
    _searchers: dict[tuple[object, ...], Searcher] = field(default_factory=dict)

    def handle(self, number: int, request: Work) -> None:
        """Does one request; every failure becomes an event."""

        def emit(event: RequestEvent) -> None:
            if number not in self.cancelled:
                self.send(number, event)

        try:
            emit(self._end_of(request, emit, lambda: number in self.cancelled))
        except CancelledError:
            pass
        except BddsegError as error:
            emit(FailedEvent(message=str(error)))
        except MemoryError:
            short = "there is not enough memory for this model: choose a smaller one, or a server"
            emit(FailedEvent(message=short))
        except Exception as error:
            traceback.print_exc()
            emit(FailedEvent(message=f"the retriever failed ({type(error).__name__}: {error})"))

    def _end_of(self, request: Work, emit: Emit, cancelled: Callable[[], bool]) -> End:
        if isinstance(request, SearchRequest):
            return self._search(request, emit, cancelled)
        if isinstance(request, AskRequest):
            return self._ask(request, emit, cancelled)
        self._searcher(request.setup, emit)
        self._llava(request.setup, emit)
        return LoadedEvent()

    def _search(self, request: SearchRequest, emit: Emit, cancelled: Callable[[], bool]) -> FoundEvent:
        setup, top = request.setup, request.top
        searcher = self._searcher(setup, emit)
        allowed = _allowed(setup, request.filter, request.evaluation)
        words = parse_phrases(request.text, beside_picture=bool(request.like)) if request.text.strip() else []
        taught = demo_vocabulary() if setup.options.clip == "demo" else None
        understood = understand(words, taught) if taught and words else Understood(words)
        words = understood.phrases
        if like := request.like:
            source = os.fsencode(like)
            known = searcher.holds(source)
            picture = source if known else read_image(typed_path(like))
            hits = searcher.by_picture(picture, top, allowed, phrases=words)
        else:
            hits = searcher.by_phrases(words, top, allowed, setup.options.fusion)
        if words and (count := setup.options.second_look):
            model = self._llava(setup, emit)
            hits = second_look(hits, words, model, Path(setup.root), count, looking(emit), cancelled)
        hits = doubted(hits) if understood.told else hits
        items = tuple(found_item(h, Path(setup.root)) for h in hits)
        return FoundEvent(items=items, store=searcher.method, told=understood.told)

    def _ask(self, request: AskRequest, emit: Emit, cancelled: Callable[[], bool]) -> AnsweredEvent:
        setup, image = request.setup, request.image
        question = Ask(
            question=request.question,
            image=os.fsencode(image) if image else None,
            anchors=request.anchors,
            history=request.history,
            mode=request.mode,
            allowed=_allowed(setup, request.filter, request.evaluation),
            top=request.top,
            fusion=setup.options.fusion,
            facts=_facts(setup, request.evaluation) if setup.options.facts else None,
            answer_tokens=setup.options.answer_tokens,
            second_look=setup.options.second_look,
        )
        return ask(
            question,
            lambda: self._searcher(setup, emit),
            lambda: self._llava(setup, emit),
            Path(setup.root),
            emit,
            cancelled,
        )

    def loaded(self) -> list[object]:
        """CLIP, LLaVA and index that are in memory."""
        return [*self._clips.values(), *self._llavas.values(), *self._searchers.values()]

    # -- what is loaded --------------------------------------------------------------------------------------

    def _clip(self, setup: Setup, emit: Emit) -> Clip:
        key = (setup.options.clip, setup.options.device)
        if key not in self._clips:
            emit(LoadingEvent(what=f"CLIP {key[0]}"))
            # Each index holds the model that it was built with.
            self._forget_searchers()
            self._clips.clear()
            _free_memory()
            self._clips[key] = load_clip(key[0], key[1] or None, setup.download)
        return self._clips[key]

    def _searcher(self, setup: Setup, emit: Emit) -> Searcher:
        folder, options = Path(setup.index), setup.options
        # The graph comes after the manifest that it is of.
        stamps = tuple(_stamp(folder / name) for name in ("manifest.json", "hnsw.json"))
        key = (setup.index, stamps, options.clip, options.device, options.milvus)
        if key not in self._searchers:
            clip = self._clip(setup, emit)
            emit(LoadingEvent(what="the index"))
            self._forget_searchers()
            self._searchers[key] = open_searcher(folder, clip, options.milvus)
        return self._searchers[key]

    def _forget_searchers(self) -> None:
        for searcher in self._searchers.values():
            searcher.close()
        self._searchers.clear()

    def _forget_llavas(self) -> None:
        self._llavas.clear()
        _free_memory()

    def _llava(self, setup: Setup, emit: Emit) -> Llava:
        options = setup.options
        server = (options.server, options.server_model)
        key = server if options.server else (options.llava, options.device, options.quantise)
        if key not in self._llavas:
            if options.server:
                from bddseg_tui.index.llava.server import ServerLlava

                self._forget_llavas()
                self._llavas[key] = ServerLlava(*server)
            else:
                from bddseg_tui.index.llava.local import load_llava

                emit(LoadingEvent(what=f"LLaVA {options.llava}"))
                self._forget_llavas()
                self._llavas[key] = load_llava(options.llava, options.device or None, options.quantise, setup.download)
        self._llavas[key].thinking_tokens = options.thinking_tokens
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
    return Catalog(Path(setup.catalog), Path(setup.root))


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
