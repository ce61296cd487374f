"""Work in a thread that nobody waits for.

Textual's own thread workers are joined when the app is left: a question to a large catalog, or a process that has
nothing to say, would keep the shell from coming back.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, cast

Value = TypeVar("Value")


async def in_daemon_thread(work: Callable[[], Value], name: str) -> Value:
    """The value of work that must be good to be left at any moment; what it raises is raised here.

    `asyncio.to_thread` takes a thread that the interpreter joins at its end.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Value] = loop.create_future()

    def settle(value: Value | None, error: BaseException | None) -> None:
        if result.cancelled():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(cast(Value, value))

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:
            error = raised
        # Once the app is left there is no loop to hand anything to.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await result
