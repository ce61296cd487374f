"""Time from a question to the first word of its answer: through the retriever process, against a bare `generate`.

python -m benchmarks.first_token DATASET [--questions 20] [--json FILE]

The dataset must have an index. The bare peer is transformers' own `generate` with its streamer in this process, given
the very picture and prompt of the last step; ours is measured for that step alone (the question stays on a picture),
and for the whole way with anchors and search.
"""

import argparse
import statistics
import time
from pathlib import Path
from threading import Thread
from typing import Any

import torch
from transformers import TextIteratorStreamer

from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.retrieval.client import Answering
from bddseg_tui.core.retrieval.events import AnsweredEvent, FailedEvent, TokenEvent
from bddseg_tui.core.workspace.workspace import open_workspace
from bddseg_tui.index.llava.local import load_llava
from bddseg_tui.index.prompts import answer_messages
from bddseg_tui.tui.ask.introduction import SUGGESTIONS
from benchmarks.report import publish, quantile

QUESTION = "what is the weather like?"


def until_first(events: Answering[AnsweredEvent]) -> float:
    """Seconds until the first token event."""
    start, first = time.perf_counter(), 0.0
    for event in events:
        if isinstance(event, TokenEvent) and not first:
            first = time.perf_counter() - start
        elif isinstance(event, FailedEvent):
            raise SystemExit(event.message)
    return first


def bare(llava: Any, path: Path) -> float:
    """Seconds until transformers' streamer gives its first piece, from the file on disk."""
    start = time.perf_counter()
    message = answer_messages(QUESTION)[0]
    chat = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": message.text}]}]
    text = llava.processor.apply_chat_template(chat, add_generation_prompt=True)
    inputs = llava.processor(text=text, images=read_image(path), return_tensors="pt").to(llava.model.device)
    streamer = TextIteratorStreamer(llava.processor.tokenizer, skip_prompt=True, skip_special_tokens=True)
    arguments = {**inputs, "streamer": streamer, "max_new_tokens": 256, "do_sample": False}
    thread = Thread(target=llava.model.generate, kwargs=arguments)
    thread.start()
    first = next(piece for piece in streamer if piece)
    taken = time.perf_counter() - start
    assert first
    thread.join()
    return taken


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    service = (engine := Engine(open_workspace(None))).retrieval
    collection = engine.data.open(arguments.dataset)
    llava = load_llava("demo")
    found = service.search(collection, "city street", top=arguments.questions).result().items
    times: dict[str, list[float]] = {"bare generate": [], "ours, same step": [], "ours, whole way": []}
    until_first(service.ask(collection, SUGGESTIONS[0]))
    bare(llava, Path(found[0].path))
    for number, item in enumerate(found):
        times["bare generate"].append(bare(llava, Path(item.path)))
        times["ours, same step"].append(until_first(service.ask(collection, QUESTION, image=item.image, mode="stay")))
        times["ours, whole way"].append(until_first(service.ask(collection, SUGGESTIONS[number % len(SUGGESTIONS)])))
    service.close()
    base = statistics.median(times["bare generate"])
    rows = [("way", "median ms", "p95 ms", "ratio")]
    for name, values in times.items():
        middle = statistics.median(values)
        rows.append((name, f"{1000 * middle:.0f}", f"{1000 * quantile(values, 0.95):.0f}", f"{middle / base:.2f}"))
    publish("first word of an answer, demo LLaVA on the CPU", rows, {"seconds": times}, arguments.json)


if __name__ == "__main__":
    main()
