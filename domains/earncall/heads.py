"""Who speaks: the many ways in which a transcript writes the line before a turn."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import NamedTuple

from domains.earncall.words import clean

_DIGITS = r"(\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,3})?)"
_CLOCK = rf"[\[(]?{_DIGITS}[\])]?"
TIME = re.compile(rf"(?:\*\*|__)?{_CLOCK}(?:\*\*|__)?\s*(?:[-–—|]\s+)?(?=\S)")
_TIME_BEHIND = re.compile(rf"\s*{_CLOCK}\s*(?::\s*)?")
_NAME_TIME = re.compile(rf"([^:\[(|]{{1,60}}?)(?:\s+[\[(]{_DIGITS}[\])]\s*:?|\s{{2,}}{_DIGITS})(?:\s+(.*))?$")
_IN_BRACKETS = re.compile(r"[\[(]\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,3})?[\])]\s*")
_BOLD = re.compile(r"(\*\*|__)(?=\S)([^*\n]{1,300}?)(?<=\S)\1")
_SIDE = re.compile(r"(Q|A|Question|Answer)\s*-{1,2}\s+(?=\S)")
_APART = re.compile(r"\s+--\s+|\s+-\s+|,\s+|\s*\|\s*|\s+(?=\()|\s+/\s+|\s+@\s+")
_ROLE_BEHIND = re.compile(r"\s*(?:--|[-–—,|])\s*(\S.{0,160})$")
_ROLE_THEN_TEXT = re.compile(r"\s*(?:--|[-–—,|])\s*([^:]{1,140}):(?:\s+(.*))?$")
_ROLE_IN_BRACKETS = re.compile(r"\s*\(([^()\n]{1,140})\)\s*(?::|[-–—]{1,2})?\s*(.*)$")
_PLAIN = re.compile(r"([^:|]{1,120}?):(?:\s+(.*))?$")
_SPECIAL = re.compile(
    r"(?i)(?:conference |call )?(?:operator|moderator|coordinator)|(?:unidentified|unknown|unnamed)(?: \S{1,20}){0,3}|"
    r"speaker \d{1,3}|(?:company|corporate) representative|analyst(?: \d{1,2})?|host|executive|q|a|male speaker|"
    r"female speaker"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PARTICLES = _set(
    """
    de del della den der di do dos da du van von la le los bin ibn al el y e zu zur ter ten af
    """
)
_META = _set(
    """
    company ticker symbol date time quarter period currency exchange call event fiscal year webcast replay source
    transcript relations contact industry sector isin status language reporting units duration location subject
    version copyright published provider edited issuer headquarters url website id listing prepared venue timezone
    tags document type reference edition checked editor typist transcriber
    """
)
_NO_NAMES = (
    _set(
        """
    note notes disclaimer prepared remarks question questions answer answers session introduction revenue revenues
    outlook guidance result results highlight highlights summary presentation conference call participants
    participant executives analysts attendees contents forward forward-looking safe harbor harbour statement
    statements quarter fiscal year financial financials instructions closing opening end transcript company
    corporate date time ticker source duration earnings segment segments cash flow balance sheet margin margins
    growth sales operating net income capital allocation market markets business update overview strategy agenda
    definitions appendix footnotes legal copyright important first second third fourth finally next also thank
    thanks hello good yes no okay and but so the a in on for our we what how why contact title risk factors key
    metrics reconciliation non-gaap gaap tags table exhibit see contributors inc corp ltd plc ag group holdings
    """
    )
    | _META
)
_LABEL = re.compile(r"(?:\*\*|__)?([^:*\n]{1,48}?)\s*(?:(?::|\s=)(?:\*\*|__)|(?:\*\*|__)?:)\s+(\S.*)$")
ROSTER = re.compile(
    r"(?i)\b(?:participants|executives|analysts|attendees|speakers|panel(?:l?ists)?|representatives|on the call)$"
)


class Head(NamedTuple):
    """The line before a turn; `rest` is the text that follows in the line."""

    speaker: str
    role: str
    time: str
    side: str
    rest: str


def is_special(name: str) -> bool:
    """What stands for a person: Operator, Unidentified Analyst."""
    return _SPECIAL.fullmatch(name) is not None


def is_name(name: str, known: Set[str], least: int = 1) -> bool:
    """Whether this can be a speaker: known, an office, or one to six words written like a name."""
    if name.casefold() in known or is_special(name):
        return True
    parts = name.split()
    if not least <= len(parts) <= 6 or len(name) > 60:
        return False
    return all(map(_like_name, parts, range(len(parts)))) and not any(
        p.casefold().strip(".,") in _NO_NAMES for p in parts
    )


def _like_name(word: str, position: int) -> bool:
    if word.casefold() in _PARTICLES:
        return True
    word = word.strip('"')
    if not word:
        return False
    if not (word[0].isalpha() or (position and word[0].isdigit())) or word[0].islower():
        return False
    return all(c.isalnum() or c in "'.-" for c in word)


def named(label: str) -> tuple[str, str, str]:
    """(side, name, role) of what stands before the text: `Q - Jane Doe -- Aldgate Partners -- Analyst`."""
    label = bare_label(label)
    side = ""
    match = _SIDE.match(label)
    if match:
        side, label = match[1][0].upper(), label[match.end() :]
    return side, *listed(label)


def listed(line: str) -> tuple[str, str]:
    """(name, role) of a line in a list of participants."""
    line = bare_label(line)
    apart = _APART.search(line, 1)
    if apart is None:
        return line, ""
    return line[: apart.start()].strip(), _bare(line[apart.end() :])


def bare_label(label: str) -> str:
    label = clean(label)
    if "*" in label or "\\" in label or "_" in label:
        label = clean(label.replace("*", "").replace("\\", ""))
    return label.strip(" :")


def _bare(role: str) -> str:
    role = bare_label(role)
    if role[:1] == "(" and role[-1:] == ")" and _balanced(role[1:-1]):
        role = role[1:-1].strip()
    return role if _balanced(role) else " ".join(role.replace("(", "").replace(")", "").split())


def _balanced(role: str) -> bool:
    depth = 0
    for char in role:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return not depth


def head(line: str, known: Set[str], plain: bool, alone: bool) -> Head | None:
    """The head of a turn. `plain`: names that are not known may stand without bold type; `alone`: the line begins a
    block, so that a name may stand by itself."""
    time = ""
    match = TIME.match(line)
    if match:
        time, line = match[1], line[match.end() :]
    bold = _BOLD.match(line)
    found = (
        _after_bold(bold[2], line[bold.end() :], known)
        if bold
        else _without_bold(line, known, plain or bool(time), alone)
    )
    if found is None:
        return None
    rest = found.rest.lstrip()
    behind = _IN_BRACKETS.match(rest) if not time else None
    if behind:
        time, rest = behind[0].strip("[]() \t"), rest[behind.end() :]
    return Head(found.speaker, found.role, time or found.time, found.side, rest.strip())


def _head(label: str, role: str, rest: str, known: Set[str], least: int = 1) -> Head | None:
    time = ""
    match = TIME.match(label)
    if match:
        time, label = match[1], label[match.end() :]
    side, name, inner = named(label)
    both = ", ".join(part for part in (inner, _bare(role)) if part)
    if not is_name(name, known, least) or len(both) > 200:
        return None
    return Head(name, both, time, side, rest)


def _after_bold(inner: str, after: str, known: Set[str]) -> Head | None:
    if inner.rstrip().endswith(":"):
        return _head(inner, "", after, known)
    if after.lstrip().startswith(":"):
        return _head(inner, "", after.lstrip()[1:], known)
    if not after.strip():
        return _head(inner, "", "", known, 2)
    match = _ROLE_IN_BRACKETS.match(after)
    if match:
        timed = _TIME_BEHIND.fullmatch(after[: match.start(2)])
        if timed:
            found = _head(inner, "", match[2], known)
            return found._replace(time=timed[1]) if found else None
        # `**Helvix Foods** (SIX: HLX)` is a company
        return None if ":" in match[1] else _head(inner, match[1], match[2], known)
    timed = _TIME_BEHIND.match(after)
    if timed:
        found = _head(inner, "", after[timed.end() :], known)
        return found._replace(time=timed[1]) if found else None
    match = _ROLE_THEN_TEXT.match(after)
    if match:
        return _head(inner, match[1], match[2] or "", known)
    match = _ROLE_BEHIND.match(after)
    if match and match[1][-1] not in ".?!":
        return _head(inner, match[1], "", known)
    name = named(inner)[1]
    if name.casefold() in known or is_special(name):
        return _head(inner, "", after, known)
    return None


def _without_bold(line: str, known: Set[str], plain: bool, alone: bool) -> Head | None:
    match = _NAME_TIME.match(line)
    if match:
        side, name, role = named(match[1])
        if is_name(name, known, 2 if plain else 9):
            return Head(name, role, match[2] or match[3], side, match[4] or "")
    match = _PLAIN.match(line[:160])
    if match:
        side, name, role = named(match[1])
        sure = name.casefold() in known or is_special(name)
        if (sure or (plain and is_name(name, known, 1 if name.isupper() or side else 2))) and len(role) <= 120:
            return Head(name, role, "", side, line[match.end(1) + 1 :])
    if not alone or len(line) > 160 or line[-1:] in ".?!":
        return None
    side, name, role = named(line)
    sure = name.casefold() in known or is_special(name)
    if sure or (is_name(name, known, 2) and (side or (plain and role and " -- " in clean(line)))):
        return Head(name, role, "", side, "")
    return None


def heading(text: str, known: Set[str]) -> Head | None:
    """A heading that is a speaker: known, or a name with a role."""
    match = TIME.match(text)
    found = _head(text[match.end() :] if match else text, "", "", known, 2)
    if found is None or not (found.role or found.speaker.casefold() in known or is_special(found.speaker)):
        return None
    return found._replace(time=match[1]) if match else found


def label(line: str, known: Set[str], any_bold: bool) -> tuple[str, str] | None:
    """(key, value) of a line of metadata such as `**Date:** 30 January 2025` or `Ticker: HLX`; with `any_bold` of any
    line that begins with a label in bold type."""
    match = _LABEL.match(line)
    if match is None:
        return None
    key, value = clean(match[1]).strip(" *:#-\"'"), clean(match[2])
    words = key.casefold().replace("-", " ").split()
    if not words or len(words) > 5 or "(" in key or is_special(key) or key.casefold() in known or len(value) > 300:
        return None
    if _META.isdisjoint(words) and not (any_bold and line[:2] in ("**", "__")):
        return None
    return key, value
