r"""The codes with which CIF, an ASCII format, writes other characters: `M\"uller` is Müller, `\a` alpha, `\\times` ×.

https://www.iucr.org/resources/cif/spec/version1.1/semantics, "Special character codes".
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", ",": "\u0327", ";": "\u0328",
    ">": "\u030b", "=": "\u0304", ".": "\u0307", "<": "\u030c", "(": "\u0306", "%": "\u030a",
}  # fmt: skip
_GREEK = dict(zip("abcdefghiklmnopqrstuwxyz", "αβχδεφγηικλμνοπθρστυωξψζ", strict=True))
_WORDS = {
    "times": "×", "sim": "∼", "simeq": "≃", "infty": "∞", "rightarrow": "→", "leftarrow": "←", "neq": "≠",
    "langle": "⟨", "rangle": "⟩", "square": "□",
}  # fmt: skip


def _table() -> dict[str, str]:
    found = {f"\\\\{word}": sign for word, sign in _WORDS.items()}
    for mark, combining in _ACCENTS.items():
        for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
            joined = unicodedata.normalize("NFC", letter + combining)
            if len(joined) == 1:
                found[f"\\{mark}{letter}"] = joined
    found |= {"\\/o": "ø", "\\/O": "Ø", "\\/l": "ł", "\\/L": "Ł", "\\/d": "đ", "\\/D": "Đ"}
    found |= {"\\?i": "ı", "\\&s": "ß", "\\%": "°"}
    for letter, greek in _GREEK.items():
        found["\\" + letter] = greek
        found["\\" + letter.upper()] = greek.upper()
    return found


_DECODE = _table()
_ENCODE = {sign: code for code, sign in _DECODE.items()}
_CODE = re.compile(r"""\\(?:\\[a-z]+|['`^"~,;>=.<(%/?&][A-Za-z]|[A-Za-z%])""")


def decode(text: str) -> str:
    """Text with its codes as characters, composed. A text that could not be written back stays as it is."""
    if "\\" not in text and text.isascii():
        return text
    plain = unicodedata.normalize("NFC", _CODE.sub(_sign, text))
    return plain if _coded(plain) == text or not text.isascii() else text


def encode(text: str) -> str:
    """Text as CIF writes it. What has no code, or whose code would be read otherwise, stays."""
    if text.isascii():
        return text
    coded = _coded(text)
    return coded if decode(coded) == text else text


def _sign(match: re.Match[str]) -> str:
    code = match.group()
    # `\\%K` is a degree sign before a letter that takes no ring.
    return _DECODE.get(code) or (f"°{code[2:]}" if code.startswith("\\%") else code)


def _coded(text: str) -> str:
    return "".join(_ENCODE.get(c, c) for c in text)
