"""What may be done against a model's own errors: what of the past it sees, and how often it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import UsageError

PLAIN = ("none", "carried", "heal", "redact", "flag", "verify")
NUMBERED = ("window", "compact", "vote")


@dataclass(frozen=True, slots=True)
class Mitigation:
    """none      everything so far stays as it was said
    window:N  only the last N turns
    carried   no earlier turn, the state they left is told
    heal      wrong answers are put right before the next turn
    redact    wrong answers are taken out
    flag      wrong answers are followed by a remark that they are wrong
    compact:N every N turns the model writes down the state, which takes the place of the turns before
    verify    the model is asked to check its answer, and the second one counts
    vote:N    N answers, the most frequent counts, the earliest of equals
    """

    name: str = "none"
    number: int = 0

    @staticmethod
    def read(text: str) -> Mitigation:
        """From `none`, `window:10` and the like. UsageError for anything else."""
        name, _, number = text.partition(":")
        if name in NUMBERED and number.isdecimal() and int(number) > (1 if name == "vote" else 0):
            return Mitigation(name, int(number))
        if text in PLAIN:
            return Mitigation(text)
        raise UsageError(
            f"unknown mitigation {text!r}: there are {', '.join(PLAIN)}, {', '.join(f'{n}:N' for n in NUMBERED)}"
        )

    def __str__(self) -> str:
        return f"{self.name}:{self.number}" if self.number else self.name
