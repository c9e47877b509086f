"""Double-entry bookkeeping in plain text: ledger-cli journals.

A transaction holds postings and remarks; prices, directives and comments stand between transactions. An amount left
out is the balance of its transaction. Equal are `$5`, `5 $` and `5.00 $`, 1,234.50 and 1.234,50 where the journal
says which mark is decimal, dates with hyphens, slashes or points, quoted and bare commodities. `$5` and `5 USD` are
two commodities.
"""

from __future__ import annotations

import re
from pathlib import Path

from domains.accounting.edits import EDITS
from domains.accounting.format import FORMAT
from domains.accounting.generate import generate
from domains.kit import Domain, Files
from domains.kit.equivalents import each_line, on_text, surface

_TRANSACTION = re.compile(
    r"(?m)^(?:\d{4}[-/.])?\d\d?[-/.]\d\d?(?![-/.\d]).*\n(?:[ \t]+;.*\n)*[ \t]+(?:[*!] ?)?[^\W\d][^;:\n]*:\S"
    r"|^i \d{4}[-/.]\d\d?[-/.]\d\d? \d\d?:\d\d"
)
_AMOUNT = re.compile(r"(?m)^(\s+\S.*?(?:\s{2,}|\t))(-?)(\d+)\.(\d\d) EUR")


def thousands(files: Files) -> Files:
    """1234.50 EUR as 1,234.50 EUR."""
    return on_text(files, lambda t: _AMOUNT.sub(lambda m: f"{m[1]}{m[2]}{int(m[3]):,}.{m[4]} EUR", t))


def currency_first(files: Files) -> Files:
    """12.50 EUR as EUR 12.50."""
    return on_text(files, lambda t: _AMOUNT.sub(r"\1EUR \2\3.\4", t))


def slashed_dates(files: Files) -> Files:
    """2016-06-02 as 2016/06/02 at the start of a transaction."""
    return on_text(files, lambda t: re.sub(r"(?m)^(\d{4})-(\d\d)-(\d\d)(?= [*!(\w])", r"\1/\2/\3", t))


def tabs(files: Files) -> Files:
    """Postings indented and set apart by tabs."""
    return each_line(files, lambda line: re.sub(r"^ +(?=\S)", "\t", re.sub(r"(?<=\S) {2,}(?=[-\d$])", "\t", line)))


DOMAIN = Domain(
    name="accounting",
    title="Double-entry ledger (ledger-cli)",
    category="Structured Records",
    extensions=(".ledger", ".journal", ".hledger", ".dat"),
    specification="https://ledger-cli.org/doc/ledger3.html",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "thousands separators": thousands,
        "currency before the number": currency_first,
        "dates with slashes": slashed_dates,
        "tabs": tabs,
    },
    folder=Path(__file__).parent,
    records=("transaction",),
    recognise=lambda text: bool(_TRANSACTION.search(text)),
)
