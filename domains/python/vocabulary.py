"""Words of generated programs: trades with their nouns, numeric attributes and identifiers, and turns of phrase."""

from __future__ import annotations

THEMES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "inventory": (
        ("item", "pallet", "shipment", "bin", "supplier", "batch", "carton", "order"),
        ("quantity", "weight", "unit_price", "reorder_level", "volume", "lead_time"), ("sku", "barcode", "code"),
    ),
    "billing": (
        ("invoice", "payment", "refund", "subscription", "discount", "receipt", "quote", "account"),
        ("amount", "tax_rate", "balance", "net_total", "fee", "credit"), ("number", "reference", "customer"),
    ),
    "telemetry": (
        ("reading", "sensor", "probe", "alarm", "packet", "channel", "gateway", "sample"),
        ("temperature", "pressure", "voltage", "humidity", "offset", "drift"), ("serial", "station", "label"),
    ),
    "geometry": (
        ("segment", "polygon", "mesh", "vertex", "contour", "patch", "tile", "frame"),
        ("width", "height", "area", "angle", "radius", "depth"), ("layer", "tag", "name"),
    ),
    "scheduling": (
        ("shift", "task", "booking", "room", "appointment", "worker", "milestone", "slot"),
        ("duration", "priority", "capacity", "overtime", "effort", "delay"), ("owner", "title", "team"),
    ),
    "parsing": (
        ("token", "clause", "entry", "heading", "section", "rule", "symbol", "lexeme"),
        ("position", "length", "score", "indent", "line_number", "cost"), ("kind", "text", "source"),
    ),
    "transport": (
        ("route", "vehicle", "stop", "ticket", "driver", "parcel", "transfer", "platform"),
        ("distance", "speed", "fare", "load", "fuel_use", "headway"), ("line", "plate", "zone"),
    ),
}  # fmt: skip
QUALIFIERS = (
    "", "pending", "partial", "monthly", "archived", "remote", "primary", "merged", "draft", "external", "nested",
    "cached", "verified", "delayed", "spare", "regional", "shared", "manual", "legacy", "virtual", "urgent", "raw",
)  # fmt: skip
NOTES = (
    "The upstream export repeats its header, so skip what cannot be a number",
    "Agreed with operations in March: never fail on an unknown value here",
    "Rounding happens once, at the very end",
    "TODO: ask whether the limit still applies on weekends",
    "Most callers pass a generator, so go through it only once",
    "Cheaper than sorting, and the order does not matter",
    "Keep in step with the table in the operations manual",
    "Zürich reports these in a different unit, see the ticket",
    "Older files have no such column",
    "Ties go to the one that came first",
)
ASIDES = ("inclusive", "see above", "checked by hand", "in base units", "noqa: E501", "may be empty", "rarely happens",
          "type: ignore", "both ends count", "measured, not guessed")  # fmt: skip
PHRASES = (
    "must not be negative", "is out of range", "was seen twice", "has no matching entry", "could not be read",
    "exceeds the agreed limit", "is missing from the table", "does not belong here", "is not known yet",
)  # fmt: skip
PURPOSES = (
    "as the nightly report expects it", "for the dashboard", "before anything is written back",
    "with the rules of the last audit", "without touching the originals", "the way the old system did",
    "so that later stages can trust it", "for a single run",
)  # fmt: skip
