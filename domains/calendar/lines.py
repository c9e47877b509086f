"""iCalendar's outer layer (RFC 5545, section 3.1): folded lines, `NAME;PARAMETER=value:value`, quoting and escaping."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

OCTETS = 75
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_PARAMETER = re.compile(r';[ \t]*([A-Za-z0-9_.-]+)[ \t]*(?:=((?:"[^"]*"|[^";:]+)*))?')
_LOOSE = re.compile(r";[ \t]*([A-Za-z0-9_.-]+)[ \t]*(?:=([^;:]*))?")
_PIECE = re.compile(r'(?:"[^"]*"|[^",]+|")+|(?<=,)|^(?=,)')
_INDENTED = re.compile(r"(?:\A|\n)[ \t]*BEGIN:[A-Z-]{1,30}[ \t]*\n[ \t]+[A-Z][A-Z0-9-]*[:;]")
_START = re.compile(r"(?:[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*)[:;]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "N": "\n", ",": ",", ";": ";", "\\": "\\", ":": ":", '"': '"'}
_QUOTED_PRINTABLE = re.compile(r"[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]", re.IGNORECASE)
"""How vCalendar 1.0 wrote texts that are not ASCII; such a line goes on below an equals sign."""
_CARET = {"^n": "\n", "^N": "\n", "^'": '"', "^^": "^"}

Parameters = tuple[tuple[str, str], ...]
"""(NAME, value) pairs; a value is written as `quote` writes it."""


class Line(NamedTuple):
    """One content line. Names are in capitals, the value is as it stands in the file; `loose` when it broke a rule."""

    name: str
    parameters: Parameters
    value: str
    loose: bool = False

    def parameter(self, name: str) -> str | None:
        """The first parameter of that name, unquoted."""
        for key, value in self.parameters:
            if key == name:
                return plain(value)
        return None


def is_indented(text: str) -> bool:
    """Whether components are indented for the eye, which RFC 5545 takes for folded lines."""
    return _INDENTED.search(text) is not None


def logical(text: str) -> Iterator[tuple[int, str]]:
    """(line number, unfolded line). Indented files are read as if they were not."""
    indented = is_indented(text)
    start, parts, encoded = 0, [""], False
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue  # with line ends written twice a folded line has blank ones in it
        if encoded and parts[-1].endswith("="):
            parts[-1:] = [parts[-1][:-1], line]
            continue
        if line[:1] in (" ", "\t") and not (indented and _START.match(line.lstrip())):
            parts.append(line[1:])
            continue
        if len(parts) > 1 or parts[0]:
            yield start, "".join(parts).strip(" \t")
        start, parts, encoded = number, [line], _QUOTED_PRINTABLE.match(line) is not None
    yield start, "".join(parts).strip(" \t")


def read_line(line: str) -> Line | None:
    """A content line; None when it is none."""
    head, colon, value = line.partition(":")
    if not colon:
        return None
    if ";" not in head:
        return Line(name_of(head), (), value.strip(" \t")) if _NAME.fullmatch(head.rstrip()) else None
    return _with_parameters(line, _PARAMETER) or _with_parameters(line, _LOOSE)


def _with_parameters(line: str, pattern: re.Pattern[str]) -> Line | None:
    match = _NAME.match(line)
    if match is None:
        return None
    name, found, at = match.group(), [], match.end()
    while parameter := pattern.match(line, at):
        found.append((parameter[1].upper(), requote(parameter[2] or "")))
        at = parameter.end()
    if line[at : at + 1] != ":":
        return None
    value = line[at + 1 :].strip(" \t")
    if _QUOTED_PRINTABLE.match(line) and (text := printable(value, found)) is not None:
        value, found = escape(text), [pair for pair in found if pair[0] not in ("ENCODING", "CHARSET") and pair[1]]
    return Line(name_of(name), tuple(found), value, pattern is _LOOSE)


def printable(value: str, parameters: list[tuple[str, str]]) -> str | None:
    """The text of a value in quoted-printable; None when it is none in the character set it names."""
    charset = next((text for key, text in parameters if key == "CHARSET"), "UTF-8")
    try:
        return quopri.decodestring(value.encode()).decode(charset)
    except (LookupError, UnicodeError):
        return None


@lru_cache(maxsize=512)
def name_of(text: str) -> str:
    return text.strip().upper()


# -- parameters -------------------------------------------------------------------------------------------------------


def requote(raw: str) -> str:
    """A parameter's value (or comma list of values) with the quotes it needs and no others."""
    if '"' not in raw and "^" not in raw:
        return raw.strip(" \t")
    return ",".join(quote(_decoded(piece)) for piece in pieces(raw))


def pieces(raw: str) -> list[str]:
    """A comma list cut outside quotes."""
    return [piece.strip(" \t") for piece in _PIECE.findall(raw)] if '"' in raw else raw.split(",")


def plain(value: str) -> str:
    """A single parameter value without quotes and caret escapes (RFC 6868)."""
    return _decoded(value) if '"' in value or "^" in value else value


def _decoded(piece: str) -> str:
    piece = piece.replace('"', "")
    return re.sub(r"\^[nN'^]", lambda m: _CARET[m.group()], piece) if "^" in piece else piece


def quote(text: str) -> str:
    """One value as a parameter holds it: caret escapes, and quotes where it has a comma, semicolon or colon."""
    if "^" in text or "\n" in text or '"' in text:
        text = text.replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{text}"' if any(c in text for c in ",;:") or text != text.strip(" \t") else text


# -- text values ------------------------------------------------------------------------------------------------------


def unescape(raw: str) -> str:
    if "\\" not in raw:
        return raw
    return _ESCAPE.sub(lambda m: _MEANT.get(m[1], m[0]), raw)


def escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def split_escaped(raw: str, at: str = ",") -> list[str]:
    """A list of texts cut at the separators that are not escaped; still escaped."""
    if "\\" not in raw:
        return raw.split(at)
    return re.findall(rf"(?:^|(?<={at}))(?:\\.|[^\\{at}]|\\$)*", raw, re.DOTALL)


def fold(line: str) -> str:
    """The line in pieces of at most 75 octets, as section 3.1 wants it."""
    if len(line) <= OCTETS and line.isascii():
        return line
    if line.isascii():
        rest = (line[n : n + OCTETS - 1] for n in range(OCTETS, len(line), OCTETS - 1))
        return "\n ".join((line[:OCTETS], *rest))
    chunks, start, size = [], 0, 0
    for n, char in enumerate(line):
        width = 1 if char < "\x80" else 2 if char < "\u0800" else 3 if char < "\U00010000" else 4
        if size + width > OCTETS:
            chunks.append(line[start:n])
            start, size = n, 1
        size += width
    return "\n ".join((*chunks, line[start:]))
