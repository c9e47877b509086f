"""ledger-cli journals: what an accountant reads in them.

https://ledger-cli.org/doc/ledger3.html, "Journal File Format".

An amount left out is the balance of its transaction. `$5`, `5 $` and `5.00 $` are one amount; `$5` and `5 USD` are not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from domains.kit import Element, Field, Files, Kind, Schema, element, prose, stray, texts

MAIN = "journal.ledger"


def nameless(_element: Element) -> str:
    """For kinds whose elements a path only numbers."""
    return ""


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
            {"date": Field(), "commodity": Field(), "amount": Field(), "currency": Field(weight=0.5)},
            key=(("date", "commodity"),),
            order=0.25,
        ),
        "directive": Kind(
            {"name": Field(weight=0.5), "value": prose(), "body": prose(0.5)}, key=(("value",),), order=0.25
        ),
        "comment": Kind({"text": prose()}, order=0.25, label=nameless),
    }
)

_DATE = r"(?:\d{4}[-/.])?\d{1,2}[-/.]\d{1,2}"
_HEAD = re.compile(rf"({_DATE})(?:=({_DATE}))?(?:\s+([*!]))?(?:\s*\(([^)]*)\))?(?:\s+(.*))?$")
_NOTE = re.compile(r"(?:\s{2,}|\t\s*);")
_UNIT = r'"[^"]+"|[^\s\d"+\-.,;@={}()\[\]]+'
_AMOUNT = re.compile(rf"([-+])?\s*({_UNIT})?\s*([-+])?\s*(\d[\d,.'_]*|\.\d+)\s*({_UNIT})?")
_GAP = re.compile(r"\t\s*|\s{2,}")
_LOT = re.compile(r"(\{[^}]*\}+|\[[^\]]*\]|\([^)]*\))\s*")
_TAIL = re.compile(rf"^(.*\S)\s((?:[-+]?\s?(?:{_UNIT})?\s?[-+]?\d[\d,.]*(?:\s(?:{_UNIT}))?))$")
_DIRECTIVES = frozenset({
    "account", "alias", "apply", "assert", "bucket", "capture", "check", "commodity", "define", "def", "end", "eval",
    "expr", "fixed", "include", "payee", "tag", "test", "year", "python", "value",
    "A", "B", "C", "D", "N", "Y", "I", "i", "o", "h", "b", "O",
})  # fmt: skip
_COMMENT = ";#%|*"


@lru_cache(maxsize=8192)
def parse_date(text: str, year: int | None = None) -> Hashable:
    """A date; the text itself when no such day exists."""
    numbers = [int(n) for n in re.split(r"[-/.]", text)]
    if len(numbers) == 2 and year is not None:
        numbers.insert(0, year)
    try:
        return date(*numbers)
    except (ValueError, TypeError):
        return text


@lru_cache(maxsize=8192)
def parse_number(text: str) -> Decimal | None:
    """A number as ledgers write it: 1,234.56 or 1.234,56 or 12,50."""
    text = text.replace("'", "").replace("_", "")
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point >= 0 or (point < 0 and comma >= 0 and text.count(",") == 1 and len(text) - comma - 1 != 3):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", "")
    try:
        return Decimal(text.rstrip("."))
    except InvalidOperation:
        return None


@lru_cache(maxsize=8192)
def parse_amount(text: str) -> tuple[Decimal, str, int] | None:
    """(number, currency, length read) at the start of a text."""
    match = _AMOUNT.match(text)
    if match is None:
        return None
    sign, before, inner, digits, after = match.groups()
    number = parse_number(digits)
    if number is None:
        return None
    if (sign == "-") != (inner == "-"):
        number = -number
    end = match.end() if not (before and after) else match.start(5)
    return number, before or after or "", end


def parse(files: Files) -> Element:
    """All journals given, one after the other in the order of their names."""
    reader = Reader()
    for name, text in texts(files, MAIN):
        reader.read(name, text)
    return Element("ledger", {}, tuple(reader.entries), tuple(reader.problems))


class Reader:
    """Reads line by line; what is indented belongs to the entry above it."""

    def __init__(self) -> None:
        self.entries: list[Element] = []
        self.problems: list[str] = []
        self.year: int | None = None
        self.head: Element | None = None
        self.parts: list[Element] = []
        self.body: list[str] = []
        self.where = ""

    def read(self, name: str, text: str) -> None:
        block: list[str] | None = None
        for number, line in enumerate(text.split("\n"), 1):
            if block is not None:
                if line.strip() in ("end comment", "end test", "end"):
                    self.entries.append(element("comment", text="\n".join(block).strip()))
                    block = None
                else:
                    block.append(line)
                continue
            if line.strip() in ("comment", "test"):
                self.close()
                block = []
                continue
            self.line(line, name, number)
        self.close()
        if block:
            self.problems.append(f"{name}: the comment block has no end")
            self.entries.append(element("comment", text="\n".join(block).strip()))

    def line(self, line: str, name: str, number: int) -> None:
        first = line[:1]
        if first in (" ", "\t"):
            body = line.strip()
            if body:
                self.indented(body, f"{name}:{number}")
            return
        self.close()
        if not first or not line.strip():
            return
        self.where = f"{name}:{number}"
        if first.isdigit():
            self.transaction(line)
        elif first in _COMMENT:
            text = line.lstrip(_COMMENT + " \t").rstrip()
            if text:
                self.entries.append(Element("comment", {"text": text}))
        elif first in "~=":
            self.head = element("automated", rule=line.strip())
        elif first == "P" and self.price(line):
            return
        else:
            self.directive(line.strip())

    def transaction(self, line: str) -> None:
        note = ""
        match = _NOTE.search(line)
        if match:
            line, note = line[: match.start()], line[match.end() :].strip()
        head = _HEAD.match(line.rstrip())
        if head is None:
            self.stray(line.strip() + ("  ; " + note if note else ""))
            return
        day, aux, state, code, payee = head.groups()
        fields: dict[str, Hashable] = {"date": parse_date(day, self.year)}
        if type(fields["date"]) is str:
            self.problems.append(f"{self.where}: there is no day {day}")
        if aux:
            fields["aux_date"] = parse_date(aux, self.year)
        if state:
            fields["state"] = state
        if code:
            fields["code"] = code
        if payee and payee.strip():
            fields["payee"] = " ".join(payee.split())
        if note:
            fields["note"] = note
        self.head = Element("transaction", fields)

    def price(self, line: str) -> bool:
        parts = line.split(None, 2)
        if len(parts) < 3 or not re.fullmatch(_DATE, parts[1]):
            return False
        rest = re.sub(r"^\d{2}:\d{2}(:\d{2})?\s+", "", parts[2])
        unit = re.match(_UNIT, rest)
        amount = parse_amount(rest[unit.end() :].strip()) if unit else None
        if unit is None or amount is None:
            return False
        fields = {"date": parse_date(parts[1], self.year), "commodity": unit.group(), "amount": amount[0]}
        self.entries.append(element("price", currency=amount[1], **fields))
        return True

    def directive(self, line: str) -> None:
        word, _, value = line.partition(" ")
        bare = word.lstrip("!@")
        if bare not in _DIRECTIVES:
            self.stray(line)
            return
        if bare in ("Y", "year") and value.strip().isdigit():
            self.year = int(value)
        if bare == "apply" and value.startswith("year") and value[4:].strip().isdigit():
            self.year = int(value[4:])
        self.head = element("directive", name=bare, value=" ".join(value.split()))

    def stray(self, text: str) -> None:
        self.problems.append(f"{self.where}: not a ledger line: {text[:60]}")
        self.entries.append(stray(text))

    def indented(self, body: str, where: str) -> None:
        if self.head is None:
            self.where = where
            if body[0] in _COMMENT:
                self.entries.append(Element("comment", {"text": body.lstrip(_COMMENT + " \t")}))
            elif _HEAD.match(body):
                self.transaction(body)
            else:
                self.stray(body)
        elif self.head.kind == "directive":
            self.body.append(body)
        elif body[0] == ";":
            self.remark(body[1:].strip())
        else:
            self.parts.append(self.posting(body, where))

    def remark(self, text: str) -> None:
        """A comment line belongs to the posting above it, before the first posting to the transaction."""
        if not text:
            return
        note = Element("remark", {"text": text})
        if self.parts and self.parts[-1].kind == "posting":
            last = self.parts[-1]
            self.parts[-1] = last.with_children((*last.children, note))
        else:
            self.parts.append(note)

    def posting(self, body: str, where: str) -> Element:
        fields: dict[str, Hashable] = {}
        semicolon = body.find(";")
        comment = ""
        if semicolon > 0 and body[semicolon - 1] in " \t":
            comment = body[semicolon + 1 :].strip()
            body = body[:semicolon].rstrip()
        if body[0] in "*!" and len(body) > 1:
            fields["state"] = body[0]
            body = body[1:].lstrip()
        gap = _GAP.search(body)
        if gap:
            account, rest = body[: gap.start()], body[gap.end() :]
        else:
            account, rest = body, ""
            sloppy = _TAIL.match(body)
            if sloppy:
                account, rest = sloppy.groups()
                self.problems.append(f"{where}: one blank between account and amount")
        if account[0] in "([" and account[-1] in ")]":
            fields["virtual"] = "balanced" if account[0] == "[" else "unbalanced"
            account = account[1:-1].strip()
        fields["account"] = account
        if rest:
            self.amount(rest, fields)
        if comment:
            fields["comment"] = comment
        return Element("posting", fields)

    def amount(self, rest: str, fields: dict[str, Hashable]) -> None:
        """Amount, lot, cost and balance assertion; what is none of these is kept as an expression."""
        found = parse_amount(rest) if rest[0] != "=" else None
        if found:
            fields["amount"] = found[0]
            if found[1]:
                fields["currency"] = found[1]
            rest = rest[found[2] :].strip()
        lots = ""
        while found and (lot := _LOT.match(rest)):
            lots += lot.group(1)
            rest = rest[lot.end() :]
        if lots:
            fields["lot"] = lots
        if rest.startswith("@"):
            mark = "@@" if rest.startswith("@@") else "@"
            cost = parse_amount(rest.lstrip("@").lstrip("= "))
            if cost:
                fields["cost"], fields["cost_currency"] = cost[0], cost[1] or None
                if mark == "@@":
                    fields["cost_total"] = "total"
                rest = rest[len(rest) - len(rest.lstrip("@").lstrip("= ")) + cost[2] :].strip()
        if rest.startswith("="):
            claim = parse_amount(rest.lstrip("= "))
            if claim:
                fields["assertion"], fields["assertion_currency"] = claim[0], claim[1] or None
                rest = rest[len(rest) - len(rest.lstrip("= ")) + claim[2] :].strip()
        if rest:
            fields["expression"] = rest
        for name in [name for name, value in fields.items() if value is None]:
            del fields[name]

    def close(self) -> None:
        """End the entry that is open."""
        head = self.head
        if head is None:
            return
        if head.kind == "directive":
            if self.body:
                head = head.with_fields(body="\n".join(self.body))
        elif head.kind == "transaction":
            head = head.with_children(self.balanced(self.parts))
        else:
            head = head.with_children(self.parts)
        self.entries.append(head)
        self.head, self.parts, self.body = None, [], []

    def balanced(self, parts: list[Element]) -> list[Element]:
        """The parts with the amount that was left out. An imbalance is a problem: ledger refuses the file."""
        open_at = -1
        sums: dict[str, Decimal] = defaultdict(Decimal)
        exact = True
        for n, part in enumerate(parts):
            fields = part.fields
            if part.kind != "posting" or fields.get("virtual") == "unbalanced":
                continue
            if "amount" not in fields:
                if "expression" in fields or "assertion" in fields or open_at >= 0:
                    return parts
                open_at = n
                continue
            exact = exact and not ("expression" in fields or "lot" in fields)
            weight, unit = worth(part)
            sums[unit] += weight
        rest = [(unit, total) for unit, total in sums.items() if total]
        if open_at < 0:
            if len(rest) == 1 and exact and abs(rest[0][1]) >= Decimal("0.01"):
                self.problems.append(f"{self.where}: the transaction is out of balance by {rest[0][1]} {rest[0][0]}")
        elif len(sums) == 1 or len(rest) == 1:
            unit, total = rest[0] if rest else next(iter(sums.items()))
            parts = list(parts)
            parts[open_at] = parts[open_at].with_fields(amount=-total, currency=unit or None)
        return parts


def worth(posting: Element) -> tuple[Decimal, str]:
    """What a posting adds to its transaction's balance: its amount, or its cost where one is given."""
    amount, cost = posting.number("amount"), posting.get("cost")
    if not isinstance(cost, Decimal):
        return amount, posting.text("currency")
    if posting.get("cost_total"):
        return cost.copy_sign(amount), posting.text("cost_currency")
    return amount * cost, posting.text("cost_currency")


def show_amount(number: Hashable, currency: Hashable) -> str:
    """`$5.00` for signs, `5.00 EUR` for names."""
    unit = "" if currency is None else str(currency)
    shown = f"{number:f}" if isinstance(number, Decimal) else str(number)
    if unit and not unit[0].isalnum() and unit[0] != '"':
        return f"-{unit}{shown[1:]}" if shown.startswith("-") else f"{unit}{shown}"
    return f"{shown} {unit}" if unit else shown


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
            amount = show_amount(entry["amount"], entry.get("currency"))
            return f"P {entry['date']} {entry['commodity']} {amount}"
        case "directive":
            lines = [f"{entry['name']} {entry.text('value')}".rstrip()]
            return "\n".join(lines + [f"    {line}" for line in entry.text("body").split("\n") if line])
        case "comment":
            text = entry.text("text")
            return f"comment\n{text}\nend comment" if "\n" in text else f"; {text}"
        case _:
            return entry.text("text")


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
