"""The scan of the open dataset: a process that fills the catalog while the Dataset pane shows what is there."""

import json
from typing import TYPE_CHECKING

from textual.worker import get_current_worker

from core.engine import Collection

if TYPE_CHECKING:
    from tui.panes.dataset import DatasetPane


class DatasetScan:
    """Runs a scan and tells the pane of each step; a new one ends the one before."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane

    def start(self, collection: Collection) -> None:
        """Scans, following the process in a thread."""
        self._pane.run_worker(
            lambda: self._follow(collection), thread=True, exclusive=True, group="scan", exit_on_error=False
        )

    def _follow(self, collection: Collection) -> None:
        pane, worker = self._pane, get_current_worker()
        process = pane.bddseg.engine.start_scan(collection)
        known = sum(collection.catalog.splits().values())
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said = json.loads(line)
                if worker.is_cancelled:
                    break
                pane.app.call_from_thread(pane.scan_step, said["done"], said["total"], said["total"] != known)
                known = said["total"]
        except ValueError:
            pass
        finally:
            process.terminate()
            process.wait()
        if not worker.is_cancelled:
            pane.app.call_from_thread(pane.scan_ended)
