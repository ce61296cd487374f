"""How a server is connected to: proxies, accounts, certificates, and what is never sent or shown."""

import gzip
import json
import shutil
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.index.llava import OutOfServiceError
from tests.index.server_answers import ask, refuses
from tests.index.serving import answer_json, send, send_token, serving, start_stream


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_redirect_is_not_followed() -> None:
    visited: list[str] = []
    with serving(lambda handler, body: visited.append("elsewhere")) as elsewhere:

        def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
            handler.send_response(307)
            handler.send_header("Location", f"{elsewhere}/chat/completions")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        refuses(handle, r"sends on to http://127\.0\.0\.1.*HTTP 307")
    assert visited == []


def test_a_compressed_reply_is_not_unpacked_and_none_is_asked_for() -> None:
    seen: list[str] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(handler.headers["Accept-Encoding"])
        data = gzip.compress(b"data: " + b"x" * 50_000_000)
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(data)

    refuses(handle, "compresses its replies")
    assert seen == ["identity"]


def test_nothing_of_another_account_in_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(dict(handler.headers.items()))
        start_stream(handler)
        send_token(handler, "ok")
        send(handler, "[DONE]")

    for name in ("ORG_ID", "PROJECT_ID", "API_KEY", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "secret-of-another")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: secret-of-another")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("BDDSEG_LLAVA_API_KEY", " key-of-this-one\n")
    with serving(handle) as url:
        assert ask(url) == "ok"
    assert "secret-of-another" not in json.dumps(seen)
    assert seen[0]["Authorization"] == "Bearer key-of-this-one"


@pytest.mark.parametrize("no_proxy", [False, True])
def test_a_proxy_is_asked_unless_no_proxy_names_the_server(monkeypatch: pytest.MonkeyPatch, no_proxy: bool) -> None:
    asked: list[str] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked.append(handler.path)
        start_stream(handler)
        send_token(handler, "ok")
        send(handler, "[DONE]")

    with serving(handle, path="") as proxy, serving(handle) as url:
        monkeypatch.setenv("http_proxy", proxy)
        if no_proxy:
            monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
        assert ask(url) == "ok"
        assert asked == ["/v1/chat/completions" if no_proxy else f"{url}/chat/completions"]


def test_a_proxy_that_is_not_there_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    with pytest.raises(OutOfServiceError, match=r"through the proxy http://127\.0\.0\.1:9.*NO_PROXY") as caught:
        ask("http://gpu-box.invalid:8000/v1")
    assert "secret" not in str(caught.value)


def test_a_password_in_the_address_is_used_but_never_shown() -> None:
    seen: list[str] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(handler.headers["Authorization"])
        answer_json(handler, {"error": "no"}, 401)

    with serving(handle) as url, pytest.raises(OutOfServiceError) as caught:
        ask(url.replace("http://", "http://me:secret@"))
    assert seen[0].startswith("Basic ") and "secret" not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_one_line_that_says_so(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    pem = str(tmp_path / "both.pem")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [*new, "-subj", "/CN=127.0.0.1", "-keyout", pem, "-out", pem + ".crt"], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem + ".crt", pem)
    with serving(lambda handler, body: None, tls=context) as url:
        with pytest.raises(OutOfServiceError, match=r"certificate that nobody here vouches for.*SSL_CERT_FILE"):
            ask(url)
        with pytest.raises(OutOfServiceError, match=r"cannot be reached"):
            ask(url.replace("https://", "http://"))


def test_https_to_a_server_of_plain_http_says_which_to_write() -> None:
    with (
        serving(lambda handler, body: None) as url,
        pytest.raises(OutOfServiceError, match="speaks plain HTTP: write http://"),
    ):
        ask(url.replace("http://", "https://"))
