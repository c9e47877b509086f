"""Recipe collections in Markdown: what a cook reads in them.

Headings nest as `section`s; a bold line alone is a heading too, so a group of ingredients is a section in either form.
Under "Ingredients" list items are `ingredient`s, under "Method" they are `step`s; elsewhere numbered items are steps,
and bullets are ingredients when most of them begin with an amount, else `point`s.
"""

from __future__ import annotations

from domains.kit import Element, Field, Files, Kind, Schema, element, exact, sequence, texts, words
from domains.recipe.blocks import Block, Lexer
from domains.recipe.facts import facts_of, is_known, role_of
from domains.recipe.measures import parse_ingredient, starts_with_amount
from domains.recipe.sections import Node, Tree, is_recipe
from domains.recipe.words import canon, cells, duration, fact_name, heading, same_words

MAIN = "recipe.md"
DEEPEST = 5
"""Levels of nested list items that are told apart."""


def _prose(per_word: float = 0.125, least: float = 1.0) -> Field:
    return Field(same_words, words(per_word, least), canon)


def _title_weight(title: str) -> float:
    return 0.25 if role_of(title) in ("ingredients", "method") else 1.0


def _row_weight(row: tuple[str, ...]) -> float:
    return max(0.5, 0.5 * len(row))


_ROW = Field(lambda a, b: sequence(cells(a), cells(b)), _row_weight, cells)
_VALUE = Field(same_words, words(0.125, 0.75), duration)
_KEY = Field(exact, 1.0, fact_name)
_TEXT = {"text": _prose()}


def _unnamed(_e: Element) -> str:
    return ""


SCHEMA = Schema(
    {
        "cookbook": Kind(),
        "meta": Kind({"key": _KEY, "value": _VALUE}, key=(("key",),)),
        "title": Kind({"text": Field(same_words, 1.0, heading)}),
        "section": Kind(
            {"title": Field(same_words, _title_weight, heading)}, key=(("title",),), order=0.125,
        ),
        "fact": Kind({"key": _KEY, "value": _VALUE}, key=(("key",),)),
        "ingredient": Kind(
            {
                "quantity": Field(),
                "upto": Field(),
                "unit": Field(weight=0.5),
                "name": Field(same_words, 1.0, canon),
                "preparation": Field(same_words, 0.5, canon),
                "also": Field(same_words, 0.5, canon),
                "about": Field(weight=0.25),
                "bought": Field(weight=0.25),
            },
            key=(("name", "unit"), ("name",)),
            order=0.0625,
            label=lambda e: e.text("name"),
        ),
        "step": Kind({**_TEXT, "done": Field(weight=0.25)}, order=0.1875, label=_unnamed),
        "point": Kind({**_TEXT, "done": Field(weight=0.25)}, order=0.0625, label=_unnamed),
        "prose": Kind(_TEXT, order=0.125, label=_unnamed),
        "quote": Kind(_TEXT, order=0.125, label=_unnamed),
        "code": Kind({"text": _prose(), "language": Field(weight=0.25)}, order=0.125, label=_unnamed),
        "comment": Kind({"text": _prose(0.0625, 0.5)}, order=0.0625, label=_unnamed),
        "table": Kind({"head": _ROW}, order=0.125, weight=0.125, label=lambda e: " ".join(e.get("head", ()))),  # type: ignore[arg-type]
        "row": Kind({"cells": _ROW}, order=0.0625, label=lambda e: e["cells"][0]),  # type: ignore[index]
    }
)  # fmt: skip


def parse(files: Files) -> Element:
    """All texts given, one after the other in the order of their names."""
    blocks: list[Block] = []
    problems: list[str] = []
    for name, text in texts(files, MAIN):
        lexer = Lexer(text)
        blocks += lexer.run()
        problems += [f"{name}:{line}: {what}" for line, what in lexer.problems]
    return Element("cookbook", {}, tuple(elements(Tree(blocks).root, top=True)), tuple(problems))


def elements(node: Node, top: bool = False) -> list[Element]:
    """What stands in a node, in order. The only heading of the highest level is the title of the whole, unless it is a
    recipe's own."""
    own = items_of(node)
    solid = list(node.nodes())
    if len(solid) > 1:  # a chapter of prose, or a heading that came twice, takes nothing from the title
        solid = [n for n in solid if lists(n)]
    found: list[Element] = []
    for part in own:
        if isinstance(part, Element):
            found.append(part)
            continue
        below = elements(part)
        if top and solid == [part] and is_title(part, below):
            found += [element("title", text=part.title), *below]
        else:
            found.append(Element("section", {"title": part.title}, tuple(below)))
    return found


def lists(node: Node) -> bool:
    """Whether there is a list anywhere in a section."""
    return any(lists(part) if isinstance(part, Node) else part.kind == "item" for part in node.parts)


