"""A question about a picture with its true answer, and whether a reply is right."""

from dataclasses import dataclass

YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Asked:
    """A question about a picture.

    Attributes:
        about: what kind of question it is: "presence", "weather", "colour", ...
        text: the question, lower case, without a question mark.
        answer: a true answer, one sentence.
        value: the part of the answer that decides whether it is right.
        choices: every value that an answer to such a question can have.
        anchors: the concepts to search for where nothing else is said.
    """

    about: str
    text: str
    answer: str
    value: str
    choices: tuple[str, ...]
    anchors: tuple[str, ...] = ()

    def is_right(self, reply: str) -> bool:
        """Whether a reply says `value` and none of the other choices."""
        words = reply.lower().replace("grey", "gray")
        if self.choices == YES_NO:
            return words.lstrip(" \"'").startswith(self.value)
        for choice in sorted(self.choices, key=len, reverse=True):
            if choice in words:
                if choice != self.value:
                    return False
                words = words.replace(choice, " ")
                return not any(other in words for other in self.choices if other != choice)
        return False
