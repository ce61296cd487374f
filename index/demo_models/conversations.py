"""Training text for the tiny LLaVA, as token ids: conversations about pictures, questions to anchors, topics."""

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.index import prompts
from bddseg_tui.index.demo_models.answers import ask_about
from bddseg_tui.index.demo_models.asked import Asked
from bddseg_tui.index.demo_models.concepts import CONCEPTS
from bddseg_tui.index.demo_models.questions import (
    any_question,
    ask_with_context,
    direct_question,
    dress,
    follow_up,
    request,
    write_question,
)
from bddseg_tui.index.demo_models.scene_truth import Description
from bddseg_tui.index.prompts import Message

IMAGE_TOKENS = 100
IMAGE_ID, EOS_ID = 3, 2
_HARD = ("presence", "presence", "weather", "side", "side", "colour", "count", "count", "any traffic")
_DECIDES = 3.0
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}USER: {% else %}ASSISTANT: {% endif %}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' %}<image>\n{% endif %}{% endfor %}"
    "{% for content in message['content'] %}{% if content['type'] == 'text' %}{{ content['text'] }}{% endif %}"
    "{% endfor %}"
    "{% if message['role'] == 'assistant' %}</s>{% else %} {% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
"""LLaVA-1.5's, but an answer ends with the end-of-sequence token, so that a second turn looks like the first."""


@dataclass
class Sequence:
    """Token ids of one training sequence.

    Attributes:
        ids: the tokens; an image is IMAGE_TOKENS times IMAGE_ID.
        weight: how much a token counts in the loss; 0 where it is only read.
        block: 0 for what every part sees, then a number for each part that sees only block 0 and itself;
            all 0 in an ordinary conversation.
        scene: which scene's features stand at the image tokens; -1 without one.
    """

    ids: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    scene: int = -1

    def read(self, ids: list[int], block: int = 0) -> None:
        """Adds tokens that nobody has to predict."""
        self.learn(ids, [0.0] * len(ids), block)

    def learn(self, ids: list[int], weight: list[float], block: int = 0) -> None:
        """Adds tokens to be predicted, each with its weight."""
        self.ids += ids
        self.weight += weight
        self.block += [block] * len(ids)


