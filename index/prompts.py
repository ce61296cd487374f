"""The prompts: what LLaVA is asked, and how its replies are read. The tiny LLaVA is trained on these very words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bddseg_tui.core.sanitize import sanitize

MAX_QUESTION_LENGTH = 600

ANCHOR_EXAMPLES = (
    ("I want to pass by the forest on the way home, is there traffic?", "forest road"),
    ("Show me a red bus in heavy snow", "red bus; heavy snow"),
    ("Is there a construction site?", "construction site"),
    ("Hello, how are you?", "none"),
)
NEGATIVE_EXAMPLES = (
    *ANCHOR_EXAMPLES[:3],
    ("Show me city streets, only not in the rain", "city street; -rain"),
    ("Trucks without a bus in sight, what colour are they?", "truck; -bus"),
    ANCHOR_EXAMPLES[3],
)
"""For models that were not trained on the first: what must not be there has a minus."""
_ANCHOR_TASK = (
    'List what a picture has to show, as short visual phrases with ";" between them. Leave out what is only asked. '
    'Reply "none" if nothing can be seen.'
)
_TOPIC_TASK = 'Is the question about this same picture, or is another one needed? Reply "same" or "new".'
TOPIC_EXAMPLES = (
    ("forest road", "What colour is the bus?", "same"),
    ("forest road", "Show me a traffic jam at night", "new"),
)
ANSWER_TASK = "Answer in one sentence about this picture."
_SPECIAL = re.compile(
    r"<[^<>\s]{1,24}>|<\|[^|]{0,24}\|>|\[/?INST\]|\b(?:USER|ASSISTANT|SYSTEM|Anchors|Question|Reply)\s*:", re.IGNORECASE
)


@dataclass(frozen=True)
class Message:
    """One turn of a conversation: role "user" or "assistant". `picture` says that the picture belongs to it."""

    role: str
    text: str
    picture: bool = False


def clean_question(question: str) -> str:
    """The question on one line, without what a chat template or tokenizer would take for its own marks.

    A question, an earlier answer or a text seen in a picture is data: it may ask the model anything, but must not be
    able to end its own turn, to add an image or to speak as someone else.
    """
    words = sanitize(" ".join(question.split()))
    while (cleaner := _SPECIAL.sub(" ", words)) != words:
        words = cleaner
    return " ".join(words.split())[:MAX_QUESTION_LENGTH].strip()


def anchor_messages(question: str, examples: Sequence[tuple[str, str]] = ANCHOR_EXAMPLES) -> list[Message]:
    """The few-shot prompt that turns a question into visual anchors."""
    shots = "".join(f"Question: {q}\nAnchors: {a}\n" for q, a in examples)
    return [Message("user", f"{_ANCHOR_TASK}\n{shots}Question: {clean_question(question)}\nAnchors:")]


def topic_messages(
    anchors: Sequence[str], question: str, examples: Sequence[tuple[str, str, str]] = TOPIC_EXAMPLES
) -> list[Message]:
    """The prompt that decides whether a question stays on the picture that was found for `anchors`."""
    shots = "".join(f"Picture: {p}\nQuestion: {q}\nReply: {a}\n" for p, q, a in examples)
    shown = "; ".join(clean_question(a) for a in anchors) or "a picture"
    return [Message("user", f"{_TOPIC_TASK}\n{shots}Picture: {shown}\nQuestion: {clean_question(question)}\nReply:")]


def answer_messages(
    question: str, history: Sequence[tuple[str, str]] = (), facts: Sequence[tuple[str, float]] | None = None
) -> list[Message]:
    """A conversation about one picture, ending with the question that is to be answered.

    Args:
        question: what is asked now.
        history: earlier questions about this picture and their answers.
        facts: classes and their shares in percent, from a mask or a prediction.
    """
    turns = [*history, (question, "")]
    messages: list[Message] = []
    for number, (asked, answered) in enumerate(turns):
        words = clean_question(asked)
        if number == 0:
            words = f"{ANSWER_TASK}\n{facts_line(facts)}{words}"
        messages.append(Message("user", words, picture=number == 0))
        if answered:
            messages.append(Message("assistant", clean_question(answered)))
    return messages


def facts_line(facts: Sequence[tuple[str, float]] | None) -> str:
    """The classes that cover most of the picture, in a line of the prompt; nothing without facts."""
    if not facts:
        return ""
    named = ", ".join(f"{name} {percent:.1f}%" for name, percent in facts[:12])
    return f"Measured in the picture: {named}.\n"


def look_messages(phrase: str) -> list[Message]:
    """The question whether a picture shows what a phrase names."""
    return [Message("user", f"Does this picture show {clean_question(phrase)}? Reply with yes or no.", picture=True)]
