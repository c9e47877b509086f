"""Edits on the numbers of a CIF: standard uncertainties in a table of their own, and lengths in picometres."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from decimal import Decimal

from domains.crystal.names import tag
from domains.crystal.parts import FLAT, flat_view
from domains.crystal.render import FORMAT
from domains.crystal.syntax import number, show_number
from domains.kit import Edit, EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import edit_fields, whole_number, without

# -- standard uncertainties -------------------------------------------------------------------------------------------

_SU_TABLE = "uncertainties.csv"
Place = tuple[str, str, str]


def numbered(document: Element) -> Iterator[tuple[Place, Element]]:
    """Every item and value with its (block, data name, number of the row from 1 or nothing)."""
    for block in document.of("block"):
        for e in block.children:
            if e.kind == "item":
                yield (block.text("name"), e.text("tag"), ""), e
            elif e.kind == "loop":
                for n, row in enumerate(e.children, 1):
                    for value in row.children:
                        yield (block.text("name"), value.text("tag"), str(n)), value


def renumbered(document: Element, change: Callable[[Place, Element], Element]) -> Element:
    """The document with every item and value changed by its place."""

    def below(block: Element, e: Element) -> Element:
        if e.kind == "item":
            return change((block.text("name"), e.text("tag"), ""), e)
        if e.kind != "loop":
            return e
        rows = [
            row.with_children([change((block.text("name"), v.text("tag"), str(n)), v) for v in row.children])
            for n, row in enumerate(e.children, 1)
        ]
        return e.with_children(rows)

    return document.with_children(
        [block.with_children([below(block, e) for e in block.children]) for block in document.children]
    )


def take_su(document: Element) -> Files:
    places = Counter(place for place, _ in numbered(document))
    if any(block.of("frame") for block in document.children) or any(count > 1 for count in places.values()):
        raise EditError("uncertainties_table: a data name stands twice in a block, or in a save frame")
    found = [(*place, show_number(e.number("su"))) for place, e in numbered(document) if "su" in e.fields]
    if len(found) < 3:
        raise EditError("uncertainties_table: there are hardly any standard uncertainties")
    changed = renumbered(document, lambda _place, e: e.with_fields(su=None))
    return {**FORMAT.render(changed), _SU_TABLE: write_csv(("block", "name", "row", "su"), found)}


def put_su(files: Files) -> Element:
    table: dict[Place, Decimal] = {}
    for row in read_csv(files, _SU_TABLE, ("block", "name", "row", "su")):
        found = number(row["su"])
        line = str(whole_number(row["row"], _SU_TABLE)) if row["row"] else ""
        if found is not None:
            table[row["block"].removeprefix("data_").casefold(), tag(row["name"]), line] = found[0]

    def change(place: Place, e: Element) -> Element:
        if "su" in e.fields:  # left undone: what the table adds would come on top
            return e.with_fields(value=f"{e.get('value')} with s.u.", su=None)
        su = table.get((place[0].casefold(), place[1], place[2]))
        return e if su is None or not isinstance(e.get("value"), Decimal) else e.with_fields(su=su)

    return renumbered(FORMAT.parse(without(files, _SU_TABLE)), change)


UNCERTAINTIES = Edit(
    "uncertainties_table",
    "Our plotting program chokes on s.u.'s in parentheses. Take them off all numbers in the CIF, leaving the "
    "digits before the parenthesis as they are, and list them in uncertainties.csv with the columns "
    "block,name,row,su: the block's name without data_, the data name, the number of the row in its loop counting "
    "from 1 (empty for a data item outside loops) and the standard uncertainty in the number's units, so "
    "5.4300(3) gives 0.0003. Files: {files}.",
    "Put the standard uncertainties of uncertainties.csv back into the CIF, in parentheses in units of the last "
    "digit: 5.4300 with su 0.0003 becomes 5.4300(3). `row` is the number of the row in the loop, from 1; where it "
    "is empty the data item stands outside loops. Only {files} remains.",
    ("numerical reasoning", "referencing", "domain knowledge"),
    FORMAT, take_su, put_su, flat_view(_SU_TABLE), FLAT, side=True,
)  # fmt: skip

# -- units ------------------------------------------------------------------------------------------------------------

_UNITS = (
    (re.compile(r"_cell_length_[abc]$|_geom_(bond|contact)_distance$|_geom_hbond_distance_(DH|HA|DA)$"), 2, "_pm"),
    (re.compile(r"_diffrn_radiation_wavelength$"), 2, "_pm"),
    (re.compile(r"_atom_site_U_iso_or_equiv$|_atom_site_aniso_U_[1-3]{2}$"), 4, "_pm"),
    (re.compile(r"_cell_volume$"), -3, "_nm"),
)


def shifted(e: Element, places: int) -> dict[str, Hashable]:
    """Value and s.u. with the decimal point moved."""
    return {f: v.scaleb(places) for f in ("value", "su") if isinstance(v := e.get(f), Decimal)}


def to_picometres(document: Element) -> Element:
    tags = [e.text("tag") for e in document.walk() if "tag" in e.fields]
    if any(name.endswith((suffix, "_pm", "_nm")) for name in tags for _, _, suffix in _UNITS):
        raise EditError("to_picometres: some data names have a unit already")

    def change(e: Element) -> Element:
        for pattern, places, suffix in _UNITS:
            if pattern.search(e.text("tag")):
                return e.with_fields(tag=e.text("tag") + suffix, **shifted(e, places))
        return e

    return edit_fields(document, ("item", "value"), change)


def to_angstrom(document: Element) -> Element:
    def change(e: Element) -> Element:
        name = e.text("tag")
        for pattern, places, suffix in _UNITS:
            if pattern.search(name):
                return e.with_fields(tag=f"{name}_unconverted")
            if name.endswith(suffix) and pattern.search(name.removesuffix(suffix)):
                return e.with_fields(tag=name.removesuffix(suffix), **shifted(e, -places))
        return e

    return edit_fields(document, ("item", "value"), change)


PICOMETRES = Edit(
    "to_picometres",
    "Restate lengths in picometres, the way the old core dictionary allowed it. Cell edges, the wavelength and "
    "the distances of bonds, contacts and hydrogen bonds times 100, U_iso_or_equiv and the aniso U's (now pm "
    "squared) times 10000, each with _pm at the end of its data name (_cell_length_a_pm, "
    "_atom_site_aniso_U_11_pm); the cell volume in cubic nanometres, divided by 1000, as _cell_volume_nm. Move "
    "the decimal point and keep the digits, s.u.'s included: 5.4300(3) becomes 543.00(3), and 0.0453(12) becomes "
    "453(12). Nothing else changes. Result: {files}.",
    "Go back to Angstrom. Values whose data name ends in _pm are divided by 100 if they are lengths (cell edges, "
    "wavelength, distances) and by 10000 if they are U's, the volume _cell_volume_nm is multiplied by 1000; "
    "s.u.'s move with the decimal point, and the suffixes _pm and _nm go. Nothing else changes. Result: {files}.",
    ("numerical reasoning", "domain knowledge"),
    FORMAT, lambda document: FORMAT.render(to_picometres(document)), lambda files: to_angstrom(FORMAT.parse(files)),
    flat_view(""), FLAT,
)  # fmt: skip
