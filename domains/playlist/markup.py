"""A lenient reader of XML for playlists: linear, no entity but XML's own five is known, nothing is fetched.

Well-formed text gives the tree of XML. Otherwise a slip costs what it touches: `<playlist>`, `<trackList>` and
`<track>` always begin anew at their own level, a leaf such as `<title>` ends where the next element begins, an end tag
without a start and markup that cannot be read are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from domains.kit import MAX_DEPTH, Element

XSPF = "http://xspf.org/ns/0/"
VLC = "http://www.videolan.org/vlc/playlist/ns/0/"
XML = "http://www.w3.org/XML/1998/namespace"
PREFIXES = {VLC: "vlc", "http://musicbrainz.org/ns/mmd-2.0#": "mb", "http://purl.org/dc/elements/1.1/": "dc"}
HEAD = ("title", "creator", "annotation", "info", "location", "identifier", "image", "date", "license")
TRACK = ("title", "creator", "annotation", "info", "image", "album", "trackNum", "duration")
CONTENT = {"location": "uri", "identifier": "uri", "link": "uri", "meta": "content"}
LEAVES = frozenset({*HEAD, *TRACK, *CONTENT})
KNOWN = LEAVES | {"attribution", "extension"}
LEVELS = {"playlist": 0, "trackList": 1, "track": 2}
"""The elements that begin anew wherever they stand, and how far out."""

SPACE = " \t\r\n"
_BLANKS = re.compile(f"[{SPACE}]+")
_TAG = re.compile(r"""<(/?)([A-Za-z_][\w.:-]*+)((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_LOOSE_TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]*+)([^<>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]++)(?:\s*+=\s*+("[^"]*"|'[^']*'|[^\s"'<>]++))?+""")
_INSTRUCTION = re.compile(r"<\?([A-Za-z_][\w.:-]*+)")
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^\[<>]*+(?:\[[^\]]*+\])?+[^<>]*+>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
PROBLEMS = 50
"""As many are reported of one file."""


def one_line(text: str) -> str:
    return _BLANKS.sub(" ", text).strip(" ")


def lines(text: str) -> str:
    """Prose: its lines without the blanks around them."""
    return "\n".join(one_line(line) for line in text.strip(SPACE).split("\n"))


def decoded(text: str) -> str:
    """The character references of XML resolved; any other is text."""

    def character(match: re.Match[str]) -> str:
        name, number, digits = match.groups()
        if name:
            return _NAMED[name]
        code = int(number) if number else int(digits, 16)
        valid = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
        return chr(code) if valid else match[0]

    return _REFERENCE.sub(character, text) if "&" in text else text


@dataclass
class Tag:
    """An element of XML. Names in XSPF's namespace or none are bare, others `{namespace}name`."""

    name: str
    written: str
    scope: dict[str, str]
    at: int = 0
    attributes: list[tuple[str, str]] = field(default_factory=list)
    items: list[str | Tag | Element] = field(default_factory=list)


