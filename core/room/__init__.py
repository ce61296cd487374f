"""What takes room in the workspace, and freeing what can be made again."""

from core.room.free import FREEABLE, Freed, free
from core.room.items import Item, Kind, list_items

__all__ = ["FREEABLE", "Freed", "Item", "Kind", "free", "list_items"]
