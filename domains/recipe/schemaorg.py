"""A cookbook as schema.org JSON-LD and back (https://schema.org/Recipe)."""

from __future__ import annotations

import json
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

from domains.kit import EditError, Element, Files, element, read_json
from domains.kit.edits import convert
from domains.recipe.carve import FORMAT, is_recipe
from domains.recipe.measures import in_base, parse_number, unit_of

NAME = "recipe.jsonld"
_TEXTS = {
    "step": "HowToStep",
    "point": "HowToTip",
    "quote": "Quotation",
    "comment": "Comment",
    "code": "SoftwareSourceCode",
}
_KINDS = {name: kind for kind, name in _TEXTS.items()}
_SECTIONS = ("Recipe", "HowToSection")
DEEPEST = 30


def write(document: Element) -> Files:
    book: dict[str, Any] = {"@context": "https://schema.org", "@type": "Book"}
    titles = document.of("title")
    if titles:
        book["name"] = titles[0].text("text")
    book["additionalProperty"] = [_property(e) for e in document.of("meta")]
    book["hasPart"] = [_part(e) for e in document.children if e.kind not in ("meta", "title")]
    if not book["hasPart"]:
        raise EditError("to_jsonld: the cookbook is empty")
    return {NAME: json.dumps(book, indent=2, ensure_ascii=False) + "\n"}


def _property(e: Element) -> dict[str, Any]:
    return {"@type": "PropertyValue", "name": e.text("key"), "value": e.text("value")}


def _part(e: Element) -> Any:
    match e.kind:
        case "prose":
            return e.text("text")
        case "fact":
            return _property(e)
        case "section":
            made: dict[str, Any] = {"@type": "Recipe" if is_recipe(e, ()) else "HowToSection", "name": e.text("title")}
        case "ingredient":
            made = _supply(e)
        case "table":
            head = e.get("head", ())
            return {"@type": "Table", "columns": head, "rows": [row["cells"] for row in e.children]}
        case _:
            made = {"@type": _TEXTS.get(e.kind, "CreativeWork"), "text": e.text("text")}
            if "language" in e.fields:
                made["programmingLanguage"] = e["language"]
    if "done" in e.fields or "bought" in e.fields:
        made["actionStatus"] = "CompletedActionStatus"
    if e.children:
        made["hasPart"] = [_part(child) for child in e.children]
    return made


def _supply(e: Element) -> dict[str, Any]:
    amount: dict[str, Any] = {"@type": "QuantitativeValue"}
    for key, name in (("quantity", "value"), ("upto", "maxValue")):
        if key in e.fields:
            amount[name] = _number(e[key])
    for key, name in (("unit", "unitText"), ("about", "description"), ("also", "alternateName")):
        if key in e.fields:
            amount[name] = e[key]
    made: dict[str, Any] = {"@type": "HowToSupply", "name": e.text("name")}
    if len(amount) > 1:
        made["requiredQuantity"] = amount
    if "preparation" in e.fields:
        made["description"] = e["preparation"]
    return made


def _number(value: Hashable) -> int | float | str:
    """A JSON number when it is exact, else `1/3`."""
    if not isinstance(value, Fraction):
        return str(value)
    if value.denominator == 1:
        return value.numerator
    near = float(value)
    return near if Fraction(repr(near)) == value and "e" not in repr(near) else str(value)


def read(files: Files) -> Element:
    book = read_json(files, NAME)
    if isinstance(book, dict) and isinstance(book.get("@graph"), list):
        book = next((b for b in book["@graph"] if isinstance(b, dict)), None)
    if not isinstance(book, dict) or "hasPart" not in book:
        raise EditError(f"{NAME}: no object with hasPart")
    found = [_entry("meta", p) for p in _list(book.get("additionalProperty")) if isinstance(p, dict)]
    if book.get("name"):
        found.append(element("title", text=_text(book["name"])))
    return Element("cookbook", {}, (*found, *(_element(p, 1) for p in _list(book["hasPart"]))))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    """A scalar as text; anything else as JSON."""
    if isinstance(value, str):
        return value.strip() if "\n" in value else " ".join(value.split())
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _entry(kind: str, part: dict[str, Any]) -> Element:
    return element(kind, key=_text(part.get("name")), value=_text(part.get("value")))


