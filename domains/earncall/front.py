"""Metadata between two lines of hyphens at the very beginning, as YAML writes it."""

from __future__ import annotations

import json
import re

from domains.earncall.words import clean
from domains.kit import Element, element

_KEY = re.compile(r"\s*([^\s:#\-][^:]{0,60}?)\s*:(?:\s+(.*))?$")
LONGEST = 300
"""Lines of metadata from which on it is none."""


def front_matter(lines: list[str]) -> tuple[list[Element], int]:
    """The metadata, an element for each value of a list, and the number of the first line behind it."""
    if lines[0].strip() != "---":
        return [], 0
    end = next((n for n in range(1, min(len(lines), LONGEST)) if lines[n].strip() in ("---", "...")), 0)
    body = [line for line in lines[1:end] if line.strip()]
    if not end or not all(_KEY.match(line) or line[0] in " \t#-" for line in body):
        return [], 0
    found: list[tuple[str, list[str]]] = []
    for line in body:
        match = _KEY.match(line)
        bare = line.strip()
        if bare[0] == "#":
            found.append(("#", [clean(bare.lstrip("# "))]))
        elif bare.startswith("- ") and found:
            found[-1][1].append(scalar(bare[2:]))
        elif match:
            found.append((" ".join(match[1].split()), [scalar(match[2] or "")]))
        elif found:
            found[-1][1][-1] = f"{found[-1][1][-1]} {clean(bare)}".strip()
    metas = [
        element("meta", key=key, value=value) for key, values in found for value in [v for v in values if v] or [""]
    ]
    return metas, end + 1


def scalar(value: str) -> str:
    """A value of the front matter, without the quotes that YAML may need."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            value = str(json.loads(value, strict=False))
        except ValueError:
            value = value[1:-1]
    elif len(value) > 1 and value[0] == value[-1] == "'":
        value = value[1:-1].replace("''", "'")
    return clean(value)
