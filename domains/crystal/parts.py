"""What the edits share: finding the atoms, taking columns out of a loop and putting them back, a flat view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from domains.crystal.geometry import Cell
from domains.crystal.names import ATOMIC_NUMBER, tag
from domains.crystal.render import FORMAT
from domains.kit import EditError, Element, Field, Files, element
from domains.kit.edits import without
from domains.kit.element import STRAY

SITES = "_atom_site"
ANISO = "_atom_site_aniso"
SYMBOL = "_atom_site_type_symbol"
LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")
ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")

FLAT = FORMAT.schema.with_field(("row", "item", "comment"), "file", Field())
"""How flat views compare: all rows and items side by side, in a split with the file they stand in."""


def flat(document: Element, file: str | None = None) -> list[Element]:
    """All items, rows and comments of a document in one list; blocks and frames as their names alone."""
    found: list[Element] = []
    for e in document.children:
        if e.kind in ("block", "frame"):
            found += [Element(e.kind, e.fields), *flat(e, file)]
        elif e.kind == "loop":
            found += flat(e, file) if e.children else [e]
        else:
            found.append(e if file is None or e.kind == STRAY else e.with_fields(file=file))
    return found


def flat_view(side: str) -> Callable[[Files], Element]:
    """The CIF among the files with all its items and rows side by side."""

    def view(files: Files) -> Element:
        document = FORMAT.parse(without(files, side))
        return Element("cif", {}, tuple(flat(document)), document.problems)

    return view


def loop_of(block: Element, category: str) -> Element | None:
    return next((e for e in block.of("loop") if e.get("category") == category), None)


def site_block(document: Element) -> Element:
    """The block with the atoms. EditError when there is none, or more than one."""
    found = [b for b in document.of("block") if loop_of(b, SITES) is not None]
    if len(found) != 1 or len([e for e in found[0].of("loop") if e.get("category") == SITES]) != 1:
        raise EditError(f"{len(found)} data blocks list atoms, not one")
    return found[0]


def site_rows(block: Element) -> tuple[Element, ...]:
    loop = loop_of(block, SITES)
    return loop.children if loop is not None else ()


def replaced(parent: Element, old: Element, new: Element) -> Element:
    """The parent with one child, found by identity, replaced."""
    return parent.with_children([new if child is old else child for child in parent.children])


def label_of(row: Element) -> str:
    identity = row.get("id")
    return str(identity[0]) if isinstance(identity, tuple) and identity else ""


def labels(rows: Iterable[Element]) -> list[str]:
    """Labels of atoms. EditError when one stands twice."""
    found = [label_of(row) for row in rows]
    if len(set(found)) < len(found) or not all(found):
        raise EditError("an atom label stands twice, or is missing")
    return found


def cell_value(row: Element, name: str) -> Element | None:
    return next((v for v in row.children if v.get("tag") == name), None)


def symbol_of(row: Element) -> str:
    """The element of an atom: its type symbol without charge, else the letters its label begins with."""
    value = cell_value(row, SYMBOL)
    word = value.text("value") if value is not None else label_of(row)
    letters = ""
    for c in word:
        if not c.isalpha():
            break
        letters += c
    for size in (2, 1):
        if letters[:size].capitalize() in ATOMIC_NUMBER:
            return letters[:size].capitalize()
    return letters or "X"


def item_of(block: Element, name: str) -> Element | None:
    return next((e for e in block.of("item") if e.get("tag") == name), None)


def number_of(block: Element, name: str) -> Decimal:
    """The value of an item. EditError when it is no number."""
    found = item_of(block, name)
    value = found.get("value") if found is not None else None
    if not isinstance(value, Decimal):
        raise EditError(f"{name} is not a number in the file")
    return value


def cell_of(block: Element) -> Cell:
    a, b, c = (float(number_of(block, name)) for name in LENGTHS)
    alpha, beta, gamma = (float(number_of(block, name)) for name in ANGLES)
    try:
        cell = Cell((a, b, c), (alpha, beta, gamma))
        if not 0.1 < cell.volume < 1e12:
            raise EditError("the cell has no volume")
    except (ValueError, ZeroDivisionError, OverflowError):
        raise EditError("the cell is impossible") from None
    return cell


def take(
    rows: Sequence[Element], names: Sequence[str], keep: Callable[[Element], bool] = lambda _row: False
) -> tuple[list[Element], list[dict[str, Decimal]]]:
    """The rows without these columns, and what stood in them. Standard uncertainties stay, in a column NAME_su that a
    name gets when any of its numbers has one. In rows to `keep` nothing is taken. EditError unless all are numbers."""
    with_su = {v.text("tag") for row in rows if not keep(row) for v in row.children if "su" in v.fields}
    left, taken = [], []
    for row in rows:
        numbers: dict[str, Decimal] = {}
        values: list[Element] = []
        for v in row.children:
            name = v.text("tag")
            if name not in names or keep(row):
                values.append(v)
                continue
            value = v.get("value")
            if not isinstance(value, Decimal) or name in numbers:
                raise EditError(f"{name} of {label_of(row)} is not a number")
            numbers[name] = value
        if not keep(row) and len(numbers) < len(names):
            raise EditError(f"{label_of(row)} has no {next(n for n in names if n not in numbers)}")
        for name in names:
            if name in with_su:
                held = cell_value(row, name)
                su = held.get("su") if held is not None and not keep(row) else None
                values.append(element("value", tag=tag(f"{name}_su"), value="." if su is None else su))
        left.append(row.with_children(values))
        taken.append(numbers)
    return left, taken


def put(rows: Sequence[Element], names: Sequence[str], numbers: Mapping[str, Mapping[str, Decimal]]) -> list[Element]:
    """The rows with the numbers of their label in these columns again, and their s.u. from NAME_su."""
    homes = {tag(f"{name}_su"): name for name in names}
    done = []
    for row in rows:
        found = numbers.get(label_of(row), {})
        su = {homes[v.text("tag")]: v.get("value") for v in row.children if v.get("tag") in homes}
        values = [v for v in row.children if v.get("tag") not in homes and v.get("tag") not in found]
        for name, number in found.items():
            uncertain = su.get(name)
            values.append(element("value", tag=name, value=number, su=uncertain if uncertain != "." else None))
        done.append(row.with_children(values))
    return done


def decimal_places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
