"""Which image to label next: new and unsure ones first, and not two of the same."""

import json
from pathlib import Path

import numpy as np

from bddseg_tui.core.data.catalog import ImageScore
from bddseg_tui.core.engine import Engine
from bddseg_tui.index.label_next import choose
from bddseg_tui.index.label_next_job import LabelNextWanted, label_next
from bddseg_tui.index.vector_types import Vectors
from tests.index.conftest import Indexed


def unit(*rows: tuple[float, ...]) -> Vectors:
    found = np.asarray(rows, np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


LABELLED = unit((1, 0, 0))
CANDIDATES = unit((1, 0.1, 0), (0, 1, 0), (0, 1, 0.01), (0, 0, 1))


def test_the_newest_come_first_and_what_is_like_one_that_was_chosen_comes_last() -> None:
    found = choose(CANDIDATES, LABELLED, None, 4, lambda *_: None)
    assert set(found.order[:2].tolist()) in ({1, 3}, {2, 3}) and set(found.order[2:].tolist()) >= {0}
    assert found.novelty[0] < 0.01 and abs(found.novelty[3] - 0.5) < 1e-6


def test_what_a_model_is_unsure_of_comes_before_what_is_as_new() -> None:
    unsure = np.asarray([0.9, 0.1, 0.1, 0.5], np.float32)
    assert choose(CANDIDATES, LABELLED, unsure, 1, lambda *_: None).order.tolist() == [3]
    unknown = np.asarray([0.1, np.nan, 0.1, 0.2], np.float32)
    assert choose(CANDIDATES, LABELLED, unknown, 4, lambda *_: None).order[0] == 3


def test_without_any_label_all_are_new() -> None:
    assert choose(CANDIDATES, CANDIDATES[:0], None, 2, lambda *_: None).novelty.tolist() == [1, 1, 1, 1]


def test_filters_and_the_order_of_the_list_know_what_was_chosen(engine: Engine, indexed: Indexed) -> None:
    collection = engine.data.open(indexed.root)
    engine.data.scan(collection, lambda *_: None)
    images = [row.image for row in engine.data.find(collection, "is:unlabelled")]
    assert len(images) > 2
    name = "0001-demo/best-test predicted"
    scores = [ImageScore(i, i.with_suffix(".png"), confidence=0.2 if i == images[-1] else 0.99) for i in images]
    collection.catalog.record_scores(name, scores)
    wanted = LabelNextWanted(collection.dataset.root, collection.catalog.path, indexed.folder, 2, name)
    assert label_next(wanted, lambda *_: None) == 2
    chosen = engine.data.find(collection, "label-next>0% sort:-label-next", name)
    assert len(chosen) == 2 and chosen[0].image == images[-1]
    assert all(row.mask is None and "novelty" in row.measures for row in chosen)
    assert len(engine.data.find(collection, "novelty>=0%")) == len(images)
    assert json.dumps(chosen[0].measures) and isinstance(chosen[0].image, Path)
