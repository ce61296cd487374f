"""A terminal driver that asks what the terminal is and can, and tells the app the answers, whenever they come.

Textual's parser does not know them (`ESC [ ? 62 ; 4 c`) and would hand them on as key presses.

Private in Textual (checked against 8.2.8): the module `textual._xterm_parser`, and that `drivers.linux_driver` looks
its parser up in its own module.
"""

import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from bddseg_tui.tui.terminal.answers import cut_answer, queries, take_answers
from bddseg_tui.tui.terminal.backlog import FENCE, FENCE_ANSWER, Backlog
from bddseg_tui.tui.terminal.capabilities import TerminalAnswers, capabilities_at_start
from bddseg_tui.tui.terminal.restore import Restorer

_PATIENCE_S = 0.5
_NO_MOUSE = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
_CLEAR = "\x1b[m\x1b[H\x1b[2J"


class TerminalAnswered(Message):
    """The terminal said what it can do."""

    def __init__(self, answers: TerminalAnswers) -> None:
        super().__init__()
        self.answers = answers


class OutputTaken(Message):
    """The terminal has come to a fence in what was written."""

    key = ""
    """The parser takes it for a key that has been pressed."""


class AnswerParser(XTermParser):
    """Takes answers out of the input, also those that arrive in pieces, until the last has come; and all of DSR."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._held = ""
        self._said = TerminalAnswers()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence == FENCE_ANSWER:
            return (cast(events.Key, OutputTaken()),)
        return super()._sequence_to_key_events(sequence, alt)

    def feed(self, data: str) -> Iterable[Message]:
        """Takes the terminal's answers out of what comes, and leaves the keys."""
        if self._said.sixel is not None or not data:
            yield from super().feed(data)
            return
        data, self._held = self._held + data, ""
        self._said, data = take_answers(self._said, data)
        if self._said.sixel is not None:
            yield TerminalAnswered(self._said)
        else:
            data, self._held = cut_answer(data)
        if data:
            yield from super().feed(data)


class AskingDriver(linux_driver.LinuxDriver):
    """Textual's Linux driver, with the queries: what the terminal can, and how far it has come.

    Attributes:
        backlog: what is under way to the terminal.
    """

    backlog: Backlog

    def write(self, data: str) -> None:
        """Writes, and asks the terminal to say when it has come that far."""
        super().write(data)
        if self.backlog.wrote(len(data.encode("utf-8", "surrogatepass"))) and self.input_tty:
            super().write(FENCE)

    def process_message(self, message: Message) -> None:
        """Counts the terminal's answers before the app hears of them."""
        if isinstance(message, OutputTaken):
            self.backlog.answered()
        super().process_message(message)

    def stop_application_mode(self) -> None:
        """Ends as Textual does, once all is here that the terminal sends: a shell would take it for typed.

        Mouse reports are on the way until it has read that there shall be none, which it says by a last answer. The
        screen is cleared, since GNU screen has no other one to go back to unless `altscreen` is on.
        """
        super().write(f"{_NO_MOUSE}{_CLEAR}")
        if self.input_tty:
            self.backlog.fence()
            super().write(FENCE)
        self.flush()
        deadline = time.monotonic() + _PATIENCE_S
        while self.backlog.answers and time.monotonic() < deadline:
            time.sleep(0.01)
        super().stop_application_mode()
        self._ended.set()
        self._guard.join(_PATIENCE_S)

    def start_application_mode(self) -> None:
        """Starts as Textual does, then asks the terminal what it is and can."""
        self.backlog = Backlog()
        # The driver names its parser's class nowhere but in its module.
        linux_driver.XTermParser = AnswerParser  # type: ignore[attr-defined]
        # First, and whatever `isatty` says: a terminal that has gone since the program began is none any more.
        threading.Thread(target=self._end_with_terminal, daemon=True).start()
        self._ended = threading.Event()
        self._guard = threading.Thread(target=self._restore_after_kill, args=(self._ended,), daemon=True)
        self._guard.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # As `kill` asks it to: what is being written is written to its end, or the terminal would wait for that.
        ended = partial(self._app.call_after_refresh, self._app.exit, 128 + signal.SIGTERM)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended)
        if self.input_tty:
            known = capabilities_at_start()
            self.write(queries(known))
            self.flush()

    def _restore_after_kill(self, ended: threading.Event) -> None:
        # Where there is no shell, or no room for a process, only that is missing.
        with suppress(OSError):
            if self.input_tty and self._file is not None:
                restorer = Restorer(self._file.fileno())
                ended.wait()
                restorer.dismiss()

    def _end_with_terminal(self) -> None:
        """Ends the app when its terminal is gone.

        That is a signal where the terminal controls the process. Where it does not, Textual's input thread would read
        the end of the file again and again, with all of a core.
        """
        watch = select.poll()
        watch.register(self.fileno, 0)
        while not self.exit_event.is_set():
            if watch.poll(1000):
                os.kill(os.getpid(), signal.SIGHUP)
                # Whoever started it may have had hang-ups ignored; there still is nobody to draw for.
                if not self.exit_event.wait(_PATIENCE_S):
                    os._exit(128 + signal.SIGHUP)
                return
