"""Splitting a cookbook: sections go to files of their own and leave a link where they stood."""

from __future__ import annotations

import re
from collections.abc import Callable

from domains.kit import EditError, Element, Files, Format, ParseError, element, file_named
from domains.kit.edits import convert, slug, without
from domains.recipe.facts import role_of
from domains.recipe.format import MAIN, SCHEMA, parse
from domains.recipe.render import render

FORMAT = Format(SCHEMA, parse, render)
INDEX = "index.md"
NOT_MOVED = "(not moved) "
_LINK = re.compile(r"\[([^\]]+)\]\(\s*<?(?:\./)?([^)>]+\.md)>?\s*\)$")
_FOR = re.compile(r"(?i)(?:for the|for|the)\s+")

Parents = tuple[Element, ...]
Chosen = Callable[[Element, Parents], bool]
"""Whether a section, below these others from the root down, gets a file."""


def is_recipe(e: Element, above: Parents) -> bool:
    """A top section with ingredients or steps, or the sections for them, right below it."""
    if above:
        return False
    return any(
        c.kind in ("ingredient", "step")
        or (c.kind == "section" and role_of(c.text("title")) in ("ingredients", "method"))
        for c in e.children
    )


def is_component(e: Element, above: Parents) -> bool:
    """A named group right inside a section of ingredients or of the method."""
    roles = ("ingredients", "method")
    return bool(above) and role_of(above[-1].text("title")) in roles and role_of(e.text("title")) not in roles


def recipe_file(title: str) -> str:
    return slug(title) + ".md"


def component_file(title: str) -> str:
    return slug(_FOR.sub("", title, count=1) if _FOR.match(title) else title) + ".md"


def replaced(e: Element, change: Callable[[Element, Parents], Element | None], above: Parents = ()) -> Element:
    """The document with `change` asked of every child; None keeps the child and goes on below it."""
    children = []
    for child in e.children:
        new = change(child, above)
        if new is None:
            new = replaced(child, change, (*above, child)) if child.kind == "section" else child
        children.append(new)
    return e.with_children(children)


def carved(document: Element, chosen: Chosen, file_of: Callable[[str], str], main: str, wrap: bool) -> Files:
    """The files of a split; with `wrap` each section keeps the heading above it in its file."""
    parts: dict[str, list[Element]] = {}

    def change(e: Element, above: Parents) -> Element | None:
        if e.kind == "prose" and (link := _LINK.match(e.text("text"))) and "/" not in link[2]:
            raise EditError(f"there is a line with nothing but the link {link[0][:60]} already")
        if e.kind != "section" or not chosen(e, above):
            return None
        title = e.text("title")
        file = file_of(title)
        if file.casefold() in (MAIN, INDEX) or not title.strip("()[] ") or "]" in title or "\n" in title:
            raise EditError(f"{title!r} cannot be the name of a file beside {main}")
        kept = Element("section", {"title": above[-1].text("title")}, (e,)) if wrap else e
        parts.setdefault(file, []).append(kept)
        return element("prose", text=f"[{title}]({file})")

    rest = replaced(document, change)
    if not parts:
        raise EditError("no section to split off")
    if not wrap and any(c.kind == "section" for c in rest.children) and not rest.of("title"):
        raise EditError("a collection without a title has sections that are no recipes")
    whole = {file: render(Element("cookbook", {}, tuple(found)))[MAIN] for file, found in parts.items()}
    return {main: render(rest)[MAIN], **whole}


def lifted(e: Element) -> list[Element]:
    """A section, then the links that it ends with."""
    children = list(e.children) if e.kind == "section" else []
    links: list[Element] = []
    while children and children[-1].kind == "prose" and _LINK.match(children[-1].text("text")):
        links.insert(0, children.pop())
    if not links and children and children[-1].kind == "section":
        last, *links = lifted(children[-1])
        children[-1] = last
    return [e.with_children(children), *links] if links else [e]


def joined(files: Files, chosen: Chosen, main: str, wrap: bool) -> Element:
    """The document of such files: each link is the next section of its file. A section that was to move and stands
    where it was is marked."""
    waiting: dict[str, list[Element]] = {}
    for file, text in without(files, main).items():
        if not file.casefold().endswith(".md"):
            continue
        try:
            tops = parse({file: text}).children
        except ParseError:
            continue
        waiting[file.casefold()] = [e for top in tops for e in (top.children if wrap else (top,))]

    def change(e: Element, above: Parents) -> Element | None:
        link = _LINK.match(e.text("text")) if e.kind in ("prose", "point", "step", "ingredient") else None
        queue = waiting.get(link[2].casefold()) if link else None
        if queue:
            return queue.pop(0)
        if e.kind == "section" and chosen(e, above):
            return e.with_fields(title=NOT_MOVED + e.text("title"))
        return None

    index = parse({main: file_named(files, main)})
    if not wrap:  # a recipe is no part of the chapter that its link stands below
        index = index.with_children([part for e in index.children for part in lifted(e)])
    rest = replaced(index, change)
    # What no link leads to has no place: it comes last, and not as what it was.
    loose = [e for queue in waiting.values() for e in queue]
    marked = [e.with_fields(title=NOT_MOVED + e.text("title")) if e.kind == "section" else e for e in loose]
    return rest.with_children([*rest.children, *marked])


BY_RECIPE = convert(
    FORMAT, "split_by_recipe",
    "Give every recipe its own page. Each top section of the collection that has ingredients or steps right below "
    "it, or sections for them, moves to a file named after its title, in lower case with hyphens for everything that "
    "is no letter or digit, .md at the end (`Fish pie, cold` goes to fish-pie-cold.md; recipes of one name share a "
    "file, in order), as a level-1 heading with all that belongs to it. Everything else, front matter first, stays "
    "in index.md, where each recipe leaves a paragraph that is a link, [Title](file.md). Files: {files}.",
    "Put the collection together again in {files}: in index.md each paragraph that is a link to one of the other "
    "files is the place of that recipe (of the next one in the file when it holds several). Nothing else changes and "
    "the links go.",
    ("split and merge", "referencing", "classification"),
    write=lambda document: carved(document, is_recipe, recipe_file, INDEX, wrap=False),
    read=lambda files: joined(files, is_recipe, INDEX, wrap=False),
)  # fmt: skip

BY_COMPONENT = convert(
    FORMAT, "split_by_component",
    "Each station wants the sheet of its own component. Take every named group right inside an ingredients or a "
    "method section (a sub-heading or a bold line: `For the sauce`, `Dough`) out of recipe.md into a file named "
    "after it: without a leading `For the`, `For` or `The`, in lower case, hyphens for everything that is no letter "
    "or digit, .md at the end (sauce.md). In that file put, for each group in the order of recipe.md, the heading of "
    "the section it comes from (`# Ingredients`) and below it the group itself as a level-2 heading with its items. "
    "In recipe.md the group leaves a paragraph that is a link, [For the sauce](sauce.md). Files: {files}.",
    "Put the components back into {files}: each paragraph that is a link to one of the component files is the place "
    "of the next group of that file, heading and items, one heading level below the section the link stands in. The "
    "level-1 headings of the component files and the links go.",
    ("split and merge", "referencing", "domain knowledge"),
    write=lambda document: carved(document, is_component, component_file, MAIN, wrap=True),
    read=lambda files: joined(files, is_component, MAIN, wrap=True),
)  # fmt: skip
