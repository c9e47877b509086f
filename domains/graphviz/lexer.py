"""Tokens of the DOT language (https://graphviz.org/doc/info/lang.html), comments beside them, slips recovered."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable

_W = r"[^\s\x00-/:-@\[-^`{-\x7f]"  # letters, digits, underscore and all beyond ASCII


def _pattern(quoted: str) -> re.Pattern[str]:
    return re.compile(
        rf"""\s*+(?:
        (-?\d+\.(?!{_W}) | -?\.?{_W}++(?:[-./@%$'~]{_W}++)*+)     # 1 word: an unquoted id, or what is meant as one
      | ({quoted})                                                # 2 quoted
      | (->|--)                                                   # 3 edge
      | ([\[\]{{}};,=:+])                                         # 4 punctuation
      | (//|/\*|\#)                                               # 5 comment
      | (<)                                                       # 6 HTML
      | ([!$%&'()*?@\\^`|~\x00-\x08\x0e-\x1f\x7f]++|.)            # 7 anything else
        )""",
        re.VERBOSE | re.DOTALL,
    )


_TOKEN = _pattern(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?')
_TOKEN_BY_LINE = _pattern(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?')
_ID = re.compile(r"[^\s\x00-@\[-^`{-\x7f]" + _W + "*")
_NUMERAL = re.compile(r"-?(?:\.\d+|\d+(?:\.\d*)?)", re.ASCII)
_ANGLE = re.compile(r"[<>]")
_ESCAPE = re.compile(r'\\(\\|"|[ \t]*\n)')
_BREAK = re.compile(r"[ \t]*\n")
_BACKSLASHES = re.compile(r'(\\*)("|\Z)')
_HTML_GOES_ON = re.compile(r"[ \t]*[<>&]")
_HTML_STOP = re.compile(r">(?=\s*(?:\]\s*(?:;|\n)|,\s*\w+\s*=))")
_NEXT_STATEMENT = re.compile(r"\n[ \t]*(?:\w+|\"[^\"\n]*\")\s*(?:\[|->|--)")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b")
_PROBLEMS, _UNCLOSED = 100, 50

WORD, QUOTED, HTML, EDGE, JUNK, END = "w", "q", "h", "o", "j", ""
"""Kinds of token; a punctuation mark is its own kind."""
_KINDS = ("", WORD, QUOTED, EDGE, "", WORD, HTML, JUNK)
"""Kind by the number of the group that matched."""


def plain_id(text: str) -> bool:
    """Whether a text is an id, or a number, that needs no quotes."""
    return bool(_ID.fullmatch(text) or _NUMERAL.fullmatch(text))


def is_numeral(text: str) -> bool:
    return bool(_NUMERAL.fullmatch(text))


def balanced(html: str) -> bool:
    """Whether a text can stand between < and > as an HTML string."""
    return _html_end(f"<{html}>", 0) == len(html) + 2


class Lexer:
    """The tokens of one file as parallel lists, closed by an END. `comments` holds (number of the token it precedes,
    text), a line each; `problems` what had to be recovered."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self._lines: list[int] | None = None
        whole = self._lex(_TOKEN, may_stop=True)
        slips = self._slips()
        if not whole or (slips and any("\n" in text[a:b] for a, b in zip(self.starts, self.ends, strict=True))):
            # One missing quote turns all strings after it inside out: let each end with its line.
            found = vars(self).copy()
            self._lex(_TOKEN_BY_LINE, may_stop=False)
            if whole and self._slips() > slips:
                vars(self).update(found)

    def _slips(self) -> int:
        return len(self.problems) + self.kinds.count(JUNK)

    def _lex(self, token: re.Pattern[str], may_stop: bool) -> bool:
        """Read the text. False when it stopped at a string of several lines that has no end."""
        self.kinds: list[str] = []
        self.values: list[str] = []
        self.starts, self.ends = array("q"), array("q")
        self.comments: list[tuple[int, str]] = []
        self.problems: list[str] = []
        self._unclosed = 0
        text, pos, match = self.text, 0, token.match
        while found := match(text, pos):
            group = found.lastindex or 0
            start = found.start(group)
            value = found.group(group)
            before, pos = pos, found.end()
            if group == 5:
                value, pos = self._comment(value, start, before)
                if not value:
                    continue
            kind = _KINDS[group] or value
            if group == 1:
                if not value.isidentifier() and not plain_id(value):
                    self.problem(start, f"{value[:40]} must be in quotes")
            elif group == 2:
                if len(value) == 1 or value[-1] != '"' or not _closed(value):
                    if may_stop and "\n" in value.rstrip():
                        return False
                    pos = self._line_end(start + 1)
                    value = f'"{text[start + 1 : pos].rstrip(chr(92))}"'
                    self.problem(start, "a string without its closing quote")
                value = unescape(value[1:-1])
            elif group == 6:
                kind, value, pos = self._html(start)
            self._add(kind, value, start, pos)
        self._add(END, "", len(text), len(text))
        return True

    def _add(self, kind: str, value: str, start: int, end: int) -> None:
        self.kinds.append(kind)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)

    def _comment(self, mark: str, start: int, before: int) -> tuple[str, int]:
        """Keep a comment and say where it ends, after ""; or after the colour that it is, without its quotes."""
        text = self.text
        if mark == "/*":
            end = text.find("*/", start + 2)
            if end < 0:
                self.problem(start, "a comment without its end")
                end = len(text)
            lines: Iterable[str] = (line.strip().lstrip("*") for line in text[start + 2 : end].split("\n"))
            end += 2
        else:
            if mark == "#" and before and "\n" not in text[before:start]:
                colour = _COLOUR.match(text, start) if self.kinds[-1:] == ["="] else None
                self.problem(start, "a colour must be in quotes" if colour else "a # comment must begin its line")
                if colour:
                    return colour.group(), colour.end()
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            lines = (text[start:end].lstrip(mark[0]),)
        self.comments += [(len(self.kinds), line.strip()) for line in lines if line.strip()]
        return "", min(end, len(text))

    def _html(self, start: int) -> tuple[str, str, int]:
        """An HTML string without its outer brackets. An unclosed one is a quoted string to the end of its line."""
        text = self.text
        end = _html_end(text, start) if self._unclosed < _UNCLOSED else -1
        arrow = end > 2 and text[end - 2] == "-" and text[end - 3] != "-"
        if end > 0 and not arrow and not _HTML_GOES_ON.match(text, end):
            return HTML, text[start + 1 : end - 1], end
        self._unclosed += 1
        self.problem(start, "an HTML string without its closing >")
        stop = max(self._line_end(start), start + 1)
        close = _HTML_STOP.search(text, start, start + 20_000) if self._unclosed < _UNCLOSED else None
        if close and not _NEXT_STATEMENT.search(text, start, close.start()):
            stop = close.end()
        return QUOTED, writable(_BREAK.sub(r"\\n", text[start:stop])), stop

    def _line_end(self, start: int) -> int:
        """Where the line ends, but for the `];` that may close it."""
        end = self.text.find("\n", start)
        rest = self.text[start : end if end >= 0 else len(self.text)].rstrip()
        rest = rest.removesuffix(";").rstrip().removesuffix("]").rstrip()
        return start + len(rest)

    def indent(self, number: int) -> int:
        """How far the line is indented that a token stands on; a tab counts as one."""
        begin = self.text.rfind("\n", 0, self.starts[number]) + 1
        line = self.text[begin : begin + 200]
        return len(line) - len(line.lstrip())

    def line(self, pos: int) -> int:
        """Number of the line, from 1, of a position."""
        if self._lines is None:
            self._lines = [m.start() for m in re.finditer("\n", self.text)]
        return bisect_right(self._lines, pos - 1) + 1

    def problem(self, pos: int, what: str) -> None:
        if len(self.problems) < _PROBLEMS:
            self.problems.append(f"{self.name}:{self.line(pos)}: {what}")

    def source(self, first: int, last: int) -> str:
        """The text of the tokens from `first` up to, not with, `last`, on one line and without comments."""
        text, starts, ends = self.text, self.starts, self.ends
        parts = [(" " if n > first and ends[n - 1] < starts[n] else "") + text[starts[n] : ends[n]]
                 for n in range(first, last)]  # fmt: skip
        return " ".join("".join(parts).split())

    def same_line(self, number: int) -> bool:
        """Whether a token stands on the line of the one before it."""
        return "\n" not in self.text[self.starts[number - 1] : self.starts[number]]


def _closed(quoted: str) -> bool:
    """Whether the last quote of a token is not an escaped one."""
    return (len(quoted) - 1 - len(quoted[:-1].rstrip("\\"))) % 2 == 0


def _html_end(text: str, start: int) -> int:
    depth = 0
    for found in _ANGLE.finditer(text, start):
        depth += 1 if found.group() == "<" else -1
        if not depth:
            return found.end()
    return -1


def unescape(inner: str) -> str:
    r"""What a quoted string says: `\"` is a quote, a backslash at a line's end joins the lines, every other escape
    stays for the attribute to read. A line break in the string is the same as `\n`."""
    if "\\" in inner:
        inner = _ESCAPE.sub(lambda m: m.group() if m[1] == "\\" else '"' if m[1] == '"' else "", inner)
    return _BREAK.sub(r"\\n", inner) if "\n" in inner else inner


def writable(text: str) -> str:
    """A text that a quoted string can say: before a quote and at the end DOT has no odd number of backslashes."""
    odd = text.endswith("\\") or '\\"' in text
    return _BACKSLASHES.sub(lambda m: m[1] + "\\" * (len(m[1]) % 2) + m[2], text) if odd else text
