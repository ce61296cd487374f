"""Looking for duplicates: planted copies are found, others are not, and many vectors are searched as few are."""

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE, Kind
from bddseg_tui.core.quality.start_search import duplicates_folder
from bddseg_tui.index.duplicates_job import DuplicatesWanted, find_duplicates
from bddseg_tui.index.near_pairs import near_pairs


@pytest.fixture
def planted(dataset: Path) -> dict[str, tuple[str, Kind]]:
    """Copies of train images in val, by name: of which one they are, and of which kind."""
    train, val = dataset / "images/10k/train", dataset / "images/10k/val"
    first, second, third = sorted(train.iterdir())[:3]
    shutil.copy(first, val / "same.jpg")
    with Image.open(second) as picture:
        picture.convert("RGB").save(val / "worse.jpg", quality=40)
    with Image.open(third) as picture:
        width, height = picture.size
        picture.convert("RGB").resize((width // 2, height // 2)).save(val / "small.jpg", quality=90)
    return {"same": (first.stem, "file"), "worse": (second.stem, "picture"), "small": (third.stem, "picture")}


def test_planted_copies_are_found_across_splits_and_told_to_filters(
    engine: Engine, dataset: Path, planted: dict[str, tuple[str, Kind]]
) -> None:
    collection = engine.data.open(dataset)
    engine.data.scan(collection, lambda *_: None)
    root, catalog = collection.dataset.root, collection.catalog.path
    to = duplicates_folder(engine.workspace, root) / DUPLICATES_FILE
    index = engine.retrieval.index_folder(root)
    phases: list[str] = []
    find_duplicates(DuplicatesWanted(root, to, catalog, index, "demo"), lambda phase, *_: phases.append(phase))
    found = engine.quality.duplicates(collection)
    assert found is not None and "without an index" in found.about and {"hash", "compare", "record"} <= set(phases)
    pairs = {frozenset((Path(p.first).stem, Path(p.second).stem)): p.kind for p in found.pairs}
    assert all(pairs[frozenset((copy, of))] == kind for copy, (of, kind) in planted.items())
    across = engine.quality.duplicate_groups(collection, found, across=True)
    assert {m.image.split("/")[-1].removesuffix(".jpg") for g in across for m in g.members} >= set(planted)
    leaking = Catalog(catalog, root).images(parse_query("split:val leakage>80%"))
    assert {i.stem for i in leaking} >= set(planted)


def test_pairs_of_a_graph_are_those_that_all_vectors_have(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((600, 32)).astype(np.float32)
    vectors[300:320] = vectors[:20] + 0.05 * rng.standard_normal((20, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = near_pairs(vectors, 0.95, tmp_path, lambda *_: None)
    assert list(zip(found.first, found.second, strict=True)) == [(i, i + 300) for i in range(20)]
    assert np.allclose(found.cosine, (vectors[:20] * vectors[300:320]).sum(1), atol=1e-5)
    by_graph = near_pairs(vectors, 0.95, tmp_path, lambda *_: None, limit=100)
    assert by_graph.first.tolist() == found.first.tolist() and not os.listdir(tmp_path)


def test_of_very_many_alike_only_the_nearest_of_each_are_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    vectors = np.ones((3000, 8), np.float32) + 0.001 * rng.standard_normal((3000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = near_pairs(vectors, 0.9, tmp_path, lambda *_: None)
    assert 3000 <= len(found.first) <= 12 * 3000


def test_a_picture_that_cannot_be_read_is_left_out(dataset: Path, engine: Engine, tmp_path: Path) -> None:
    broken = next((dataset / "images/10k/train").iterdir())
    broken.write_bytes(io.BytesIO(broken.read_bytes()[:200]).getvalue())
    collection = engine.data.open(dataset)
    engine.data.scan(collection, lambda *_: None)
    to = tmp_path / "pairs.jsonl"
    wanted = DuplicatesWanted(collection.dataset.root, to, collection.catalog.path, tmp_path / "none", "demo")
    find_duplicates(wanted, lambda *_: None)
    assert broken.name not in to.read_text()
