"""The words of CIF 1.1: tokens, and values from and to text. https://www.iucr.org/resources/cif/spec/version1.1/cifsyntax"""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from domains.crystal.escapes import decode, encode

# A list or table of CIF 2.0, three deep; a data name or text field at the beginning of a line ends what is not one.
_INNER = r"[^\[\]{}\n]|\n(?![_;]|data_|loop_|save_)"
_LIST = "\0"
for _ in range(3):
    _LIST = rf"[\[{{](?:{_INNER}|{_LIST})*+[\]}}]"
TOKEN = re.compile(
    r"^;(?P<text>[^\n]*(?:\n(?!;)[^\n]*)*)(?:\n;|\Z)"
    # A text field that somebody has indented.
    r"|^[ \t]+;[ \t]*\n(?P<indented>(?:(?![ \t]*;)[^\n]*\n)*)[ \t]*;(?=\s|\Z)"
    r"|'''(?P<single3>(?:[^']|'(?!''))*+)'''(?=\s|\Z)"
    r'|"""(?P<double3>(?:[^"]|"(?!""))*+)"""(?=\s|\Z)'
    rf"|(?P<list>{_LIST})(?=\s|\Z)"
    r"|'(?P<single>[^'\n]*(?:'(?=\S)[^'\n]*)*)'(?=\s|\Z)"
    r'|"(?P<double>[^"\n]*(?:"(?=\S)[^"\n]*)*)"(?=\s|\Z)'
    r"|\#(?P<comment>[^\n]*)"
    r"|(?P<open>['\"][^\n]*)"
    # 5.4453( 4) is what some Fortran writes for 5.4453(4).
    r"|(?P<plain>[-+.\d]+\([ ]{1,4}\d{1,6}\)(?=\s|\Z)|\S+)",
    re.MULTILINE,
)
_NUMBER = re.compile(
    r"(?=[+-]?[\d.]{1,25}(?![\d.]))"
    r"([+-]?(?:(?:0|[1-9]\d{0,11})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?)(?:\( {0,4}(\d{1,8})\))?"
)
_PLAIN = re.compile(r"(?!(?:data_|save_|loop_|stop_|global_))[^\s_#$'\"\[\];]\S*", re.IGNORECASE)
_TERM = re.compile(r"([+-]?)(m?[xyz]\d?|\d+/\d+|\d*\.\d+|\d+)")
LONG = 72


def number(text: str) -> tuple[Decimal, Decimal | None] | None:
    """(value, standard uncertainty) of a number: 5.4300(3) is 5.4300 and 0.0003. None when it is no number."""
    return _number(text) if len(text) < 40 else None


@lru_cache(maxsize=65536)
def _number(text: str) -> tuple[Decimal, Decimal | None] | None:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    value = Decimal(match[1])
    if match[2] is None:
        return value, None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101  the pattern has no NaN
    return value, Decimal(match[2]).scaleb(exponent)


def clean(text: str) -> str:
    """A text without the white space around it; lines without blanks at their end; codes as characters; folded lines
    joined."""
    if "\n" in text:
        text = unprefixed(text)
        if text.startswith("\\") and not text.partition("\n")[0].strip("\\ \t"):
            text = re.sub(r"\\[ \t]*(?:\n|\Z)", "", text.partition("\n")[2])
        lines = [line.rstrip() for line in text.split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        text = "\n".join(lines).replace("\n;", "\n ;")
    if "\n" not in text:
        text = text.strip()
    return decode(text)


def unprefixed(text: str) -> str:
    r"""A text field without the prefix that CIF 2.0 lets one put before every line: `;> \`, then `> a line`."""
    first, _, rest = text.partition("\n")
    mark = first.rstrip().removesuffix("\\").removesuffix("\\")
    lines = rest.split("\n")
    if not mark or mark == first.rstrip() or "\\" in mark or not all(line.startswith(mark) for line in lines):
        return text
    return "\n".join([first.rstrip()[len(mark) + 1 :], *(line[len(mark) :] for line in lines)])


def typed(text: str, sort: str) -> dict[str, Hashable]:
    """The fields of a value of a sort (see names.sort_of): Decimal and s.u. of a number, else the text. How it was
    delimited does not matter."""
    if sort == "operation":
        return {"value": operation(clean(text))}
    found = None if sort else number(text)
    if found is None:
        return {"value": clean(text)}
    value, su = found
    return {"value": value} if su is None else {"value": value, "su": su}


@lru_cache(maxsize=4096)
def operation(text: str) -> str:
    """A symmetry operation as `-x+1/2, y, z+3/4`, from X,Y,Z in any case, order of terms and spacing, with `+1` or `-1`
    for time or in superspace (`x1, x2, x3, x4`) too; the text itself when it is none."""
    axes = "".join(text.split()).lower().split(",")
    if len(axes) < 3:
        return text
    done = []
    for axis in axes:
        terms = _TERM.findall(axis)
        if not terms or "".join(sign + body for sign, body in terms) != axis:
            return text
        terms.sort(key=lambda term: (not term[1][0].isalpha(), term[1]))
        shown = "".join((sign or "+") + fraction(body) for sign, body in terms)
        done.append(shown if shown == "+1" else shown.removeprefix("+"))
    return ", ".join(done)


def fraction(body: str) -> str:
    """0.5 as 1/2, 0.6667 as 2/3."""
    parts = float(body) * 24 if "." in body and len(body) < 20 else 0.0
    return str(Fraction(round(parts), 24)) if parts and abs(parts - round(parts)) < 0.013 else body


def show_number(value: Decimal) -> str:
    """Digits as they are, without an exponent where that is readable."""
    exponent = value.as_tuple().exponent
    return f"{value:f}" if isinstance(exponent, int) and -24 <= exponent <= 0 else str(value)


def show(value: object, su: object = None) -> str:
    """A number with its s.u. in parentheses, or a text, not quoted."""
    if not isinstance(value, Decimal):
        return "?" if value is None else str(value)
    if not isinstance(su, Decimal):
        return show_number(value)
    fine, coarse = su.as_tuple().exponent, value.as_tuple().exponent
    if not isinstance(fine, int) or not isinstance(coarse, int) or abs(fine - coarse) > 12:
        return f"{value} {su}"
    if fine < coarse:
        value = value + Decimal(0).scaleb(fine)
        coarse = fine
    return f"{show_number(value)}({su.scaleb(-coarse):f})"


def quote(text: str) -> str:
    """A text as CIF writes it: bare, quoted, or (several lines, or long) as a text field, which begins with a line
    feed."""
    text = encode(text)
    if "\n" in text or len(text) > LONG:
        return f"\n;{text}\n;" if text[0] == ";" else f"\n;\n{text}\n;"
    if _PLAIN.fullmatch(text) or text in ("?", "."):
        return text
    for mark in "'\"":
        if not re.search(mark + r"\s", text):
            return f"{mark}{text}{mark}"
    return f"\n;\n{text}\n;"
