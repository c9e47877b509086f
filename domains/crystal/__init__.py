"""Crystal structures: the Crystallographic Information File, CIF 1.1.

Equal are data names and block names in any case, any delimiter of a value, the order of data items, of loops and of
the columns of a loop, 0.50 and 0.5 (without an s.u.), 5.4300(3) and 5.43000(30), `\\'e` and é, `x,1/2+y,z` and `x,
y+1/2, z`. Not equal are 5.4300(3) and 5.43(3), and `?` and `.`. A comment keeps its place among comments.
"""

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
