"""Spreadsheets as text: CSV with a header, typed cells, totals and notes.

A cell belongs to its row and to its column's name. Above the header stand notes, below it rows and notes: under three
columns or more a line on which only the first cell is filled is a note. Equal are any delimiter and quoting, blank
lines, number formats (1,234.50 and 1.234,50 as the sheet has it), TRUE and true. Formulas are text. Row and column
order are facts.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domains.kit import Domain, Files
from domains.kit.equivalents import on_text, surface
from domains.spreadsheet.edits import EDITS
from domains.spreadsheet.format import FORMAT
from domains.spreadsheet.generate import generate
from domains.spreadsheet.records import delimiter

_DECIMAL = re.compile(r"(-?[€$]?)([\d,]*\d)\.(\d+)(%?)")
_PLAIN = re.compile(r"-?\d{4,}(?:\.\d+)?")


def rewrite(files: Files, change: Callable[[str], str] = str, mark: str = ",", more: int = 0, **style: Any) -> Files:
    """The same records with every cell changed, another delimiter, empty cells at the end or other quoting."""

    def one(text: str) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=mark, lineterminator="\n", **style)
        reader = csv.reader(io.StringIO(text), delimiter=delimiter(text))
        writer.writerows([*map(change, row), *[""] * more] for row in reader)
        return out.getvalue()

    return on_text(files, one)


def thousands(content: str) -> str:
    """1234.50 as 1,234.50."""
    if not _PLAIN.fullmatch(content) or content.lstrip("-").startswith("0"):
        return content
    whole, point, rest = content.partition(".")
    return f"{int(whole):,}{point}{rest}"


def decimal_comma(content: str) -> str:
    """1,234.50 as 1234,50."""
    match = _DECIMAL.fullmatch(content)
    if match:
        return f"{match[1]}{match[2].replace(',', '')},{match[3]}{match[4]}"
    return content.replace(",", "") if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+", content) else content


def sign_behind(content: str) -> str:
    """€12.50 as 12.50 €."""
    return re.sub(r"^(-?)€([\d,.]+)$", r"\1\2 €", content)


def looks_tabular(text: str) -> bool:
    """Whether most lines of a text have the same number of the same delimiter."""
    mark = delimiter(text)
    counts = [line.count(mark) for line in re.sub(r'"[^"]*"', "", text[:20_000]).split("\n") if line.strip()]
    usual, lines = max(Counter(counts).items(), key=lambda item: item[1], default=(0, 0))
    return usual > 0 and lines > 1 and 2 * lines > len(counts)


DOMAIN = Domain(
    name="spreadsheet",
    title="Spreadsheet (CSV)",
    category="Structured Records",
    extensions=(".csv", ".tsv"),
    specification="https://www.rfc-editor.org/rfc/rfc4180",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "semicolons": lambda files: rewrite(files, mark=";"),
        "tabs": lambda files: rewrite(files, mark="\t"),
        "everything quoted": lambda files: rewrite(files, quoting=csv.QUOTE_ALL),
        "blanks around cells": lambda files: rewrite(files, lambda content: f" {content} "),
        "thousands separators": lambda files: rewrite(files, thousands),
        "decimal commas": lambda files: rewrite(files, decimal_comma, ";"),
        "currency behind the number": lambda files: rewrite(files, sign_behind),
        "dates with dots": lambda files: rewrite(files, lambda c: re.sub(r"^(\d{4})-(\d\d)-(\d\d)$", r"\3.\2.\1", c)),
        "truth in lower case": lambda files: rewrite(files, lambda c: c.lower() if c in ("TRUE", "FALSE") else c),
        "a line for Excel": lambda files: on_text(rewrite(files, mark=";"), lambda text: "sep=;\n" + text),
        "trailing delimiters": lambda files: rewrite(files, more=3),
    },
    folder=Path(__file__).parent,
    records=("row",),
    recognise=looks_tabular,
)
