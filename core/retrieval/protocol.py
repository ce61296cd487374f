"""The protocol between whoever asks and the retriever process: JSON lines, requests one way, events the other.

Requests are those of `requests`, events those of `events`; each side checks what it gets. A request has an `id`, which
its events repeat, and ends with one of LAST. Before all else the retriever says `ready`, with its PROTOCOL.
"""

PROTOCOL = 1
"""Raised when one side no longer understands the other: a program that is upgraded while it runs starts the new one."""
LAST = ("done", "error", "cancelled")
"""Events after which a request is over."""
