"""Searching a dataset: phrases or a picture in, images with scores and confidence out."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.calibration import Verdict
from bddseg_tui.core.retrieval.manifest import EXACT_LIMIT, read_manifest
from bddseg_tui.index.calibration_form import Calibration, read_calibration
from bddseg_tui.index.class_words import BARE, embed
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.judgement import Judgement, judge
from bddseg_tui.index.search_language import Phrase
from bddseg_tui.index.stores import Store
from bddseg_tui.index.stores.hnsw import load_hnsw
from bddseg_tui.index.vector_table import VectorTable
from bddseg_tui.index.vector_types import Vectors

DUPLICATE = 0.985
"""Images whose cosine is above this count as the same picture."""
_POOL = 400
"""How many candidates a graph gives, which are then scored exactly."""
FUSIONS = ("product", "mean", "joint", "least")


@dataclass(frozen=True)
class Hit:
    """An image that was found.

    Attributes:
        score: its (weighted mean) cosine.
        confidence: a probability that it fits; of a search by picture, how alike they are.
        verdict: what may be said of it.
        seen: how surely (0..1) the vision-language model says that it fits; None where it was not asked.
    """

    image: bytes
    score: float
    confidence: float
    verdict: Verdict
    parts: tuple[float, ...] = ()
    duplicates: tuple[bytes, ...] = ()
    seen: float | None = None


@dataclass
class Searcher:
    """An index that is loaded: the model, the vectors, and the store that narrows them down, where there is one.

    `rows` are the store's numbers of the images, sorted, where they are not their places: a graph has one for all
    images of the same content, and keeps it when others go.
    """

    clip: Clip
    images: list[bytes]
    matrix: Vectors
    store: Store | None
    sha256: str
    rows: NDArray[np.int64] | None = None
    calibration: Calibration | None = None
    _places: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = {image: row for row, image in enumerate(self.images)}

    @property
    def method(self) -> str:
        """How it is searched: `exact`, or the store's name."""
        return self.store.name if self.store else "exact"

    def close(self) -> None:
        """Ends the store's connection, where it has one; it is searched no more."""
        if self.store:
            self.store.close()

    def holds(self, image: bytes) -> bool:
        """Whether an image (path relative to the dataset) is in the index."""
        return image in self._places

    def by_phrases(
        self,
        phrases: Sequence[Phrase],
        count: int,
        allowed: Sequence[bytes] | None = None,
        fusion: str = "product",
        group: bool = True,
    ) -> list[Hit]:
        """The images that fit all phrases best.

        Args:
            phrases: what to look for, with weights; negative ones push away.
            count: how many hits.
            allowed: only these images; None for all.
            fusion: how phrases are brought together: `product` of each one's confidence, `mean` of their vectors,
                `joint` embedding of all words as one caption, or the `least` confidence.
            group: hits that are nearly the same picture become one.
        """
        if fusion == "joint":
            words = ", ".join(p.text for p in phrases if p.weight > 0)
            phrases = [Phrase(words), *(p for p in phrases if p.weight < 0)]
        vectors = self._embedded(phrases)
        weights = np.asarray([p.weight for p in phrases], np.float32)
        return self._find(vectors, weights, count, allowed, fusion, group, self._judge)

    def by_picture(
        self,
        picture: Image.Image | bytes,
        count: int,
        allowed: Sequence[bytes] | None = None,
        group: bool = True,
        phrases: Sequence[Phrase] = (),
    ) -> list[Hit]:
        """The images most like a picture, or like an image of the dataset, which is then left out itself.

        With `phrases` the images have to fit these as well, and confidence is theirs.
        """
        row: int | None = None
        if isinstance(picture, bytes):
            row = self._places.get(picture)
            if row is None:
                raise BddsegError("this image is not in the index: `bddseg-tui index build` brings it up to date")
            vectors = np.asarray(self.matrix[row : row + 1])
        else:
            vectors = self.clip.encode_images([picture])
        weights = np.asarray([1, *(p.weight for p in phrases)], np.float32)
        if not phrases:
            return self._find(vectors, weights, count, allowed, "mean", group, _alike, without=row)
        vectors = np.concatenate([vectors, self._embedded(phrases)])
        return self._find(vectors, weights, count, allowed, "product", group, self._judge_alike, without=row)

    def confidence(self, text: str) -> Vectors:
        """Of every image, in the order of `images`, how surely it fits a phrase: float32 [n], 0..1."""
        vectors, weights = self._embedded([Phrase(text)]), np.ones(1, np.float32)
        judgement = self._judge(self.matrix @ vectors.T, vectors, weights)
        # Of the best images of a search it is told a little more surely than of an image by itself.
        sure = np.minimum(judgement.sure, judgement.ranks[:, 0]) if self.calibration else judgement.sure
        return np.asarray(sure, np.float32)

    def _embedded(self, phrases: Sequence[Phrase]) -> Vectors:
        templates = self.calibration.templates if self.calibration else BARE
        return embed(self.clip, [p.text for p in phrases], templates)

    def _judge_alike(self, cosines: Vectors, vectors: Vectors, weights: Vectors) -> Judgement:
        words = self._judge(cosines[:, 1:], vectors[1:], weights[1:])
        return replace(words, ranks=np.concatenate([cosines[:, :1].clip(0, 1), words.ranks], 1))

    def _find(
        self,
        vectors: Vectors,
        weights: Vectors,
        count: int,
        allowed: Sequence[bytes] | None,
        fusion: str,
        group: bool,
        judge_all: Callable[[Vectors, Vectors, Vectors], Judgement],
        without: int | None = None,
    ) -> list[Hit]:
        rows = self._candidates(vectors, weights, count, allowed)
        rows = rows if without is None else rows[rows != without]
        if not len(rows):
            return []
        # Not `matrix[rows]` of all of them, which would copy a file of gigabytes into memory for each search.
        cosines = (self.matrix if len(rows) == len(self.matrix) else self.matrix[rows]) @ vectors.T
        judgement = judge_all(cosines, vectors, weights)
        score = cosines @ weights / np.abs(weights).sum()
        # A phrase to be avoided counts by how surely it is not there.
        oriented = np.where(weights > 0, judgement.ranks, 1 - judgement.ranks).clip(1e-9, 1)
        together = np.exp((np.log(oriented) * np.abs(weights)).sum(1) / np.abs(weights).max())
        key = {"product": np.log(together), "least": oriented.min(1)}.get(fusion, score)
        # Ties in confidence (both surely fit) are broken by the cosine.
        order = _best_first(np.round(key, 6), score, _window(count))
        chosen, same = self._grouped(rows[order], count) if group else (list(range(min(count, len(rows)))), {})
        hits: list[Hit] = []
        for at in chosen:
            place = int(order[at])
            hits.append(
                Hit(
                    self.images[rows[place]],
                    float(score[place]),
                    sure := float(judgement.sure[place]),
                    judgement.verdict(sure, best=not hits),
                    tuple(float(c) for c in cosines[place]),
                    tuple(self.images[r] for r in same.get(at, [])),
                )
            )
        return hits

    def _candidates(
        self, vectors: Vectors, weights: Vectors, count: int, allowed: Sequence[bytes] | None
    ) -> NDArray[np.int64]:
        if allowed is not None:
            known = [self._places[i] for i in allowed if i in self._places]
            return np.asarray(sorted(known), np.int64)
        if self.store is None:
            return np.arange(len(self.images))
        mean = (weights[:, None] * vectors).sum(0, keepdims=True)
        queries = np.concatenate([mean / np.linalg.norm(mean), vectors[weights > 0]])
        found, _ = self.store.search(queries.astype(np.float32), max(_POOL, 4 * count))
        rows = np.unique(found[found >= 0])
        if self.rows is None:
            return rows
        # A row that is dead since the graph was made is no image's; one that several images share is all of theirs.
        spans = zip(np.searchsorted(self.rows, rows), np.searchsorted(self.rows, rows, "right"), strict=True)
        return np.concatenate([np.zeros(0, np.int64), *(np.arange(a, b) for a, b in spans)])

    def _judge(self, cosines: Vectors, vectors: Vectors, weights: Vectors) -> Judgement:
        step = max(1, len(self.matrix) // 20_000)
        whole = step == 1 and len(cosines) == len(self.matrix)
        spread = cosines if whole else np.asarray(self.matrix[::step]) @ vectors.T
        # Of what a graph did not give nothing is known but that others are nearer.
        among = len(self.images) if self.store and len(cosines) < len(self.images) else len(cosines)
        return judge(self.clip, self.calibration, cosines, spread, weights, among)

    def _grouped(self, rows: NDArray[np.int64], count: int) -> tuple[list[int], dict[int, list[int]]]:
        """Places (in `rows`, best first) of the first of each group of near-duplicates, and the rows of its others."""
        kept: list[int] = []
        same: dict[int, list[int]] = {}
        window = min(len(rows), _window(count))
        part = np.asarray(self.matrix[rows[:window]])
        for at in range(window):
            near = part[kept] @ part[at] > DUPLICATE if kept else np.zeros(0, bool)
            if near.any():
                same.setdefault(kept[int(near.argmax())], []).append(int(rows[at]))
            elif len(kept) < count:
                kept.append(at)
        return kept, same


def _alike(cosines: Vectors, vectors: Vectors, weights: Vectors) -> Judgement:
    """Of pictures like a picture the cosine is told, which is no probability: the nearest are what was asked for."""
    alike = cosines.clip(0, 1)
    return Judgement(alike, alike[:, 0], True, False)


def _window(count: int) -> int:
    """How many hits are looked at for near-duplicates, where `count` are wanted."""
    return max(8 * count, 64)


def _best_first(key: Vectors, score: Vectors, count: int) -> NDArray[np.int64]:
    """The places of the `count` largest keys and of all that equal the last of them, best first; ties by score."""
    if count >= len(key):
        return np.lexsort((-score, -key))
    least = np.partition(key, len(key) - count)[len(key) - count]
    places = np.flatnonzero(key >= least)
    return places[np.lexsort((-score[places], -key[places]))]


def open_searcher(folder: Path, clip: Clip, milvus: str = "", exact_limit: int = EXACT_LIMIT) -> Searcher:
    """Loads an index with the store that suits it: Milvus where a URI is named, else none (exact) or hnswlib by size.

    Raises:
        BddsegError: there is no index, it is another model's, or it is damaged.
    """
    if not (folder / "rows.sqlite").exists():
        raise BddsegError("there is no index of this dataset yet: build it with `bddseg-tui index build DIR`")
    table = VectorTable(folder, clip.identity, clip.dimension)
    images, matrix = table.load()
    if not images:
        raise BddsegError("the index is empty: build it with `bddseg-tui index build DIR`")
    sha256 = manifest_checksum(folder)
    store: Store | None = None
    rows: NDArray[np.int64] | None = None
    if milvus:
        from bddseg_tui.index.stores.milvus import open_milvus

        store = open_milvus(milvus, os.fspath(folder.parent.name + "_" + folder.name), matrix, _contents(table, sha256))
    elif len(images) > exact_limit and (graph := load_hnsw(folder, sha256, clip.dimension, table.path.name)):
        store, rows = graph, table.rows()[0]
        if len(rows) != len(images):
            raise BddsegError("the index has changed just now: search again")
    manifest = read_manifest(folder)
    calibration = read_calibration(manifest.calibration if manifest else None)
    return Searcher(clip, images, matrix, store, sha256, rows, calibration)


def _contents(table: VectorTable, sha256: str) -> str:
    """A checksum of the matrix as `load` gives it: the file's says nothing of images that are gone."""
    rows = table.rows()[0]
    if bool((rows == np.arange(len(rows))).all()):
        return sha256
    return hashlib.sha256(sha256.encode() + np.ascontiguousarray(rows, "<i8").tobytes()).hexdigest()


def manifest_checksum(folder: Path) -> str:
    """The checksum of the last finished build, or nothing."""
    manifest = read_manifest(folder)
    return manifest.sha256 if manifest else ""
