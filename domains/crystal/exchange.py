"""The structure in the formats of other programs: JSON, and XYZ with Cartesian coordinates."""

from __future__ import annotations

import json
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

from domains.crystal.escapes import decode, encode
from domains.crystal.names import loop_keys, sort_of, tag
from domains.crystal.parts import (
    SITES,
    cell_of,
    decimal_places,
    label_of,
    labels,
    loop_of,
    put,
    replaced,
    site_block,
    symbol_of,
    take,
)
from domains.crystal.render import FORMAT, columns_of, render_blocks
from domains.crystal.syntax import clean, number, operation, show_number
from domains.kit import EditError, Element, Files, element, file_named, read_json, unfence
from domains.kit.edits import convert

JSON_NAME = "structure.json"
XYZ_NAME = "atoms.xyz"
REST = "rest.cif"
FRACTIONAL = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
PLACES = 6


# -- JSON -------------------------------------------------------------------------------------------------------------


def json_value(value: Hashable, su: Hashable = None) -> object:
    if isinstance(value, Decimal):
        return (value, su) if isinstance(su, Decimal) else value
    return None if value == "?" else encode(str(value))


def dump(value: object, depth: int = 0) -> str:
    """JSON with the digits that numbers have, and a list of plain values in one line."""
    inside, outside = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, Decimal):
        return show_number(value)
    if isinstance(value, tuple):
        return f"[{', '.join(dump(v) for v in value)}]"
    if isinstance(value, dict) and value:
        pairs = (f"{json.dumps(k, ensure_ascii=False)}: {dump(v, depth + 1)}" for k, v in value.items())
        return "{" + inside + f",{inside}".join(pairs) + outside + "}"
    if isinstance(value, list) and any(isinstance(v, list | dict) for v in value):
        return "[" + inside + f",{inside}".join(dump(v, depth + 1) for v in value) + outside + "]"
    if isinstance(value, list):
        return f"[{', '.join(dump(v) for v in value)}]"
    return json.dumps(value, ensure_ascii=False)


def json_cell(name: str, part: str) -> object:
    """A key cell: a number where a number would be one in any other column."""
    found = None if sort_of(name) else number(part)
    return json_value(part if found is None or found[1] is not None else found[0])


def json_loop(loop: Element) -> dict[str, object]:
    keys, names = columns_of(loop)
    columns = [name for _, name in keys] + names
    if len(set(columns)) < len(columns):
        raise EditError("a column stands twice in a loop")
    rows = []
    for row in loop.children:
        identity = row.get("id")
        parts = identity if isinstance(identity, tuple) else ()
        cells: dict[str, object] = {name: json_cell(name, str(parts[n])) for n, name in keys}
        cells |= {v.text("tag"): json_value(v.get("value"), v.get("su")) for v in row.children}
        rows.append([cells.get(name) for name in columns])
    return {"columns": columns or list(columns_given(loop)), "rows": rows}


def columns_given(loop: Element) -> tuple[object, ...]:
    """The columns of a loop without rows."""
    given = loop.get("columns")
    return given if isinstance(given, tuple) else ()


def to_json(document: Element) -> Files:
    blocks = []
    for block in document.children:
        items = {e.text("tag"): json_value(e.get("value"), e.get("su")) for e in block.of("item")}
        known = len(items) + len(block.of("loop", "comment"))
        if block.kind != "block" or known < len(block.children):
            raise EditError("save frames, unplaced text and data names given twice have no place in the JSON")
        blocks.append({
            "name": block.text("name"), "items": items, "loops": [json_loop(e) for e in block.of("loop")],
            "comments": [encode(e.text("text")) for e in block.of("comment")],
        })  # fmt: skip
    return {JSON_NAME: dump({"blocks": blocks}) + "\n"}


def json_fields(name: str, given: object) -> dict[str, Hashable]:
    """Strict: a number left as a string stays a text, and so counts as altered."""
    if isinstance(given, list) and len(given) == 2 and all(isinstance(g, Decimal) for g in given):
        return {"value": given[0], "su": given[1]}
    if isinstance(given, Decimal):
        return {"value": str(given) if sort_of(name) else given}
    if given is None:
        return {"value": "?"}
    text = clean(given) if isinstance(given, str) else json.dumps(given, default=str)
    return {"value": operation(text) if sort_of(name) == "operation" else text}


def key_part(name: str, given: object) -> str:
    value = json_fields(name, given)
    return show_number(value["value"]) if isinstance(value["value"], Decimal) else str(value["value"])


def read_loop(given: Any) -> Element:
    names = [tag(str(name)) for name in given["columns"]]
    if not names:
        raise EditError(f"{JSON_NAME}: a loop has no columns")
    category, keys = loop_keys(names)
    rows = []
    for cells in given["rows"]:
        by_name = dict(zip(names, cells, strict=False))
        fields: dict[str, Hashable] = {}
        if keys:
            fields["id"] = tuple(key_part(k, by_name[k]) if k in by_name else None for k in keys)
        values = [Element("value", {"tag": n, **json_fields(n, v)}) for n, v in by_name.items() if n not in keys]
        rows.append(Element("row", fields, tuple(values)))
    loop = element("loop", *rows, category=category)
    return loop if rows else loop.with_fields(columns=tuple(names))


