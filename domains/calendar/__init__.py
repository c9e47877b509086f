"""Calendars: iCalendar files as calendar programs exchange them.

A time is an instant: the same moment in another zone or offset is equal, and only a series has a zone of its own,
since its rule runs on that zone's clock. DTSTART with DURATION and DTEND are one fact. Folding, the case of names,
the order of properties and of entries mean nothing. Text in COMMENT, ATTACH, X-… and whatever else is unknown is a
`property`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from domains.calendar.edits import EDITS, FORMAT
from domains.calendar.generate import generate
from domains.calendar.lines import fold, logical
from domains.kit import Domain, Files
from domains.kit.equivalents import each_line, on_text, surface

_UTC = re.compile(r"^(DUE|DTEND|DTSTAMP|CREATED|LAST-MODIFIED):(\d{8}T\d{6})Z$")


def refolded(files: Files, width: int | None) -> Files:
    """Every line folded anew at `width` characters; None: not at all."""

    def change(text: str) -> str:
        lines = [line for _, line in logical(text) if line]
        cut = [
            line if width is None else "\n\t".join(line[n : n + width] for n in range(0, len(line), width))
            for line in lines
        ]
        return "\n".join(cut) + "\n"

    return on_text(files, change)


def lower_names(files: Files) -> Files:
    """Property names and BEGIN and END in lower case."""
    return each_line(files, lambda line: re.sub(r"^[A-Z-]+(?=[;:])", lambda m: m[0].lower(), line))


def quoted_parameters(files: Files) -> Files:
    """CN=Ada Novák as CN="Ada Novák"."""
    return on_text(refolded(files, None), lambda t: re.sub(r"(?<=;CN=)([^\";:,\n^]+)(?=[;:])", r'"\1"', t))


def reversed_properties(files: Files) -> Files:
    """The properties of every component in the opposite order, before what stands inside it."""

    def change(text: str) -> str:
        out: list[str] = []
        block: list[str] = []
        for _, line in logical(text):
            if re.match(r"(?i)(BEGIN|END):", line):
                out += [*reversed(block), line]
                block = []
            elif line:
                block.append(line)
        return "\n".join(map(fold, [*out, *block])) + "\n"

    return on_text(files, change)


def other_offset(files: Files) -> Files:
    """Times that end in Z as the same instants in Asia/Kolkata."""

    def change(line: str) -> str:
        match = _UTC.match(line)
        if match is None:
            return line
        there = datetime.strptime(match[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).astimezone(ZoneInfo("Asia/Kolkata"))
        return f"{match[1]};TZID=Asia/Kolkata:{there:%Y%m%dT%H%M%S}"

    return each_line(files, change)


DOMAIN = Domain(
    name="calendar",
    title="Calendar (iCalendar)",
    category="Structured Records",
    extensions=(".ics", ".ical", ".icalendar", ".ifb"),
    specification="https://www.rfc-editor.org/rfc/rfc5545",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(trailing_blanks=False),
        "lines not folded": lambda files: refolded(files, None),
        "folded at 40 with tabs": lambda files: refolded(files, 40),
        "names in lower case": lower_names,
        "names of people in quotes": quoted_parameters,
        "properties in another order": reversed_properties,
        "UTC in another zone": other_offset,
    },
    folder=Path(__file__).parent,
    records=("event", "todo", "journal"),
    recognise=lambda text: bool(re.search(r"(?im)^BEGIN:(VCALENDAR|VEVENT)\s*$", text)),
)
