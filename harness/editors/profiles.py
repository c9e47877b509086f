"""The simulated models: name to channel. `frontier` is fitted to a published row of figures, which
tests/editors/test_editor_calibration.py holds it to."""

from __future__ import annotations

from harness.editors.channel import Channel

PROFILES: dict[str, Channel] = {
    "alterer": Channel(alter=0.01),
    "careless": Channel(
        drop=0.002, alter=0.004, invent=0.001, reorder=0.001, growth=1.0, critical=0.02, truncate=0.002, noop=0.004
    ),
    "deleter": Channel(drop=0.01),
    "frontier": Channel(
        drop=0.0005, alter=0.005, invent=0.0002, reorder=0.0005, growth=1.0,
        critical=0.09, worn=0.06, wear=0.04, size=(1.5, 1.1), deletion=0.1, garble=0.9,
    ),
    "noop": Channel(noop=1.0),
    "oracle": Channel(),
}  # fmt: skip
"""Sorted by name."""
