"""Search by Milvus, for datasets that outgrow one machine: a server's URI, or a file for milvus-lite.

The client is the same for Lite, one server and a cluster. The collection is a cache like hnswlib's file: its
description holds the checksum of the matrix it was filled from, and it is filled anew when that is another.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.stores import padded
from bddseg_tui.index.vector_types import Rows, Vectors

_BATCH = 2000
_TIMEOUT_S = 60.0


class MilvusStore:
    """An open collection."""

    name = "milvus"

    def __init__(self, client: Any, collection: str, count: int) -> None:
        self._client, self._collection, self._count = client, collection, count

    def search(self, queries: Vectors, count: int) -> tuple[Rows, Vectors]:
        """See `index.stores`."""
        wanted = max(1, min(count, self._count, 16_384))
        try:
            found = self._client.search(
                self._collection,
                data=[q.tolist() for q in queries],
                limit=wanted,
                search_params={"metric_type": "IP", "params": {"ef": max(128, wanted)}},
                timeout=_TIMEOUT_S,
            )
        except Exception as error:
            raise BddsegError(f"Milvus did not answer ({sanitize(str(error))[:160]})") from error
        widest = max((len(hits) for hits in found), default=0)
        rows = np.full((len(queries), widest), -1, np.int64)
        scores = np.full((len(queries), widest), -np.inf, np.float32)
        for at, hits in enumerate(found):
            for place, hit in enumerate(hits):
                rows[at, place], scores[at, place] = hit["id"], hit["distance"]
        return padded(rows, scores, count)

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()


def open_milvus(
    uri: str, name: str, matrix: Vectors, vectors_sha256: str, report: Callable[[int, int], None] | None = None
) -> MilvusStore:
    """Connects to a server (`http://host:19530`) or a file (`search.db`) and fills the collection if need be.

    Raises:
        BddsegError: pymilvus is not installed, or the server cannot be reached.
    """
    try:
        from pymilvus import DataType, MilvusClient
    except ImportError as error:
        raise BddsegError("Milvus needs its client: pip install 'bddseg-tui[milvus]'") from error
    collection = "bddseg_" + re.sub(r"\W", "_", name)[:80]
    try:
        client = MilvusClient(uri, timeout=_TIMEOUT_S)
        if client.has_collection(collection):
            if client.describe_collection(collection).get("description") == vectors_sha256:
                client.load_collection(collection)
                return MilvusStore(client, collection, len(matrix))
            client.drop_collection(collection)
        schema = client.create_schema(auto_id=False, description=vectors_sha256)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=matrix.shape[1])
        fields = client.prepare_index_params()
        fields.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 32, "efConstruction": 200})
        # Filled under another name: a collection that was killed half-way must not look whole.
        filling = collection + "_filling"
        if client.has_collection(filling):
            client.drop_collection(filling)
        client.create_collection(filling, schema=schema, index_params=fields)
        for at in range(0, len(matrix), _BATCH):
            part = np.asarray(matrix[at : at + _BATCH])
            client.insert(filling, [{"id": at + i, "vector": v.tolist()} for i, v in enumerate(part)])
            if report:
                report(at + len(part), len(matrix))
        client.flush(filling)
        client.rename_collection(filling, collection)
        client.load_collection(collection)
    except BddsegError:
        raise
    except Exception as error:
        raise BddsegError(f"Milvus at {sanitize(uri)} cannot be used ({sanitize(str(error))[:160]})") from error
    return MilvusStore(client, collection, len(matrix))
