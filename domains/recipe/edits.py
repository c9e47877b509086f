"""What people ask to have done to a recipe collection, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, edit_fields, proven, transform, transform_with
from domains.recipe.amounts import TRIPLE, US_UNITS
from domains.recipe.carve import BY_COMPONENT, BY_RECIPE, FORMAT, NOT_MOVED
from domains.recipe.measures import NUMBER, VULGAR, parse_ingredient, show_ingredient
from domains.recipe.schemaorg import JSONLD

# -- shopping list ----------------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"\((\d{1,6})\)\s*(.*)$")
_AMOUNT = ("quantity", "upto", "unit", "about", "also")
_SHOPPING = ("no", "item", "amount", "recipe")


def with_recipes(document: Element) -> Iterator[tuple[str, Element]]:
    """The children of the root with the title of the recipe they are."""
    return ((child.text("title") if child.kind == "section" else "", child) for child in document.children)


def listed(document: Element) -> tuple[Element, str]:
    rows: list[tuple[int, str, str, str]] = []

    def change(e: Element, recipe: str) -> Element:
        if _NUMBERED.match(e.text("name")):
            raise EditError("shopping_list: an ingredient begins with a number in brackets already")
        if "quantity" not in e.fields:
            return e
        amount = Element("ingredient", {k: e[k] for k in _AMOUNT if k in e.fields})
        rows.append((len(rows) + 1, e.text("name"), show_ingredient(amount), recipe))
        kept = {k: v for k, v in e.fields.items() if k not in _AMOUNT}
        return Element("ingredient", {**kept, "name": f"({len(rows)}) {e.text('name')}"}, e.children)

    changed = [in_order(child, recipe, change) for recipe, child in with_recipes(document)]
    if not rows:
        raise EditError("shopping_list: no ingredient has an amount")
    return document.with_children(changed), write_csv(_SHOPPING, sorted(rows, key=lambda row: (row[1], row[0])))


def in_order(e: Element, recipe: str, change: Callable[[Element, str], Element]) -> Element:
    """`change` on every ingredient in document order, parents first."""
    e = change(e, recipe) if e.kind == "ingredient" else e
    return e.with_children([in_order(child, recipe, change) for child in e.children]) if e.children else e


def unlisted(document: Element, files: Files) -> Element:
    amounts = {row["no"].strip("()"): row["amount"] for row in read_csv(files, "shopping.csv", ("no", "amount"))}

    def change(e: Element) -> Element:
        found = _NUMBERED.match(e.text("name"))
        if found is None:
            return e.with_fields(name=NOT_MOVED + e.text("name")) if "quantity" in e.fields else e
        amount = amounts.get(found[1])
        if amount is None:
            return e.with_fields(name=UNMAPPED + e.text("name"))
        read = parse_ingredient(f"{amount} x")
        return e.with_fields(**{**read.fields, "name": found[2]})

    return edit_fields(document, ("ingredient",), change)


SHOPPING = transform_with(
    FORMAT, "shopping_list",
    "I need the shopping list apart. Number the ingredient lines that have an amount 1, 2, 3 … through the whole "
    "collection; in recipe.md put the number in brackets in place of the amount and its unit (`- 200 g plain flour, "
    "sifted` becomes `- (12) plain flour, sifted`; an amount in brackets right behind goes along, lines without an "
    "amount stay). shopping.csv has the columns no,item,amount,recipe: the number, the name without the preparation "
    "after the comma, the amount as it stood (`2-3 tbsp`, `1 tin (400 g)`) and the title of the recipe, sorted by "
    "item in plain character order and then by number. Files: {files}.",
    "Put the amounts back: in each ingredient line replace the number in brackets at its beginning by the amount "
    "that shopping.csv gives for that no. Only {files} remains.",
    ("referencing", "sorting", "classification"), "shopping.csv", listed, unlisted,
)  # fmt: skip

# -- references -------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_TAG = re.compile(r"\s*\{i(\d{1,6})\}")
_STEP = re.compile(r"\{s\d{1,6}\}\s*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def keyword(name: str) -> str:
    """The last word of an ingredient's name, brackets aside."""
    found = _WORD.findall(_BRACKETS.sub(" ", name))
    return found[-1] if found else ""


def referenced(document: Element) -> Element:
    if any(re.search(r"\{[is]\d", str(v)) for e in document.walk() for v in e.fields.values()):
        raise EditError("references: there are marks like {i1} already")
    numbers = {"ingredient": 0, "step": 0}

    def tagged(e: Element, names: dict[str, int]) -> Element:
        if e.kind == "ingredient":
            numbers["ingredient"] += 1
            word = keyword(e.text("name"))
            if word:
                names.setdefault(word, numbers["ingredient"])
            e = e.with_fields(name=f"{e.text('name')} {{i{numbers['ingredient']}}}")
        return e.with_children([tagged(child, names) for child in e.children]) if e.children else e

    def marked(e: Element, names: dict[str, int]) -> Element:
        if e.kind == "step":
            numbers["step"] += 1
            text = _WORD.sub(lambda m: f"{{i{names[m[0]]}}}" if m[0] in names else m[0], e.text("text"))
            e = e.with_fields(text=f"{{s{numbers['step']}}} {text}")
        return e.with_children([marked(child, names) for child in e.children]) if e.children else e

    scopes: list[dict[str, int]] = []
    children = []
    loose: dict[str, int] = {}
    for child in document.children:
        scopes.append({} if child.kind == "section" else loose)
        children.append(tagged(child, scopes[-1]))
    if not numbers["ingredient"]:
        raise EditError("references: there is no ingredient")
    return document.with_children([marked(e, names) for e, names in zip(children, scopes, strict=True)])


