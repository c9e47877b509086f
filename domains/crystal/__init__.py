"""Crystal structures: the Crystallographic Information File, CIF 1.1."""

from __future__ import annotations

import re
from pathlib import Path

from domains.crystal.edits import EDITS
from domains.crystal.equivalents import EQUIVALENTS
from domains.crystal.generate import generate
from domains.crystal.render import FORMAT
from domains.kit import Domain

DOMAIN = Domain(
    name="crystal",
    title="Crystal structure (CIF 1.1)",
    category="Science & Engineering",
    extensions=(".cif", ".mcif", ".fcf"),
    specification="https://www.iucr.org/resources/cif/spec/version1.1",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents=EQUIVALENTS,
    folder=Path(__file__).parent,
    records=("item", "row"),
    layout=r"#\\#CIF_\d\.\d",
    recognise=lambda text: all(re.search(p, text) for p in (r"(?mi)^data_\S", r"(?mi)^\s*(?:loop_\s*$|_[a-z]\S+\s)")),
)
