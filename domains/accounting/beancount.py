"""The ledger as a Beancount file and back (https://beancount.github.io/docs/beancount_language_syntax.html)."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable

from domains.accounting.amounts import parse_amount, parse_date, show_amount
from domains.accounting.format import FORMAT, amount_of, render_entry
from domains.accounting.reader import parse
from domains.kit import EditError, Element, Files, element, file_named, unfence
from domains.kit.edits import convert

NAME = "journal.beancount"
_TOPS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")
_META = re.compile(r"([a-z][\w-]*):\s*(.*)$")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_HEAD = re.compile(r"(\d{4}[-/]\d{1,2}[-/]\d{1,2})\s+(\*|!|txn)\s*(.*)$")
_CUSTOM = re.compile(r'(?:\d{4}-\d{2}-\d{2})\s+custom\s+"ledger"\s+(.*)$')
_POSTING = re.compile(r"(?:([*!])\s+)?(\S+)\s*(.*)$")
_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]*$")


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def unquoted(text: str) -> str:
    match = _STRING.match(text.strip())
    if match is None:
        return text.strip()
    try:
        return str(json.loads(f'"{match.group(1)}"', strict=False))
    except json.JSONDecodeError:
        return match.group(1)


def account_name(account: str) -> str:
    """Beancount's accounts have no blanks: `_` for a blank. EditError when that would not lead back."""
    if account.split(":")[0] not in _TOPS or "_" in account:
        raise EditError(f"account {account!r} has no Beancount name")
    return account.replace(" ", "_")


def write(document: Element) -> Files:
    first = next((str(e["date"]) for e in document.children if e.kind == "transaction"), "1970-01-01")
    lines: list[str] = []
    for entry in document.children:
        if entry.kind == "transaction":
            lines += ["", *transaction_lines(entry)]
        elif entry.kind == "price":
            known = all(_CURRENCY.match(entry.text(unit)) for unit in ("commodity", "currency"))
            if not known or "time" in entry.fields or "note" in entry.fields:
                raise EditError("a price with an hour, a comment or a sign for a currency has no Beancount form")
            lines.append(f"{entry['date']} price {entry['commodity']} {amount_of(entry)}")
        else:
            lines.append(f'{first} custom "ledger" {quoted(render_entry(entry))}')
    return {NAME: "\n".join(lines).lstrip("\n") + "\n"}


def transaction_lines(entry: Element) -> list[str]:
    head = f"{entry['date']} {entry.text('state') or 'txn'} {quoted(entry.text('payee'))}"
    head += f" {quoted(entry.text('note'))}" if "note" in entry.fields else ' ""'
    lines = [head]
    lines += [f"  {key}: {quoted(entry.text(key))}" for key in ("code",) if key in entry.fields]
    lines += [f"  aux-date: {entry['aux_date']}"] if "aux_date" in entry.fields else []
    for part in entry.children:
        if part.kind == "posting":
            lines.append(posting_line(part))
            lines += [f"    remark: {quoted(r.text('text'))}" for r in part.children]
        else:
            lines.append(f"  remark: {quoted(part.text('text'))}")
    return lines


def posting_line(posting: Element) -> str:
    if any(name in posting.fields for name in ("virtual", "lot", "expression")):
        raise EditError("virtual postings, lots and expressions have no Beancount form")
    line = f"  {posting['state']} " if "state" in posting.fields else "  "
    line += account_name(posting.text("account"))
    for number, unit, mark in (("amount", "currency", ""), ("cost", "cost_currency", "@ ")):
        if number not in posting.fields:
            continue
        if not _CURRENCY.match(posting.text(unit)):
            raise EditError(f"{posting.text(unit)!r} is no Beancount currency")
        mark = "@@ " if mark and "cost_total" in posting.fields else mark
        line += f"  {mark}{posting[number]:f} {posting[unit]}"
    if "assertion" in posting.fields:
        line += f"\n    assertion: {show_amount(posting['assertion'], posting.get('assertion_currency'))}"
    return line + (f"\n    comment: {quoted(posting.text('comment'))}" if "comment" in posting.fields else "")


def read(files: Files) -> Element:
    entries: list[Element] = []
    text = unfence(file_named(files, NAME))
    head: Element | None = None
    parts: list[Element] = []

    def close() -> None:
        if head is not None:
            entries.append(head.with_children(parts))

    for line in text.split("\n"):
        body = line.strip()
        if not body or body.startswith(("option ", "plugin ")) or re.match(r"\d{4}-\d{2}-\d{2}\s+open\s", body):
            continue
        if line[0] not in " \t":
            close()
            head, parts = transaction_head(body), []
            if head is None:
                entries += other(body)
        elif head is None or not attach(body, parts, len(line) - len(line.lstrip()) > 2):
            head = head_meta(body, head, parts)
    close()
    if not entries:
        raise EditError(f"{NAME}:1: no entry can be read")
    return Element("ledger", {}, tuple(entries))


