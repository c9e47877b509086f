"""Names of CIF: data names as the dictionaries spell them, the key columns of loops, the elements.

Data names are case-insensitive; here a name is lower case unless the dictionary writes capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_IJ = ("11", "12", "13", "21", "22", "23", "31", "32", "33")
_CAPITALS = """
_atom_site_U_iso_or_equiv _atom_site_B_iso_or_equiv _atom_site_U_equiv_geom_mean _atom_site_Wyckoff_symbol
_atom_site_Cartn_x _atom_site_Cartn_y _atom_site_Cartn_z _atom_sites_Cartn_transform_axes _atom_type_scat_Cromer_Mann_c
_cell_formula_units_Z _database_code_CAS _database_code_COD _database_code_CSD _database_code_ICSD _database_code_MDF
_database_code_NBS _database_code_PDB _database_code_PDF _database_CSD_history _diffrn_reflns_av_R_equivalents
_diffrn_reflns_av_sigmaI/netI _diffrn_reflns_av_unetI/netI _diffrn_reflns_Laue_measured_fraction_full
_diffrn_reflns_Laue_measured_fraction_max _exptl_absorpt_correction_T_max _exptl_absorpt_correction_T_min
_exptl_crystal_F_000 _geom_hbond_angle_DHA _geom_hbond_atom_site_label_A _geom_hbond_atom_site_label_D
_geom_hbond_atom_site_label_H _geom_hbond_distance_DA _geom_hbond_distance_DH _geom_hbond_distance_HA
_geom_hbond_site_symmetry_A _geom_hbond_site_symmetry_D _geom_hbond_site_symmetry_H _journal_coden_ASTM
_journal_coden_Cambridge _journal_paper_DOI _pd_proc_ls_prof_R_factor _pd_proc_ls_prof_wR_expected
_pd_proc_ls_prof_wR_factor _refine_ls_abs_structure_Flack _refine_ls_abs_structure_Rogers _refine_ls_F_calc_details
_refine_ls_F_calc_formula _refine_ls_F_calc_precision _refine_ls_R_factor_all _refine_ls_R_factor_gt
_refine_ls_R_factor_obs _refine_ls_R_Fsqd_factor _refine_ls_R_I_factor _refine_ls_wR_factor_all _refine_ls_wR_factor_gt
_refine_ls_wR_factor_obs _refine_ls_wR_factor_ref _refln_A_calc _refln_A_meas _refln_B_calc _refln_B_meas _refln_F_calc
_refln_F_meas _refln_F_sigma _refln_F_squared_calc _refln_F_squared_meas _refln_F_squared_sigma
_reflns_Friedel_coverage _reflns_Friedel_fraction_full _reflns_Friedel_fraction_max _shelx_F_calc_maximum
_shelx_F_squared_multiplier _space_group_IT_number _space_group_name_Hall _space_group_name_H-M_alt
_space_group_name_H-M_full _space_group_name_H-M_ref _space_group_Laue_class _space_group_Patterson_name_H-M
_symmetry_Int_Tables_number _symmetry_space_group_name_Hall _symmetry_space_group_name_H-M
_atom_site.B_iso_or_equiv _atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z _atom_site.group_PDB
_atom_site.pdbx_PDB_ins_code _atom_site.pdbx_PDB_model_num _cell.Z_PDB _symmetry.Int_Tables_number
_symmetry.space_group_name_H-M _symmetry.pdbx_full_space_group_name_H-M
"""
OFFICIAL = {
    name.lower(): name
    for name in (
        *_CAPITALS.split(),
        *(f"_atom_site_aniso_{u}_{ij}" for u in "UB" for ij in _IJ),
        *(f"_atom_sites_Cartn_tran_matrix_{ij}" for ij in _IJ),
        *(f"_diffrn_orient_matrix_UB_{ij}" for ij in _IJ),
        *(f"_atom_type_scat_Cromer_Mann_{c}{n}" for c in "ab" for n in range(1, 5)),
    )
}


@lru_cache(maxsize=8192)
def tag(word: str) -> str:
    """A data name in its canonical spelling, with the underscore."""
    low = word.lower()
    if low in OFFICIAL:
        return OFFICIAL[low]
    # Names with a suffix: the s.u. of a column, a unit.
    stem, _, suffix = low.rpartition("_")
    return f"{OFFICIAL[stem]}_{suffix}" if stem in OFFICIAL else low


OPERATIONS = frozenset({"_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"})
_OPERATION = re.compile(r"symop\w*[._](?:\w+_)?(?:xyz|mxmymz|algebraic)$")
_IDENTIFIER = re.compile(
    r"(version|version_number|[._]id|code|database_code_\w+|number_(bns|og)|label(_[1-4dhaDHA])?|phone|fax|symbol)$"
)


@lru_cache(maxsize=8192)
def sort_of(name: str) -> str:
    """What values of this name are: `operation` (of symmetry), `code` even when it looks like a number (version 2.40 is
    not 2.4), else nothing: a number where it looks like one."""
    if name in OPERATIONS or _OPERATION.search(name):
        return "operation"
    return "code" if _IDENTIFIER.search(name) else ""


def _geometry(kind: str, atoms: str) -> tuple[str, ...]:
    parts = ("atom_site_label", "site_symmetry")
    return tuple(tag(f"_geom_{kind}_{part}_{atom}") for part in parts for atom in atoms)


def _indices(category: str) -> tuple[str, ...]:
    return tuple(f"{category}_index_{i}" for i in "hkl")


KEYS: dict[str, tuple[str, ...]] = {
    "_atom_site": ("_atom_site_label",),
    "_atom_site_aniso": ("_atom_site_aniso_label",),
    "_atom_site_moment": ("_atom_site_moment_label",),
    "_atom_site_moment.": ("_atom_site_moment.label",),
    "_atom_type": ("_atom_type_symbol",),
    "_audit_author": ("_audit_author_name",),
    "_audit_conform": ("_audit_conform_dict_name",),
    "_chemical_conn_atom": ("_chemical_conn_atom_number",),
    "_chemical_conn_bond": ("_chemical_conn_bond_atom_1", "_chemical_conn_bond_atom_2"),
    "_citation": ("_citation_id",),
    "_citation_author": ("_citation_author_name", "_citation_author_citation_id"),
    "_diffrn_refln": _indices("_diffrn_refln"),
    "_diffrn_standard_refln": _indices("_diffrn_standard_refln"),
    "_exptl_crystal_face": _indices("_exptl_crystal_face"),
    "_geom_angle": _geometry("angle", "123"),
    "_geom_bond": _geometry("bond", "12"),
    "_geom_contact": _geometry("contact", "12"),
    "_geom_hbond": _geometry("hbond", "DHA"),
    "_geom_torsion": _geometry("torsion", "1234"),
    "_pd_proc": ("_pd_proc_point_id",),
    "_pd_data": ("_pd_data_point_id",),
    "_platon_squeeze_void": ("_platon_squeeze_void_nr",),
    "_publ_author": ("_publ_author_name",),
    "_publ_body": ("_publ_body_label", "_publ_body_title"),
    "_refln": _indices("_refln"),
    "_smtbx_masks_void": ("_smtbx_masks_void_nr",),
    "_space_group_symop": ("_space_group_symop_operation_xyz",),
    "_symmetry_equiv": ("_symmetry_equiv_pos_as_xyz",),
}
"""Category of a loop to the columns that identify a row, best first; the first one must be there."""
_CATEGORY = {keys[0]: category for category, keys in KEYS.items()}


def loop_keys(names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """(category, key columns) of a loop with these columns, in any order; no key columns where none are known."""
    known = sorted(_CATEGORY[name] for name in names if name in _CATEGORY)
    if known:
        return known[0], KEYS[known[0]]
    first, dot, _ = min(names).partition(".")
    if dot and all(name.startswith(first + ".") for name in names):
        return first + dot, keys_of(first + dot) if f"{first}.id" in names else ()
    return common(names), ()


def keys_of(category: str) -> tuple[str, ...]:
    """Key columns of rows that have an id; in a category that ends in a dot (DDL2) that is its id."""
    return KEYS.get(category) or (f"{category}id",)


def common(names: Iterable[str]) -> str:
    """The leading parts that all names share; the first name when there are none."""
    low, high = min(names), max(names)
    shared = 0
    parts = low.split("_")
    for a, b in zip(parts, high.split("_"), strict=False):
        if a != b:
            break
        shared += 1
    return "_".join(parts[:shared]) if shared > 1 else low


_ELEMENTS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm"
)
ATOMIC_NUMBER = {symbol: n for n, symbol in enumerate(_ELEMENTS.split(), 1)} | {"D": 1}
