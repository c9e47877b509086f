"""What sort of document is lost more: characteristics of the seed documents against what becomes of them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student

from harness.analysis.bootstrap import UNIT, Array
from harness.errors import UsageError
from harness.estimate import LEVEL, Estimate

if TYPE_CHECKING:
    import pandas as pd

    from domains import Files

TRAITS = ("characters", "numeric", "richness", "repeated", "depth")

_WORD = re.compile(r"\w+(?:[.,:'’/-]\w+)*")


@dataclass(frozen=True, slots=True)
class Trait:
    """One characteristic: its mean in the half of the documents that lost more and in the half that lost less, and
    Cohen's d, the difference in pooled standard deviations: above 0 where the more lossy half has more of it."""

    more: float
    less: float
    d: Estimate


def characteristics(domain: str, files: Files) -> dict[str, float]:
    """`characters` of all files; `numeric`, the share of words with a digit; `richness`, Guiraud's R, distinct words
    over the square root of all, which depends little on length; `repeated`, the share of non-empty lines that stood
    there before; `depth`, the mean depth of the elements below the root. ParseError when the files cannot be read."""
    import domains

    text = "\n".join(files.values())
    words = [word.casefold() for word in _WORD.findall(text)]
    lines = Counter(line.strip() for line in text.splitlines() if line.strip())
    depths = _depths(domains.get(domain).parse(files))
    return {
        "characters": float(sum(map(len, files.values()))),
        "numeric": sum(any(c.isdigit() for c in word) for word in words) / len(words) if words else 0.0,
        "richness": len(set(words)) / math.sqrt(len(words)) if words else 0.0,
        "repeated": 1.0 - len(lines) / lines.total() if lines else 0.0,
        "depth": sum(depths) / len(depths) if depths else 0.0,
    }


def traits(steps: pd.DataFrame, files: Mapping[str, Files]) -> dict[str, Trait]:
    """By characteristic. `files` holds the seed documents by `document_hash`; documents are halved by RS after the last
    hop that all of them have. Empty with fewer than four documents, or when none lost more than another. UsageError for
    a document without files."""
    documents = _losses(steps)
    unknown = sorted(set(documents["document_hash"]) - files.keys())
    if unknown:
        raise UsageError(f"no files for the document {unknown[0][:12]}: pass those of every seed document of the steps")
    if len(documents) < 4 or documents["loss"].max() - documents["loss"].min() < 1e-12:
        return {}
    lossy = (documents["loss"].rank(method="first") > len(documents) / 2).to_numpy()
    told = [
        characteristics(domain, files[key])
        for domain, key in zip(documents["domain"], documents["document_hash"], strict=True)
    ]
    found = {}
    for name in TRAITS:
        values = np.array([one[name] for one in told])
        more, less = values[lossy], values[~lossy]
        found[name] = Trait(float(more.mean()), float(less.mean()), cohen(more, less))
    return found


def cohen(first: Array, second: Array, level: float = LEVEL) -> Estimate:
    """Cohen's d of two samples with the interval of Hedges and Olkin (1985), Student's quantile for the normal one.
    None where nothing varies."""
    n, m = len(first), len(second)
    if n < 2 or m < 2:
        return Estimate(None, None, None, n + m)
    pooled = math.sqrt(((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / (n + m - 2))
    if pooled <= 1e-12 * max(1.0, float(np.abs(first).max())):
        return Estimate(None, None, None, n + m)
    d = float(first.mean() - second.mean()) / pooled
    error = math.sqrt((n + m) / (n * m) + d * d / (2 * (n + m)))
    reach = float(student.ppf((1 + level) / 2, n + m - 2)) * error
    return Estimate(d, d - reach, d + reach, n + m)


def _losses(steps: pd.DataFrame) -> pd.DataFrame:
    """A row a document, with its mean `loss` at the last backward hop that all chains have, or at their own last."""
    backward = steps[(steps["direction"] == "backward") & steps["credit"].notna()]
    common = backward.groupby("chain")["hop"].max().min()
    last = backward[backward["hop"] <= common].sort_values(["chain", "hop"]).groupby("chain").last()
    found: pd.DataFrame = last.assign(loss=1.0 - last["credit"]).groupby(UNIT, as_index=False)["loss"].mean()
    return found


def _depths(root: object) -> list[int]:
    depths = []
    level, depth = [root], 0
    while level:
        level = [child for element in level for child in element.children]  # type: ignore[attr-defined]
        depth += 1
        depths += [depth] * len(level)
    return depths
