"""The retriever as a real process: it loads, answers, is cancelled, crashes and comes back."""

import os
import signal
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.events import CancelledEvent, Event, FailedEvent, LoadedEvent
from bddseg_tui.core.retrieval.requests import LoadRequest, Setup
from bddseg_tui.core.services.retrieval import RetrievalService
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.index.retriever import Retriever


@pytest.fixture(scope="module")
def service(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetrievalService]:
    made = Engine(Workspace(tmp_path_factory.mktemp("retriever"))).retrieval
    folder = made.build(drawn)
    status = Engine(made.workspace).runs.wait(folder)
    assert status.state == "finished", status
    yield made
    made.close()


@pytest.fixture
def opened(service: RetrievalService, drawn: Path) -> Collection:
    engine = Engine(service.workspace)
    collection = engine.data.open(drawn)
    engine.data.scan(collection, lambda *_: None)
    return collection


def test_a_search_finds_images_with_scores(service: RetrievalService, opened: Collection) -> None:
    items = service.search(opened, "night; -fog", top=4).result().items
    assert len(items) == 4
    assert all(Path(i.path).is_file() and 0 <= i.confidence <= 1 for i in items)


def test_a_search_for_a_word_that_the_demo_clip_was_never_taught_says_so(
    service: RetrievalService, opened: Collection
) -> None:
    found = service.search(opened, "zeppelin", top=3).result()
    assert "never taught “zeppelin”" in found.told and len(found.items) == 3
    assert all(i.verdict != "fits" for i in found.items)
    assert service.search(opened, "nigth", top=1).result().told == ""


def test_a_search_stays_within_a_filter_of_the_catalog(service: RetrievalService, opened: Collection) -> None:
    items = service.search(opened, "night", filter_text="split:val", top=20).result().items
    assert len(items) == 6 and all("/val/" in i.path for i in items)


def test_more_like_an_image_of_the_dataset(service: RetrievalService, opened: Collection) -> None:
    image = service.search(opened, "night", top=1).result().items[0].image
    items = service.search(opened, like=image, top=3).result().items
    assert len(items) == 3 and image not in [i.image for i in items]


def test_a_question_is_answered_about_an_image(service: RetrievalService, opened: Collection) -> None:
    image = service.search(opened, "city", top=1).result().items[0].image
    end = service.ask(opened, "what do you see?", image=image, mode="stay").result()
    assert end.image == image and end.timings["total"] > 0


def test_a_wrong_filter_is_one_line(service: RetrievalService, opened: Collection) -> None:
    with pytest.raises(BddsegError, match="buss"):
        service.search(opened, "night", filter_text="has:buss").result()


def test_a_model_that_is_not_there_is_one_line(service: RetrievalService, opened: Collection) -> None:
    image = service.search(opened, "city", top=1).result().items[0].image
    with pytest.raises(BddsegError, match="not in the cache"):
        service.ask(opened, "x?", image=image, mode="stay", llava="llava-hf/llava-1.5-7b-hf").result()


def test_what_is_cancelled_says_so_and_the_next_request_is_answered(
    service: RetrievalService, opened: Collection
) -> None:
    answering = service.ask(opened, "is it night in the forest?")
    answering.cancel()
    assert list(answering)[-1] == CancelledEvent()
    assert service.search(opened, "night", top=1).result().items


def test_a_crash_is_a_message_and_the_next_request_starts_anew(service: RetrievalService, opened: Collection) -> None:
    service.search(opened, "night", top=1).result()
    pid = service.client.pid
    assert pid is not None
    answering = service.ask(opened, "is it night in the forest?")
    os.kill(pid, signal.SIGKILL)
    last = list(answering)[-1]
    assert isinstance(last, FailedEvent) and "signal 9" in last.message
    assert service.search(opened, "night", top=1).result().items
    assert service.client.pid not in (None, pid)


def test_without_an_index_nothing_is_started(workspace: Workspace, drawn: Path) -> None:
    engine = Engine(workspace)
    with pytest.raises(BddsegError, match="no finished index"):
        engine.retrieval.search(engine.data.open(drawn), "night")
    assert engine.retrieval.client.pid is None


def test_a_name_with_escape_sequences_opens_as_it_is_and_shows_sanitized(
    service: RetrievalService, dataset: Path
) -> None:
    image = next((dataset / "images/10k/val").iterdir())
    strange = os.fsdecode(os.fsencode(image.parent) + b"/\xff\x1b[2J\xe2\x80\xaegpj.jpg")
    image.rename(strange)
    engine = Engine(service.workspace)
    assert engine.runs.wait(service.build(dataset)).state == "finished"
    collection = engine.data.open(dataset)
    items = service.search(collection, like=strange, top=1).result().items
    assert Path(items[0].path).read_bytes() == Path(strange).read_bytes()
    assert not any(ord(c) < 32 or c == "\u202e" for c in items[0].name)


def test_models_and_indexes_that_are_chosen_no_longer_leave_the_memory(
    service: RetrievalService, opened: Collection
) -> None:
    said: list[Event] = []
    retriever, root = Retriever(lambda number, event: said.append(event)), opened.dataset.root
    index = str(service.index_folder(root))
    for number, device in enumerate(("", "cpu")):
        options = replace(service.options, device=device)
        setup = Setup(options=options, root=str(root), catalog=str(opened.catalog.path), index=index)
        retriever.handle(number, LoadRequest(setup=setup))
        assert said[-1] == LoadedEvent()
        if number == 0:
            loaded = [weakref.ref(part) for part in retriever.loaded()]
    assert len(loaded) == 3 and [part() for part in loaded] == [None] * 3