class Reader:
    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.problems: list[str] = []
        self.top = Tag("", "", {"xml": XML})
        self.stack = [self.top]
        self.own = {"", XSPF}
        self.namespace = ""
        self.ends: dict[str, int] = {}
        self.doctype = False

    def problem(self, at: int, what: str) -> None:
        if len(self.problems) < PROBLEMS:
            number = self.text.count("\n", 0, at) + 1
            self.problems.append(f"{self.file}:{number}: {what}")

    def read(self) -> Tag:
        text, at = self.text, 0
        while (start := text.find("<", at)) >= 0:
            self.characters(at, start)
            at = self.markup(start)
        self.characters(at, len(text))
        self.close_to(1, len(text))
        return self.top

    def characters(self, start: int, end: int) -> None:
        if start == end:
            return
        raw = self.text[start:end]
        if "&" in raw and "&" in _REFERENCE.sub("", raw):
            self.problem(start, "& must be written &amp;")
        self.stack[-1].items.append(decoded(raw))

    def find(self, mark: str, at: int) -> int:
        """Where a mark is next, looking at no part of the text twice; -1 for nowhere."""
        known = self.ends.get(mark, 0)
        if known >= 0 and known < at:
            known = self.ends[mark] = self.text.find(mark, at)
        return known

    def markup(self, start: int) -> int:
        """Read what begins with `<`; where it ends."""
        text = self.text
        if match := _TAG.match(text, start) or _LOOSE_TAG.match(text, start):
            if match.re is _LOOSE_TAG:
                self.problem(start, "the quotes of a tag do not close")
            self.close(match) if match[1] else self.open(match)
            return match.end()
        if text.startswith("<!--", start):
            end, inner = self.find("-->", start + 4), self.find("<!--", start + 4)
            if end >= 0 and not start < inner < end:
                self.aside("comment", lines(text[start + 4 : end]))
                return end + 3
        elif text.startswith("<![CDATA[", start):
            if (end := self.find("]]>", start + 9)) >= 0:
                self.stack[-1].items.append(text[start + 9 : end])
                return end + 3
        elif match := _INSTRUCTION.match(text, start):
            if (end := self.find("?>", match.end())) >= 0:
                if match[1].lower() != "xml":
                    self.aside("instruction", one_line(text[start + 2 : end]))
                return end + 2
        elif not self.doctype and (match := _DOCTYPE.match(text, start)):
            self.doctype = True
            return match.end()
        self.problem(start, "< does not begin any markup")
        self.stack[-1].items.append("<")
        return start + 1

    def aside(self, kind: str, text: str) -> None:
        """Comments inside a leaf stand beside it."""
        if text:
            depth = len(self.stack) - 1
            while depth and self.stack[depth].name in LEAVES:
                depth -= 1
            self.stack[depth].items.append(Element(kind, {"text": text}))

    def open(self, match: re.Match[str]) -> None:
        at, written, inside = match.start(), match[2], match[3].rstrip(SPACE)
        empty = inside.endswith("/")
        found: list[tuple[str, str]] = []
        scope = self.stack[-1].scope
        for part in _ATTRIBUTE.finditer(inside):
            name, value = part[1], part[2]
            if value is None or value[0] not in "\"'":
                self.problem(at, f"the attribute {name} has no quoted value")
            value = value[1:-1] if value and value[0] in "\"'" else value or ""
            value = one_line(decoded(value))
            if name == "xmlns" or name.startswith("xmlns:"):
                scope = {**scope, name[6:]: value}
            else:
                found.append((name, value))
        if written.rpartition(":")[2] == "playlist" and len(self.stack) == 1:
            self.root(scope, written, at)
        name = self.resolved(written, scope, at, default=True)
        level = LEVELS.get(name)
        if level is None and len(self.stack) >= MAX_DEPTH - 5:
            self.problem(at, "nested too deep")
            self.stack[-1].items.append(match[0])
            return
        if level is not None:
            outer = [n for n, tag in enumerate(self.stack) if 0 <= LEVELS.get(tag.name, -1) < level]
            self.close_to(outer[-1] + 1 if outer else 1, at)
        elif self.stack[-1].name in LEAVES and name in KNOWN:
            self.close_to(len(self.stack) - 1, at)
        tag = Tag(name, written, scope, at, [(self.resolved(n, scope, at), value) for n, value in found])
        self.stack[-1].items.append(tag)
        if not empty:
            self.stack.append(tag)

    def root(self, scope: dict[str, str], written: str, at: int) -> None:
        """The namespace of the first playlist is XSPF's, whatever was written for it."""
        self.namespace = scope.get(written.rpartition(":")[0], "")
        self.own.add(self.namespace)
        if self.namespace != XSPF:
            self.problem(at, f"the namespace must be {XSPF}")

    def resolved(self, name: str, scope: dict[str, str], at: int, default: bool = False) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            space, local = scope.get("", "") if default else "", name
        elif prefix in scope:
            space = scope[prefix]
        else:
            self.problem(at, f"the prefix {prefix} is not declared")
            space = VLC if prefix == "vlc" else f"{prefix}:"
        local = (local or prefix or "_").replace(":", ".")
        local = f"_{local}" if local == "xmlns" else local
        if space == XML:
            return f"xml:{local}"
        return local if space in self.own else f"{{{space}}}{local}"

    def close(self, match: re.Match[str]) -> None:
        for depth in range(len(self.stack) - 1, 0, -1):
            if self.stack[depth].written == match[2]:
                self.close_to(depth + 1, match.start())
                self.stack.pop()
                self.stack[-1].items += [match[3]] if one_line(match[3]) else []
                return
        self.problem(match.start(), f"{match[0]} closes nothing")
        self.stack[-1].items.append(match[0])

    def close_to(self, depth: int, at: int) -> None:
        for tag in reversed(self.stack[depth:]):
            self.problem(at, f"<{tag.written}> is not closed")
        del self.stack[depth:]
