"""What takes room in the workspace, and freeing what can be made again."""

from bddseg_tui.core.maintenance.disk_use import Item, Kind, list_items
from bddseg_tui.core.maintenance.free import FREEABLE, Freed, free

__all__ = ["FREEABLE", "Freed", "Item", "Kind", "free", "list_items"]
