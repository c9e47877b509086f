"""How many calls a second a provider takes, learned from the calls it turns away."""

from __future__ import annotations

import math

START = 10.0
"""Calls a second before anything is known, and the least that growth may lead to."""
DOUBLING = 2.0
"""No more calls a second than so many times those that were answered within the last second."""
BURST = 0.02
"""Seconds' worth of calls that may go at once: timers are no finer."""
LOW, SLOPE, CURVE = 0.95, 0.1, 1.0
"""Shape of the search around the limit, see `Pace`."""
SHORTEST, LONGEST = 10, 80
"""Calls within which the pace passes from LOW to LOW + SLOPE of the estimate, the more the better it is known. At the
longest about one call in eighty is turned away."""
SAME = 0.25
"""An estimate that moved by no more than this share is known better than before."""


class Pace:
    """The pace at which calls are sent, in calls a second; time is in seconds.

    Until a call is turned away the pace doubles at most every second. Providers fill a token bucket, and a call that is
    turned away says that it is empty. So the calls taken between two that were turned away, over the time between, are
    the rate at which it is filled, whatever the pace was meanwhile: that is the estimate. From there the pace follows
    a curve like CUBIC's (RFC 9438): from just below the estimate slowly through it, where the limit is expected, then
    ever faster, since the limit seems to have been raised."""

    def __init__(self, now: float) -> None:
        self._estimate: float | None = None
        self._since = now
        self._sent = 0
        self._scale: float = SHORTEST
        self._credit, self._at = 1.0, now
        self._recent, self._heard = 0.0, now

    def rate(self, now: float) -> float:
        """Calls a second now."""
        ceiling = max(START, DOUBLING * self._recent * math.exp(self._heard - now))
        if self._estimate is None:
            return ceiling
        x = self._sent / self._scale
        return min(ceiling, self._estimate * (LOW + SLOPE * x + CURVE * max(0.0, x - 1.0) ** 2))

    def delay(self, now: float) -> float:
        """Seconds until the next call may go."""
        return max(0.0, (1.0 - self._filled(now)) / self.rate(now))

    def sent(self, now: float) -> None:
        self._credit, self._at = self._filled(now) - 1.0, now
        self._sent += 1

    def answered(self, now: float) -> None:
        self._recent = self._recent * math.exp(self._heard - now) + 1.0
        self._heard = now

    def refused(self, now: float, sent_at: float) -> None:
        """A call sent at `sent_at` was turned away. Those sent before the pace was last lowered tell nothing new."""
        if self._estimate is not None and sent_at <= self._since:
            return
        taken, elapsed = max(0, self._sent - 1), max(now - self._since, 1e-3)
        before, self._estimate = self._estimate, min(self.rate(now), (taken + 0.5) / elapsed)
        sure = before is not None and abs(self._estimate / before - 1) < SAME
        self._scale = min(LONGEST, max(SHORTEST, taken, 1.5 * self._scale if sure else 0))
        self._since, self._sent = now, 0
        self._credit, self._at = min(self._credit, 0.0), now

    def _filled(self, now: float) -> float:
        rate = self.rate(now)
        return min(max(1.0, BURST * rate), self._credit + rate * max(0.0, now - self._at))