def from_json(files: Files) -> Element:
    given = read_json(files, JSON_NAME, Decimal)
    try:
        blocks = []
        for block in given["blocks"]:
            items = [Element("item", {"tag": tag(n), **json_fields(tag(n), v)}) for n, v in block["items"].items()]
            loops = [read_loop(loop) for loop in block["loops"]]
            notes = [element("comment", text=clean(str(note))) for note in block.get("comments") or ()]
            blocks.append(element("block", *notes, *items, *loops, name=str(block["name"])))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise EditError(f"{JSON_NAME}: {type(error).__name__} {error}"[:200]) from error
    return Element("cif", {}, tuple(blocks))


JSON = convert(
    FORMAT, "to_json",
    "Our database loads JSON, not CIF. Write {files}: an object with the list `blocks`, in it for every data block an "
    "object with `name` (without data_), `items` (data name to value), `loops` (a list of objects with `columns`, the "
    "data names, and `rows`, a list of lists) and `comments` (a list of strings; lines of nothing but signs left out). "
    "A number is a JSON number, a number with a standard uncertainty the pair [value, s.u.], the s.u. in the "
    "value's units: 5.4300(3) becomes [5.4300, 0.0003]. Labels, symbols, codes, ids and versions are always "
    "strings, as is everything that is no plain number; `?` becomes null and `.` the string \".\".",
    "Turn the JSON back into a CIF, {files}: every entry of `blocks` is a data block with its `items`, its `loops` and "
    "its `comments` (lines that begin with #). A pair [5.4300, 0.0003] is a number with its standard uncertainty, "
    "5.4300(3); null is `?`. Quote and delimit strings as CIF wants it.",
    ("format knowledge", "numerical reasoning"), to_json, from_json,
)  # fmt: skip

# -- XYZ --------------------------------------------------------------------------------------------------------------


def to_xyz(document: Element) -> Files:
    block = site_block(document)
    loop = loop_of(block, SITES)
    if loop is None:
        raise EditError("there are no atoms")
    cell, names = cell_of(block), labels(loop.children)
    left, taken = take(loop.children, FRACTIONAL)
    lines = [str(len(names)), block.text("name")]
    for label, row, numbers in zip(names, loop.children, taken, strict=True):
        place = [numbers[name] for name in FRACTIONAL]
        x, y, z = (round(v, PLACES) for v in cell.cartesian((float(place[0]), float(place[1]), float(place[2]))))
        if any(decimal_places(p) > PLACES for p in place) or back(cell.fractional((x, y, z))) != place:
            raise EditError(f"the coordinates of {label} are finer than {PLACES} decimals can carry")
        if len(label.split()) != 1:
            raise EditError(f"the label {label!r} is not one word")
        lines.append(f"{symbol_of(row):<3}{x:12.{PLACES}f}{y:12.{PLACES}f}{z:12.{PLACES}f}  {label}")
    rest = replaced(document, block, replaced(block, loop, loop.with_children(left)))
    return {XYZ_NAME: "\n".join(lines) + "\n", REST: render_blocks(rest.children)}


def back(place: tuple[float, float, float]) -> list[Decimal]:
    return [Decimal(f"{v:.{PLACES}f}") for v in place]


def from_xyz(files: Files) -> Element:
    document = FORMAT.parse({REST: file_named(files, REST)})
    block = site_block(document)
    loop = loop_of(block, SITES)
    if loop is None:
        raise EditError(f"{REST}: there are no atoms")
    cell = cell_of(block)
    numbers: dict[str, dict[str, Decimal]] = {}
    for line in unfence(file_named(files, XYZ_NAME)).split("\n")[2:]:
        words = line.split()
        try:
            x, y, z = (float(word) for word in words[1:4])
            found = back(cell.fractional((x, y, z)))
            numbers[decode(words[4])] = dict(zip(FRACTIONAL, found, strict=True))
        except (ValueError, IndexError, ArithmeticError):
            continue
    if not numbers:
        raise EditError(f"{XYZ_NAME}:3: no atom can be read")
    known = {label_of(row) for row in loop.children}
    invented = [element("row", id=(label,)) for label in numbers if label not in known]
    rows = put([*loop.children, *invented], FRACTIONAL, numbers)
    return replaced(document, block, replaced(block, loop, loop.with_children(rows)))


XYZ = convert(
    FORMAT, "to_xyz",
    "The modelling group wants Cartesian coordinates. Move the coordinates of all atoms to atoms.xyz: the number "
    "of atoms, then the name of the data block, then for each atom of the atom_site loop, in its order, the "
    "element symbol, x, y and z in Angstrom with six decimals, and the atom's label, separated by blanks. The "
    "axes are x along a and y in the plane of a and b: x = aX + bY cos(gamma) + cZ cos(beta), y = bY sin(gamma) + "
    "cZ (cos(alpha) - cos(beta)cos(gamma))/sin(gamma), z = Z V/(ab sin(gamma)) with V the volume that follows "
    "from the cell constants. Everything else stays in rest.cif: the atom_site loop loses its three columns of "
    "fractional coordinates and keeps their s.u.'s in columns _atom_site_fract_x_su and so on, as plain numbers "
    "(0.00012) with `.` for none; leave such a column out when no atom has an s.u. there. Files: {files}.",
    "Put the coordinates back into the CIF, {files}: turn x, y, z of atoms.xyz (x along a, y in the plane of a "
    "and b) into fractional coordinates with the cell constants of rest.cif, rounded to six decimals, and give "
    "them by label to the atoms of the atom_site loop as _atom_site_fract_x, _y, _z, zeros at the end dropped or "
    "kept so that the s.u. fits. The s.u.'s in the columns _atom_site_fract_x_su and so on go back into "
    "parentheses, and those columns away.",
    ("numerical reasoning", "domain knowledge", "split and merge"), to_xyz, from_xyz,
)  # fmt: skip
