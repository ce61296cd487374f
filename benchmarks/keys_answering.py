"""How soon a typed letter is on the screen in the Ask pane while an answer streams in.

python -m benchmarks.keys_answering DATASET [--keys 100] [--json FILE]

In a real pty, with the real retriever and index. The answer comes from a server on the loopback that never ends: thirty
words a second, the pace of a 7B model; no key may wait for it. Each letter is another one, so that it can be told in
the output from everything else that is drawn.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.tui.terminal import Terminal

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import compile_packages, publish, summary

WORDS_PER_S = 30
LETTERS = [chr(code) for code in range(0x0100, 0x0180)]


class Endless(BaseHTTPRequestHandler):
    """A chat completion that goes on for ever; anchors are answered at once."""

    def do_POST(self) -> None:
        """Answers a request for anchors at once, and any other without an end."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if body["max_tokens"] < 100:
            self._say("city street")
            return
        try:
            for number in range(100_000):
                self._say(f"{number} ")
                time.sleep(1 / WORDS_PER_S)
        except OSError:
            return

    def _say(self, text: str) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def echo(terminal: Terminal, letter: str) -> float:
    """Seconds from sending a letter to reading it."""
    terminal.read(0.05)
    start, seen = time.perf_counter(), b""
    terminal.send(letter.encode())
    while letter.encode() not in seen:
        seen += terminal.read(0.002)
        if time.perf_counter() - start > 10:
            raise SystemExit("no answer within 10 s")
    return time.perf_counter() - start


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compile_packages()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BDDSEG_WORKSPACE"] = folder
        engine = Engine(Workspace(Path(folder)))
        engine.data.scan(engine.data.open(arguments.dataset), lambda done, total: None)
        engine.runs.wait(engine.retrieval.build(arguments.dataset))
        engine.retrieval.configure(server=f"http://127.0.0.1:{server.server_address[1]}/v1", server_model="m")
        with Terminal.app(arguments.dataset, "--images", "halfblock", size=(120, 40)) as terminal:
            terminal.until(lambda seen: "▀".encode() in seen)
            terminal.send(b"4")
            terminal.until(lambda seen: b"choose one" in seen)
            terminal.send(b"iwhat is there?\r")
            terminal.until(lambda seen: b"answering" in seen)
            terminal.send(b"i")
            times = [echo(terminal, LETTERS[k % len(LETTERS)]) for k in range(min(arguments.keys, len(LETTERS)))]
    found = summary(times)
    rows: list[tuple[str, ...]] = [("", "p95 ms", "median ms", "min ms")]
    rows.append(("letter to repaint", *(f"{1e3 * found[k]:.0f}" for k in ("p95", "median", "min"))))
    publish(f"keys in the Ask pane while {WORDS_PER_S} words a second come", rows, {"seconds": found}, arguments.json)


if __name__ == "__main__":
    main()
