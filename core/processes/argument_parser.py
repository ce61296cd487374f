"""The arguments of jobs, which programs write; a person who starts one by hand gets no control characters back."""

import argparse
from typing import NoReturn

from bddseg_tui.core.sanitize import sanitize


class ArgumentParser(argparse.ArgumentParser):
    """argparse's, with its errors sanitized."""

    def error(self, message: str) -> NoReturn:
        """Ends with one line and exit code 2, as all commands do."""
        super().error(sanitize(message))
