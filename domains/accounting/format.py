"""ledger-cli journals: what an accountant reads in them.

https://ledger-cli.org/doc/ledger3.html, "Journal File Format".

An amount left out is the balance of its transaction. `$5`, `5 $` and `5.00 $` are one amount; `$5` and `5 USD` are not.
"""

from __future__ import annotations

from domains.accounting.amounts import show_amount, show_unit
from domains.accounting.reader import MAIN, parse
from domains.kit import Element, Field, Files, Format, Kind, Schema, prose


def nameless(_element: Element) -> str:
    """For kinds whose elements a path only numbers."""
    return ""


def hour(time: str) -> str:
    """`8:45` is `08:45:00`."""
    return f"{'0' * (time[1:2] == ':')}{time}{':00' * (len(time) < 6)}"


POSTING = Kind(
    {
        "account": Field(),
        "amount": Field(),
        "currency": Field(weight=0.5),
        "expression": Field(),
        "virtual": Field(weight=0.5),
        "state": Field(weight=0.5),
        "lot": Field(weight=0.5),
        "cost": Field(),
        "cost_currency": Field(weight=0.5),
        "cost_total": Field(weight=0.5),
        "assertion": Field(),
        "assertion_currency": Field(weight=0.5),
        "comment": prose(0.5),
    },
    key=(("account", "amount"), ("account",)),
    label=nameless,
)
SCHEMA = Schema(
    {
        "ledger": Kind(),
        "transaction": Kind(
            {
                "date": Field(),
                "aux_date": Field(weight=0.5),
                "state": Field(weight=0.5),
                "code": Field(weight=0.5),
                "payee": Field(),
                "note": prose(0.5),
            },
            key=(("date", "payee"), ("code",)),
            order=0.5,
        ),
        "automated": Kind({"rule": prose()}, key=(("rule",),), order=0.5),
        "posting": POSTING,
        "remark": Kind({"text": prose(0.5)}, order=0.1),
        "price": Kind(
            {
                "date": Field(),
                "time": Field(weight=0.25, canon=hour),
                "commodity": Field(),
                "amount": Field(),
                "currency": Field(weight=0.5),
                "note": prose(0.5),
            },
            key=(("date", "commodity"),),
            order=0.25,
        ),
        "clock": Kind(
            {
                "mark": Field(weight=0.5),
                "date": Field(),
                "time": Field(canon=hour),
                "account": Field(),
                "text": prose(0.5),
            },
            key=(("date", "time"),),
            order=0.25,
        ),
        "directive": Kind(
            {"name": Field(weight=0.5), "value": prose(), "body": prose(0.5)}, key=(("value",),), order=0.25
        ),
        "comment": Kind({"text": prose()}, order=0.25, label=nameless),
    }
)


def render(document: Element) -> Files:
    blocks: list[str] = []
    before = ""
    for entry in document.children:
        text = render_entry(entry)
        loose = entry.kind in ("transaction", "automated") or before in ("transaction", "automated")
        blocks.append(("\n" if blocks and (loose or before != entry.kind) else "") + text)
        before = entry.kind
    return {MAIN: "\n".join(blocks) + "\n"}


def render_entry(entry: Element) -> str:
    match entry.kind:
        case "transaction":
            return "\n".join([render_head(entry), *render_parts(entry)])
        case "automated":
            return "\n".join([entry.text("rule"), *render_parts(entry)])
        case "price":
            parts = ("P", entry["date"], entry.text("time"), show_unit(entry["commodity"]), amount_of(entry))
            line = " ".join(str(part) for part in parts if part)
            return line + (f"  ; {entry['note']}" if "note" in entry.fields else "")
        case "clock":
            line = " ".join(entry.text(name) for name in ("mark", "date", "time", "account") if name in entry.fields)
            return line + (f"  ; {entry['text']}" if "text" in entry.fields else "")
        case "directive":
            lines = [f"{entry['name']} {entry.text('value')}".rstrip()]
            return "\n".join(lines + [f"    {line}" for line in entry.text("body").split("\n") if line])
        case "comment":
            text = entry.text("text")
            return f"comment\n{text}\nend comment" if "\n" in text else f"; {text}"
        case _:
            return entry.text("text")


def amount_of(entry: Element) -> str:
    return show_amount(entry["amount"], entry.get("currency"))


def render_head(entry: Element) -> str:
    line = str(entry["date"])
    if "aux_date" in entry.fields:
        line += f"={entry['aux_date']}"
    for part in (entry.text("state"), f"({entry['code']})" if "code" in entry.fields else "", entry.text("payee")):
        line += f" {part}" if part else ""
    return line + (f"  ; {entry['note']}" if "note" in entry.fields else "")


def render_parts(entry: Element) -> list[str]:
    lines = []
    for part in entry.children:
        if part.kind == "posting":
            lines.append(render_posting(part))
            lines += [f"    ; {remark.text('text')}" for remark in part.children]
        else:
            lines.append(f"    ; {part.text('text')}")
    return lines


def render_posting(posting: Element) -> str:
    account = posting.text("account")
    if "virtual" in posting.fields:
        account = f"[{account}]" if posting["virtual"] == "balanced" else f"({account})"
    if "state" in posting.fields:
        account = f"{posting['state']} {account}"
    amount = show_amount(posting["amount"], posting.get("currency")) if "amount" in posting.fields else ""
    if "lot" in posting.fields:
        amount += f" {posting['lot']}"
    if "cost" in posting.fields:
        mark = "@@" if "cost_total" in posting.fields else "@"
        amount += f" {mark} {show_amount(posting['cost'], posting.get('cost_currency'))}"
    if "assertion" in posting.fields:
        amount += f" = {show_amount(posting['assertion'], posting.get('assertion_currency'))}"
    if "expression" in posting.fields:
        amount += f" {posting['expression']}"
    line = f"    {account:<42}  {amount.strip():>14}" if amount else f"    {account}"
    return line + (f"  ; {posting['comment']}" if "comment" in posting.fields else "")


FORMAT = Format(SCHEMA, parse, render)
