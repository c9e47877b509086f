"""Quantities, units and ingredient lines as cooks write them.

Numbers are exact Fractions: 1/2, 0.5 and ½ are one. Metric weights are kept in g, metric volumes in ml and pounds in
oz, so that 200 g and 0.2 kg are one amount; every other unit is itself, whatever its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from fractions import Fraction
from functools import lru_cache

from domains.kit import Element, element

_SPELLINGS = {
    "g": "g gr gram grams gramme grammes gramm", "kg": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
    "mg": "mg", "ml": "ml mls millilitre millilitres milliliter milliliters cc",
    "cl": "cl", "dl": "dl",
    "l": "l litre litres liter liters", "oz": "oz ounce ounces", "lb": "lb lbs pound pounds",
    "fl oz": "fl_oz fl._oz floz fluid_ounce fluid_ounces fluid_oz",
    "tsp": "tsp tsps teaspoon teaspoons tl c._à_c c._à_café",
    "tbsp": "tbsp tbsps tbs tbl tablespoon tablespoons el c._à_s c._à_soupe", "cup": "cup cups",
    "pint": "pint pints pt",
    "quart": "quart quarts qt", "gallon": "gallon gallons gal", "pinch": "pinch pinches prise prisen pincée pincées",
    "dash": "dash dashes", "splash": "splash splashes", "drizzle": "drizzle drizzles", "drop": "drop drops",
    "handful": "handful handfuls", "bunch": "bunch bunches bund", "clove": "clove cloves zehe zehen", "can": "can cans",
    "tin": "tin tins", "jar": "jar jars",
    "pack": "pack packs packet packets package packages pkg", "slice": "slice slices",
    "sprig": "sprig sprigs", "stick": "stick sticks", "stalk": "stalk stalks", "piece": "piece pieces stück",
    "bag": "bag bags", "box": "box boxes", "bottle": "bottle bottles", "carton": "carton cartons",
    "envelope": "envelope envelopes", "msp": "msp messerspitze",
    "knob": "knob knobs", "head": "head heads", "sheet": "sheet sheets", "leaf": "leaf leaves", "strip": "strip strips",
    "cm": "cm", "mm": "mm", "inch": "inch inches",
}  # fmt: skip
UNITS = {s.replace("_", " "): unit for unit, all_of_it in _SPELLINGS.items() for s in all_of_it.split()}
_LETTERS = {"T": "tbsp", "t": "tsp", "C": "cup", "c": "cup"}
_BASE = {
    "kg": (Fraction(1000), "g"), "mg": (Fraction(1, 1000), "g"), "cl": (Fraction(10), "ml"),
    "dl": (Fraction(100), "ml"),
    "l": (Fraction(1000), "ml"), "lb": (Fraction(16), "oz"),
}  # fmt: skip
_LARGE = {"g": ("kg", 1000), "ml": ("l", 1000), "oz": ("lb", 16)}
_DECIMAL = frozenset(("g", "kg", "ml", "l", "cm", "mm", "fl oz", "oz"))
_PLURALS = {
    "leaf": "leaves",
    "pinch": "pinches",
    "dash": "dashes",
    "splash": "splashes",
    "bunch": "bunches",
    "box": "boxes",
    "inch": "inches",
}
_NEVER_PLURAL = frozenset(("g", "kg", "ml", "l", "oz", "lb", "fl oz", "tsp", "tbsp", "cm", "mm", "msp"))
_LOOSE = "pinch|dash|splash|drizzle|handful|bunch|knob|few drops"

VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_VULGAR = re.compile(f"(?:(\\d)\\s?)?([{''.join(VULGAR)}])")
NUMBER = r"(?:\d{1,6}(?:\s+|-)\d{1,4}\s?/\s?\d{1,4}|\d{1,6}\s?/\s?\d{1,4}|\d{1,9}(?:[.,]\d{1,9})?|\.\d{1,9})"
_ALIASES = "|".join(re.escape(s) for s in sorted(UNITS, key=len, reverse=True))
_UNIT = rf"(?:((?i:{_ALIASES})|[TtCc])\.?(?![\w'’%-]))"
_ABOUT = r"(?i:(about|approx\.?|approximately|around|circa|ca\.|roughly|~|≈)\s*)?"
_RANGE = re.compile(rf"({NUMBER})(?:\s?(?:-|–|—|to\b|bis\b)\s?({NUMBER}))?(?![\d/])\s*")
_HEAD = re.compile(rf"{_ABOUT}(?=[\d.])")
_ARTICLE = re.compile(rf"(?i:(?:(an?|one|half an?)\s+)(?={_UNIT})|(?=(?:{_LOOSE})\s+of\b))")
_HAS_UNIT = re.compile(rf"-?{_UNIT}(?:\((?:n|e|en|s|es)\))?\s*")
_SIZE = re.compile(rf"[x×]?\s*\(\s*({_ABOUT}{NUMBER}[^()]*)\)\s*|[x×]\s*({NUMBER}\s?-?{_UNIT})\s*")
_SLASH = re.compile(rf"/\s?({NUMBER}\s*{_UNIT})\s*")
_OUNCES = re.compile(rf"({NUMBER})\s*(?i:oz|ounces?)\.?(?!\w)\s*")
_OF = re.compile(r"(?i:of|de|di)\s+|[dD]['’](?=\w)")
_REFERENCE = re.compile(r"\(\d{1,6}\)\s")
_TAIL = re.compile(rf"(\D{{2,80}}?)(?:\s*[:–—]\s+|\s+-\s+)({_ABOUT}{NUMBER}.{{0,40}})$")
_LAST = re.compile(rf"([^\d,(:]{{2,80}})\s({NUMBER}\s?{_UNIT})$")
_STARS = re.compile(r"\*([^*]+)\*|(?<!\w)_([^_]+)_(?!\w)")


def plain_fractions(text: str) -> str:
    """Text with ½ as 1/2, 1½ as 1 1/2."""
    text = text.replace("⁄", "/")
    return _VULGAR.sub(lambda m: f"{m[1]} {VULGAR[m[2]]}" if m[1] else VULGAR[m[2]], text)


def parse_number(text: str) -> Fraction | None:
    """`2`, `1.5`, `1,5`, `1/2`, `1 1/2`, `1-1/2`, `½`; None when it is none of these."""
    text = plain_fractions(text.strip())
    whole, _, rest = text.replace("-", " ", 1).rpartition(" ") if "/" in text else ("", "", text)
    if "/" not in text and re.fullmatch(r"\d{1,3},\d{3}", rest):
        rest = rest.replace(",", "")
    try:
        return Fraction(whole.strip() or 0) + Fraction(rest.replace(",", "."))
    except (ValueError, ZeroDivisionError):
        return None


def show_number(number: Fraction, decimal: bool = False) -> str:
    """Shortest exact form: `2`, `1 1/2`, `0.35`; decimals first where the unit is metric."""
    if number.denominator == 1:
        return str(number.numerator)
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1 and (decimal or number.denominator not in (2, 4, 8)) and number.denominator <= 10**9:
        shown = f"{number.numerator * 10**9 // number.denominator:010d}"
        if Fraction(int(shown), 10**9) == number:
            return f"{shown[:-9]}.{shown[-9:]}".rstrip("0")
    whole, part = divmod(number.numerator, number.denominator)
    return f"{whole} {part}/{number.denominator}" if whole > 0 else f"{number.numerator}/{number.denominator}"


def unit_of(word: str) -> str | None:
    """The unit a spelling means."""
    word = " ".join(word.split())
    return _LETTERS.get(word) or UNITS.get(word.casefold().rstrip(".")) or UNITS.get(word.casefold())


def in_base(number: Fraction, unit: str) -> tuple[Fraction, str]:
    """kg, l, lb … as the unit they are kept in."""
    factor, base = _BASE.get(unit, (Fraction(1), unit))
    return number * factor, base


def show_amount(ingredient: Element) -> str:
    """`about 2-3 tbsp`, `1.5 kg`: the amount an ingredient line begins with."""
    quantity, upto, unit = ingredient.get("quantity"), ingredient.get("upto"), ingredient.text("unit")
    numbers = [q for q in (quantity, upto) if isinstance(q, Fraction)]
    large, times = _LARGE.get(unit, ("", 1))
    if large and numbers and min(numbers) >= times and all((q / times * 1000).denominator == 1 for q in numbers):
        numbers, unit = [q / times for q in numbers], large
    shown = "-".join(show_number(q, unit in _DECIMAL) for q in numbers)
    if unit and unit not in _NEVER_PLURAL and numbers and max(numbers) > 1:
        unit = _PLURALS.get(unit, unit + "s")
    return " ".join(part for part in (ingredient.text("about"), shown, unit) if part)


def show_ingredient(ingredient: Element) -> str:
    """The line without its bullet."""
    also = f"({ingredient.text('also')})" if "also" in ingredient.fields else ""
    line = " ".join(part for part in (show_amount(ingredient), also, ingredient.text("name")) if part)
    return line + (f", {ingredient.text('preparation')}" if "preparation" in ingredient.fields else "")


@lru_cache(maxsize=16384)
def parse_ingredient(line: str) -> Element:
    """An ingredient line; what does not come back the same when written again is kept whole as the name."""
    text = " ".join(plain_fractions(unstressed(line)).split())
    if not text:
        return element("ingredient", name=line.strip())
    found = _read(text)
    if found is None or _read(show_ingredient(found)) != found:
        return element("ingredient", name=text)
    return found


def starts_with_amount(line: str) -> bool:
    """Whether a bullet is an ingredient by its beginning: an amount, or `(12)` where a list holds the amounts."""
    text = plain_fractions(unstressed(line[:80])).lstrip()
    head = _HEAD.match(text)
    return bool(head or _ARTICLE.match(text) or _REFERENCE.match(text))


def unstressed(text: str) -> str:
    """Text without the marks of emphasis."""
    if "**" in text or "__" in text:
        text = text.replace("**", "").replace("__", "")
    return _STARS.sub(lambda m: m[1] or m[2], text) if "*" in text or "_" in text else text


def _read(text: str) -> Element | None:
    if not text:
        return None
    head = _HEAD.match(text)
    if head is None and not _ARTICLE.match(text):
        turned = _TAIL.match(text) or _LAST.match(text)
        if turned and (amount := _amount(turned[2])) and not amount[1]:
            return _made(amount[0], turned[1].strip())
        return _made({}, text)
    amount = _amount(text)
    if amount and (not amount[1] or amount[1].startswith(",")):
        amount = _amount(text, counted=False)  # `4 cloves` are a spice, not a unit of nothing
    return _made(*amount) if amount and amount[1] else None


def _made(fields: dict[str, Hashable], rest: str) -> Element:
    """With what stands behind the amount: name, and preparation after the first comma outside brackets."""
    depth = 0
    for n, char in enumerate(rest):
        depth += (char == "(") - (char == ")")
        if char == "," and depth <= 0 and 0 < n < len(rest) - 1 and rest[n + 1] == " ":
            fields["name"], fields["preparation"] = rest[:n].strip(), rest[n + 1 :].strip()
            break
    else:
        fields["name"] = rest
    return element("ingredient", **fields)


def _amount(text: str, counted: bool = True) -> tuple[dict[str, Hashable], str] | None:
    """(fields, rest of the line) of a line that begins with an amount."""
    fields: dict[str, Hashable] = {}
    head, article = _HEAD.match(text), _ARTICLE.match(text)
    if head:
        span = _RANGE.match(text, head.end())
        numbers = [parse_number(n) for n in span.groups() if n] if span else []
        if span is None or None in numbers:
            return None
        fields["about"] = "about" if head[1] else None
        at = span.end()
    elif article:
        numbers, at = (
            [Fraction(1, 2) if (article[1] or "").casefold().startswith("half") else Fraction(1)],
            article.end(),
        )
    else:
        return None
    size = _SIZE.match(text, at)
    at = size.end() if size else at
    unit, behind = _unit(text, at, numbers)
    if counted or unit in _NEVER_PLURAL:
        at = behind
    else:
        unit = ""
    size = size or _SIZE.match(text, at) or _SLASH.match(text, at)
    if size and size.end() > at:
        at = size.end()
    if unit and (of := _OF.match(text, at)):
        at = of.end()
    if at < len(text) and text[at - 1] not in " )":
        return None
    also = next((g for g in size.groups() if g and any(c.isdigit() for c in g)), None) if size else None
    values = [in_base(n, unit)[0] for n in numbers if n is not None]
    fields |= {"quantity": values[0], "upto": values[1] if len(values) > 1 else None, "also": also and also.strip()}
    fields["unit"] = in_base(Fraction(1), unit)[1] if unit else None
    return {k: v for k, v in fields.items() if v is not None}, text[at:].strip()


def _unit(text: str, at: int, numbers: list[Fraction | None]) -> tuple[str, int]:
    """The unit at a place and where it ends; ounces after pounds are added to the numbers."""
    match = _HAS_UNIT.match(text, at)
    unit = unit_of(match[1]) if match else None
    if match is None or unit is None:
        return "", at
    at = match.end()
    if unit == "lb" and len(numbers) == 1 and numbers[0] is not None and (more := _OUNCES.match(text, at)):
        numbers[0] += (parse_number(more[1]) or Fraction(0)) / 16
        at = more.end()
    return unit, at
