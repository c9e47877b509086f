"""What a reply tells of a failure by how it ends or begins."""

from __future__ import annotations

from harness.backends.base import Reply
from harness.editors.base import Failure

_REFUSALS = (
    "i can't", "i can’t", "i cannot", "i am unable", "i'm unable", "i’m unable", "i am not able", "i'm not able",
    "i’m not able", "i won't", "i won’t", "i'm sorry", "i’m sorry", "i am sorry", "i must decline", "i decline",
)  # fmt: skip
_REFUSAL_WITHIN = 200
"""A refusal says so at once: characters of the reply to look at."""


def cut_or_filtered(reply: Reply) -> Failure | None:
    """The failure that the end of a reply is, whatever it holds."""
    return "truncated" if reply.finish == "length" else "refused" if reply.finish == "filter" else None


def without_work(reply: Reply) -> Failure | None:
    """The failure of a reply in which nothing was found. None for any other prose: the files are missing, which
    measuring finds."""
    return "empty" if not reply.text.strip() else "refused" if _refuses(reply.text) else None


def opening(reply: Reply) -> str:
    """How a reply begins, to be quoted."""
    return repr(reply.text.strip()[:80])


def _refuses(text: str) -> bool:
    start = text.strip()[:_REFUSAL_WITHIN].casefold()
    return any(phrase in start for phrase in _REFUSALS)
