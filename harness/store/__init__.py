"""One SQLite file a study: replies, steps, documents. Nothing paid for is lost, nothing is paid for twice."""

from harness.store.reader import Reader
from harness.store.records import (
    FAILURES,
    HORIZON,
    LONGEST,
    Chain,
    Guards,
    Place,
    Position,
    Run,
    Score,
    Spent,
    Step,
    StoredChain,
)
from harness.store.store import Store

__all__ = [
    "FAILURES",
    "HORIZON",
    "LONGEST",
    "Chain",
    "Guards",
    "Place",
    "Position",
    "Reader",
    "Run",
    "Score",
    "Spent",
    "Step",
    "Store",
    "StoredChain",
]
