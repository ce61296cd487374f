"""Writing predictions in threads while the next are computed, each noted in the journal when it is there."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import OwnedFolder
from bddseg_tui.core.runs.prediction_files import mask_of
from bddseg_tui.core.runs.prediction_journal import Entry, ImageStamp, PredictionJournal, stamp_of

_BATCH = 64
"""Names that are claimed at once: each claim is synced to the disk, and a kill leaves so many without a file."""
_WAITING = 16


class MaskWriter:
    """Claims, writes and notes predictions; `files` are those of one name. Used as a context.

    However the block ends, what was computed is written and noted, and names that were claimed in vain are given back.

    Raises:
        BddsegError: a file cannot be written, or is the person's own.
    """

    def __init__(
        self, folder: OwnedFolder, journal: PredictionJournal, files: Callable[[str], Iterable[str]], threads: int = 2
    ) -> None:
        self._folder, self._journal, self._files = folder, journal, files
        self._pool = ThreadPoolExecutor(threads, "write")
        self._waiting: deque[tuple[str, ImageStamp, Future[None]]] = deque()
        self._claimed: list[str] = []

    def claiming(self, names: Iterable[str]) -> Iterator[str]:
        """The names again, each claimed before it comes."""
        batch: list[str] = []
        for name in names:
            batch.append(name)
            if len(batch) == _BATCH:
                yield from self._claim(batch)
                batch = []
        yield from self._claim(batch)

    def _claim(self, names: list[str]) -> list[str]:
        self._claimed = [n for n in self._claimed if n not in self._journal.entries]
        self._folder.claim([f for n in names for f in self._files(n)])
        self._claimed += names
        return names

    def write(self, name: str, image: ImageStamp, work: Callable[[], None]) -> None:
        """Lets a thread do the `work` that writes the files of `name`."""
        self._waiting.append((name, image, self._pool.submit(work)))
        while len(self._waiting) > _WAITING or (self._waiting and self._waiting[0][2].done()):
            self._note()

    def _note(self) -> None:
        name, image, future = self._waiting.popleft()
        path = self._folder.folder / mask_of(name)
        try:
            future.result()
        except OSError as error:
            raise disk_error(error, error.filename or path) from error
        mask = stamp_of(path)
        if mask is not None:
            self._journal.add(name, Entry(image, mask))

    def __enter__(self) -> "MaskWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        failed: BddsegError | None = None
        while self._waiting:
            try:
                self._note()
            except BddsegError as error:
                failed = failed or error
        self._pool.shutdown()
        in_vain = [f for n in self._claimed if n not in self._journal.entries for f in self._files(n)]
        # On a full disk the marker cannot say so; the next prediction into the folder does.
        with contextlib.suppress(BddsegError):
            self._folder.delete(in_vain)
        if failed and kind is None:
            raise failed