class Writer:
    """Writes sequences with a tokenizer; `table` is truths int8 [N, concepts] of the scenes."""

    def __init__(self, tokenizer: Any, scenes: list[Description], table: NDArray[np.int8], seed: int) -> None:
        self.tokenizer, self.scenes, self.table = tokenizer, scenes, table
        self.rng = random.Random(seed)

    def about_picture(self, scene: int, separate: bool, count: int = 6) -> Sequence:
        """`count` questions about a scene: one conversation, or as many first questions that do not see each other."""
        rng, description = self.rng, self.scenes[scene]
        out = Sequence(scene=scene)
        facts = None
        if rng.random() < 0.25:
            facts = sorted(description["classes"].items(), key=lambda pair: -pair[1])
        self._open(out, f"{prompts.ANSWER_TASK}\n{prompts.facts_line(facts)}")
        for number in range(count):
            if rng.random() < 0.12:
                asked = request(self._shown(scene), description, rng)
                text = asked.text
            else:
                asked = self._asked(description)
                text = asked.text if rng.random() < 0.55 else self._with_context(scene, asked.text)
            block = number + 1 if separate else 0
            question = dress(text, rng, mark=True)
            speaker = "USER: " if number and not separate else ""
            out.read(self._encode(f"{speaker}{question} ASSISTANT:"), block)
            out.learn(*self._answer(asked), block)
        return out

    def anchors(self) -> Sequence:
        """A question of any kind and its anchors, after none to all of the prompt's examples.

        Now and then it is one of the examples: people try what they have read.
        """
        scene, shown = self._scene()
        question = any_question(shown, scene, self.rng)
        text = dress(question.text, self.rng, mark=question.asked is not None or self.rng.random() < 0.3)
        anchors = question.anchors
        if self.rng.random() < 0.05:
            text, anchors = self.rng.choice(prompts.ANCHOR_EXAMPLES)
        examples = self.rng.sample(prompts.ANCHOR_EXAMPLES, self.rng.choice((0, 0, 0, 1, 4)))
        if len(examples) == 4:
            examples = list(prompts.ANCHOR_EXAMPLES)
        return self._reply(prompts.anchor_messages(text, examples), anchors)

    def topic(self) -> Sequence:
        """A question after another, and whether it stays on the picture."""
        rng = self.rng
        scene, shown = self._scene()
        found = write_question(shown, scene, rng)
        anchors = [CONCEPTS[c].name for c in found.wanted]
        if rng.random() < 0.5:
            text, reply = follow_up(scene, rng), "same"
        else:
            other, other_shown = self._scene()
            text, reply = write_question(other_shown, other, rng).text, "new"
        examples = list(prompts.TOPIC_EXAMPLES) if rng.random() < 0.4 else []
        return self._reply(prompts.topic_messages(anchors, dress(text, rng, mark=True), examples), reply)

    def _asked(self, description: Description) -> Asked:
        """A question about a scene, more often than by chance of the kinds that are hard to learn."""
        draw = self.rng.random()
        return ask_about(description, self.rng, ("describe",) if draw < 0.05 else _HARD if draw < 0.35 else None)

    def _with_context(self, scene: int, asked: str) -> str:
        """The same question the way it reaches the model after a search: with the words that found the picture."""
        whole = ask_with_context(self._shown(scene), self.scenes[scene], self.rng)
        assert whole.asked is not None
        return whole.text.replace(whole.asked.text, asked)

    def _scene(self) -> tuple[Description, list[int]]:
        number = self.rng.randrange(len(self.scenes))
        return self.scenes[number], self._shown(number)

    def _shown(self, scene: int) -> list[int]:
        return [int(c) for c in np.flatnonzero(self.table[scene] == 1)]

    def _open(self, out: Sequence, words: str) -> None:
        head, tail = f"<s>USER: <image>\n{words}".split("<image>")
        out.read(self._encode(head))
        out.read([IMAGE_ID] * IMAGE_TOKENS)
        out.read(self._encode(tail))

    def _reply(self, messages: list[Message], reply: str) -> Sequence:
        out = Sequence()
        out.read(self._encode(f"<s>USER: {messages[0].text} ASSISTANT:"))
        ids = [*self._encode(f" {reply}"), EOS_ID]
        out.learn(ids, [1.0] * len(ids))
        return out

    def _answer(self, asked: Asked) -> tuple[list[int], list[float]]:
        """An answer's tokens; those that decide whether it is right count more.

        Without the weight "Yes" and "No" are one token of ten, and 15 of 32 wrong ones came before the right reason:
        "No, it is foggy."
        """
        text = f" {asked.answer}"
        start = text.lower().index(asked.value)
        decides = range(start, start + len(asked.value))
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        spans = encoded["offset_mapping"]
        weight = [_DECIDES if first < decides.stop and decides.start < last else 1.0 for first, last in spans]
        return [*encoded["input_ids"], EOS_ID], [*weight, 1.0]

    def _encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))


def corpus(scenes: list[Description], table: NDArray[np.int8], count: int, seed: int) -> list[str]:
    """Sentences of every kind, for the tokenizer to learn its pieces from."""
    rng = random.Random(seed)
    lines = [m.text for m in (*prompts.anchor_messages("x"), *prompts.topic_messages(["x"], "y"))] * 50
    for _ in range(count):
        number = rng.randrange(len(scenes))
        scene, shown = scenes[number], np.flatnonzero(table[number] == 1).tolist()
        question = any_question(shown, scene, rng) if rng.random() < 0.8 else direct_question(scene, rng)
        lines.append(f"USER: {dress(question.text, rng, mark=True)} ASSISTANT: {question.anchors}")
        asked = ask_about(scene, rng)
        lines.append(f"{prompts.ANSWER_TASK}\n{dress(asked.text, rng, mark=True)} ASSISTANT: {asked.answer}")
    return lines
