"""Examines the tiny LLaVA while it trains: real conversations about scenes that it was not trained on."""

import random
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from transformers import LlavaForConditionalGeneration, LlavaProcessor

from bddseg_tui.index import prompts
from bddseg_tui.index.anchor_reply import parse_anchors
from bddseg_tui.index.demo_models.answers import ask_about
from bddseg_tui.index.demo_models.concepts import CONCEPTS
from bddseg_tui.index.demo_models.questions import any_question, any_search, dress, request
from bddseg_tui.index.demo_models.scenes import Scenes
from bddseg_tui.index.prompts import Message


class Judge:
    """Asks the model, through transformers' own generate, about scenes that it was not trained on."""

    def __init__(
        self, model: LlavaForConditionalGeneration, processor: LlavaProcessor, scenes: Scenes, table: NDArray[np.int8]
    ) -> None:
        self.model, self.processor, self.scenes, self.table = model, processor, scenes, table

    def reply(self, messages: list[Message], image: NDArray[np.uint8] | None = None) -> str:
        """The greedy reply to a conversation."""
        chat = [
            {
                "role": m.role,
                "content": [{"type": "image"}] * m.picture + [{"type": "text", "text": m.text}],
            }
            for m in messages
        ]
        text = self.processor.apply_chat_template(chat, add_generation_prompt=True)
        inputs = self.processor(text=text, images=image, return_tensors="pt").to(self.model.device)
        out = self.model.generate(**inputs, max_new_tokens=48, do_sample=False)
        return str(self.processor.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)).strip()

    def score(self, count: int = 120) -> str:
        """Accuracy of answers by kind of question, how often all anchors are right, and descriptions for requests."""
        rng, right, asked_of = random.Random(5), Counter[str](), Counter[str]()
        self.model.eval()
        for k in range(count):
            scene, shown = self.scenes.descriptions[k], np.flatnonzero(self.table[k] == 1).tolist()
            asked = ask_about(scene, rng)
            messages = prompts.answer_messages(dress(asked.text, rng, mark=True))
            asked_of[asked.about] += 1
            right[asked.about] += asked.is_right(self.reply(messages, self.scenes.images[k]))
            if k % 4 == 0:
                wish = request(shown, scene, rng)
                told = self.reply(prompts.answer_messages(dress(wish.text, rng, mark=False)), self.scenes.images[k])
                asked_of["requests"] += 1
                right["requests"] += wish.is_right(told)
            for name, question in (("anchors", any_question(shown, scene, rng)), ("searches", any_search(rng))):
                got = parse_anchors(self.reply(prompts.anchor_messages(dress(question.text, rng, mark=False))))
                asked_of[name] += 1
                right[name] += sorted(got) == sorted(CONCEPTS[c].name for c in question.wanted)
        self.model.train()
        total = sum(v for k, v in right.items() if k not in ("anchors", "searches", "requests")) / count
        parts = "  ".join(f"{k} {right[k]}/{asked_of[k]}" for k in sorted(asked_of))
        return f"validation: answers {total:.3f}  {parts}"
