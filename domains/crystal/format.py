r"""CIF 1.1: what a crystallographer reads in a file of data blocks.

Equal: data names and block names in any case, any delimiter of a value ('…', "…", `;`, none), the order of data items,
of loops and of the columns of a loop, 0.50 and 0.5 (without an s.u.), 5.4300(3) and 5.43000(30), `\'e` and é,
`x,1/2+y,z` and `x, y+1/2, z`. Not equal: 5.4300(3) and 5.43(3), `?` and `.`. A comment keeps its place among comments.
What CIF 2.0 adds is read as well: other characters, triple quotes, and lists and tables as the text they are.
"""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal

from domains.crystal.reader import Reader
from domains.kit import STRAY, Element, Field, Files, Kind, ParseError, Schema, sequence, spaced, text, texts

MAIN = "structure.cif"
_MANY = 20_000


def similar(a: object, b: object) -> float:
    """By words in order; of long listings (an embedded reflection file) by lines."""
    left, right = str(a), str(b)
    if len(left) + len(right) > _MANY:
        return sequence(left.split("\n"), right.split("\n"))
    return text(left, right)


def one_spaced(value: object) -> Hashable:
    return value if isinstance(value, Decimal) else spaced(value)


def mass(value: object) -> float:
    """A fact is 1, a long text a tenth of its words; `?` and `.` hold a place."""
    if isinstance(value, Decimal):
        return 1.0
    words = str(value)
    if words in ("?", "."):
        return 0.25
    return 1.0 if len(words) < 60 else max(1.0, 0.1 * len(words.split()))


def parts(identity: object) -> float:
    """Half a fact for each name in a row's identity."""
    return max(1.0, 0.5 * sum(bool(p) for p in identity)) if isinstance(identity, tuple) else 1.0


def row_name(row: Element) -> str:
    identity = row.get("id")
    return " ".join(str(p) for p in identity if p and p != ".") if isinstance(identity, tuple) else ""


def folded(value: object) -> Hashable:
    return str(value).casefold()


_DATUM = {"value": Field(similar, mass, one_spaced), "su": Field(weight=0.5)}
SCHEMA = Schema(
    {
        "cif": Kind(),
        "block": Kind({"name": Field(canon=folded)}, key=(("name",),)),
        "frame": Kind({"name": Field(canon=folded)}, key=(("name",),)),
        "item": Kind({"tag": Field(), **_DATUM}, key=(("tag",),)),
        "loop": Kind({"category": Field(weight=0.25), "columns": Field(sequence)}, key=(("category",),)),
        "row": Kind({"id": Field(sequence, parts)}, key=(("id",),), order=0.1, label=row_name, weight=0.05),
        "value": Kind({"tag": Field(weight=0.25), **_DATUM}, key=(("tag",),)),
        "comment": Kind({"text": Field(similar, mass, spaced)}, order=0.1, label=lambda _e: ""),
        STRAY: Kind({"text": Field(similar, mass, spaced)}),
    }
)


def parse(files: Files) -> Element:
    """The data blocks of all files, in the order of their names."""
    reader = Reader()
    for name, content in texts(files, MAIN):
        reader.read(name, content)
    if not reader.blocks:
        raise ParseError("there is no data block and no data item", next(iter(sorted(files)), MAIN), 1)
    return Element("cif", {}, (*reader.loose, *reader.blocks), tuple(reader.problems))
