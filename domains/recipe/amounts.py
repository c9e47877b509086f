"""Edits that restate amounts: US units and servings. Exact both ways: nothing is rounded."""

from __future__ import annotations

import re
from collections.abc import Hashable
from fractions import Fraction

from domains.kit import EditError, Element
from domains.kit.edits import edit_fields, transform
from domains.recipe.carve import FORMAT
from domains.recipe.facts import is_yield
from domains.recipe.measures import NUMBER, VULGAR, parse_number, show_number

_RUNNING = ("step", "point", "prose", "quote")

# -- units ------------------------------------------------------------------------------------------------------------

_FACTORS = {"g": (Fraction(35, 1000), "oz"), "ml": (Fraction(34, 1000), "fl oz")}
_BACK = {unit: (1 / factor, metric) for metric, (factor, unit) in _FACTORS.items()}
_TEMPERATURE = re.compile(
    r"((?<!\d)[-−]?\d{1,4}(?:\.\d{1,3})?)(?:(\s?[-–—]\s?|\s+to\s+)(\d{1,4}(?:\.\d{1,3})?))?"
    r"\s?(?:°|º|(?i:degrees?)(?!\w))\s?([CF])(?:elsius|ahrenheit)?(?!\w)"
)  # fmt: skip
UNCONVERTED = "(unconverted) "


def restated(document: Element, table: dict[str, tuple[Fraction, str]], source: str) -> Element:
    """Amounts by the table, temperatures out of `source` (C or F). What already is in the wanted unit is marked."""
    wanted = {unit for _, unit in table.values()}

    def degrees(match: re.Match[str]) -> str:
        if match[4] != source:
            return UNCONVERTED + match[0]
        numbers = [degree(n, source) if n else "" for n in (match[1], match[3])]
        return f"{numbers[0]}{match[2] or ''}{numbers[1]} °{'F' if source == 'C' else 'C'}"

    def change(e: Element) -> Element:
        if e.kind != "ingredient":
            name = "value" if e.kind == "fact" else "text"
            return e.with_fields(**{name: _TEMPERATURE.sub(degrees, e.text(name))}) if e.text(name) else e
        unit = e.text("unit")
        if unit in wanted:
            return e.with_fields(unit=UNCONVERTED + unit)
        if unit not in table:
            return e
        factor, new = table[unit]
        return e.with_fields(unit=new, **times(e, factor))

    return edit_fields(document, ("ingredient", "fact", *_RUNNING), change)


def degree(text: str, source: str) -> str:
    number = Fraction(text.replace("−", "-"))
    return show_number(number * 9 / 5 + 32 if source == "C" else (number - 32) * 5 / 9, decimal=True)


def times(ingredient: Element, factor: Fraction) -> dict[str, Hashable]:
    """The amounts of an ingredient multiplied."""
    values = {name: ingredient.get(name) for name in ("quantity", "upto")}
    return {name: value * factor for name, value in values.items() if isinstance(value, Fraction)}


def to_us(document: Element) -> Element:
    units = {e.get("unit") for e in document.walk() if e.kind == "ingredient"}
    texts = [e.text("value" if e.kind == "fact" else "text") for e in document.walk() if e.kind in (*_RUNNING, "fact")]
    if units & _BACK.keys() or any(m[4] == "F" for t in texts for m in _TEMPERATURE.finditer(t)):
        raise EditError("us_units: the collection has US units already")
    if not units & _FACTORS.keys():
        raise EditError("us_units: no ingredient is in metric units")
    return restated(document, _FACTORS, "C")


US_UNITS = transform(
    FORMAT, "us_units",
    "The kitchen in Portland needs US units. In the ingredient lines restate every amount in g or kg as ounces at 1 "
    "g = 0.035 oz and every amount in ml, cl, dl or l as fluid ounces at 1 ml = 0.034 fl oz, in decimals without "
    "rounding (250 g becomes 8.75 oz); amounts in brackets and other units stay. In running text (steps, bullets, "
    "paragraphs, quotes, lines like `Oven: 180 °C`) restate each temperature in °C as °F, °C × 1.8 + 32, without "
    "rounding; weights and volumes there stay, and so do tables, headings, comments and front matter. Result: "
    "{files}.",
    "Back to metric. In the ingredient lines restate every amount in ounces (or pounds of 16) as g at 1 g = 0.035 oz "
    "and every amount in fluid ounces as ml at 1 ml = 0.034 fl oz, without rounding (8.75 oz becomes 250 g); amounts "
    "in brackets stay. In running text restate each temperature in °F as °C, (°F − 32) / 1.8. Tables, headings, "
    "comments and front matter stay. Result: {files}.",
    ("numerical reasoning", "domain knowledge"), to_us, lambda document: restated(document, _BACK, "F"),
)  # fmt: skip

# -- servings ---------------------------------------------------------------------------------------------------------

_FIRST = re.compile(rf"{NUMBER}")


def scaled(document: Element, factor: Fraction) -> Element:
    def change(e: Element) -> Element:
        if e.kind == "ingredient":
            return e.with_fields(**times(e, factor))
        return e.with_fields(value=first_scaled(e.text("value"), factor)) if is_yield(e) else e

    return edit_fields(document, ("ingredient", "fact"), change)


def first_scaled(text: str, factor: Fraction) -> str:
    """The first number of a text multiplied, both ends when it begins a range."""
    for vulgar, plain in VULGAR.items():
        text = re.sub(rf"(\d)\s?{vulgar}", rf"\1 {plain}", text).replace(vulgar, plain)
    first = _FIRST.search(text)
    if first is None:
        return text
    end = re.compile(rf"\s?(?:-|–|to)\s?({NUMBER})").match(text, first.end())
    spans = [first.span(), *([end.span(1)] if end else [])]
    for start, stop in reversed(spans):
        number = parse_number(text[start:stop])
        if number is not None:
            shown = show_number(number * factor, decimal="." in text[start:stop])
            text = text[:start] + shown + text[stop:]
    return text


def tripled(document: Element) -> Element:
    if not any("quantity" in e.fields for e in document.walk()):
        raise EditError("triple: no ingredient has an amount")
    return scaled(document, Fraction(3))


TRIPLE = transform(
    FORMAT, "triple_servings",
    "Scale the collection up three times for the festival: multiply the amount of every ingredient line by 3 (both "
    "ends of a range), and in each line or bullet that says what a recipe gives (Serves, Servings, Makes, Yield, "
    "Portions) the first number, or range, by 3. Exact values, fractions or decimals. Amounts in brackets, "
    "ingredients without an amount, the times, the steps, the notes, tables and the front matter stay as they are. "
    "Result: {files}.",
    "The festival is over: divide the amount of every ingredient line by 3 (both ends of a range), and in each line "
    "that says what a recipe gives (Serves, Servings, Makes, Yield, Portions) the first number, or range, by 3. "
    "Exact values, 1/3 as a fraction. Amounts in brackets, times, steps, notes, tables and the front matter stay as "
    "they are. Result: {files}.",
    ("numerical reasoning", "constraint satisfaction"), tripled, lambda document: scaled(document, Fraction(1, 3)),
)  # fmt: skip
