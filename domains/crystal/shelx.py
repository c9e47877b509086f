"""The refinement model as SHELX instructions, the rest of the CIF beside it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from domains.crystal.exchange import FRACTIONAL, REST
from domains.crystal.parts import (
    ANGLES,
    ANISO,
    LENGTHS,
    SITES,
    SYMBOL,
    cell_value,
    item_of,
    label_of,
    labels,
    loop_of,
    number_of,
    put,
    replaced,
    site_block,
    take,
)
from domains.crystal.render import FORMAT, render_blocks
from domains.crystal.syntax import operation, show_number
from domains.kit import EditError, Element, Files, element, file_named, stray, unfence
from domains.kit.edits import convert

NAME = "structure.ins"
OCCUPANCY = "_atom_site_occupancy"
U_ISO = "_atom_site_U_iso_or_equiv"
U_IJ = tuple(f"_atom_site_aniso_U_{ij}" for ij in ("11", "22", "33", "23", "13", "12"))
WAVELENGTH = "_diffrn_radiation_wavelength"
UNITS = "_cell_formula_units_Z"
_MOVED = (WAVELENGTH, UNITS, *LENGTHS, *ANGLES)
_COMMANDS = frozenset({"TITL", "LATT", "HKLF", "END", "UNIT", "FVAR", "REM"})


def symmetry_loop(block: Element) -> Element:
    """The loop of symmetry operations, x, y, z first. EditError when it has other columns."""
    for e in block.of("loop"):
        if e.get("category") in ("_symmetry_equiv", "_space_group_symop"):
            bare = all("id" in row.fields and not row.children for row in e.children)
            if not e.children or not bare or label_of(e.children[0]) != "x, y, z":
                break
            return e
    raise EditError("the symmetry operations are not a list of their own that begins with x, y, z")


def head(block: Element) -> list[str]:
    su = []
    for name in (*LENGTHS, *ANGLES):
        found = item_of(block, name)
        uncertain = found.get("su") if found is not None else None
        if isinstance(uncertain, Decimal) and not uncertain:
            raise EditError(f"{name} has an s.u. of zero")
        su.append(show_number(uncertain) if isinstance(uncertain, Decimal) else "0")
    cell = [show_number(number_of(block, name)) for name in (WAVELENGTH, *LENGTHS, *ANGLES)]
    operations = [label_of(row).upper() for row in symmetry_loop(block).children[1:]]
    return [
        f"TITL {block.text('name')}",
        f"CELL {' '.join(cell)}",
        f"ZERR {show_number(number_of(block, UNITS))} {' '.join(su)}",
        "LATT -1",
        *(f"SYMM {op}" for op in operations),
    ]


def write(document: Element) -> Files:
    block = site_block(document)
    if len(document.children) > 1 or block.of("frame", "stray") or item_of(block, WAVELENGTH) is None:
        raise EditError("the file must have one data block with everything in it")
    if any("su" in e.fields for e in block.of("item") if e.get("tag") in (WAVELENGTH, UNITS)):
        raise EditError("the wavelength has an s.u.")
    sites, tensors = loop_of(block, SITES), loop_of(block, ANISO)
    if sites is None:
        raise EditError("there are no atoms")
    names = labels(sites.children)
    symbols = [v.text("value") if (v := cell_value(row, SYMBOL)) else "" for row in sites.children]
    if not all(symbols) or any(len(word.split()) != 1 for word in (*names, *symbols)):
        raise EditError("an atom has no type symbol, or a label of several words")
    tensor_rows, tensor_numbers = take(tensors.children, U_IJ) if tensors is not None else ([], [])
    tensor = dict(zip(labels(tensor_rows), tensor_numbers, strict=True))
    if not tensor.keys() <= set(names):
        raise EditError("a displacement tensor belongs to no atom")
    rows, numbers = take(sites.children, (*FRACTIONAL, OCCUPANCY))
    rows, isotropic = take(rows, (U_ISO,), keep=lambda row: label_of(row) in tensor)
    factors = list(dict.fromkeys(symbols))
    lines = [*head(block), f"SFAC {' '.join(factors)}"]
    left = []
    for n, (label, row) in enumerate(zip(names, rows, strict=True)):
        known = numbers[n]
        xyz = " ".join(show_number(known[name]) for name in FRACTIONAL)
        lines.append(f"{label} {factors.index(symbols[n]) + 1} {xyz} {known[OCCUPANCY] + 10:f} "
                     + displacement(tensor.get(label), isotropic[n]))  # fmt: skip
        values = [v for v in row.children if v.get("tag") != SYMBOL]
        hole = [] if label in tensor else [element("value", tag=U_ISO, value=".")]
        left.append(row.with_children([*values, *hole]))
    rest = emptied(block, sites.with_children(left), tensors, tensor_rows)
    return {NAME: "\n".join([*lines, "HKLF 4", "END"]) + "\n", REST: render_blocks([rest])}


def displacement(tensor: Mapping[str, Decimal] | None, isotropic: Mapping[str, Decimal]) -> str:
    if tensor is None:
        return show_number(isotropic[U_ISO])
    shown = [show_number(tensor[name]) for name in U_IJ]
    return f"{' '.join(shown[:2])} =\n    {' '.join(shown[2:])}"


def emptied(block: Element, sites: Element, tensors: Element | None, tensor_rows: list[Element]) -> Element:
    """The block without what the instructions hold."""
    operations = symmetry_loop(block)
    children = []
    for e in block.children:
        if e.get("category") == SITES:
            e = sites
        elif e is tensors:
            e = e.with_children(tensor_rows)
        elif e is operations:
            e = e.with_children(e.children[:1])
        if e.get("tag") not in _MOVED:
            children.append(e)
    return block.with_children(children)


# -- and back ---------------------------------------------------------------------------------------------------------


def numbers_in(words: list[str]) -> list[Decimal]:
    found = [Decimal(word) for word in words]
    if not all(n.is_finite() and abs(n.adjusted()) < 30 and len(n.as_tuple().digits) < 40 for n in found):
        raise InvalidOperation
    return found


class Instructions:
    """What a .ins file holds; lines that say nothing of the kind are kept as text."""

    def __init__(self, text: str) -> None:
        self.items: list[Element] = []
        self.operations: list[str] = []
        self.factors: list[str] = []
        self.atoms: dict[str, dict[str, Decimal]] = {}
        self.symbols: dict[str, str] = {}
        self.unread: list[Element] = []
        self.cell: list[Decimal] = []
        self.su: list[Decimal] = []
        joined = "\n".join(line.rstrip() for line in text.split("\n")).replace("=\n", " ")
        for line in joined.split("\n"):
            words = line.split()
            if words and words[0].upper() not in _COMMANDS:
                try:
                    self.line(words[0].upper(), words)
                except (InvalidOperation, ValueError, IndexError):
                    self.unread.append(stray(" ".join(words)))
        self.constants()

    def line(self, command: str, words: list[str]) -> None:
        if command == "CELL":
            self.cell = numbers_in(words[1:])
        elif command == "ZERR":
            self.su = numbers_in(words[1:])
        elif command == "SYMM":
            self.operations.append(operation(" ".join(words[1:])))
        elif command == "SFAC":
            self.factors += words[1:]
        else:
            numbers = numbers_in(words[2:])
            *place, occupancy = numbers[:4]
            names = U_IJ if len(numbers) == 10 else (U_ISO,)
            if len(numbers) not in (5, 10):
                raise ValueError
            self.symbols[words[0]] = self.factors[int(words[1]) - 1]
            self.atoms[words[0]] = {
                **dict(zip(FRACTIONAL, place, strict=True)), OCCUPANCY: occupancy - 10,
                **dict(zip(names, numbers[4:], strict=True)),
            }  # fmt: skip

    def constants(self) -> None:
        names = (WAVELENGTH, *LENGTHS, *ANGLES)
        su = dict(zip((*LENGTHS, *ANGLES), self.su[1:], strict=False))
        for name, value in zip(names, self.cell, strict=False):
            self.items.append(element("item", tag=name, value=value, su=su.get(name) or None))
        if self.su:
            self.items.append(element("item", tag=UNITS, value=self.su[0]))


def read(files: Files) -> Element:
    document = FORMAT.parse({REST: file_named(files, REST)})
    block = site_block(document)
    model = Instructions(unfence(file_named(files, NAME)))
    if not model.atoms:
        raise EditError(f"{NAME}: no atom can be read")
    children = []
    for e in block.children:
        if e.get("category") == SITES:
            e = e.with_children(with_atoms(e.children, model))
        elif e.get("category") == ANISO:
            e = e.with_children(put(e.children, U_IJ, chosen(model, U_IJ)))
        elif e.get("category") in ("_symmetry_equiv", "_space_group_symop") and len(e.children) == 1:
            e = e.with_children([*e.children, *(element("row", id=(op,)) for op in model.operations)])
        children.append(e)
    return replaced(document, block, block.with_children([*model.unread, *model.items, *children]))


def chosen(model: Instructions, names: tuple[str, ...]) -> dict[str, dict[str, Decimal]]:
    return {label: {n: v for n, v in atom.items() if n in names} for label, atom in model.atoms.items()}


def with_atoms(rows: tuple[Element, ...], model: Instructions) -> list[Element]:
    names = (*FRACTIONAL, OCCUPANCY, U_ISO)
    known = {label_of(row) for row in rows}
    invented = [element("row", id=(label,)) for label in model.atoms if label not in known]
    done = []
    for row in put([*rows, *invented], names, chosen(model, names)):
        symbol = model.symbols.get(label_of(row))
        found = [element("value", tag=SYMBOL, value=symbol)] if symbol else []
        done.append(row.with_children([*row.children, *found]))
    return done


SHELX = convert(
    FORMAT, "to_shelx",
    "I want to refine this again. Write the model as SHELX instructions to structure.ins and leave the rest of "
    "the CIF in rest.cif. structure.ins has TITL with the block's name; CELL with the wavelength and the cell "
    "constants; ZERR with Z and the six s.u.'s (0.0003; 0 for none); LATT -1 and a SYMM line in capitals for "
    "every operation after x, y, z; SFAC with the atom type symbols in order of appearance; then the atoms in the "
    "order of the file: label, number in SFAC, x, y, z, 10 + occupancy, and U11 U22 U33 U23 U13 U12 for an atom "
    "of the aniso loop (break the line with = as usual), U_iso for any other; at last HKLF 4 and END, all numbers "
    "with the CIF's digits and no parentheses. Of what is now in structure.ins, rest.cif keeps only this: the "
    "symmetry loop with just x, y, z; in the atom_site loop U_iso_or_equiv, with `.` for the atoms whose U_iso "
    "has moved, and label; the aniso loop's labels. S.u.'s that parentheses held stay there as plain numbers in "
    "columns named like the old column with _su at the end, such as _atom_site_fract_x_su, `.` for none, a column "
    "only where some atom has one. Files: {files}.",
    "Rebuild the CIF, {files}, from structure.ins and rest.cif: CELL and ZERR give the wavelength, the cell "
    "constants with their s.u.'s in parentheses and _cell_formula_units_Z; the SYMM operations follow x, y, z in "
    "the symmetry loop. The atoms' numbers go by label into the atom_site loop (type symbol from SFAC, fract_x, "
    "fract_y, fract_z, occupancy without the 10, U_iso_or_equiv where there is one U) and, where there are six, "
    "into the aniso loop (the order in structure.ins is U11 U22 U33 U23 U13 U12). S.u.'s from the columns that "
    "end in _su go into parentheses behind their numbers, and those columns away.",
    ("format knowledge", "domain knowledge", "split and merge"), write, read,
)  # fmt: skip