def unreferenced(document: Element) -> Element:
    words: dict[str, str] = {}

    def untagged(e: Element) -> Element:
        found = _TAG.search(e.text("name"))
        if found is None:
            return e.with_fields(name=UNMAPPED + e.text("name"))
        name = e.text("name")[: found.start()] + e.text("name")[found.end() :]
        words.setdefault(found[1], keyword(name))
        return e.with_fields(name=name.strip())

    def unmarked(e: Element) -> Element:
        mark = _STEP.match(e.text("text"))
        if mark is None:
            return e.with_fields(text=UNMAPPED + e.text("text"))
        text = e.text("text")[mark.end() :]
        return e.with_fields(text=re.sub(r"\{i(\d{1,6})\}", lambda m: words.get(m[1]) or m[0], text))

    return edit_fields(edit_fields(document, ("ingredient",), untagged), ("step",), unmarked)


REFERENCES = transform(
    FORMAT, "ingredient_references",
    "Give everything an id for the kitchen display. Behind the name of every ingredient, before the comma of the "
    "preparation, put {i1}, {i2}, … counting through the whole collection, and at the beginning of every step {s1}, "
    "{s2}, … likewise. Then, in the steps of each recipe (top section), replace every word that is the last word of "
    "the name of one of that recipe's ingredients by the id of that ingredient: with `- 200 g plain flour {i3}, "
    "sifted` the step `Whisk the flour` becomes `{s1} Whisk the {i3}`. Whole words in the same spelling only (a word "
    "with an inner hyphen or apostrophe is one word), brackets in a name do not count, and of two ingredients with "
    "the same last word the first takes it. Bullets below a step and everything else stay. Result: {files}.",
    "Take the ids out again: in the steps replace each {i3} by the last word of the name of the ingredient that "
    "carries that id (brackets in the name do not count), then remove {s…} from the steps and {i…} from the "
    "ingredients. Result: {files}.",
    ("referencing", "string manipulation"), referenced, unreferenced,
)  # fmt: skip

# -- timers -----------------------------------------------------------------------------------------------------------

_ANY = rf"(?:{NUMBER}(?:\s?[{''.join(VULGAR)}])?|[{''.join(VULGAR)}])"
_FIGURE = re.compile(
    rf"(?<![\w.,/]){_ANY}(?:(?:\s?[-–—]\s?|\s+to\s+){_ANY})?"
    r"(?:[\s-]?(?P<time>(?i:seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?))(?!\w)|\s?[°º]\s?(?:[CF](?!\w))?)"
)
_TIMER = re.compile(r"\[T(\d{1,6})\]")


def timed(document: Element) -> tuple[Element, str]:
    rows: list[tuple[int, str, str, str]] = []

    def change(e: Element, recipe: str) -> Element:
        if e.kind == "step":
            if _TIMER.search(e.text("text")):
                raise EditError("timers: there are marks like [T1] already")

            def taken(match: re.Match[str]) -> str:
                rows.append((len(rows) + 1, "time" if match["time"] else "temperature", match[0], recipe))
                return f"[T{len(rows)}]"

            e = e.with_fields(text=_FIGURE.sub(taken, e.text("text")))
        return e.with_children([change(child, recipe) for child in e.children]) if e.children else e

    changed = [change(child, recipe) for recipe, child in with_recipes(document)]
    if not rows:
        raise EditError("timers: no step has a time or a temperature")
    return document.with_children(changed), write_csv(("no", "kind", "value", "recipe"), rows)


def untimed(document: Element, files: Files) -> Element:
    values = {row["no"].strip("T[]"): row["value"] for row in read_csv(files, "timers.csv", ("no", "value"))}

    def change(step: Element) -> Element:
        text = _FIGURE.sub(lambda m: NOT_MOVED + m[0], step.text("text"))
        return step.with_fields(text=_TIMER.sub(lambda m: values.get(m[1]) or m[0], text))

    return edit_fields(document, ("step",), change)


TIMERS = transform_with(
    FORMAT, "timers",
    "The new oven reads its programme from a table. In the steps replace every time (a number or range with seconds, "
    "minutes, hours or days, however abbreviated) and every temperature (a number or range with a degree sign) by "
    "[T1], [T2], … counted through the whole collection, and write timers.csv with the columns no,kind,value,recipe: "
    "the number, `time` or `temperature`, the text that was replaced (`2–3 minutes`, `180 °C`) and the title of the "
    "recipe (top section). `1 hour 45 minutes` are two times. Everything but the text of the steps stays. Files: "
    "{files}.",
    "Put the times and temperatures back into the steps: replace each [T1] by the value that timers.csv gives for "
    "its no. Only {files} remains.",
    ("referencing", "domain knowledge", "context expansion"), "timers.csv", timed, untimed,
)  # fmt: skip

EDITS = tuple(map(proven, (US_UNITS, TRIPLE, BY_RECIPE, BY_COMPONENT, SHOPPING, REFERENCES, TIMERS, JSONLD)))
