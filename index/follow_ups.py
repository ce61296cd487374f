"""What a person means by a few words behind an answer, where the model is too small to tell."""

import re
from typing import Literal

FollowUp = Literal["doubt", "next", "here"]
_DOUBTS = (
    r"really|seriously|no way|why|not sure|i doubt|what makes you",
    r"(?:are )?you (?:\w+ )?(?:sure|certain|serious)",
    r"how (?:do|can|could|would) you (?:know|tell|see|be)",
    r"is (?:that|this|it) (?:so|true|right|correct|certain)",
    r"that(?:'s| is) (?:wrong|false|not)",
    r"(?:look|check|try) again",
    r"i (?:don'?t|do not|can'?t|cannot) (?:believe|think so|see (?:it|that|any|one|a))",
    r"where(?: is it)?\W*$",
)
_DOUBT = re.compile(rf"^(?:hm+|oh|but|and|well|um|no)?[\s,.]*(?:{'|'.join(_DOUBTS)})", re.IGNORECASE)
_MORE = frozenset(("next", "another", "more", "other", "others", "different", "similar", "else"))
_AROUND_MORE = frozenset(
    """
    a an the one ones picture pictures image images photo photos example examples result match hit please show give get
    me us let see like that this it and now then can could you i want would to just again any some of is there are do
    have something
    """.split()  # noqa: SIM905
)
_HERE = re.compile(
    r"\b(?:here|also|too|as well|in (?:it|this|that|there)|on it|(?:he|she|they|it)(?:'s| is| are)?"
    r"|(?:this|that|the) (?:picture|image|photo|one|scene))\b",
    re.IGNORECASE,
)
_FETCH = re.compile(r"\b(?:show|find|search|look(?:ing)? for|give|fetch|bring|get|another|other)\b", re.IGNORECASE)


def follow_up(question: str) -> FollowUp | None:
    """What a question behind an answer is.

    Returns:
        `doubt`: the last answer is doubted, so the same is asked again; `next`: another picture like this one is
        wanted; `here`: something else is asked about this one; None: the words do not tell.
    """
    words = re.findall(r"[a-z']+", question.lower())
    if _DOUBT.search(question.strip()):
        return "doubt"
    if _MORE.intersection(words) and set(words) <= _MORE | _AROUND_MORE:
        return "next"
    if _HERE.search(question) and not _FETCH.search(question):
        return "here"
    return None
