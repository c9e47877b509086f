"""Structures of any size: molecules grown bond by bond, with a cell, distances and angles that follow from the
coordinates, and the metadata of a refinement that agree with one another."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from domains.crystal.geometry import Cell, angle, distance
from domains.crystal.loops import make_rows
from domains.crystal.metadata import Facts, comments, items
from domains.crystal.names import ATOMIC_NUMBER, keys_of, loop_keys
from domains.crystal.render import render
from domains.kit import Element
from domains.kit.generate import fill, tokens_of

Vector = tuple[float, float, float]
_RADIUS = {"C": 0.76, "N": 0.71, "O": 0.66, "S": 1.05, "F": 0.57, "Cl": 1.02, "Br": 1.20, "P": 1.07, "H": 0.23}
_VALENCE = {"C": 4, "N": 3, "O": 2, "S": 2, "F": 1, "Cl": 1, "Br": 1, "P": 4}
_PALETTES = (
    ("C", "C", "C", "C", "C", "N", "O"), ("C", "C", "C", "C", "N", "N", "O", "O"), ("C", "C", "C", "C", "S", "N", "O"),
    ("C", "C", "C", "C", "C", "F", "O"), ("C", "C", "C", "C", "N", "O", "Cl"), ("C", "C", "C", "C", "C", "P", "N"),
    ("C", "C", "C", "C", "C", "O", "Br"),
)  # fmt: skip
GROUPS: dict[str, tuple[str, int, str, tuple[str, ...]]] = {
    "P -1": ("triclinic", 2, "-P 1", ("x, y, z", "-x, -y, -z")),
    "P 1 21/c 1": ("monoclinic", 14, "-P 2ybc", ("x, y, z", "-x, y+1/2, -z+1/2", "-x, -y, -z", "x, -y-1/2, z-1/2")),
    "P 1 21 1": ("monoclinic", 4, "P 2yb", ("x, y, z", "-x, y+1/2, -z")),
    "P 21 21 21": ("orthorhombic", 19, "P 2ac 2ab",
                   ("x, y, z", "-x+1/2, -y, z+1/2", "-x, y+1/2, -z+1/2", "x+1/2, -y+1/2, -z")),
    "P b c a": ("orthorhombic", 61, "-P 2ac 2ab",
                ("x, y, z", "-x+1/2, -y, z+1/2", "-x, y+1/2, -z+1/2", "x+1/2, -y+1/2, -z",
                 "-x, -y, -z", "x-1/2, y, -z-1/2", "x, -y-1/2, z-1/2", "-x-1/2, y-1/2, z")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Atom:
    """An atom as grown: where it is in Angstrom, what it hangs on, its displacement and its last digits."""

    label: str
    symbol: str
    place: Vector
    parent: int | None
    u: float
    noise: tuple[int, ...]


@dataclass
class Molecule:
    """Grows one atom at a time from an `rng`."""

    rng: random.Random
    atoms: list[Atom] = field(default_factory=list)
    free: dict[int, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    grid: dict[tuple[int, int, int], list[int]] = field(default_factory=dict)

    @cached_property
    def palette(self) -> tuple[str, ...]:
        return self.rng.choice(_PALETTES)

    def grow(self, _number: int) -> Atom:
        rng = self.rng
        open_to = [n for n, free in self.free.items() if free > 0][-12:]
        hydrogen = len(open_to) > 5 and rng.random() < 0.6
        symbol = "H" if hydrogen else rng.choice(self.palette) if len(open_to) > 2 or not self.atoms else "C"
        parent = rng.choice(open_to) if open_to else (0 if self.atoms else None)
        place = self.place_for(symbol, parent)
        self.counts[symbol] = self.counts.get(symbol, 0) + 1
        heavy = 0.018 + 0.02 * rng.random() + 0.0006 * min(len(self.atoms), 40)
        u = 1.2 * self.atoms[parent].u if hydrogen and parent is not None else heavy
        noise = tuple(rng.randint(0, 99) for _ in range(12))
        atom = Atom(f"{symbol}{self.counts[symbol]}", symbol, place, parent, u, noise)
        self.grid.setdefault(cell_of(place), []).append(len(self.atoms))
        self.atoms.append(atom)
        self.free[len(self.atoms) - 1] = 0 if hydrogen else _VALENCE[symbol] - (parent is not None)
        if parent is not None:
            self.free[parent] -= 1
        return atom

    def place_for(self, symbol: str, parent: int | None) -> Vector:
        """At bonding distance from the parent, where most room is."""
        if parent is None:
            return (0.0, 0.0, 0.0)
        rng, base = self.rng, self.atoms[parent]
        length = 0.95 if symbol == "H" else _RADIUS[symbol] + _RADIUS[base.symbol] - 0.08 * rng.random()
        best, room = base.place, -1.0
        for _ in range(14):
            x, y, z = rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1)
            scale = length / (math.sqrt(x * x + y * y + z * z) or 1.0)
            there = (base.place[0] + x * scale, base.place[1] + y * scale, base.place[2] + z * scale)
            nearest = min((math.dist(there, self.atoms[n].place) for n in self.near(there) if n != parent), default=9.0)
            if nearest > room:
                best, room = there, nearest
        return best

    def near(self, place: Vector) -> list[int]:
        i, j, k = cell_of(place)
        return [n for x in (i - 1, i, i + 1) for y in (j - 1, j, j + 1) for z in (k - 1, k, k + 1)
                for n in self.grid.get((x, y, z), ())]  # fmt: skip


def cell_of(place: Vector) -> tuple[int, int, int]:
    return int(place[0] // 2), int(place[1] // 2), int(place[2] // 2)


@dataclass(frozen=True)
class Frame:
    """What is drawn once for a structure, whatever its size."""

    group: str
    ratios: Vector
    angles: Vector
    origin: Vector
    noise: tuple[int, ...]

    @staticmethod
    def draw(rng: random.Random, small: bool) -> Frame:
        group = rng.choice([g for g, facts in GROUPS.items() if not small or len(facts[3]) < 3])
        system = GROUPS[group][0]
        tilt = tuple(round(rng.uniform(91, 108), 3) for _ in range(3))
        angles = {"triclinic": tilt, "monoclinic": (90.0, tilt[1], 90.0)}.get(system, (90.0, 90.0, 90.0))
        ratios = (rng.uniform(0.7, 1.0), rng.uniform(0.9, 1.2), rng.uniform(1.1, 1.6))
        origin = (rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.6))
        return Frame(group, ratios, (angles[0], angles[1], angles[2]), origin,
                     tuple(rng.randint(0, 99) for _ in range(40)))  # fmt: skip

    def cell(self, atoms: Sequence[Atom]) -> Cell:
        """A cell with 18 cubic Angstrom for each atom that is not hydrogen, and 4 for each that is."""
        wanted = len(GROUPS[self.group][3]) * sum(4.5 if a.symbol == "H" else 17.9 for a in atoms)
        unit = Cell((1.0, 1.0, 1.0), self.angles)
        product = unit.volume * self.ratios[0] * self.ratios[1] * self.ratios[2]
        edge = (max(wanted, 120.0) / product) ** (1 / 3)
        lengths = tuple(round(edge * ratio, 4) for ratio in self.ratios)
        return Cell((lengths[0], lengths[1], lengths[2]), self.angles)


def generate(rng: random.Random, tokens: int) -> Element:
    """A refined small-molecule structure. Same `rng` state, same structure."""
    frame, facts = Frame.draw(rng, tokens < 700), Facts.draw(rng)
    molecule = Molecule(rng)
    share = min(70, max(6, round(tokens / 50)))

    def document(atoms: Sequence[Atom]) -> Element:
        return structure(frame, facts, atoms, share)

    return document(fill(tokens, molecule.grow, lambda atoms: tokens_of(render(document(atoms))), least=2))


def structure(frame: Frame, facts: Facts, atoms: Sequence[Atom], share: int) -> Element:
    cell = frame.cell(atoms)
    ordered = sorted(atoms, key=lambda a: (a.symbol == "H", -ATOMIC_NUMBER[a.symbol]))
    found = items(facts, frame.noise, cell, frame.group, GROUPS[frame.group], [a.symbol for a in atoms])
    places = {a.label: rounded(frame, cell, a) for a in atoms}
    operation = "_space_group_symop_operation_xyz" if frame.noise[30] % 2 else "_symmetry_equiv_pos_as_xyz"
    parts = [
        *comments(facts, share),
        *found[:share],
        loop([operation], [[op] for op in GROUPS[frame.group][3]]),
        sites(frame, ordered, places, share > 12),
    ]
    if any(a.symbol != "H" for a in atoms) and share > 14:
        parts.append(displacements(ordered))
    if share > 6:
        parts.append(bonds(cell, atoms, places))
    if share > 12 and (chains := angles(cell, atoms, places)):
        parts.append(loop([*keys_of("_geom_angle")[:3], "_geom_angle", "_geom_angle_publ_flag"], chains))
    return Element("cif", {}, (Element("block", {"name": facts.code}, tuple(parts)),))


def loop(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Element:
    category, keys = loop_keys(names)
    return Element("loop", {"category": category}, tuple(make_rows(names, keys, rows)))


def rounded(frame: Frame, cell: Cell, atom: Atom) -> Vector:
    """Fractional coordinates as the file gives them: geometry is worked out from these."""
    digits = 4 if atom.symbol == "H" else 5
    raw = cell.fractional(atom.place)
    return (round(raw[0] + frame.origin[0], digits), round(raw[1] + frame.origin[1], digits),
            round(raw[2] + frame.origin[2], digits))  # fmt: skip


def sites(frame: Frame, atoms: Sequence[Atom], places: dict[str, Vector], full: bool) -> Element:
    tag = "_atom_site_"
    names = [tag + n for n in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "U_iso_or_equiv", "occupancy",
                               "adp_type", "calc_flag", "refinement_flags")][: 10 if full else 7]  # fmt: skip
    rows = []
    for a in atoms:
        hydrogen = a.symbol == "H"
        heavy = ATOMIC_NUMBER[a.symbol]
        su = [max(2, 40 // heavy + n % 9 + frame.noise[0] % 5) for n in a.noise[:3]]
        xyz = places[a.label]
        shown = [f"{v:.4f}" for v in xyz] if hydrogen else [f"{v:.5f}({s})" for v, s in zip(xyz, su, strict=True)]
        u = f"{a.u:.3f}" if hydrogen else f"{a.u:.4f}({max(2, 60 // heavy)})"
        rows.append([a.label, a.symbol, *shown, u, "1", "Uiso" if hydrogen else "Uani",
                     "calc" if hydrogen else "d", "R" if hydrogen else "."][: len(names)])  # fmt: skip
    return loop(names, rows)


def displacements(atoms: Sequence[Atom]) -> Element:
    names = ["_atom_site_aniso_label", *(f"_atom_site_aniso_U_{ij}" for ij in ("11", "22", "33", "23", "13", "12"))]
    rows = []
    for a in atoms:
        if a.symbol != "H":
            s = max(3, 90 // ATOMIC_NUMBER[a.symbol])
            main = [f"{a.u * (0.75 + n / 200):.4f}({s})" for n in a.noise[3:6]]
            cross = [f"{a.u * (n - 50) / 260:.4f}({max(2, s - 3)})" for n in a.noise[6:9]]
            rows.append([a.label, *main, *(c.replace("-0.0000", "0.0000") for c in cross)])
    return loop(names, rows)


def bonds(cell: Cell, atoms: Sequence[Atom], places: dict[str, Vector]) -> Element:
    names = [*keys_of("_geom_bond")[:2], "_geom_bond_distance", "_geom_bond_site_symmetry_2", "_geom_bond_publ_flag"]
    rows = []
    for a in atoms:
        if a.parent is not None:
            other = atoms[a.parent]
            length = distance(cell, places[other.label], places[a.label])
            shown = f"{length:.4f}" if a.symbol == "H" else f"{length:.4f}({8 + a.noise[9] % 12})"
            rows.append([other.label, a.label, shown, ".", "?"])
    return loop(names, rows)


def angles(cell: Cell, atoms: Sequence[Atom], places: dict[str, Vector]) -> list[list[str]]:
    around: dict[int, list[int]] = {}
    for n, a in enumerate(atoms):
        if a.parent is not None:
            around.setdefault(a.parent, []).append(n)
            around.setdefault(n, []).append(a.parent)
    rows = []
    for centre, ends in sorted(around.items()):
        for i, first in enumerate(ends):
            for last in ends[:i]:
                a, b, c = atoms[first], atoms[centre], atoms[last]
                value = angle(cell, places[a.label], places[b.label], places[c.label])
                loose = "H" in (a.symbol, c.symbol)
                shown = f"{value:.1f}" if loose else f"{value:.2f}({7 + a.noise[10] % 12})"
                rows.append([a.label, b.label, c.label, shown, "?"])
    return rows
