"""JSON whose writer may be anyone: whatever is in it, what cannot be read is a `RecordError`.

Apart from `core/files/records.py`, since the app reads some before it has the time to import pydantic.
"""

import json
from typing import Any

from bddseg_tui.core.errors import RecordError


def decode(data: bytes | str) -> Any:
    """JSON that may hold file names with bytes that are not UTF-8, which pydantic's own reader refuses.

    Raises:
        RecordError: it is none, or it is nested too deeply.
    """
    try:
        return json.loads(data)
    except RecursionError as error:
        raise RecordError("it is nested too deeply") from error
    except UnicodeError as error:
        raise RecordError("it is not UTF-8") from error
    except ValueError as error:
        raise RecordError(f"it is no JSON: {str(error)[:80]}") from error
