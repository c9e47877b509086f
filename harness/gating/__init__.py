"""The regression gate: is a candidate no worse than a baseline, by more than a declared margin?

d is the mean of RS of the candidate less RS of the baseline, over chains paired on the same environments, plans and
seeds. What is declared, and what may be said, by the true d:

    d                   pass                    fail                    inconclusive
    0 or above          right, in `power`       false alarm, <= alpha   the rest
    -margin < d < 0     right                   false alarm, <= alpha   expected near -margin
    d = -margin         miss, <= alpha          false alarm, <= alpha   expected: nothing is to be told apart
    below -margin       miss, <= alpha          right                   above -1.5 margins often, then seldom

`--adaptive` keeps these rates whenever and for whatever reason one stops looking (`analysis.sequential`), so a rerun
with more money or chains is no second chance. One look at a run of fixed size keeps them as far as Student's interval
does (`analysis.paired.guarded`). Figures of single domains are told and not decided on.
"""

from harness.gating.run import gate, gate_async
from harness.gating.verdict import Look, Verdict

__all__ = ["Look", "Verdict", "gate", "gate_async"]
