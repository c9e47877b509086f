"""Everything the harness raises on purpose, one small tree.

PalimpsestError
|-- UsageError        the user can mend it: unknown model or domain, missing key or extra, unreadable file,
|                     a store of another version. One line, says what to do; the command line exits with 2.
|-- BudgetSpent       --max-cost, --max-calls or --max-time leaves no room for the next call. The chain is left
|                     unfinished.
`-- BackendError      a model could not be asked. Never a score: see METHOD, "Outcomes of a hop".
    |-- Outage        no usable answer: connection, timeout, 5xx, a body that is not what the API promises. Retried.
    |-- RateLimited   the provider asks to wait; `retry_after` seconds when it says how long. Retried.
    `-- Rejected      the provider refuses this request for good (400, 404, 413, 422), or sends it elsewhere (301, 308).
        |             The chain is left unfinished.
        `-- Denied    key missing, wrong or revoked, the purse is empty (401, 402, 403), or a certificate that cannot be
                      trusted. The whole run stops and can be resumed.

A model that answers badly raises nothing: its answer is a Reply and becomes an outcome of the hop.
"""

from __future__ import annotations


class PalimpsestError(Exception):
    """Root of the tree; `str(error)` is one line for a person."""


class UsageError(PalimpsestError):
    """Something the user asked for cannot be done; the message says what to do instead."""


class BudgetSpent(PalimpsestError):
    """The next call could cross a limit the user set; nothing was sent."""


class BackendError(PalimpsestError):
    """A model could not be asked. `status` is the HTTP status where there was one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Outage(BackendError):
    """No usable answer came; asking again may help."""


class RateLimited(BackendError):
    """The provider asks to slow down. `retry_after` is in seconds, None when it did not say."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class Rejected(BackendError):
    """The provider refuses this very request; asking again will not help."""


class Denied(Rejected):
    """The provider refuses us: no key, a wrong key, no credit. No other request will fare better."""