def _element(part: Any, depth: int) -> Element:
    if depth > DEEPEST:
        raise EditError(f"{NAME}: parts nested deeper than {DEEPEST}")
    if not isinstance(part, dict):
        return element("prose", text=_text(part))
    kind = part.get("@type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    below = tuple(_element(p, depth + 1) for p in _list(part.get("hasPart")))
    status = part.get("actionStatus")
    done = "yes" if isinstance(status, str) and status.endswith("CompletedActionStatus") else None
    if kind == "PropertyValue":
        return _entry("fact", part)
    if kind in _SECTIONS:
        return element("section", *below, title=_text(part.get("name")))
    if kind == "HowToSupply":
        return element("ingredient", *below, **_amount(part), bought=done)
    if kind == "Table":
        head = tuple(map(_text, _list(part.get("columns"))))
        rows = [tuple(map(_text, _list(row))) for row in _list(part.get("rows"))]
        return element("table", *(element("row", cells=row) for row in rows if row), head=head or None)
    known = _KINDS.get(kind, "prose") if isinstance(kind, str) else "prose"
    text = _text(part.get("text", part.get("name")))
    done = done if known in ("step", "point") else None
    language = _text(part.get("programmingLanguage")) if known == "code" else None
    return element(known, *below, text=text, done=done, language=language)


def _amount(part: dict[str, Any]) -> dict[str, Hashable]:
    amount = part.get("requiredQuantity")
    amount = amount if isinstance(amount, dict) else {}
    unit = _text(amount.get("unitText"))
    known = unit_of(unit) or unit
    fields: dict[str, Hashable] = {"unit": in_base(Fraction(1), known)[1] if known else None}
    for key, name in (("quantity", "value"), ("upto", "maxValue")):
        shown = _text(amount.get(name))
        number = parse_number(shown) if len(shown) < 40 else None
        fields[key] = shown if number is None else in_base(number, known)[0]
    fields |= {"about": _text(amount.get("description")), "also": _text(amount.get("alternateName"))}
    return fields | {"name": _text(part.get("name")), "preparation": _text(part.get("description"))}


JSONLD = convert(
    FORMAT, "to_jsonld",
    "The website takes schema.org JSON-LD. Write one object of type Book: its name is the collection's title (left "
    "out if there is none), additionalProperty has the front matter, key by key, as PropertyValue (name, value), and "
    "hasPart everything else in order. A section, headed by # or by a bold line, is an object with name and hasPart, "
    "of type Recipe when ingredients or steps, or the sections of that name, stand right below it, else of type "
    "HowToSection. A line like `Serves 4` is a PropertyValue; an ingredient a HowToSupply with its name, description "
    "for what comes after the comma, and requiredQuantity, a QuantitativeValue with value, maxValue for the end of a "
    "range, unitText, description `about` if it says so, and alternateName for an amount in brackets right after the "
    "first (leave out what is not there; numbers exact, 1/3 as a string). A step is a HowToStep, any other bullet a "
    "HowToTip, a block quote a Quotation, an HTML comment a Comment and a code block a SoftwareSourceCode, each with "
    "text (and hasPart for the bullets below it; actionStatus CompletedActionStatus where a box is ticked); a table "
    "is a Table with columns and rows (lists of cells), a paragraph a plain string; Markdown inside a text stays. "
    "Result: {files}.",
    "Write the JSON-LD as a Markdown recipe collection again, {files}: additionalProperty of the Book is the front "
    "matter, its name the title; Recipe and HowToSection are headings, one level deeper each; PropertyValue is a "
    "line `**name:** value`; HowToSupply a bullet `value-maxValue unit (alternateName) name, description`, HowToStep "
    "a numbered item, HowToTip a bullet, Quotation a block quote, Comment an HTML comment, SoftwareSourceCode a code "
    "block, Table a table and a string a paragraph, all in order. An actionStatus CompletedActionStatus is a ticked "
    "box.",
    ("format knowledge", "domain knowledge"), write, read,
)  # fmt: skip
