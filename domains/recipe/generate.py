"""Recipe collections of any size: dishes built from components, amounts and times drawn, totals that add up."""

from __future__ import annotations

import random
import re
from collections.abc import Hashable, Sequence
from fractions import Fraction

from domains.kit import Element, element
from domains.kit.generate import CITIES, FAMILY, count_tokens, person
from domains.recipe.format import MAIN
from domains.recipe.pantry import ADJECTIVES, COMPONENTS, DISHES, INTROS, TIPS
from domains.recipe.render import render

_DRAWN = re.compile(r"<(\d+)-(\d+)(?:/(\d+))?(?: ([mc]))?>")
_MINUTES = re.compile(r"(\d+) minutes")
_WAYS = ("from {0}", "the {0} way", "after {1}", "({1})", "as at {1}'s in {0}")
_PLAIN = {"loaf": "walnuts", "flatbreads": "tomatoes"}


def generate(rng: random.Random, tokens: int) -> Element:
    """A collection of metric recipes. Same `rng` state, same collection."""
    town, cook = rng.choice(CITIES), person(rng)
    metas = [
        element("meta", key="author", value=cook),
        element(
            "meta", key="updated", value=f"{rng.randint(2016, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        ),
    ]
    head = [
        *(metas if tokens > 500 else []),
        element("title", text=f"The {town} {rng.choice(('kitchen', 'canteen', 'larder', 'stove'))} notebook"),
    ]
    recipes: list[Element] = []
    used = size([*head])
    names: set[str] = set()
    while not recipes or (tokens - used > 60 and (tokens - used > 0.12 * tokens or tokens - used > 220)):
        room = tokens - used
        share = room if room < 620 else min(room - 240, rng.randint(420, 900))
        recipes.append(named(rng, recipe(rng, share, cook), names))
        used += size([recipes[-1]])
    return Element("cookbook", {}, (*head, *recipes))


def named(rng: random.Random, made: Element, names: set[str]) -> Element:
    """No two recipes of a collection have one title."""
    title = made.text("title")
    while title in names:
        title = f"{made.text('title')} {rng.choice(_WAYS).format(rng.choice(CITIES), rng.choice(FAMILY))}"
    names.add(title)
    return made.with_fields(title=title)


def size(children: Sequence[Element]) -> int:
    return count_tokens(render(Element("cookbook", {}, tuple(children)))[MAIN])


def drawn(rng: random.Random, text: str, main: str) -> str:
    """A step with its figures drawn."""

    def figure(match: re.Match[str]) -> str:
        low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
        number = rng.randrange(low, high + 1, step)
        if match[4] == "m" and rng.random() < 0.2 and step == 1:
            return f"{number}-{number + rng.randint(1, 3)} minutes"
        return f"{number} {'minutes' if match[4] == 'm' else '°C'}" if match[4] else str(number)

    return _DRAWN.sub(figure, text.replace("@", main))


def ingredient(rng: random.Random, spec: str, main: str) -> Element:
    name, unit, span, preparations = spec.split("|")
    fields: dict[str, Hashable] = {"name": main if name == "@" else name, "unit": unit or None}
    low, high, step = re.match(r"([\d/]+?)-([\d]+)(?:/(\d+))?$", span).groups()  # type: ignore[union-attr]
    if "/" in low:
        fields["quantity"] = rng.choice((Fraction(low), Fraction(1), Fraction(3, 2)))
    else:
        fields["quantity"] = Fraction(rng.randrange(int(low), int(high) + 1, int(step or 1)))
        if unit in ("", "clove", "sprig") and rng.random() < 0.2:
            fields["upto"] = Fraction(int(high) + 1)
    if preparations and rng.random() < 0.85:
        fields["preparation"] = rng.choice(preparations.split(";"))
    return element("ingredient", **fields)


def component(rng: random.Random, name: str, main: str, rich: bool) -> tuple[list[Element], list[Element]]:
    specs, steps = COMPONENTS[name]
    kept = [s for s in specs if rich or s.startswith("@") or rng.random() < 0.8]
    if not rich:  # what is weighed comes first, what is cut off comes last
        kept.sort(key=lambda s: s.split("|")[1] not in ("g", "ml"))
    return (
        [ingredient(rng, s, main) for s in kept],
        [element("step", text=drawn(rng, s, main)) for s in steps],
    )


def recipe(rng: random.Random, budget: int, cook: str) -> Element:
    """A recipe of about `budget` tokens: what can be spared goes first, then steps and ingredients from the end."""
    small = budget < 400
    dish, names, mains = rng.choice([d for d in DISHES if len(d[1]) == 1] if small else DISHES)
    main = rng.choice(mains)
    name = {"loaf": "walnuts", "flatbreads": "tomatoes"}.get(
        dish, main if main[-1] in "sy" or " " in main else main + "s"
    )
    parts = [(part, *component(rng, part, name, not small)) for part in names]
    if len(parts) > 1:
        lists = [element("section", *items, title=f"For the {part}") for part, items, _ in parts]
        steps = [element("section", *done, title=part.capitalize()) for part, _, done in parts]
    else:
        ((_, lists, steps),) = parts
    lists = [*lists] if len(parts) > 1 else [*lists, element("ingredient", name="salt", preparation="to taste")]
    body = [
        *facts(rng, parts),
        *(element("prose", text=intro(rng, cook)) for _ in range(1 if rng.random() < 0.9 else 0)),
        element("section", *lists, title="Ingredients"),
        element("section", *steps, title="Method"),
        element("section", *tips(rng, parts, cook), title="Notes"),
    ]
    if budget > 700 or rng.random() < 0.2:
        body.append(nutrition(rng))
    title = f"{rng.choice(ADJECTIVES)} {main} {dish}"
    return pruned(Element("section", {"title": title}, tuple(body)), budget)


def facts(rng: random.Random, parts: Sequence[tuple[str, list[Element], list[Element]]]) -> list[Element]:
    cook = sum(int(m[1]) for _, _, steps in parts for s in steps for m in _MINUTES.finditer(s.text("text")))
    prep = rng.randrange(10, 45, 5)
    total = prep + cook
    shown = f"{total // 60} h {total % 60} min" if total >= 60 else f"{total} min"
    return [
        element("fact", key=rng.choice(("Serves", "Serves", "Makes")), value=str(rng.choice((2, 4, 4, 6, 8, 10)))),
        element("fact", key="Prep", value=f"{prep} min"),
        element("fact", key="Total time", value=shown),
    ]


def intro(rng: random.Random, cook: str) -> str:
    lines = rng.sample(INTROS, rng.choice((1, 2, 2, 3)))
    return " ".join(line.format(who=person(rng), city=rng.choice(CITIES), cook=cook) for line in lines)


def tips(rng: random.Random, parts: Sequence[tuple[str, list[Element], list[Element]]], cook: str) -> list[Element]:
    names = [e.text("name") for _, items, _ in parts for e in items]
    chosen = rng.sample(TIPS, rng.randint(1, 4))
    return [
        element("point", text=t.format(n=rng.randint(2, 5), x=rng.choice(names), who=cook, city=rng.choice(CITIES)))
        for t in chosen
    ]


def nutrition(rng: random.Random) -> Element:
    fat, carbs, protein = rng.randint(4, 45), rng.randint(8, 90), rng.randint(3, 48)
    rows = (
        ("Energy", f"{9 * fat + 4 * (carbs + protein)} kcal"), ("Fat", f"{fat} g"), ("Carbohydrate", f"{carbs} g"),
        ("Protein", f"{protein} g"), ("Salt", f"{rng.randint(2, 30) / 10} g"),
    )  # fmt: skip
    table = element("table", *(element("row", cells=row) for row in rows), head=("Per portion", "Amount"))
    return element("section", table, title="Nutrition")


def pruned(recipe: Element, budget: int) -> Element:
    """Cut to the budget: nutrition, notes and introduction first, then from the end of the longest part."""
    while size([recipe]) > 1.08 * budget:
        spare = [e for e in recipe.children if e.kind == "prose" or e.text("title") in ("Nutrition", "Notes")]
        if spare:
            recipe = recipe.with_children([e for e in recipe.children if e is not spare[-1]])
            continue
        lists = [e for e in recipe.children if e.kind == "section" and len(e.children) > 2]
        longest = max(lists, key=lambda e: (size(e.children), e.text("title")), default=None)
        if longest is None:
            return recipe
        shorter = longest.with_children(longest.children[:-1])
        recipe = recipe.with_children([shorter if e is longest else e for e in recipe.children])
    return recipe
