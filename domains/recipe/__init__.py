"""Recipe collections in Markdown."""

from __future__ import annotations

import re
from pathlib import Path

from domains.kit import Domain, Files
from domains.kit.equivalents import each_line, on_text, surface
from domains.recipe.carve import FORMAT
from domains.recipe.edits import EDITS
from domains.recipe.generate import generate

_GRAMS = re.compile(r"(?m)^(\s*[-*+] (?:\[.\] )?)(\d+) ?g(?= )")


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
    recognise=lambda text: bool(
        re.search(r"(?im)^(#{1,6} |\*\*).*(ingredients|zutaten|ingrédients|what you need)", text)
        or re.search(r"(?m)^\s*[-*+] (\[.\] )?[\d½¼¾][\d./½¼¾ –-]* ?(g|kg|ml|l|tbsp|tsp|cups?|oz|cloves?)\b", text)
    ),
    layout=r"(?m)^\s*\d+[.)]",
)
