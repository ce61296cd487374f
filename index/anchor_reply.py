"""Reading anchors out of what a model replied, however it wrote them.

Models number, bullet, quote and fence what they were asked to put on one line, write JSON, begin with a sentence, think
aloud before, go on with questions of their own, or refuse. What cannot be read as a list of short phrases gives no
anchors; the question itself is searched with then.
"""

import ast
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from bddseg_tui.core.sanitize import sanitize, sanitize_lines

MAX_ANCHORS = 5
MAX_ANCHOR_LENGTH = 48
_LONGEST_REPLY = 8000
_THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning)>.*?</\1>|\[THINK\].*?\[/THINK\]|◁think▷.*?◁/think▷", re.DOTALL | re.IGNORECASE
)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]|◁/think▷", re.IGNORECASE)
_THOUGHT_START = re.compile(r"<(?:think|thinking|thought|reasoning)>|\[THINK\]|◁think▷", re.IGNORECASE)
_MARKS = str.maketrans("“”„«»‘’‚‹›`；，、：", "\"\"\"\"\"'''''';,,:")
_FENCE = re.compile(r"```[\w-]*\n?(.*?)(?:```|$)", re.DOTALL)
_OTHERS_TURN = re.compile(r"^\s*(?:question|user|human|q|task|picture|explanation|note|reasoning|rationale)\s*:", re.I)
_LABEL = re.compile(
    r"^(?:.{0,60}?\b)?(?:visual\s+|final\s+|search\s+)?"
    r"(?:anchors?|answer|phrases|terms|tags|key\s?words|output|result|reply|response|list)\b(?:[^:\n—]{0,40}[:—]\s*|\s*$)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[→⇒➤✓✔*•–—·▪◦●‣+]+\s*|-\s+|\(?\d{1,2}\s?[.):]+\s*|\(?[a-eA-E][.)]\s+|\[\s?\]\s+)")
