"""A terminal driver that asks for Device Attributes and tells the app the answer, whenever it comes.

Textual's parser does not know DA1 answers (`ESC [ ? 62 ; 4 c`) and would hand them on as key presses.

Private in Textual (checked against 8.2.8): the module `textual._xterm_parser`, and that `drivers.linux_driver` looks
its parser up in its own module.
"""

import os
import re
import select
import signal
import threading
import time
from collections.abc import Iterable
from typing import cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from bddseg_tui.tui.terminal.backlog import FENCE, FENCE_ANSWER, Backlog
from bddseg_tui.tui.terminal.protocol import SIXEL_ATTRIBUTE

_PATIENCE_S = 0.5
_ANSWER = re.compile(r"\x1b\[\?([\d;]*)c")
_BEGINNING = re.compile(r"\x1b(\[(\?[\d;]*)?)?$")


class DeviceAttributes(Message):
    """The terminal said what it can do."""

    def __init__(self, sixel: bool) -> None:
        super().__init__()
        self.sixel = sixel


class OutputTaken(Message):
    """The terminal has come to a fence in what was written."""

    key = ""
    """The parser takes it for a key that has been pressed."""


class _Parser(XTermParser):
    """Takes DA1 answers out of the input, also when one arrives in pieces, until it has come once; and all of DSR."""

    _held = ""
    _answered = False

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence == FENCE_ANSWER:
            return (cast(events.Key, OutputTaken()),)
        return super()._sequence_to_key_events(sequence, alt)

    def feed(self, data: str) -> Iterable[Message]:
        if self._answered or not data:
            yield from super().feed(data)
            return
        data, self._held = self._held + data, ""
        if match := _ANSWER.search(data):
            self._answered = True
            data = data[: match.start()] + data[match.end() :]
            attributes = match[1].split(";")
            yield DeviceAttributes(str(SIXEL_ATTRIBUTE) in attributes[1:])
        elif (begun := _BEGINNING.search(data)) and len(begun[0]) > 2:
            self._held, data = begun[0], data[: begun.start()]
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
        """Ends as Textual does, once the answers that were asked for are here: a shell would take them for typed."""
        deadline = time.monotonic() + _PATIENCE_S
        while self.backlog.answers and time.monotonic() < deadline:
            time.sleep(0.01)
        super().stop_application_mode()

    def start_application_mode(self) -> None:
        """Starts as Textual does, then asks for Device Attributes."""
        self.backlog = Backlog()
        # The driver names its parser's class nowhere but in its module.
        linux_driver.XTermParser = _Parser  # type: ignore[attr-defined]
        # First, and whatever `isatty` says: a terminal that has gone since the program began is none any more.
        threading.Thread(target=self._end_with_terminal, daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty:
            self.write("\x1b[c")
            self.flush()

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
