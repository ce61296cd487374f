"""The catalog: what is known of a dataset's samples, in one SQLite file of the workspace.

Class pixel counts are twenty columns (`c0` .. `c19`), so that filters and sorting are plain SQL.
"""

from core.catalog.catalog import Catalog
from core.catalog.database import InterruptedReadError, UnwritableError
from core.catalog.records import ImageScore, Row, ScanResult

__all__ = ["Catalog", "ImageScore", "InterruptedReadError", "Row", "ScanResult", "UnwritableError"]
