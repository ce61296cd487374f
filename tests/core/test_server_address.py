"""An address of a server is understood as people write it."""

import pytest

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.retrieval.server_address import server_address, shown_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("localhost:8000", "http://localhost:8000/v1"),
        ("localhost:8000/v1", "http://localhost:8000/v1"),
        ("127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        (" 'http://gpu-box:8000' ", "http://gpu-box:8000/v1"),
        ("//gpu-box:8000", "http://gpu-box:8000/v1"),
        ("[::1]:8080", "http://[::1]:8080/v1"),
        ("gpu-box", "http://gpu-box/v1"),
        ("192.168.1.7", "http://192.168.1.7/v1"),
        ("openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("HTTPS://api.example.com", "https://api.example.com/v1"),
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/models/", "http://localhost:8000/v1"),
        ("http://localhost:8000/chat/completions", "http://localhost:8000/v1"),
        ("http://host/ollama#top", "http://host/ollama"),
        ("https://x.openai.azure.com/openai/deployments/d?api-version=1", None),
    ],
)
def test_an_address_is_made_whole(typed: str, meant: str | None) -> None:
    assert server_address(typed) == (typed if meant is None else meant)
    assert server_address(server_address(typed)) == server_address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "ftp://host/v1",
        "http://",
        "http://host:99999/v1",
        "http://[::1/v1",
        "a b",
        "host\x1b[2J",
        "file:///etc",
        ":8000",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UsageError, match="such as http://localhost:8000/v1") as caught:
        server_address(typed)
    assert "\x1b" not in str(caught.value)


def test_a_password_and_a_key_in_the_query_are_not_shown() -> None:
    assert shown_address("http://me:secret@host:1/v1?key=secret") == "http://host:1/v1"
