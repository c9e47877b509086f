"""What short lines and headings of a recipe mean: `Serves 4`, `Prep: 20 min | Cook: 1 h`, the role of a section."""

from __future__ import annotations

import re

from domains.kit import Element, element

_ROLES = (
    (
        "notes",
        r"notes?|tips?|variations?|substitut\w*|storage|storing|nutrition\w*|equipment|tools|troubleshooting|faq|"
        r"make.ahead|to store|serving suggestions?|hinweise?|tipps?|nährwerte?|astuces?|conseils?|sources?|glossary|"
        r"why it works",
    ),
    (
        "ingredients",
        r"ingredients?|zutaten|ingrédients?|ingredientes|ingredienti|ingrediënten|ingredienser|składniki|ингредиенты|"
        r"what you(?:['’]ll| will)? need|you(?:['’]ll| will) need|\w{0,9}(?:[原材配用]料|食材|재료)\w{0,9}",
    ),
    (
        "method",
        r"method|instructions?|directions?|preparation|procedure|steps|how to (?:make|cook)(?: it)?|making it|"
        r"zubereitung|anleitung|préparation|étapes|preparación|elaboración|procedimento|preparazione|to make|"
        r"modo de preparo|bereiding(?:swijze)?|gör så här|fremgangsmåt?de?|przygotowanie|приготовление|"
        r"操作|\w{0,4}步[骤驟]|(?<!的)做法|作り方|手順|만드는 법",
    ),
)
_ROLE = [(role, re.compile(rf"(?i)\b(?:{words})\b")) for role, words in _ROLES]
KNOWN = frozenset(
    [
        "serves",
        "servings",
        "serving",
        "yield",
        "yields",
        "makes",
        "portions",
        "prep",
        "cook",
        "cooking",
        "baking",
        "bake",
        "total",
        "time",
        "times",
        "active",
        "resting",
        "rest",
        "chill",
        "chilling",
        "rising",
        "proving",
        "preparation",
        "difficulty",
        "level",
        "cuisine",
        "course",
        "category",
        "source",
        "author",
        "adapted",
        "tags",
        "keywords",
        "calories",
        "oven",
        "temperature",
        "equipment",
        "diet",
        "date",
        "rating",
        "cost",
        "season",
        "region",
        "origin",
        "kcal",
        "portionen",
        "ergibt",
        "pour",
        "categories",
        "created",
        "updated",
        "url",
        "link",
        "website",
        "original",
        "status",
        "fat",
        "fats",
        "carbs",
        "carbohydrates",
        "protein",
        "proteins",
        "fiber",
        "fibre",
        "sodium",
        "cholesterol",
        "energy",
    ]
)
YIELD = frozenset(
    ["serves", "servings", "serving", "yield", "yields", "makes", "portions", "portionen", "ergibt", "pour"]
)
_BOLD = re.compile(r"(?:\*\*|__)([^*_:]{1,60}?)\s*(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:)\s*(\S.*)$")
_PLAIN = re.compile(r"((?:[^\w\s!-\x7f]{1,3}\s)?[^\W\d_][\w /'-]{1,40}?)\s*:\s+(\S.*)$")
_COUNTED = re.compile(r"(?i)(\d[\d./ –-]{0,12}?)\s*(servings?|portions?|portionen)((?:\s*[,(].{0,60})?)$")
_SERVES = re.compile(r"(?i)(serves|makes|yields?|ergibt|pour)\s+((?:about |around |~)?\d.{0,80})$")
_OUTER = re.compile(r"(\*\*|__|\*|_)([^*_]+)\1$")
_SPLIT = re.compile(r"\s+[|·•]\s+")
_LONE_BOLD = re.compile(r"(\*\*|__)([^*_]+)\1\s*:?$")
_LONE = re.compile(r"(\*|_)([^*_]+)\1\s*:?$")


def role_of(title: str, parent: str = "") -> str:
    """ingredients, method, notes or "": what a section's heading promises, or what it stands in."""
    for role, pattern in _ROLE:
        if pattern.search(title[:120]):
            return role
    return parent


def bare(key: str) -> str:
    """A key in lower case without the picture before it: `⏲️ Prep time` is `prep time`."""
    return re.sub(r"^[^\w]+", "", key).casefold()


def is_known(key: str) -> bool:
    key = bare(key)
    words = key.split()
    return key in KNOWN or (1 < len(words) <= 3 and (words[-1] == "time" or words[0] in KNOWN))


def fact_of(line: str) -> Element | None:
    """One `key: value` that a recipe states of itself."""
    if len(line) > 2000:
        return None
    bold = _BOLD.match(line)
    if bold:
        return element("fact", key=bold[1].strip(), value=bold[2].strip())
    outer = _OUTER.match(line)
    text = outer[2].strip() if outer else line
    serves = _SERVES.match(text)
    if serves:
        return element("fact", key=serves[1], value=serves[2].strip())
    counted = _COUNTED.match(text)
    if counted:
        return element("fact", key=counted[2], value=(counted[1] + counted[3]).strip())
    plain = _PLAIN.match(text)
    if plain and is_known(plain[1]):
        return element("fact", key=plain[1], value=plain[2].strip())
    return None


def facts_of(line: str, role: str = "") -> list[Element]:
    """The facts of a line, several when all parts between bars are facts. In lists of ingredients and steps only keys
    that recipes use: `**Step 1:** …` there is a step."""
    outer = _OUTER.match(line) if len(line) < 400 else None
    parts = _SPLIT.split(outer[2] if outer else line) if len(line) < 400 else [line]
    found = [fact for part in parts if (fact := fact_of(part.strip("| ")))]
    if len(parts) == 1 or len(found) < len(parts):
        one = fact_of(line)
        found = [one] if one else []
    return [] if role in ("ingredients", "method") and not all(is_known(f.text("key")) for f in found) else found


def is_yield(fact: Element) -> bool:
    return fact.kind == "fact" and bare(fact.text("key")) in YIELD


def lone_title(text: str, role: str) -> str | None:
    """The title in a paragraph that is one: `**For the sauce**`, and where lists are due `For the sauce:`."""
    if len(text) > 120 or (text.rstrip("*_")[-1:] in ".!?" and len(text.split()) > 3):
        return None
    bold = _LONE_BOLD.match(text) or (_LONE.match(text) if role in ("ingredients", "method") else None)
    if bold:
        return bold[2].strip().rstrip(": ") or None
    if role in ("ingredients", "method") and text.endswith(":") and len(text) <= 60 and "*" not in text:
        return text.rstrip(": ") or None
    return None
