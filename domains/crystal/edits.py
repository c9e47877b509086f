"""What people ask to have done to a CIF that leaves it a CIF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable

from domains.crystal.exchange import JSON, XYZ
from domains.crystal.figures import PICOMETRES, UNCERTAINTIES
from domains.crystal.names import ATOMIC_NUMBER, keys_of
from domains.crystal.parts import (
    FLAT,
    SITES,
    flat,
    flat_view,
    labels,
    loop_of,
    replaced,
    site_block,
    site_rows,
    symbol_of,
)
from domains.crystal.render import FORMAT, render_blocks
from domains.crystal.shelx import SHELX
from domains.kit import Edit, EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, edit_fields, proven, whole_number, without
from domains.kit.element import STRAY

MAIN = "structure.cif"


# -- labels -----------------------------------------------------------------------------------------------------------

_LABELS = re.compile(r"_(?:site|aniso|moment)[._]label(?:_[1-4DHA])?$|_calc_attached_atom$")


def enough(names: list[str]) -> list[str]:
    if len(names) < 6:
        raise EditError(f"for {len(names)} atoms it is not worth while")
    return names


def relabelled(document: Element, new: Callable[[str], str]) -> Element:
    """The document with every atom label replaced, in all loops and items that name atoms."""

    def fresh(value: Hashable) -> Hashable:
        return value if value is None or value in ("?", ".") else new(str(value))

    def change(e: Element) -> Element:
        if e.kind == "loop":
            keys = keys_of(e.text("category"))
            places = {n for n, key in enumerate(keys) if _LABELS.search(key)}
            return e.with_children([in_row(row, places) for row in e.children]) if places else e
        return e.with_fields(value=fresh(e.get("value"))) if _LABELS.search(e.text("tag")) else e

    def in_row(row: Element, places: set[int]) -> Element:
        identity = row.get("id")
        if not isinstance(identity, tuple):
            return row
        return row.with_fields(id=tuple(fresh(p) if n in places else p for n, p in enumerate(identity)))

    return edit_fields(document, ("loop", "item", "value"), change)


def relabel(document: Element) -> Files:
    rows = site_rows(site_block(document))
    old = enough(labels(rows))
    count: Counter[str] = Counter()
    table = {}
    for label, row in zip(old, rows, strict=True):
        symbol = symbol_of(row)
        count[symbol] += 1
        table[label] = f"{symbol}{count[symbol]:03}"
    if list(table.values()) == old:
        raise EditError("relabel_atoms: the atoms have these labels already")

    def new(label: str) -> str:
        if label not in table:
            raise EditError(f"relabel_atoms: {label} is no atom of the list")
        return table[label]

    changed = relabelled(document, new)
    return {**FORMAT.render(changed), "labels.csv": write_csv(("new", "old"), ((n, o) for o, n in table.items()))}


def unlabel(files: Files) -> Element:
    table = {row["new"]: row["old"] for row in read_csv(files, "labels.csv", ("new", "old"))}
    document = FORMAT.parse(without(files, "labels.csv"))
    return relabelled(document, lambda label: table.get(label, UNMAPPED + label))


RELABEL = Edit(
    "relabel_atoms",
    "Number the atoms afresh. In the order of the atom_site loop every atom gets its element symbol (without a "
    "charge) and a three-digit number that counts the atoms of that element: C001, C002, O001, H001, …. Use the "
    "new labels wherever a data name holds an atom label (atom_site, aniso, bonds, angles, torsions, hydrogen "
    "bonds), but leave running text and comments alone, and write labels.csv with the columns new,old in the "
    "order of the loop. Files: {files}.",
    "Give the atoms their old labels: replace every label in the loops of atoms, displacements and geometry by "
    "the one that labels.csv has for it. Running text and comments stay. Only {files} remains.",
    ("string manipulation", "referencing", "domain knowledge"),
    FORMAT, relabel, unlabel, flat_view("labels.csv"), FLAT, side=True,
)  # fmt: skip

# -- split ------------------------------------------------------------------------------------------------------------

_EXPERIMENT = ("_diffrn", "_exptl", "_refine", "_reflns", "_computing", "_cell_measurement")


def home(e: Element) -> str:
    """The file of an item or loop."""
    name = e.text("category") or e.text("tag")
    if name.startswith("_geom"):
        return "geometry.cif"
    return "experiment.cif" if name.startswith(_EXPERIMENT) else MAIN


def split(document: Element) -> Files:
    names = [block.text("name").casefold() for block in document.of("block")]
    if len(set(names)) < len(names) or document.of(STRAY):
        raise EditError("split_geometry: the data blocks need names of their own")
    files: dict[str, str] = {}
    for file in (MAIN, "experiment.cif", "geometry.cif"):
        blocks = []
        for block in document.children:
            mine = [e for e in block.children if home(e) == file]
            if mine or file == MAIN:
                blocks.append(block.with_children(mine))
        if blocks:
            files[file] = render_blocks(blocks)
    if len(files) < 2 or all(not block.children for block in FORMAT.parse({MAIN: files[MAIN]}).children):
        raise EditError("split_geometry: everything would go to one file")
    return files


def merge(files: Files) -> Element:
    order = sorted(files, key=lambda name: (name.casefold() != MAIN, name))
    merged: dict[str, Element] = {}
    problems: list[str] = []
    for name in order:
        document = FORMAT.parse({name: files[name]})
        problems += document.problems
        for block in document.children:
            key = block.text("name").casefold() if block.kind == "block" else f"\n{len(merged)}"
            known = merged.get(key)
            merged[key] = block if known is None else known.with_children((*known.children, *block.children))
    return Element("cif", {}, tuple(merged.values()), tuple(problems))


def split_view(files: Files) -> Element:
    documents = {name: FORMAT.parse({name: text}) for name, text in sorted(files.items())}
    found = tuple(e for name, document in documents.items() for e in flat(document, name.casefold()))
    once = {e.text("name").casefold(): e for e in reversed(found) if e.kind == "block"}
    problems = tuple(p for document in documents.values() for p in document.problems)
    return Element("cif", {}, (*once.values(), *(e for e in found if e.kind != "block")), problems)


SPLIT = Edit(
    "split_geometry",
    "Take the CIF apart into {files}. All data names and loops that begin with _geom go to geometry.cif, those that "
    "begin with _diffrn, _exptl, _refine, _reflns, _computing or _cell_measurement to experiment.cif, everything else, "
    "comments included, stays in structure.cif. Each file repeats the data_ line of every block it has something of.",
    "Put the files together into one CIF, {files}: each data block once, with everything the files have of it.",
    ("split and merge", "classification", "domain knowledge"),
    FORMAT, split, merge, split_view, FLAT,
)  # fmt: skip

# -- order ------------------------------------------------------------------------------------------------------------

_ORDER = "order.csv"


def with_sites(document: Element, order: Callable[[tuple[Element, ...]], list[Element]]) -> Element:
    block = site_block(document)
    loop = loop_of(block, SITES)
    if loop is None:
        raise EditError("there are no atoms")
    return replaced(document, block, replaced(block, loop, loop.with_children(order(loop.children))))


def sort(document: Element) -> Files:
    rows = site_rows(site_block(document))
    names = enough(labels(rows))

    def rank(n: int) -> tuple[int, str]:
        return -ATOMIC_NUMBER.get(symbol_of(rows[n]), 0), names[n]

    ranks = sorted(range(len(rows)), key=rank)
    if ranks == sorted(ranks):
        raise EditError("sort_atoms: the atoms are in this order already")
    changed = with_sites(document, lambda rows: [rows[n] for n in ranks])
    return {**FORMAT.render(changed), _ORDER: write_csv(("position",), ((n + 1,) for n in ranks))}


def unsort(files: Files) -> Element:
    ranks = [whole_number(row["position"], _ORDER) for row in read_csv(files, _ORDER, ("position",))]

    def order(rows: tuple[Element, ...]) -> list[Element]:
        # Rows beyond the table, or the other way round, are damage that the score will show: keep them at the end.
        places = (ranks + [len(rows) + n for n in range(len(rows))])[: len(rows)]
        return [rows[n] for n in sorted(range(len(rows)), key=lambda n: places[n])]

    return with_sites(FORMAT.parse(without(files, _ORDER)), order)


def sites_view(files: Files) -> Element:
    document = FORMAT.parse(without(files, _ORDER))
    return Element("cif", {}, site_rows(site_block(document)), document.problems)


SORT = Edit(
    "sort_atoms",
    "Order the atom_site loop by atomic number, heaviest element first, and atoms of one element by label in "
    "plain character order (C1, C10, C2); nothing else moves. Write order.csv with the single column `position`: "
    "for each atom in the new order, one line with the place it had in the loop before, counting from 1. Files: "
    "{files}.",
    "Restore the old order of the atom_site loop: order.csv gives, for each atom in today's order, the place it had, "
    "counting from 1. Only {files} remains.",
    ("sorting", "domain knowledge", "referencing"),
    FORMAT, sort, unsort, sites_view, FLAT, side=True,
)  # fmt: skip

EDITS = tuple(map(proven, (SPLIT, RELABEL, UNCERTAINTIES, SORT, PICOMETRES, XYZ, SHELX, JSON)))
