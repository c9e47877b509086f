"""File names in replies: how models write them, which may be kept. A reply is hostile input, and so are its names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from harness.editors.blocks import MAX_LABEL

_QUOTES = " \t`*\"'“”‘’<>()[]{},;:="
_ATTRIBUTE = re.compile(
    r"""\b(?:title|filename|file|name|path)\s*[=:]\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\s"'`]+))""", re.IGNORECASE
)
_NUMBERING = re.compile(r"[ \t]*(?:#{1,6}[ \t]+|[-*+][ \t]+|\d{1,3}[.)][ \t]+)*")
_LABEL = re.compile(
    r"(?:(?:the|new|updated|final|output|result|resulting|full)[ \t]+){0,3}(?:file[ \t]?name|file|path|name)"
    r"(?:[ \t]+\d{1,3})?[ \t]*[:=–-][ \t]*",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"[ \t]*(?:#|//|--|;|%|/\*|<!--)+[ \t]*")
_FILE = re.compile(r"[^\s/\\]*\.[0-9]{0,3}[A-Za-z][A-Za-z0-9]{0,9}")
_MEDIA_TYPE = re.compile(r"(?:text|application|image)/[\w.+-]+", re.IGNORECASE)
_ROOTS = ("/", "~/", "../", "..\\")


@dataclass(frozen=True, slots=True)
class Found:
    """A name read in a reply, in the prompt's spelling if the prompt has it. `sure` when nothing else can be meant."""

    name: str
    sure: bool = True


class Names:
    """The names of one prompt, to recognise them by: those expected back and the others it showed."""

    def __init__(self, expected: Iterable[str], shown: Iterable[str]) -> None:
        self._expected = _by_fold(expected)
        self._known = _by_fold(shown) | self._expected

    def known(self, text: str) -> str | None:
        """The prompt's name that this text is, but for case, quotes, emphasis and a leading ./"""
        if len(text) > MAX_LABEL:
            return None
        plain = text.strip()
        for form in (plain, plain.strip(_QUOTES), plain.strip(_QUOTES + "_#"), plain.strip(_QUOTES).rstrip(".")):
            if (name := _look_up(self._known, _undotted(form))) is not None:
                return name
        return None

    def in_info(self, info: str) -> Found | None:
        """The file an info string names: `name`, `csv name`, `csv:name`, `csv title="name"`, `{.csv file=name}`."""
        if not info or len(info) > MAX_LABEL:
            return None
        mentions = self._mentioned_in(info)
        if not mentions and not any(c in info for c in "./\\"):
            return None  # a language word, as nearly always
        tokens = info.split()
        attributes = [next(filter(None, match.groups()), "") for match in _ATTRIBUTE.finditer(info)]
        parts = [part for token in tokens for part in (token, token.partition(":")[2]) if part]
        for text in (info, *attributes, info.partition(" ")[2], *parts) if mentions else ():
            if (name := self.known(text)) is not None:
                # "makefile" may be the language of a file that the line above names.
                return Found(name, "." in info or len(tokens) > 1)
        words = [_undotted(text.strip(_QUOTES)) for text in (*attributes, *reversed(parts))]
        return next((Found(word) for word in words if _like_a_file(word) or word.startswith(_ROOTS)), None)

    def opens(self, info: str) -> bool:
        """Whether an info string surely names a file of the prompt."""
        if len(info) > MAX_LABEL or not self._mentioned_in(info):
            return False
        found = self.in_info(info)
        return found is not None and found.sure and fold(found.name) in self._known

    def _mentioned_in(self, text: str) -> bool:
        folded = fold(text)
        return any(key in folded for key in self._known)

    def in_heading(self, line: str) -> Found | None:
        """The file that the line before a block names: alone, as a heading, after a label, or in a sentence that ends
        with a colon."""
        if not line or len(line) > MAX_LABEL:
            return None
        bare = line[_match_end(_NUMBERING, line) :].strip()
        unlabelled = bare.strip(_QUOTES)
        unlabelled = unlabelled[_match_end(_LABEL, unlabelled) :]
        for text in (line, bare, unlabelled):
            if (name := self.known(text)) is not None:
                return Found(name)
        folded = fold(line)
        mentioned = [names[0] for key, names in self._known.items() if _mentions(folded, key)]
        if mentioned:
            leads = line.lstrip().startswith("#") or bare.rstrip("*_ ").endswith((":", "："))
            return Found(mentioned[0], sure=False) if len(mentioned) == 1 and leads else None
        word = _undotted(unlabelled.strip(_QUOTES))
        return Found(word) if _like_a_file(word) else None

    def in_first_line(self, line: str) -> tuple[str, bool] | None:
        """The expected file that a block's first line names, and whether the line is no more than that. Never another
        name: a first line is content until it is proven to be a label."""
        if len(line) > MAX_LABEL:
            return None
        if (name := _look_up(self._expected, _undotted(line.strip(" \t`*")))) is not None:
            return name, True
        start = _match_end(_COMMENT, line)
        bare = line[start:].removesuffix("-->").removesuffix("*/").strip(_QUOTES)
        bare = bare[_match_end(_LABEL, bare) :]
        name = _look_up(self._expected, _undotted(bare.strip(_QUOTES)))
        return (name, False) if name is not None else None


def fold(name: str) -> str:
    """What two spellings of one name have in common."""
    return unicodedata.normalize("NFC", name).casefold()


def _by_fold(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for name in names:
        table[fold(name)] = (*table.get(fold(name), ()), name)
    return table


def _look_up(table: dict[str, tuple[str, ...]], text: str) -> str | None:
    """The name spelt so, or else the first that differs from it in case alone."""
    names = table.get(fold(text))
    return None if names is None else text if text in names else names[0]


def _mentions(line: str, name: str) -> bool:
    """Whether a folded line holds a folded name as a word of its own."""
    at = line.find(name) if name else -1
    while at >= 0:
        before, after = line[at - 1 : at], line[at + len(name) : at + len(name) + 2]
        if not (before.isalnum() or before in tuple("_-./\\")) and not (
            after[:1].isalnum() or after[:1] in tuple("_-/\\") or (after[:1] == "." and after[1:].isalnum())
        ):
            return True
        at = line.find(name, at + 1)
    return False


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _undotted(text: str) -> str:
    while text.startswith(("./", ".\\")):
        text = text[2:]
    return text


def _like_a_file(word: str) -> bool:
    """Whether a word that the prompt does not know was meant as a file name, be it a hostile one."""
    if _MEDIA_TYPE.fullmatch(word):
        return False
    return _FILE.fullmatch(re.split(r"[/\\]", word)[-1]) is not None
