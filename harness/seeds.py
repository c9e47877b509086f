"""Seeds: every random choice has a generator of its own, made from what it is for."""

from __future__ import annotations

import hashlib
import json
import random


def digest(*material: object) -> str:
    """sha256, in hex, of the canonical JSON of its arguments: the same on every machine."""
    canonical = json.dumps(material, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def derive(*material: object) -> int:
    """A seed of 31 bits, which every provider and server accepts, from its arguments."""
    return int(digest(*material)[:8], 16) & 0x7FFFFFFF


def rng(*material: object) -> random.Random:
    """A generator of its own for everything that is drawn, so that no draw shifts another."""
    return random.Random(int(digest(*material), 16))
