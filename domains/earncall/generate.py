"""Calls of any size: segments add up to the total, growth, margins and earnings per share follow from the figures."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from domains.earncall import phrases
from domains.earncall.render import render
from domains.earncall.schema import PARAGRAPH, block, table
from domains.kit import Element, element
from domains.kit.generate import CITIES, FAMILY, fill, person, tokens_of

SMALL = 700
"""Tokens below which a call has no list of participants and only short answers."""
_CURRENCIES = ("$", "$", "€", "£", "¥", "CHF ")
_ORDINAL = ("first", "second", "third", "fourth")


class Company:
    """One quarter of one company, and what its people say about it. A fact asked for twice is the same fact."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.industry = rng.choice(sorted(phrases.INDUSTRIES))
        self.segments, themes, kinds = phrases.INDUSTRIES[self.industry]
        self.themes = (*themes, *phrases.THEMES)
        stem = rng.choice(
            (rng.choice(FAMILY), rng.choice(CITIES), rng.choice(("Corvane", "Helvix", "Oriol", "Tessaly")))
        )
        self.name = f"{stem} {rng.choice(kinds)} {rng.choice(('AG', 'plc', 'Inc.', 'N.V.', 'ASA', 'S.A.', 'Group'))}"
        self.sign = rng.choice(_CURRENCIES)
        names = list(dict.fromkeys(person(rng) for _ in range(12)))
        self.ceo, self.cfo, self.ir = names[:3]
        self.quarter, self.year = rng.randint(1, 4), rng.randint(2019, 2026)
        self.fiscal = rng.choice(("", "fiscal "))
        self.day = date(self.year, 3 * self.quarter, 28) + timedelta(days=rng.randint(5, 50))
        self.hour = rng.choice(("morning", "afternoon"))
        self.known: dict[tuple[str, ...], str] = {}
        self.figures()

    def figures(self) -> None:
        rng = self.rng
        size = rng.choice((1, 1, 10)) * (100 if self.sign == "¥" else 1)
        self.old: list[Decimal] = [Decimal(rng.randint(400, 9000)) * size / 10 for _ in self.segments]
        self.new = [(o * rng.randint(88, 127) / 100).quantize(Decimal("0.1")) for o in self.old]
        self.revenue, before = sum(self.new, Decimal(0)), sum(self.old, Decimal(0))
        self.growth = (100 * (self.revenue - before) / before).quantize(Decimal("0.1"))
        gross = (self.revenue * rng.randint(290, 680) / 1000).quantize(Decimal("0.1"))
        margin = (100 * gross / self.revenue).quantize(Decimal("0.1"))
        spent = (gross * rng.randint(45, 80) / 100).quantize(Decimal("0.1"))
        net = ((gross - spent) * rng.randint(70, 82) / 100).quantize(Decimal("0.1"))
        shares = rng.randint(80, 900)
        per_share = (net / shares).quantize(Decimal("0.01"))
        low = (self.revenue * rng.randint(97, 104) / 100).quantize(Decimal(1))
        following = self.quarter % 4 + 1
        year = self.year + (following == 1)
        amounts = {
            "rev": self.revenue, "oldrev": before, "gp": gross, "opex": spent, "oi": gross - spent, "ni": net,
            "capex": self.revenue * rng.randint(3, 14) / 100, "cash": self.revenue * rng.randint(10, 90) / 100,
            "low": low, "high": low * 103 / 100, "rev1": self.new[0], "rev2": self.new[1], "rev3": self.new[2],
        }  # fmt: skip
        quarter = f"the {_ORDINAL[self.quarter - 1]} quarter of {self.fiscal}{self.year}"
        self.fixed = {
            **{name: self.money(amount) for name, amount in amounts.items()},
            **dict(zip(("seg1", "seg2", "seg3"), self.segments, strict=False)),
            "q": rng.choice((f"Q{self.quarter}", quarter)), "next": f"Q{following} {'FY' if self.fiscal else ''}{year}",
            "grow": f"{abs(self.growth)}%", "updown": "up" if self.growth >= 0 else "down", "gm": f"{margin}%",
            "gmnext": f"{margin + rng.randint(-2, 3)}%", "eps": f"{self.sign}{per_share}",
            "shares": f"{shares} million shares",
            "div": f"{self.sign}{Decimal(rng.randint(5, 240)) / 100:.2f}",
            "people": f"{rng.randint(9, 480) * 100:,} employees",
            "day": self.hour, "ceo": self.ceo.split()[0],
        }  # fmt: skip
        self.best = max(range(len(self.segments)), key=lambda n: self.new[n] / self.old[n])

    def money(self, millions: Decimal) -> str:
        """`$1.24 billion` from a thousand millions on, else `$312.4 million`."""
        if millions >= 1000:
            return f"{self.sign}{(millions / 1000).quantize(Decimal('0.01'))} billion"
        return f"{self.sign}{millions.quantize(Decimal('0.1'))} million"

    def drawn(self, blank: str, about: tuple[str, ...]) -> str:
        """A fact of this company about something, always the same one."""
        key = (blank, *about)
        if key not in self.known:
            rng = self.rng
            self.known[key] = {
                "a": lambda: self.money(self.revenue * rng.randint(4, 160) / 1000),
                "p": lambda: f"{rng.randint(4, 88)}{rng.choice(('%', '%', ' percent'))}",
                "r": lambda: f"{Decimal(rng.randint(11, 69)) / 10}%",
                "bp": lambda: f"{rng.randrange(10, 380, 10)} basis points",
                "n": lambda: f"{rng.randint(12, 2400):,}",
                "n2": lambda: str(rng.randint(3, 18)),
                "n3": lambda: str(rng.randint(38, 140)),
            }[blank]()
        return self.known[key]

    def say(self, line: str, **given: str) -> str:
        """A sentence with its blanks filled."""
        rng = self.rng
        n = self.segments.index(given["seg"]) if "seg" in given else rng.randrange(len(self.segments))
        change = (100 * (self.new[n] - self.old[n]) / self.old[n]).quantize(Decimal("0.1"))
        blanks = {
            **self.fixed, "seg": self.segments[n], "segrev": self.money(self.new[n]), "segold": self.money(self.old[n]),
            "segmove": f"{'grew' if change >= 0 else 'declined'} {abs(change)}%",
            "theme": rng.choice(self.themes), "region": rng.choice(phrases.REGIONS),
            "who": rng.choice((self.ceo, self.cfo)).split()[0], **given,
        }  # fmt: skip
        about = tuple(blanks[b] for b in ("seg", "theme", "region") if "{" + b + "}" in line)
        for blank in ("a", "p", "r", "bp", "n", "n2", "n3"):
            if "{" + blank + "}" in line:
                blanks[blank] = self.drawn(blank, (line, *about))
        said = line.format_map(blanks)
        return said[0].upper() + said[1:]