def is_title(node: Node, below: list[Element]) -> bool:
    if is_recipe(node) or node.role in ("ingredients", "method"):
        return False
    return any(is_recipe(n) for n in node.nodes()) or all(e.kind not in ("ingredient", "step") for e in below)


def items_of(node: Node) -> list[Element | Node]:
    """The node's own blocks as elements, its sections as they are."""
    found: list[Element | Node] = []
    prose_is_step = node.role == "method" and not any(
        bool(role_of(node.title)) if isinstance(part, Node) else part.kind == "item" and part.text
        for part in node.parts
    )
    run: list[Block] = []
    for part in (*node.parts, None):
        if isinstance(part, Block) and part.kind == "item":
            run.append(part)
            continue
        if run:
            found += listed(run, node.role)
            run = []
        if isinstance(part, Node):
            found.append(part)
        elif part is not None and part.kind == "para":
            found += paragraph(part.lines, node.role, prose_is_step)
        elif part is not None:
            found += other(part)
    return found if node.role else decided(found)


def decided(found: list[Element | Node]) -> list[Element | Node]:
    """Bullets in a section whose heading does not say what they are: ingredients when most begin with an amount."""
    loose = [e.text("text") for e in found if isinstance(e, Element) and e.kind == "point"]
    if 2 * sum(map(starts_with_amount, loose)) <= len(loose):
        return found
    return [as_ingredient(e) if isinstance(e, Element) and e.kind == "point" else e for e in found]


def as_ingredient(point: Element) -> Element:
    made = parse_ingredient(point.text("text")).with_children([as_ingredient(c) for c in point.children])
    return made.with_fields(bought="yes") if "done" in point.fields else made


def other(block: Block) -> list[Element]:
    if block.kind == "table":
        head, *rows = block.rows
        below = tuple(Element("row", {"cells": row}) for row in rows if row)
        return [element("table", *below, head=head or None)] if head or below else []
    if block.kind == "code":
        text = "\n".join(line.rstrip() for line in block.lines).strip("\n")
        return [element("code", text=text, language=block.key)] if text.strip() else []
    if block.kind == "comment":
        return [element("comment", text="\n".join(block.lines))] if block.lines else []
    if block.kind == "meta":
        return [element("meta", key=block.key, value=block.text)]
    return [element("quote", text=block.text)]


def paragraph(lines: list[str], role: str, prose_is_step: bool) -> list[Element]:
    """Facts at its beginning, then prose; in a list of ingredients one a line when it begins with an amount."""
    found: list[Element] = []
    rest = list(lines)
    while rest:
        facts = facts_of(rest[0], role)
        if not facts and (whole := facts_of(" ".join(rest), role)):
            return [*found, *whole]
        if not facts:
            break
        found += facts
        rest.pop(0)
        if rest and not facts_of(rest[0], role) and not is_known(found[-1].text("key")):
            # A remark under a key of its own, `**Note:** …`, goes on to the end of the paragraph.
            last = found[-1]
            found[-1] = last.with_fields(value=" ".join([last.text("value"), *rest]))
            return found
    if not rest:
        return found
    amounts = sum(map(starts_with_amount, rest)) if role == "ingredients" else 0
    if amounts and (starts_with_amount(rest[0]) or 2 * amounts >= len(rest)):
        return found + [parse_ingredient(" ".join(line.split())) for line in rest]
    return [*found, element("step" if prose_is_step else "prose", text=" ".join(" ".join(rest).split()))]


def listed(run: list[Block], role: str) -> list[Element]:
    """List items in a row; those that stand deeper become children of the one above."""
    found: list[tuple[int, Element, list[Element]]] = []
    top: list[Element] = []

    def close(depth: int) -> None:
        while len(found) > depth:
            _, e, below = found.pop()
            if below and e.kind == "fact":
                e = element("point", text=f"**{e.text('key')}:** {e.text('value')}")
            done = e.with_children(below) if below else e
            (found[-1][2] if found else top).append(done)

    for block in run:
        if not block.text:
            continue
        depth = len(found)
        while depth and block.indent <= found[depth - 1][0] + 1:
            depth -= 1
        close(min(depth, DEEPEST - 1))
        found.append((block.indent, item(block, role, found[-1][1].kind if found else ""), []))
    close(0)
    return top


def item(block: Block, role: str, above: str) -> Element:
    text = block.text
    if role == "ingredients" or above == "ingredient":
        kind = "ingredient"
    elif above:
        kind = "point"
    elif role in ("method", "notes"):
        kind = "step" if role == "method" else "point"
    elif block.ordered:
        kind = "step"
    else:
        facts = facts_of(text)
        if len(facts) == 1:
            return facts[0]
        kind = "point"
    if kind == "ingredient":
        made = parse_ingredient(text)
        return made.with_fields(bought="yes") if block.checked else made
    return element(kind, text=text, done="yes" if block.checked else None)
