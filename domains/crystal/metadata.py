"""What a refinement reports beside coordinates: worked out from the cell and the composition where it follows from
them."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domains.crystal.escapes import decode
from domains.crystal.geometry import Cell
from domains.crystal.names import ATOMIC_NUMBER, sort_of
from domains.crystal.syntax import typed
from domains.kit import Element
from domains.kit.generate import CITIES, FAMILY, GIVEN

_WEIGHT = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "P": 30.974, "S": 32.06, "Cl": 35.45,
           "Br": 79.904}  # fmt: skip
_STEMS = ("acetamido", "benzoyl", "carbamoyl", "furanyl", "hydroxy", "methoxy", "phenyl", "pyridyl", "thienyl", "tolyl")
_CORES = ("butanoate", "cyclohexanone", "glycinate", "imidazoline", "oxazole", "pentanamide", "piperidine", "urea")
_SOLVENTS = ("ethanol", "acetone", "ethyl acetate", "a 1:1 mixture of hexane and dichloromethane", "methanol/water",
             "acetonitrile at 277 K", "toluene by slow cooling")  # fmt: skip
_NOTES = (
    "The crystal was coated in perfluoropolyether oil and cooled in the nitrogen stream within a minute.",
    "Three reflections shadowed by the beam stop were omitted from the last cycles.",
    "H atoms bonded to C were placed geometrically and refined as riding, with U~iso~(H) = 1.2U~eq~ of the carrier.",
    "The largest residual peak lies 0.9 \\%A from a heavy atom and has no chemical meaning.",
    "A larger crystal from the same batch was split and gave an R~int~ twice as high.",
    "Restraints on the displacement parameters of the terminal group were tried and removed again.",
    "The data were collected by C. Rossi on a loan instrument while ours was being serviced.",
    "Anomalous scattering was too weak to say anything on the absolute structure.",
    "Cell constants at 298 K are about 1% larger; no phase change was seen on cooling.",
)
_CELL = [f"_cell_length_{edge}" for edge in "abc"] + [f"_cell_angle_{a}" for a in ("alpha", "beta", "gamma")]


@dataclass(frozen=True)
class Facts:
    """What was drawn once: people, machine, words."""

    code: str
    name: str
    authors: tuple[str, ...]
    radiation: tuple[str, str]
    machine: tuple[str, str, str]
    temperature: int
    colour: str
    habit: str
    size: tuple[float, float, float]
    day: date
    notes: tuple[str, ...]
    solvent: str
    place: str
    fit: tuple[float, float, float]

    @staticmethod
    def draw(rng: random.Random) -> Facts:
        name = f"{rng.randint(1, 6)}-({rng.choice(_STEMS)})-N-{rng.choice(_STEMS)}-{rng.choice(_CORES)}"
        authors = tuple(f"{rng.choice(FAMILY)}, {rng.choice(GIVEN)[0]}. {rng.choice('ABCEHJKLMP')}."
                        for _ in range(rng.randint(1, 5)))  # fmt: skip
        low = round(rng.uniform(0.04, 0.16), 2)
        size = (round(low + rng.uniform(0.1, 0.4), 2), round(low + rng.uniform(0.02, 0.1), 2), low)
        return Facts(
            code=f"{rng.choice(FAMILY)[:2].lower().encode('ascii', 'replace').decode().replace('?', 'x')}"
                 f"{rng.randint(1, 99):02}{rng.choice('abcdx')}",
            name=name, authors=tuple(dict.fromkeys(authors)),
            radiation=rng.choice((("MoK\\a", "0.71073"), ("CuK\\a", "1.54184"), ("AgK\\a", "0.56087"))),
            machine=rng.choice((("Bruker APEXII CCD", "\\f and \\w scans", "SADABS"),
                                ("Rigaku XtaLAB Synergy", "\\w scans", "CrysAlis PRO"),
                                ("Nonius KappaCCD", "\\f and \\w scans", "SORTAV"),
                                ("STOE IPDS 2T", "rotation method", "X-RED32"))),
            temperature=rng.choice((100, 120, 150, 173, 296)), colour=rng.choice(("colourless", "yellow", "orange")),
            habit=rng.choice(("block", "needle", "plate", "prism")), size=size,
            day=date(rng.randint(2008, 2024), 1, 1) + timedelta(days=rng.randint(0, 364)),
            notes=tuple(rng.sample(_NOTES, rng.randint(3, 6))), solvent=rng.choice(_SOLVENTS), place=rng.choice(CITIES),
            fit=(rng.uniform(0.028, 0.062), rng.uniform(2.2, 2.9), rng.uniform(0.97, 1.09)),
        )  # fmt: skip


def item(tag: str, shown: object) -> Element:
    found: dict[str, Hashable] = typed(str(shown), sort_of(tag))
    return Element("item", {"tag": tag, **found})


def formula(symbols: Sequence[str]) -> str:
    """Hill order: C, H, the rest by letters."""
    count = Counter(symbols)
    order = sorted(count, key=lambda s: (s != "C", s != "H", s))
    return " ".join(f"{s}{count[s] if count[s] > 1 else ''}" for s in order)


def items(
    facts: Facts, noise: Sequence[int], cell: Cell, group: str, space: tuple[str, int, str, tuple[str, ...]],
    symbols: Sequence[str],
) -> list[Element]:  # fmt: skip
    """All data items, the most important first."""
    return [
        *cell_items(facts, noise, cell, group, space, symbols),
        *crystal_items(facts, cell, space, symbols),
        *measured(facts, noise, cell, space, symbols),
        *words(facts),
    ]


def cell_items(
    facts: Facts, noise: Sequence[int], cell: Cell, group: str, space: tuple[str, int, str, tuple[str, ...]],
    symbols: Sequence[str],
) -> list[Element]:  # fmt: skip
    system, number, hall, operations = space
    edges = [f"{v:.4f}({2 + n % 17})" for v, n in zip(cell.lengths, noise[1:], strict=False)]
    free = [f"{v:.3f}({2 + n % 7})" if v != 90 else "90" for v, n in zip(cell.angles, noise[4:], strict=False)]
    constants = [item(tag, shown) for tag, shown in zip(_CELL, [*edges, *free], strict=True)]
    new = noise[30] % 2
    return [
        *constants,
        item("_space_group_name_H-M_alt" if new else "_symmetry_space_group_name_H-M", group),
        item("_cell_formula_units_Z", len(operations)),
        item("_diffrn_radiation_wavelength", facts.radiation[1]),
        item("_chemical_formula_sum", formula(symbols)),
        item("_cell_volume", f"{cell.volume:.1f}({3 + noise[7] % 9})"),
        item("_diffrn_ambient_temperature", f"{facts.temperature}({1 + noise[8] % 2})"),
        item("_space_group_crystal_system" if new else "_symmetry_cell_setting", system),
        item("_space_group_IT_number" if new else "_symmetry_Int_Tables_number", number),
        item("_space_group_name_Hall" if new else "_symmetry_space_group_name_Hall", hall),
    ]


def crystal_items(
    facts: Facts, cell: Cell, space: tuple[str, int, str, tuple[str, ...]], symbols: Sequence[str]
) -> list[Element]:
    units = len(space[3])
    weight = sum(_WEIGHT[s] for s in symbols)
    electrons = sum(ATOMIC_NUMBER[s] for s in symbols)
    absorption = units * sum(ATOMIC_NUMBER[s] ** 3.2 for s in symbols) * 0.0011 * float(facts.radiation[1]) ** 3
    mu = absorption / cell.volume * 10
    longest, middle, least = facts.size
    return [
        item("_chemical_formula_weight", f"{weight:.2f}"),
        item("_chemical_name_systematic", facts.name),
        item("_exptl_crystal_density_diffrn", f"{units * weight * 1.66054 / cell.volume:.3f}"),
        item("_exptl_crystal_F_000", units * electrons),
        item("_exptl_absorpt_coefficient_mu", f"{mu:.3f}"),
        item("_exptl_crystal_colour", facts.colour),
        item("_exptl_crystal_description", facts.habit),
        item("_exptl_crystal_size_max", f"{longest:.2f}"),
        item("_exptl_crystal_size_mid", f"{middle:.2f}"),
        item("_exptl_crystal_size_min", f"{least:.2f}"),
        item("_exptl_crystal_density_meas", "?"),
        item("_exptl_absorpt_correction_type", "multi-scan"),
        item("_exptl_absorpt_correction_T_min", f"{math.exp(-mu * longest):.4f}"),
        item("_exptl_absorpt_correction_T_max", f"{math.exp(-mu * least):.4f}"),
        item("_exptl_absorpt_process_details", facts.machine[2]),
        item("_chemical_melting_point", "?"),
    ]


def measured(
    facts: Facts, noise: Sequence[int], cell: Cell, space: tuple[str, int, str, tuple[str, ...]], symbols: Sequence[str]
) -> list[Element]:
    wavelength = float(facts.radiation[1])
    theta = math.degrees(math.asin(min(0.97, wavelength / 2 / 0.78)))
    unique = round(4 / 3 * math.pi * cell.volume / 0.78**3 / 2 / len(space[3]))
    heavy = sum(s != "H" for s in symbols)
    observed = round(unique * (0.72 + noise[9] / 500))
    limits = [round(edge / 0.78) for edge in cell.lengths]
    ranges = [(f"_diffrn_reflns_limit_{i}_{end}", sign * limit)
              for i, limit in zip("hkl", limits, strict=True) for end, sign in (("min", -1), ("max", 1))]  # fmt: skip
    r1, ratio, goodness = facts.fit
    pairs: list[tuple[str, object]] = [
        ("_refine_ls_R_factor_gt", f"{r1:.4f}"),
        ("_refine_ls_wR_factor_ref", f"{r1 * ratio:.4f}"),
        ("_refine_ls_goodness_of_fit_ref", f"{goodness:.3f}"),
        ("_refine_ls_number_reflns", unique),
        ("_refine_ls_number_parameters", 9 * heavy + 1),
        ("_refine_ls_number_restraints", noise[10] % 3 * 6),
        ("_refine_ls_R_factor_all", f"{r1 * 1.34:.4f}"),
        ("_refine_ls_wR_factor_gt", f"{r1 * ratio * 0.92:.4f}"),
        ("_refine_ls_shift/su_max", f"0.00{noise[11] % 3}"),
        ("_refine_ls_hydrogen_treatment", "constr"),
        ("_refine_diff_density_max", f"{0.2 + noise[12] / 300:.2f}"),
        ("_refine_diff_density_min", f"{-0.2 - noise[13] / 400:.2f}"),
        ("_reflns_number_total", unique),
        ("_reflns_number_gt", observed),
        ("_reflns_threshold_expression", "I > 2\\s(I)"),
        ("_diffrn_reflns_number", round(unique * (3.1 + noise[14] / 30))),
        ("_diffrn_reflns_av_R_equivalents", f"{facts.fit[0] * 0.8:.4f}"),
        ("_diffrn_reflns_theta_max", f"{theta:.2f}"),
        ("_diffrn_reflns_theta_min", f"{math.degrees(math.asin(wavelength / 2 / max(cell.lengths))):.2f}"),
        ("_diffrn_measured_fraction_theta_max", f"{0.985 + noise[15] % 15 / 1000:.3f}"),
        ("_diffrn_radiation_type", facts.radiation[0]),
        ("_diffrn_measurement_device_type", facts.machine[0]),
        ("_diffrn_measurement_method", facts.machine[1]),
    ]
    pairs += ranges
    return [item(tag, shown) for tag, shown in pairs]


def words(facts: Facts) -> list[Element]:
    note = "\n ".join(facts.notes)
    grown = f"Crystals were grown from {facts.solvent} by the group in {facts.place}.\n {facts.notes[0]}"
    return [
        item("_refine_special_details", f" {note}"),
        item("_exptl_special_details", f" {decode(grown)}"),
        item("_audit_creation_date", facts.day),
        item("_audit_creation_method", "SHELXL-2018/3"),
        item("_publ_contact_author_name", facts.authors[0]),
        item("_computing_structure_refinement", "SHELXL2018 (Sheldrick, 2015)"),
        item("_computing_structure_solution", "SHELXT 2018/2 (Sheldrick, 2015)"),
    ]


def comments(facts: Facts, share: int) -> list[Element]:
    shown = [f"{facts.name}, measured on {facts.day}", "Checked with checkCIF; no A or B alerts"]
    return [Element("comment", {"text": text}) for text in shown[: share // 12]]