def generate(rng: random.Random, tokens: int) -> Element:
    """A call about one quarter. Same `rng` state, same call."""
    company = Company(rng)
    small = tokens < SMALL
    cast = analysts(rng, 2 if small else max(3, min(40, tokens // 600)), company)
    head = opening(company, cast, small)
    exchanges: list[tuple[str, str]] = []

    def make(number: int) -> list[Element]:
        if number >= len(exchanges):
            order = rng.sample(cast, len(cast))
            exchanges.extend(order[::-1] if exchanges and order[0] == exchanges[-1] else order)
        return exchange(company, *exchanges[number], small, number)

    def document(records: Sequence[list[Element]]) -> Element:
        turns = [turn for record in records for turn in record]
        return Element("call", {}, (*head, *turns, *([] if small else closing(company))))

    def size(records: Sequence[list[Element]]) -> int:
        return tokens_of(render(document(records)))

    records = fill(tokens, make, size, least=1)
    if len(records) > 1 and size(records) - tokens > tokens - size(records[:-1]):
        records.pop()
    return document(records)


def analysts(rng: random.Random, count: int, company: Company) -> list[tuple[str, str]]:
    """Names with firms, none of them twice or of the company."""
    taken = {company.ceo, company.cfo, company.ir}
    found: list[tuple[str, str]] = []
    while len(found) < count:
        name = person(rng)
        if name not in taken:
            taken.add(name)
            found.append((name, rng.choice(phrases.FIRMS)))
    return found


def turn(speaker: str, role: str, *paragraphs: str) -> Element:
    parts = [s for n, line in enumerate(paragraphs) for s in block(line, PARAGRAPH if n else "")]
    return element("turn", *parts, speaker=speaker, role=role)


def some(company: Company, pool: Sequence[str], least: int, most: int, **given: str) -> str:
    rng = company.rng
    return " ".join(company.say(line, **given) for line in rng.sample(pool, min(len(pool), rng.randint(least, most))))


def opening(company: Company, cast: list[tuple[str, str]], small: bool) -> list[Element]:
    rng = company.rng
    period = f"Q{company.quarter} {'FY' if company.fiscal else ''}{company.year}"
    metas = {"company": company.name, "date": f"{company.day:%B} {company.day.day}, {company.day.year}"}
    if not small:
        metas |= {"period": period, "industry": company.industry, "currency": company.sign.strip()}
    welcome = f"Good {company.hour}, and welcome to the {company.name} {period} earnings call."
    finance = [company.say(line) for line in phrases.FINANCE]
    found = [
        *(element("meta", key=k, value=v) for k, v in metas.items()),
        element("title", text=f"{company.name} -- {period} Earnings Call"),
    ]
    if small:
        lines = [company.say(line) for line in phrases.OPENING[:3]]
        return [*found, turn("Operator", "", welcome), turn(company.ceo, "Chief Executive Officer", " ".join(lines)),
                turn(company.cfo, "Chief Financial Officer", finance[5])]  # fmt: skip
    plan = rng.sample(phrases.STRATEGY, rng.randint(7, len(phrases.STRATEGY)))
    roles = {
        company.ceo: "Chief Executive Officer",
        company.cfo: "Chief Financial Officer",
        company.ir: "Investor Relations",
    }
    found += [
        element("section", title="Company participants"),
        *(element("participant", name=n, role=r) for n, r in roles.items()),
        element("section", title="Analysts"),
        *(element("participant", name=n, role=f"{firm}, Analyst") for n, firm in cast),
        element("section", title="Prepared remarks"),
        turn("Operator", "", f"{welcome} {phrases.MUTED}"),
        turn(company.ir, "Investor Relations", " ".join(phrases.SAFE_HARBOR), f"I now hand over to {company.ceo}."),
        turn(company.ceo, "Chief Executive Officer",
             " ".join(company.say(p, seg=company.segments[company.best]) for p in phrases.OPENING),
             *(" ".join(company.say(p, who=company.cfo.split()[0]) for p in part) for part in (plan[:5], plan[5:]))),
        numbers(company, finance),
        element("section", title="Questions and answers"),
    ]  # fmt: skip
    rng.shuffle(cast)
    return found


def numbers(company: Company, finance: list[str]) -> Element:
    """The finance chief's remarks, with revenue by segment in a table that adds up."""
    said = turn(company.cfo, "Chief Financial Officer", " ".join(finance[:4]), " ".join(finance[4:7]))
    rows = [["Revenue by segment, millions", "This year", "Last year"]]
    names = (*company.segments, "Total")
    new, old = (*company.new, company.revenue), (*company.old, sum(company.old, Decimal(0)))
    rows += [[name, f"{n:,.1f}", f"{o:,.1f}"] for name, n, o in zip(names, new, old, strict=True)]
    return said.with_children([*said.children, table(rows), *block(" ".join(finance[7:]), PARAGRAPH)])


def exchange(company: Company, analyst: str, firm: str, small: bool, number: int) -> list[Element]:
    """The operator's call, the question and its answers."""
    rng = company.rng
    theme = rng.choice(company.themes)
    asker = analyst.split()[0]
    boss = rng.random() < 0.55
    people = [(company.ceo, "Chief Executive Officer"), (company.cfo, "Chief Financial Officer")][:: 1 if boss else -1]
    given = {"asker": asker, "theme": theme, "who": people[1][0].split()[0]}
    to_them = given | {"who": people[0][0].split()[0]}
    role = f"{firm}, Analyst"
    if small:
        ask = turn(analyst, role, company.say(rng.choice(phrases.QUESTIONS), **to_them))
        return [ask, turn(*people[0], company.say(rng.choice(phrases.STARTS[1:4]), **given)
                          + " " + company.say(rng.choice(phrases.ANSWERS), **given))]  # fmt: skip
    call = rng.choice(phrases.NEXT if number else phrases.NEXT[1:4]).format(name=analyst, firm=firm)
    question = " ".join([company.say(rng.choice(phrases.ASKS)), some(company, phrases.QUESTIONS, 1, 2, **to_them)])
    if rng.random() < 0.5:
        question += " " + company.say(rng.choice(phrases.FOLLOW), **to_them)
    answer = [company.say(rng.choice(phrases.STARTS), **given)]
    answer.append(some(company, phrases.ANSWERS, 2, 5, **given))
    later = [some(company, phrases.ANSWERS, 2, 4, who=given["who"])] if rng.random() < 0.35 else []
    found = [turn("Operator", "", call), turn(analyst, role, question), turn(*people[0], " ".join(answer), *later)]
    if rng.random() < 0.35:
        back = given | {"who": people[0][0].split()[0]}
        more = some(company, phrases.ANSWERS, 1, 3, **back) + " " + company.say(rng.choice(phrases.ENDS), **back)
        found.append(turn(*people[1], more))
    if rng.random() < 0.25:
        found.append(
            turn(
                analyst, role, rng.choice(("Very helpful, thank you.", "Great. Thanks, and good luck.", "Understood."))
            )
        )
    return found


def closing(company: Company) -> list[Element]:
    return [
        turn("Operator", "", "There are no further questions at this time. I will turn the call back to the company."),
        turn(company.ceo, "Chief Executive Officer", company.say(phrases.FAREWELL)),
    ]  # fmt: skip
