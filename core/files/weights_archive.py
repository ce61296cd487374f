"""A look at a file of weights before anything is made of it: `torch.save` stores tensors as they are, and so few bytes
never stand for many.

torch unpacks whatever compression a zip names, and takes its word for the size: a megabyte may become gigabytes.
"""

import zipfile
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.sanitize import sanitize_path


def refuse_packed(path: Path) -> None:
    """Looks at a .pth, .pt or .bin file; another kind of file passes.

    Raises:
        BddsegError: it is a zip whose parts are compressed or overlap, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except OSError as error:
        raise disk_error(error, path, "read") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise BddsegError(f"{sanitize_path(path)} holds no weights: its table of contents is damaged") from error
    packed = any(p.compress_type != zipfile.ZIP_STORED or p.compress_size != p.file_size for p in parts)
    if packed or sum(p.file_size for p in parts) > size:
        raise BddsegError(
            f"{sanitize_path(path)} holds no weights as torch writes them: it is compressed, and few bytes of that "
            "may stand for gigabytes"
        )
