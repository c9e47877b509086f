"""Reads ledger-cli journals, and hledger's, line by line: what is indented belongs to the entry above it."""

from __future__ import annotations

import re
from collections.abc import Hashable
from textwrap import dedent

from domains.accounting.amounts import DATE, UNIT, decimal_mark, parse_amount, parse_date, show_amount
from domains.accounting.balance import balanced
from domains.kit import Element, Files, element, stray, texts

MAIN = "journal.ledger"

_HEAD = re.compile(rf"({DATE})(?:=({DATE}))?(?:\s+([*!]))?(?:\s*\(([^)]*)\))?(?:\s+(.*))?$")
_NOTE = re.compile(r"\s;")
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?(?!\w))?"
_PRICE = re.compile(rf"P\s+({DATE})\s+(?:({_TIME})\s+)?({UNIT})\s*(\S.*)$")
_CLOCK = re.compile(rf"([iohbIO])\s+({DATE})\s+({_TIME})(?:\s+(.*))?$")
_GAP = re.compile(r"\t\s*|\s{2,}")
_REST = re.compile(r'((?:[^";]|"[^"]*"|")*)(?:;(.*))?$')
_LOT = re.compile(r"(\{++=?+[^}]*+\}++|\[[^\]]*+\]|\(\([^)]*+\)++|\([^()]*+\))\s*+")
_TAIL = re.compile(rf"(.*\S)\s([-+]?\s?(?:(?:{UNIT})\s?[-+]?\d[\d,.]*|\d[\d,.]*\s?(?:{UNIT})|\d[\d,]*\.\d\d))$")
_DIRECTIVES = frozenset({
    "account", "alias", "apply", "assert", "bucket", "capture", "check", "commodity", "decimal-mark", "define", "def",
    "end", "eval", "expr", "fixed", "include", "payee", "tag", "test", "year", "python", "value",
    "A", "B", "C", "D", "N", "Y", "I", "i", "o", "h", "b", "O",
})  # fmt: skip
_COMMENT = ";#%|*"
_BLOCK = re.compile(r"(?:comment|test)(?:\s|$)")
_ENDS = frozenset(("end comment", "end test", "end"))


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
        self.mark = ""
        self.bucket = False
        self.head: Element | None = None
        self.parts: list[Element] = []
        self.body: list[str] = []
        self.where = ""

    def read(self, name: str, text: str) -> None:
        if not re.search(r"(?m)^\S", text):
            text = dedent(text)  # all of it stands as code in a list or a quotation does
        block: list[str] | None = None
        for number, line in enumerate(text.split("\n"), 1):
            if block is not None:
                if line.strip() in _ENDS:
                    self.entries.append(element("comment", text="\n".join(block).strip()))
                    block = None
                else:
                    block.append(line)
                continue
            if line[:4] in ("comm", "test") and _BLOCK.match(line):
                self.close()
                block = [line.partition(" ")[2]]
                continue
            self.line(line, name, number)
        self.close()
        if block and any(block):
            self.problems.append(f"{name}: the comment block has no end")
            self.entries.append(element("comment", text="\n".join(block).strip()))

    def line(self, line: str, name: str, number: int) -> None:
        first = line[:1]
        if first in (" ", "\t"):
            body = line.strip()
            if body:
                self.indented(body, (name, number))
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
        elif (first == "P" and self.price(line)) or (first in "iohbIO" and self.clock(line)):
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
            self.stray(line.strip() + (" ; " + note if note else ""))
            return
        day, aux, state, code, payee = head.groups()
        when = parse_date(day, self.year)
        fields: dict[str, Hashable] = {"date": when}
        if when == day and parse_date(day, 2000) == day:
            self.problems.append(f"{self.where}: there is no day {day}")
        if aux:
            fields["aux_date"] = parse_date(aux, getattr(when, "year", self.year))
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
        line, note = _REST.match(line).groups()  # type: ignore[union-attr]  # it matches any line
        match = _PRICE.match(line.rstrip())
        amount = parse_amount(match[4], self.mark) if match else None
        if match is None or amount is None or amount[2] < len(match[4]):
            return False
        fields = {"date": parse_date(match[1], self.year), "time": match[2], "commodity": match[3].strip('"')}
        note = (note or "").strip()
        self.entries.append(element("price", **fields, amount=amount[0], currency=amount[1], note=note))
        return True

    def clock(self, line: str) -> bool:
        """`i 2024/02/05 09:02:11 Projects:Meridian  bootloader`: hours that begin or end."""
        match = _CLOCK.match(line.rstrip())
        if match is None:
            return False
        account, text = cut(match[4] or "")
        if match[1] in "oO" and ":" not in account:
            account, text = "", match[4] or ""
        fields = {"mark": match[1], "date": parse_date(match[2], self.year), "time": match[3]}
        self.entries.append(element("clock", **fields, account=account, text=text.lstrip("; ")))
        return True

    def directive(self, line: str) -> None:
        if line[:2] in ("Y1", "Y2"):
            line = f"Y {line[1:]}"
        word, _, value = line.replace("\t", " ").partition(" ")
        bare = word.lstrip("!@")
        if bare not in _DIRECTIVES and not re.match(r"--[a-z]", word):
            self.stray(line)
            return
        value = " ".join(value.split())
        year = re.match(r"(?:year )?(\d{4})$", value)
        if bare in ("Y", "year", "apply") and year:
            self.year = int(year[1])
        elif bare in ("A", "bucket"):
            self.bucket = True
        self.head = element("directive", name=bare, value=value)
        if bare in ("decimal-mark", "D", "commodity"):
            self.mark = value if bare == "decimal-mark" and value in (",", ".") else decimal_mark(value) or self.mark

    def stray(self, text: str) -> None:
        self.problems.append(f"{self.where}: not a ledger line: {text[:60]}")
        self.entries.append(stray(text))

    def indented(self, body: str, where: tuple[str, int]) -> None:
        if self.head is None:
            self.line(body, *where)
        elif self.head.kind == "directive":
            self.body.append(body)
            if body.startswith("format "):
                self.mark = decimal_mark(body[7:]) or self.mark
        elif body[0] == ";":
            self.remark(body[1:].strip())
        else:
            self.parts.append(self.posting(body, "{}:{}".format(*where)))

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
        if body[0] in "*!" and len(body) > 1:
            fields["state"] = body[0]
            body = body[1:].lstrip()
        account, rest = cut(body)
        rest, comment = _REST.match(rest).groups()  # type: ignore[union-attr]  # it matches any line
        rest = rest.strip()
        if not rest and (sloppy := _TAIL.match(account)):
            account, rest = sloppy.groups()
            self.problems.append(f"{where}: one blank between account and amount")
        if account[:1] in ("(", "[") and account[-1] in ")]":
            fields["virtual"] = "balanced" if account[0] == "[" else "unbalanced"
            account = account[1:-1].strip()
        fields["account"] = account
        if rest:
            self.amount(rest, fields, where)
        if comment and comment.strip():
            fields["comment"] = comment.strip()
        return Element("posting", fields)

    def amount(self, rest: str, fields: dict[str, Hashable], where: str) -> None:
        """Amount, lot, cost and balance assertion; what is none of these is kept as an expression."""
        found = parse_amount(rest, self.mark) if rest[0] != "=" else None
        if found:
            fields["amount"] = found[0]
            if found[1]:
                fields["currency"] = found[1]
            rest = rest[found[2] :].strip()
        lots = []
        while found and (lot := _LOT.match(rest)):
            lots.append(self.lot(lot[1]))
            rest = rest[lot.end() :]
        if lots:
            fields["lot"] = " ".join(lots)
        for mark, name in (("@", "cost"), ("=", "assertion")):
            doubled = rest.startswith(mark * 2)
            after = rest.removeprefix(mark * (2 if doubled else 1)).lstrip()
            # hledger's == and =* claim more than the balance of an account, @ =$5 a price that stays.
            if len(after) == len(rest) or (doubled and mark == "="):
                continue
            if claim := parse_amount(after, self.mark):
                fields[name] = claim[0]
                if claim[1]:
                    fields[f"{name}_currency"] = claim[1]
                if doubled:
                    fields["cost_total"] = "total"
                rest = after[claim[2] :].strip()
        if rest:
            fields["expression"] = " ".join(rest.split())
        if rest[:1].isdecimal():  # ledger refuses it, and behind one blank it would be a group of the number before
            self.problems.append(f"{where}: two numbers in one amount")

    def lot(self, text: str) -> str:
        """`{ $1,000.00 }` as `{$1000.00}`, `[2012/04/10]` as `[2012-04-10]`."""
        inner = text.strip("{}[]() ")
        if text[0] == "[" and re.fullmatch(DATE, inner):
            return f"[{parse_date(inner, self.year)}]"
        fixed = "=" if inner.startswith("=") else ""
        amount = parse_amount(inner.lstrip("= "), self.mark) if text[0] == "{" else None
        if amount and amount[2] == len(inner.lstrip("= ")):
            ends = ("{{", "}}") if text.startswith("{{") else ("{", "}")
            return f"{ends[0]}{fixed}{show_amount(amount[0], amount[1])}{ends[1]}"
        return text

    def close(self) -> None:
        """End the entry that is open."""
        head = self.head
        if head is None:
            return
        if head.kind == "directive":
            if self.body:
                head = head.with_fields(body="\n".join(self.body))
        elif head.kind == "transaction":
            parts, wrong = balanced(self.parts, self.bucket)
            self.problems += [f"{self.where}: {what}" for what in wrong]
            head = head.with_children(parts)
        else:
            head = head.with_children(self.parts)
        self.entries.append(head)
        self.head, self.parts, self.body = None, [], []


def cut(body: str) -> tuple[str, str]:
    """An account, and what stands behind two blanks, a tab or the semicolon of a comment."""
    gap = _GAP.search(body)
    note = _NOTE.search(body)
    if note and (gap is None or note.start() < gap.start()):
        return body[: note.start()].rstrip(), body[note.start() :].strip()
    return (body[: gap.start()], body[gap.end() :]) if gap else (body, "")
