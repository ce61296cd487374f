"""Embedding on several devices at once: a process a device, each with a model of its own, and the vectors in order."""

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.processes.parallel import cores, start_worker
from bddseg_tui.index.clip import Clip, load_clip
from bddseg_tui.index.image_loading import Batch, Loaded, encode_loaded, load_image
from bddseg_tui.index.vector_types import Vectors

Encoded = tuple[list[Loaded], Vectors]
_AHEAD = 2
"""Batches that each device has before it."""
_PARTS = 4
"""Parts of a batch: the first is encoded while images of the others are still decoded."""
_clips: list[Clip] = []
"""The model of a process that encodes."""


def index_devices(device: str) -> tuple[str, ...]:
    """The devices that an index is built on: every GPU where none is named and there are several, else that one."""
    count = torch.cuda.device_count() if device in ("", "cuda") else 0
    return tuple(f"cuda:{number}" for number in range(count)) if count > 1 else (device,)


def encoded_on(devices: Sequence[str], model: str, root: Path, batches: Sequence[Batch]) -> Iterator[Encoded]:
    """The batches, each loaded and encoded, in their order; the devices take them in turns.

    Images of the same content are encoded each for itself.

    Raises:
        BddsegError: a process cannot load the model, or was killed.
    """
    threads = max(1, cores() // len(devices))
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pools = []
        for device in devices:
            pool = ProcessPoolExecutor(1, context, initializer=_start, initargs=(model, device, threads))
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
            pools.append(pool)
        waiting: deque[Future[Encoded]] = deque()
        try:
            for number, batch in enumerate(batches):
                waiting.append(pools[number % len(pools)].submit(_encode, root, batch, threads))
                if len(waiting) >= _AHEAD * len(pools):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            names = ", ".join(devices)
            raise BddsegError(f"a process that encodes on {names} died: is there memory enough for each?") from error


def _start(model: str, device: str, threads: int) -> None:
    start_worker()
    torch.set_num_threads(threads)
    # The weights are in the cache by now: the process that asks has loaded them.
    _clips.append(load_clip(model, device or None))


def _encode(root: Path, batch: Batch, threads: int) -> Encoded:
    clip = _clips[0]
    loaded: list[Loaded] = []
    vectors: list[Vectors] = []
    size = -(-len(batch) // _PARTS)
    with ThreadPoolExecutor(max(2, threads)) as pool:
        reading = [pool.submit(load_image, clip, root, *item, _unknown) for item in batch]
        for at in range(0, len(reading), size):
            part = [future.result() for future in reading[at : at + size]]
            vectors.append(encode_loaded(clip, part))
            loaded += [replace(item, picture=None) for item in part]
    return loaded, np.concatenate(vectors)


def _unknown(digest: bytes) -> None:
    """Only the process that commits knows what is known."""
