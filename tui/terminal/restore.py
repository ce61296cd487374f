"""Gives the terminal back when the app is killed at once (SIGKILL, as the kernel does where memory is short).

Nobody is left then to write the end of a picture, for which a terminal waits and shows nothing else, nor to turn mouse
reports off. So a small shell waits at the end of a pipe that only the app holds. Told that the app has ended by itself,
it goes; at the pipe's end alone it puts the terminal in order.
"""

import os
import subprocess

_WITHOUT = ("1000", "1002", "1003", "1004", "1006", "1015", "1016", "2004", "2026", "2048")
"""Mouse reports, focus reports, marked pastes, synchronised output, and sizes in the input."""
RESTORED = (
    # CAN and ST end whatever control string is begun, and are nothing where none is.
    "\x18\x1b\\" + "".join(f"\x1b[?{mode}l" for mode in _WITHOUT) + "\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[m"
)
_SCRIPT = """
read -r ended && exit
printf %s "$0"
sleep 0.3
exec 3<&1
case $(stty -a <&3) in *" -isig "*|*"
-isig "*) stty sane <&3 ;; esac
"""
"""Where a shell has made its own settings meanwhile, in which Ctrl+C is a signal again, those stay."""


class Restorer:
    """The shell that waits; it is in a session of its own, since a group is often killed as a whole."""

    def __init__(self, terminal: int) -> None:
        """Starts it; blocks for some milliseconds.

        Args:
            terminal: the file descriptor of the terminal that the app draws on.

        Raises:
            OSError: there is no shell, or no process may be started.
        """
        # Close on exec, so no job of the app's holds it open.
        reading, self._writing = os.pipe()
        try:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, RESTORED],
                stdin=reading,
                stdout=terminal,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            os.close(self._writing)
            raise
        finally:
            os.close(reading)

    def dismiss(self) -> None:
        """The app has put all in order itself; blocks for some milliseconds."""
        os.write(self._writing, b"ended\n")
        os.close(self._writing)
        self._shell.wait()
