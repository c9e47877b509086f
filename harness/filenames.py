"""Which file names may be kept when nobody asked for them. A model or a program it ran made them up."""

from __future__ import annotations

import re
import unicodedata

_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def is_safe(name: str) -> bool:
    """Whether a name that nobody asked for may be kept: plain, portable, without a path, nothing invisible in it."""
    return (
        0 < len(name) <= 128
        and not any(c in '/\\<>:"|?*`' or unicodedata.category(c).startswith("C") for c in name)
        and not name.endswith((".", " "))
        and not name.startswith(" ")
        and not _DEVICE.fullmatch(name)
    )
