"""The catalog: what is known of a dataset's samples, in one SQLite file of the workspace.

Class pixel counts are twenty columns (`c0` .. `c19`), so that filters and sorting are plain SQL.
"""

from bddseg_tui.core.data.catalog.catalog import Catalog
from bddseg_tui.core.data.catalog.database import InterruptedReadError, UnwritableError, is_of_earlier_version
from bddseg_tui.core.data.catalog.records import ImageScore, Row, ScanResult

__all__ = [
    "Catalog",
    "ImageScore",
    "InterruptedReadError",
    "Row",
    "ScanResult",
    "UnwritableError",
    "is_of_earlier_version",
]
