"""Recipe collections in Markdown.

Headings nest as sections; a bold line alone is a heading too, so that a group of ingredients is a section in either
form. Under "Ingredients" list items are ingredients with quantity, unit and name, under "Method" they are steps.
Equal are 200 g and 0.2 kg, ½ and 1/2, spellings of a unit, any bullet, any numbering, wrapped lines, emphasis.
"""

from __future__ import annotations

import re
from pathlib import Path

from domains.kit import Domain, Files
from domains.kit.equivalents import each_line, on_text, surface
from domains.recipe.carve import FORMAT
from domains.recipe.edits import EDITS
from domains.recipe.facts import role_of
from domains.recipe.generate import generate

_GRAMS = re.compile(r"(?m)^(\s*[-*+] (?:\[.\] )?)(\d+) ?g(?= )")
_HEADING = re.compile(r"(?m)^(?:#{1,6} +|\*\*|__)(.+)$|^(\S.*)(?=\n[=-]{3,}$)")
_LISTED = re.compile(
    r"(?m)^\s*[-*+] (\[.\] )?[*_]{0,2}[\d½¼¾][\d./½¼¾ –-]* ?(g|kg|ml|l|tbsp|tsp|teaspoons?|cups?|oz|cloves?)\b"
)


def star_bullets(files: Files) -> Files:
    """`- ` as `* `."""
    return each_line(files, lambda line: re.sub(r"^(\s*)- ", r"\1* ", line))


def brackets_after_numbers(files: Files) -> Files:
    """`1. ` as `1) `."""
    return each_line(files, lambda line: re.sub(r"^(\s*\d+)\. ", r"\1) ", line))


def kilograms(files: Files) -> Files:
    """200 g as 0.2 kg in ingredient lines."""
    return on_text(files, lambda t: _GRAMS.sub(lambda m: f"{m[1]}{int(m[2]) / 1000} kg", t))


def vulgar_fractions(files: Files) -> Files:
    """1/2 as ½."""
    return on_text(files, lambda t: re.sub(r"(?<![\d/])1/2(?![\d/])", "½", t))


def unit_words(files: Files) -> Files:
    """tbsp as tablespoons, minutes as min, °C without a blank."""
    names = {"tbsp": "tablespoons", "tsp": "teaspoon", "minutes": "min", "°C": "°C"}

    def change(text: str) -> str:
        return re.sub(r"(\d) (tbsp|tsp|minutes|°C)(?!\w)", lambda m: f"{m[1]}{' ' * (m[2] != '°C')}{names[m[2]]}", text)

    return on_text(files, change)


def recognise(text: str) -> bool:
    return any(role_of(m[1] or m[2]) == "ingredients" for m in _HEADING.finditer(text[:50_000])) or bool(
        _LISTED.search(text)
    )


DOMAIN = Domain(
    name="recipe",
    title="Recipe collection (Markdown)",
    category="Everyday",
    extensions=(".md",),
    specification="https://spec.commonmark.org/",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "star bullets": star_bullets,
        "brackets after step numbers": brackets_after_numbers,
        "kilograms for grams": kilograms,
        "vulgar fractions": vulgar_fractions,
        "unit spellings": unit_words,
    },
    folder=Path(__file__).parent,
    records=("ingredient", "step"),
    recognise=recognise,
    layout=r"(?m)^\s*\d+[.)]",
)