def transaction_head(body: str) -> Element | None:
    match = _HEAD.match(body)
    if match is None:
        return None
    day, state, rest = match.groups()
    strings = [unquoted(m.group()) for m in _STRING.finditer(rest)]
    payee, note = [*strings, "", ""][:2]
    return element(
        "transaction",
        date=parse_date(day),
        state=None if state == "txn" else state,
        payee=payee or None,
        note=note or None,
    )


def other(body: str) -> list[Element]:
    custom = _CUSTOM.match(body)
    if custom:
        return list(parse({"part": unquoted(custom.group(1))}).children)
    words = body.split(None, 3)
    if len(words) == 4 and words[1] == "price" and (amount := parse_amount(words[3])):
        return [element("price", date=parse_date(words[0]), commodity=words[2], amount=amount[0], currency=amount[1])]
    return list(parse({"part": body}).children)


def attach(body: str, parts: list[Element], deep: bool) -> bool:
    """A line under a transaction: a posting, or what belongs to the posting above when it is indented deeper."""
    meta = _META.match(body)
    if meta and deep and parts and parts[-1].kind == "posting":
        key, value = meta.groups()
        last = parts[-1]
        if key == "remark":
            parts[-1] = last.with_children((*last.children, element("remark", text=unquoted(value))))
        elif key == "assertion" and (amount := parse_amount(value)):
            parts[-1] = last.with_fields(assertion=amount[0], assertion_currency=amount[1] or None)
        else:
            parts[-1] = last.with_fields(comment=unquoted(value))
        return True
    if meta or body.startswith(";"):
        return False
    match = _POSTING.match(body)
    if match is None:
        return False
    state, account, rest = match.groups()
    fields: dict[str, Hashable] = {"state": state, "account": account.replace("_", " ")}
    if found := parse_amount(rest):
        fields["amount"], fields["currency"] = found[0], found[1] or None
        rest = rest[found[2] :].strip()
    if rest.startswith("@") and (cost := parse_amount(rest.lstrip("@ "))):
        fields |= {"cost": cost[0], "cost_currency": cost[1] or None}
        fields |= {"cost_total": "total"} if rest.startswith("@@") else {}
    parts.append(element("posting", **fields))
    return True


def head_meta(body: str, head: Element | None, parts: list[Element]) -> Element | None:
    """Metadata of the transaction itself."""
    meta = _META.match(body)
    if head is None or meta is None:
        return head
    key, value = meta.groups()
    if key == "code":
        return head.with_fields(code=unquoted(value) or None)
    if key == "aux-date":
        return head.with_fields(aux_date=parse_date(unquoted(value)))
    parts.append(element("remark", text=unquoted(value)))
    return head


BEANCOUNT = convert(
    FORMAT, "to_beancount",
    "We are switching to Beancount. Write {files}: each transaction as DATE, flag (* or !, txn where there is "
    'none), payee and note as two quoted strings (an empty note is ""), with the code as metadata `code: "…"`, a '
    'second date as `aux-date: …` and each comment line of the transaction as `remark: "…"` indented by two; '
    "postings indented by two, blanks in account names as underscores, every amount written out with its currency "
    "code after it, costs with @ or @@ as before; what belongs to a posting follows it indented by four: "
    '`assertion: …`, `comment: "…"`, then its comment lines as `remark: "…"`. Prices become price directives. '
    'Every other directive and comment line becomes, in its place, `DATE custom "ledger" "…"` with the date of '
    "the first transaction and the old text in a string (line breaks as \\n). No open directives.",
    "Turn the Beancount file back into a ledger-cli journal, {files}: flag txn means none; the second string of a "
    "transaction is its note after two blanks and a semicolon (an empty one is dropped), code metadata stands in "
    "parentheses before the payee, an aux-date after the date with =, each remark is a comment line in its place, "
    "a posting's comment stands behind it after a semicolon and its assertion after =. Underscores in account "
    'names become blanks. `custom "ledger"` lines hold directives and comments to be written verbatim in their '
    "place.",
    ("format knowledge", "domain knowledge", "string manipulation"), write, read,
)  # fmt: skip
