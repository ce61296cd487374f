"""The map of embeddings."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.map_points import box_filter, map_colors, map_points
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.workspace.workspace import MAP_FOLDER
from bddseg_tui.index.embedding_map import lay_out, place
from bddseg_tui.index.map_job import MapWanted, make_map
from bddseg_tui.index.vector_table import Entry, VectorTable
from bddseg_tui.index.vector_types import Vectors

pytestmark = pytest.mark.slow


def quiet(phase: str, done: int, total: int) -> None:
    pass


def groups(count: int, each: int, seed: int = 0) -> Vectors:
    """`count` groups of `each` unit vectors that lie close together, group after group."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(count, 16)), each, axis=0)
    vectors = (centres + 0.1 * rng.normal(size=centres.shape)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def test_what_is_alike_lies_together_and_inside_the_map() -> None:
    layout = lay_out(groups(3, 40), np.full((120, 2), np.nan, np.float32), quiet)
    assert layout.points.min() >= 0 and layout.points.max() <= 1 and layout.placed == 0
    centres = layout.points.reshape(3, 40, 2).mean(axis=1)
    spread = layout.points.reshape(3, 40, 2).std(axis=1).max()
    apart = min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert apart > 3 * spread
    assert layout.clusters.min() == 1


def test_what_comes_later_is_laid_beside_what_it_is_like_and_nothing_else_moves() -> None:
    vectors = groups(2, 20)
    known = np.repeat(np.asarray([[0.1, 0.2], [0.8, 0.7]], np.float32), 20, axis=0)
    later = known.copy()
    later[[0, 39]] = np.nan
    np.testing.assert_allclose(place(vectors, later, quiet), known, atol=1e-5)


def test_too_few_images_make_no_map() -> None:
    with pytest.raises(BddsegError, match="at least 4 images"):
        lay_out(groups(1, 3), np.full((3, 2), np.nan, np.float32), quiet)


@pytest.fixture
def made(engine: Engine, collection: Collection) -> tuple[Collection, MapWanted]:
    """A dataset whose index has made-up vectors, with the map of it."""
    root = collection.dataset.root
    folder = engine.workspace.index_path(root, "demo")
    rows = engine.data.find(collection, "")
    table = VectorTable(folder, "made up", 16)
    entries = [Entry(os.fsencode(row.image.relative_to(root)), "1:1", bytes([at]) * 16) for at, row in enumerate(rows)]
    table.append(entries, groups(3, 7))
    table.finish({"model": "demo"})
    (folder / MAP_FOLDER).mkdir()
    wanted = MapWanted(root, folder, engine.workspace.catalog_path(root), "demo")
    make_map(wanted, quiet)
    return collection, wanted


def test_a_box_of_the_map_finds_the_images_that_lie_in_it(engine: Engine, made: tuple[Collection, MapWanted]) -> None:
    collection, wanted = made
    points = map_points(collection.catalog)
    assert len(points.ids) == 21
    box = (0.0, 0.0, 0.5, 1.0)
    inside = points.inside(box).tolist()
    assert sorted(engine.data.find_ids(collection, box_filter(box))) == inside and 0 < len(inside) < 21
    record = engine.map.info(wanted.root)
    assert record is not None and record.images == 21 and record.current


def test_a_second_map_leaves_images_where_they_are(made: tuple[Collection, MapWanted]) -> None:
    collection, wanted = made
    before = map_points(collection.catalog).places
    make_map(wanted, quiet)
    np.testing.assert_array_equal(map_points(collection.catalog).places, before)


def test_groups_of_a_map_are_splits_and_steps_of_a_class(made: tuple[Collection, MapWanted]) -> None:
    collection, _ = made
    points = map_points(collection.catalog)
    by_split = map_colors(collection.catalog, points, "split", None)
    assert dict(zip(by_split.names, by_split.counts, strict=True)) == {"train": 12, "val": 6, "test": 3}
    by_class = map_colors(collection.catalog, points, "road", None)
    assert by_class.ordered and by_class.names[-1] == "not known" and by_class.counts[-1] == 3
    assert sum(by_class.counts) == 21


def test_the_map_of_another_model_is_laid_out_anew(made: tuple[Collection, MapWanted], tmp_path: Path) -> None:
    collection, wanted = made
    other = wanted.index.parent / "other" / MAP_FOLDER
    other.mkdir(parents=True)
    (other / "map.json").write_text(json.dumps({"model": "other"}), "utf-8")
    os.utime(wanted.index / MAP_FOLDER / "map.json", (1, 1))
    assert make_map(wanted, quiet)["placed"] == 0
    assert len(map_points(collection.catalog).ids) == 21
