"""A transcript in another currency, at a rate whose inverse is finite: exact there and back."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation

from domains.earncall.figures import is_money, unit_code
from domains.earncall.format import FORMAT
from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import edit_fields, transform_with

RATE = Decimal("0.8")
_WITHIN = Decimal("1e30")


def to_xdr(document: Element) -> tuple[Element, str]:
    units = [e.text("unit") for e in document.walk() if e.kind == "figure" and is_money(e)]
    codes = Counter(map(unit_code, units))
    if not codes or "xdr" in codes:
        raise EditError("to_xdr: there must be amounts of money, and none in XDR")
    main = codes.most_common(1)[0][0]

    def change(e: Element) -> Element:
        if unit_code(e.text("unit")) != main or abs(e.number("value")) >= _WITHIN:
            return e
        return e.with_fields(value=e.number("value") * RATE, unit="XDR")

    sign = next(unit for unit in units if unit_code(unit) == main)
    return edit_fields(document, ("figure",), change), write_csv(("currency", "xdr"), [(sign, RATE)])


def from_xdr(document: Element, files: Files) -> Element:
    rows = read_csv(files, "rates.csv", ("currency", "xdr"))
    try:
        sign, rate = rows[0]["currency"], Decimal(rows[0]["xdr"])
    except (IndexError, InvalidOperation):
        raise EditError("rates.csv: there is no rate") from None
    if rate != RATE:
        raise EditError(f"rates.csv: the rate is {rate}, not {RATE}")

    def change(e: Element) -> Element:
        code = unit_code(e.text("unit"))
        if code == unit_code(sign):
            return e.with_fields(unit=f"{sign}?")
        return e.with_fields(value=undone(e.number("value")), unit=sign) if code == "xdr" else e

    return edit_fields(document, ("figure",), change)


def undone(value: Decimal) -> Decimal:
    """An amount in the old currency, with the digits it is likely to have had."""
    exact = value / RATE
    exponent = value.as_tuple().exponent
    short = exact.quantize(Decimal(1).scaleb(exponent + 1)) if isinstance(exponent, int) else exact
    return short if short == exact else exact.normalize()


XDR = transform_with(
    FORMAT, "to_xdr",
    "Restate the call in special drawing rights for the Fund's comparison. Take the currency in which most "
    "amounts of money are given (the first of them in case of a tie), multiply every amount in it, in text and "
    "tables, by 0.8 without rounding, and write it with XDR before the number: `$1.24 billion` becomes `XDR 0.992 "
    "billion` (or `XDR 992 million`), `$(0.05)` becomes `-XDR 0.04`; both ends of a range like `$4 to 5 million` "
    "count. Only numbers that carry the currency's sign, code or name, cents apart, are amounts; metadata and "
    "headings stay. rates.csv holds one line under the columns currency,xdr: the currency as it was written, and "
    "0.8. Files: {files}.",
    "Restate every amount in XDR in the currency of rates.csv again: divide by 0.8, without rounding, and write the "
    "currency as rates.csv has it, a sign directly before the number. Only {files} remains.",
    ("numerical reasoning", "domain knowledge"), "rates.csv", to_xdr, from_xdr,
)  # fmt: skip
