"""Text from outside as Markdown: shown as it is, and nothing of it live, by a renderer that links bare names too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bddseg_tui.core.markdown import markdown, markdown_code, markdown_lines

RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
PLAIN = {"paragraph", "text", "text_special", "softbreak", "inline", "code_inline", "hardbreak", "entity"}


def kinds(source: str) -> set[str]:
    """What a renderer makes of it: the kinds of its tokens."""
    tokens = RENDERER.parse(source)
    return {
        t.type.removesuffix("_open").removesuffix("_close")
        for token in tokens
        for t in [token, *(token.children or [])]
    }


def words(source: str) -> str:
    """What is read when it is shown."""
    return " ".join("".join(c.content for c in t.children or []) for t in RENDERER.parse(source) if t.type == "inline")


LIVE = [
    "![x](http://evil/x.png)",
    "[x](javascript:alert)",
    "[x]: http://evil.com",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<http://evil.com>",
    "https://evil.com/x",
    "HTTPS://EVIL.COM",
    "ftp://evil.com",
    "www.evil.com",
    "evil.com",
    "//evil.com/x",
    "me@evil.com",
    "mailto:me@evil.com",
    "xmpp:me@evil.com/x",
    "# title",
    "title\n===",
    "title\n---",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "> quote",
    "```\ncode",
    "~~~\ncode",
    "    code",
    "\tcode",
    "| a | b |\n|---|---|\n| c | d |",
    "a | b\n--- | ---",
    "***bold*** _it_ ~~gone~~ `code`",
    "&lt;b&gt; &#x3c;b&#x3e;",
    "\\[x](y)",
    "\\",
]


@pytest.mark.parametrize("text", LIVE)
def test_nothing_is_live(text: str) -> None:
    assert kinds(markdown_lines(text)) <= PLAIN
    assert kinds(markdown(text)) <= PLAIN
    assert kinds(f"# {markdown(text)}") <= PLAIN | {"heading"}


@pytest.mark.parametrize("text", LIVE)
def test_what_was_written_is_what_is_read(text: str) -> None:
    assert words(markdown(text)) == " ".join(text.replace("\t", " ").split())


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab1.:/w@#-+=|`*_~<>[]()!&;\\ \n$h") | st.characters(), max_size=30))
def test_no_text_is_live(text: str) -> None:
    assert kinds(markdown_lines(text)) <= PLAIN
    assert kinds(markdown_code(text)) <= PLAIN
    assert "\n" not in markdown(text)


def test_ordinary_words_stay_as_they_are() -> None:
    text = "Is there a bus? Yes: at 10.5 m, on the left (parked)."
    assert markdown(text) == text
