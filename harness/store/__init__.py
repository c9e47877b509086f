"""One SQLite file a study: replies, steps, documents. Nothing paid for is lost, nothing is paid for twice."""

from harness.store.records import (
    FAILURES,
    HORIZON,
    LONGEST,
    Chain,
    Place,
    Position,
    Score,
    Spent,
    Step,
    StoredChain,
)
from harness.store.store import Reader, Store

__all__ = [
    "FAILURES",
    "HORIZON",
    "LONGEST",
    "Chain",
    "Place",
    "Position",
    "Reader",
    "Score",
    "Spent",
    "Step",
    "Store",
    "StoredChain",
]
