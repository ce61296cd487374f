"""A dataset as it was opened: its files and its catalog."""

from dataclasses import dataclass

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import Dataset


@dataclass(frozen=True)
class Collection:
    """A dataset with its catalog."""

    dataset: Dataset
    catalog: Catalog
