"""Searching a small real index."""

import os
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.build import build_index
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.search import FUSIONS, Searcher, open_searcher
from bddseg_tui.index.search_language import Phrase
from bddseg_tui.index.stores.hnsw import all_of, build_hnsw
from tests.index.conftest import Indexed


@pytest.mark.parametrize("fusion", FUSIONS)
def test_hits_come_best_first_and_as_many_as_asked_for(indexed: Indexed, fusion: str) -> None:
    hits = indexed.searcher.by_phrases([Phrase("night"), Phrase("city street")], 5, fusion=fusion)
    assert len(hits) == 5 and len({h.image for h in hits}) == 5
    assert all(0 <= h.confidence <= 1 and -1 <= h.score <= 1 for h in hits)


def test_one_phrase_ranks_as_the_cosine_does(indexed: Indexed) -> None:
    vector = indexed.clip.encode_texts(["heavy snow"])[0]
    expected = np.argsort(-(indexed.searcher.matrix @ vector), kind="stable")[:5]
    hits = indexed.searcher.by_phrases([Phrase("heavy snow")], 5, fusion="mean", group=False)
    assert [h.image for h in hits] == [indexed.searcher.images[i] for i in expected]


def test_minus_turns_the_order_round(indexed: Indexed) -> None:
    night = [h.image for h in indexed.searcher.by_phrases([Phrase("night")], 21, group=False)]
    day = [h.image for h in indexed.searcher.by_phrases([Phrase("road", 0.001), Phrase("night", -1)], 21, group=False)]
    assert night.index(day[0]) > night.index(day[-1])


def test_a_filter_restricts_what_is_found(indexed: Indexed) -> None:
    allowed = indexed.searcher.images[3:7]
    hits = indexed.searcher.by_phrases([Phrase("night")], 20, allowed)
    assert {h.image for h in hits} <= set(allowed) and hits
    assert indexed.searcher.by_phrases([Phrase("night")], 20, []) == []


def test_an_image_of_the_dataset_finds_others_but_not_itself(indexed: Indexed) -> None:
    image = indexed.searcher.images[2]
    hits = indexed.searcher.by_picture(image, 6)
    assert len(hits) == 6 and image not in {h.image for h in hits}


def test_an_image_of_the_dataset_finds_its_copy_under_another_name(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    first = next(dataset.glob("images/10k/train/*.jpg"))
    copy = Path(shutil.copy(first, first.with_name("again.jpg")))
    build_index(open_dataset(dataset), clip, tmp_path / "index", lambda *_: None)
    found = open_searcher(tmp_path / "index", clip).by_picture(os.fsencode(first.relative_to(dataset)), 1)[0]
    assert found.image == os.fsencode(copy.relative_to(dataset)) and found.duplicates == ()


def test_words_beside_a_picture_choose_among_what_is_like_it(indexed: Indexed) -> None:
    searcher = indexed.searcher
    image = searcher.images[2]
    dark = searcher.clip.encode_texts(["night"])[0]
    sign = dict(zip(searcher.images, searcher.matrix @ dark, strict=True))
    night = searcher.by_picture(image, 20, group=False, phrases=[Phrase("night")])
    day = searcher.by_picture(image, 20, group=False, phrases=[Phrase("night", -1)])
    assert len(night) == 20 and image not in {h.image for h in night}
    first, last = (np.mean([sign[h.image] for h in hits[:3]]) for hits in (night, day))
    assert first > last


def test_a_file_finds_the_image_that_it_is_a_copy_of(indexed: Indexed) -> None:
    sample = list(list_samples(open_dataset(indexed.root)))[4]
    best = indexed.searcher.by_picture(read_image(sample.image), 1)[0]
    assert best.image.endswith(sample.image.name.encode()) and best.score > 0.999


def test_an_image_that_is_not_in_the_index_is_one_line(indexed: Indexed) -> None:
    with pytest.raises(BddsegError, match="not in the index"):
        indexed.searcher.by_picture(b"images/none.jpg", 3)


def test_near_duplicates_become_one_hit_that_says_so(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    sample = next(list_samples(open_dataset(dataset)))
    shutil.copy(sample.image, sample.image.with_name("copy.jpg"))
    build_index(open_dataset(dataset), clip, tmp_path / "index", lambda *_: None)
    searcher = open_searcher(tmp_path / "index", clip)
    first = searcher.by_picture(read_image(sample.image), 3)[0]
    names = {Path(n.decode()).name for n in (first.image, *first.duplicates)}
    assert names >= {sample.image.name, "copy.jpg"}


def test_a_graph_gives_the_same_hits_as_exact_search(indexed: Indexed, tmp_path: Path) -> None:
    exact = indexed.searcher
    graph = replace(exact, store=build_hnsw(tmp_path, all_of(np.asarray(exact.matrix), "sum")))
    assert isinstance(graph, Searcher)
    wanted = [Phrase("night"), Phrase("car")]
    assert [h.image for h in graph.by_phrases(wanted, 5)] == [h.image for h in exact.by_phrases(wanted, 5)]


def test_no_index_is_one_line_with_the_command(clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(BddsegError, match="index build"):
        open_searcher(tmp_path / "none", clip)


def test_an_index_of_another_model_is_refused(indexed: Indexed) -> None:
    with pytest.raises(BddsegError, match="was built with"):
        open_searcher(indexed.folder, replace(indexed.clip, identity="other@0"))


def large(clip: Clip, count: int) -> Searcher:
    """A searcher over random vectors."""
    matrix = np.random.default_rng(0).standard_normal((count, clip.dimension), dtype=np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return Searcher(clip, [b"%d" % i for i in range(count)], matrix, None, "")


def test_exact_search_of_everything_does_not_copy_the_vectors(clip: Clip) -> None:
    searcher = large(clip, 20_000)
    searcher.by_phrases([Phrase("night")], 3)
    tracemalloc.start()
    try:
        searcher.by_phrases([Phrase("night"), Phrase("bus")], 3)
        assert tracemalloc.get_traced_memory()[1] < searcher.matrix.nbytes / 4
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_first_few_of_many_hits_are_those_of_all(clip: Clip, fusion: str) -> None:
    searcher = large(clip, 3000)
    wanted = [Phrase("night"), Phrase("red bus", 2), Phrase("rain", -1)]
    few = searcher.by_phrases(wanted, 7, fusion=fusion, group=False)
    every = searcher.by_phrases(wanted, 3000, fusion=fusion, group=False)
    assert few == every[:7] and len(every) == 3000
