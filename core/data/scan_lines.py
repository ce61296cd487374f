"""The lines that a scan prints, as whoever started it reads them."""

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.sanitize import sanitize


def read_line(line: bytes) -> tuple[int, int] | str:
    """What a line of a scan says: (samples done, samples in all), or why it failed.

    Raises:
        RecordError: it says neither.
    """
    # By hand: the app reads such lines before it has imported pydantic.
    match decode(line):
        case {"done": int(done), "total": int(total)} if 0 <= done <= total < 2**53:
            return done, total
        case {"error": str(message)}:
            return sanitize(message)
    raise RecordError("it is no progress")
