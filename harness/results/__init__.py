"""Result files: what a study found, small enough to be committed and sent, and enough to be recomputed.

results.export("study.db", "results/mine.json.xz")
steps = results.load("results/mine.json.xz")          # a DataFrame, columns as harness.COLUMNS
results.verify("results/mine.json.xz").ok             # every measure again, from the replies in the file
"""

from __future__ import annotations

from harness.results.export import export
from harness.results.load import is_results, load, open_steps
from harness.results.reference import Published, published
from harness.results.verify import Disagreement, Verified, verify

__all__ = [
    "Disagreement",
    "Published",
    "Verified",
    "export",
    "is_results",
    "load",
    "open_steps",
    "published",
    "verify",
]