_LEAD_IN = re.compile(
    r"^(?:(?:the|a|this)\s+)?(?:picture|image|photo|scene)s?\s+(?:that\s+)?"
    r"(?:should|has\s+to|have\s+to|must|needs\s+to|would)?\s*(?:show|shows|contain|contains|include|includes|have|has)\s+",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"^(?:place|location|scene|setting|environment|weather|time(?:\s+of\s+day)?|objects?|vehicles?|conditions?|lighting|"
    r"road(?:\s+type)?|traffic|subject|anchor(?:\s*\d)?|phrase(?:\s*\d)?|colou?r)\s*:\s*",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:sorry|apologi[sz]e|as an ai|i can(?:'t|not)|i am (?:not able|unable)|i'm (?:not able|unable)|unable to|"
    r"cannot be (?:seen|shown|depicted|determined)|can't be (?:seen|shown|depicted)|"
    r"(?:none|nothing) (?:of|that|to|can|in|is|visual|visible)|no (?:visual|visible|anchors?|picture|image|specific)\b|"
    r"not (?:visual|possible|applicable|provided)|there (?:is|are) (?:no|nothing)|please (?:provide|upload|share)|"
    r"does(?:n't| not) (?:contain|describe|mention|name|ask|include|refer|specify)|how can i (?:help|assist)|"
    r"i don't (?:see|have)|hello|hi there)",
    re.IGNORECASE,
)
_NONE = frozenset(("none", "nothing", "n/a", "na", "null", "no", "nil", "not applicable", "-", "none.", "..."))
_NEGATION = re.compile(
    r"^(?:-|−|–|not:|no:|(?:but\s+)?(?:not(?:\s+(?:in|at|a|an|the|any|during|by))?|no|without(?:\s+(?:a|an|any|the))?|"
    r"avoid(?:ing)?|exclud(?:e|es|ing)|except(?:\s+for)?|absence\s+of|free\s+of|must\s+not\s+(?:show|be|have))\s+)\s*",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"^no[\s-](?:entry|parking|stopping|passing|overtaking|u-?turn|left|right|smoking|through)\b", re.I)
_AVOIDED_HEADING = re.compile(r"^(?:avoid|exclud|without|negativ|must not|do not|not\b)[^:]{0,30}:\s*", re.IGNORECASE)
_AVOIDED_KEYS = re.compile(r"avoid|exclu|negativ|without|^not|absent|must_not", re.IGNORECASE)
_KEPT = "→⇒➤✓✔●▪◦▸`"
_PHRASE = re.compile(r"\w[\w' /&+-]*")


def parse_anchors(reply: str) -> list[str]:
    """Anchors from a model's reply: short phrases, no two the same, at most five; `-rain` is one to be avoided.

    None without one that is to be seen: a search for what is not there finds nothing.
    """
    text = _without_thoughts(reply[-_LONGEST_REPLY:]).translate(_MARKS)
    found: list[str] = []
    for part in _parts(text):
        phrase = _phrase(part)
        if phrase is None:
            return []
        if phrase and phrase not in found:
            found.append(phrase)
    found = found[:MAX_ANCHORS]
    return found if any(not f.startswith("-") for f in found) else []


def _without_thoughts(reply: str) -> str:
    """The reply itself, without thoughts, emoji, and what typesets it."""
    text = re.sub(r"(\d)\ufe0f?\u20e3", r"\1.", reply.rpartition("<|channel|>final<|message|>")[2])
    text = "".join(c for c in text if unicodedata.category(c) not in ("So", "Sk", "Mn") or c in _KEPT)
    text = re.sub(r"\\(?:boxed|text)\{([^{}]*)\}", r"\1", text)
    text = _THOUGHT.sub(" ", text)
    if ends := list(_THOUGHT_END.finditer(text)):
        text = text[ends[-1].end() :]
    # What was begun and never ended is all thought.
    return _THOUGHT_START.split(text)[0].strip()


def _parts(text: str) -> Iterable[str]:
    """What may be phrases, one by one; "" where there are none, None of it checked."""
    if fenced := _FENCE.search(text):
        text = fenced[1].strip() or text.replace("```", "")
    if (listed := _from_json(text)) is not None:
        return listed
    lines = [_bare(line) for line in sanitize_lines(text.replace("\r\n", "\n")).splitlines()]
    lines = _signed(_own_turn([line for line in lines if line.strip()]))
    if not lines:
        return []
    lines = _after_label(lines)
    bullets = [_unbulleted(line) for line in lines if _BULLET.match(line)]
    if len(bullets) > 1 or (bullets and len(lines) > 1):
        return [part for line in bullets for part in _split(_explained(line))]
    if bullets:
        return _split(bullets[0])
    if any(";" in line for line in lines):
        return _split(next(line for line in lines if ";" in line))
    if _REFUSAL.search(" ".join(lines)):
        return []
    if len(lines) > 1 and all(len(_explained(line)) <= MAX_ANCHOR_LENGTH and line[-1] not in ".!?:" for line in lines):
        return [_explained(line) for line in lines]
    return _split(lines[0]) if not (quoted := _quoted(lines)) else quoted


def _bare(line: str) -> str:
    """A line without Markdown's marks."""
    line = re.sub(r"~~.*?~~", "", line)
    line = re.sub(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|^#+\s*|^>\s*", "", line.strip())
    return line.strip()


def _unbulleted(line: str) -> str:
    """An item without its marks, of which there may be two: `- [ ] tunnel`."""
    rest = _BULLET.sub("", line, count=1)
    return _BULLET.sub("", rest, count=1) if rest.startswith("[") else rest


def _signed(lines: list[str]) -> list[str]:
    """Lines below a heading such as "Exclude:", and after it on its own line, with a minus."""
    found: list[str] = []
    avoided = False
    for line in lines:
        item = _unbulleted(line)
        heading = _AVOIDED_HEADING.match(item)
        if heading and (rest := item[heading.end() :].strip()):
            found.append(f"- -{rest}")
        elif heading or (item == line and line.endswith(":")):
            avoided = heading is not None
            found += [] if avoided else [line]
        else:
            found.append(f"- -{item}" if avoided else line)
    return found


def _own_turn(lines: list[str]) -> list[str]:
    """Lines until the model goes on with a question of its own, or explains itself."""
    for at, line in enumerate(lines):
        if _OTHERS_TURN.match(line):
            # A question that comes first is repeated, and what follows is the reply to it.
            return lines[:at] if at else _own_turn(lines[1:])
    return lines


def _after_label(lines: list[str]) -> list[str]:
    """What follows the last "Anchors:", or all of it."""
    for at in range(len(lines) - 1, -1, -1):
        match = _LABEL.match(lines[at])
        if match and (rest := [r for r in (lines[at][match.end() :], *lines[at + 1 :]) if r.strip()]):
            return _after_label(rest)
    if len(lines) > 1 and lines[0].endswith(":"):
        return lines[1:]
    return lines


def _split(line: str) -> list[str]:
    """Phrases of one line; a polite sentence before them is left out."""
    if re.fullmatch(r"\[.*\]|\(.*\)", line):
        line = line[1:-1]
    line = re.sub(r"^(?:sure|of course|okay|certainly|yes)\b[^.:!?;]*[.!:]\s+(?=\S)", "", line, flags=re.IGNORECASE)
    line = _LEAD_IN.sub("", re.sub(r"^(?:sure|of course|okay|ok|certainly)[!,.:]*\s+", "", line, flags=re.I))
    if ";" in line or "|" in line:
        return re.split(r"[;|]", line)
    quoted = re.findall(r'"([^"]+)"', line)
    if len(quoted) > 1 or (quoted and len(quoted[0]) < len(line) - 6):
        return quoted
    return re.split(r",(?:\s*and\s+)?", line)


def _quoted(lines: list[str]) -> list[str]:
    """Phrases in quotation marks within prose."""
    found = re.findall(r'"([^"]{2,60})"', " ".join(lines))
    return found if found and len(" ".join(lines)) > len(" ".join(found)) + 10 else []


def _explained(line: str) -> str:
    """An item without what explains it: `forest road - trees on both sides`."""
    line = _CATEGORY.sub("", line)
    return re.split(r"\s+[-–—]+\s+|\s+\(|:\s+|\s+->\s+|\s+=>\s+", line)[0]


def _from_json(text: str) -> list[str] | None:
    """The strings of a list or object that a reply holds; None where it holds none."""
    for opening, closing in (("{", "}"), ("[", "]")):
        start, end = text.find(opening), text.rfind(closing)
        if start < 0 or end <= start or (opening == "[" and re.match(r"\[\s?\]\s", text[start:])):
            continue
        for read in (json.loads, ast.literal_eval):
            try:
                return list(_strings(read(text[start : end + 1])))
            except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
                continue
    return None


def _strings(value: Any, avoided: bool = False) -> Iterable[str]:
    if isinstance(value, str):
        for part in re.split(r"[;|,]", value):
            yield f"-{part.strip()}" if avoided and part.strip() else part
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _strings(item, avoided)
    elif isinstance(value, dict):
        named = [k for k in value if re.fullmatch(r"anchor|phrase|text|name|label|value", str(k), re.IGNORECASE)]
        others = [k for k in value if not re.search(r"question|reason|explan|thought", str(k), re.IGNORECASE)]
        wanted = named or others
        for key in wanted:
            yield from _strings(value[key], avoided or bool(_AVOIDED_KEYS.search(str(key))))


def _phrase(part: str) -> str | None:
    """A phrase as it is searched for; "" where it says nothing, None where it is no phrase."""
    words = sanitize(" ".join(part.split())).strip(" \"'*.,!:")
    words = _CATEGORY.sub("", words)
    words = re.sub(r"\s*\([^)]*\)\s*$", "", words).strip(" \"'")
    words = re.sub(r"^(?:and|or)\s+", "", words, flags=re.IGNORECASE).lower()
    if words in _NONE or not words or _REFUSAL.match(words):
        return ""
    sign = ""
    if (negated := _NEGATION.match(words)) and not _SIGNS.match(words):
        sign, words = "-", words[negated.end() :].strip(" \"'")
    words = re.sub(r"^(?:a|an|the|some)\s+(?=\w)", "", words)
    if not words or words in _NONE:
        return ""
    return f"{sign}{words}" if len(words) <= MAX_ANCHOR_LENGTH and _PHRASE.fullmatch(words) else None


def parse_topic(reply: str) -> bool:
    """Whether the reply says that the question is about the same picture; where it says neither, another is needed."""
    text = _without_thoughts(reply[-_LONGEST_REPLY:]).translate(_MARKS).lower()
    text = re.sub(r"^.{0,40}?\b(?:reply|answer|output)\b\W*:\s*", "", text.strip(), flags=re.DOTALL)
    if re.search(r"\bnot\b[^.]{0,30}\bsame\b|n't\b[^.]{0,30}\bsame\b", text):
        return False
    said = re.search(r"\b(same|new|another|different)\b", text)
    return said is not None and said[1] == "same"


def parse_yes_no(reply: str) -> bool | None:
    """Whether a reply says yes or no; None where it says neither, or both."""
    text = _without_thoughts(reply[-_LONGEST_REPLY:]).translate(_MARKS).lower()
    said = {word in ("yes", "yeah", "true") for word in re.findall(r"\b(yes|yeah|true|no|nope|false)\b", text)[:1]}
    return said.pop() if said else None
