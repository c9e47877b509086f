"""Changes to the code inside of Elements: names, numbers and strings, token by token."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator

from domains.kit import EditError, Element
from domains.kit.edits import edit_fields
from domains.python.schema import CODE
from domains.python.source import STRING

Change = Callable[[str], str]
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[jJ]?|0[xX][\da-fA-F]+"
_TOKEN = re.compile(rf"(?P<string>[A-Za-z]{{0,2}}(?:{STRING}))|(?P<name>[^\W\d]\w*)|(?P<number>{_NUMBER})", re.DOTALL)
_BRACES = re.compile(rf"\{{\{{|\}}\}}|[{{}}]|{STRING}", re.DOTALL)
HINTS = ("annotation", "returns", "type_params")


def same(text: str) -> str:
    return text


def substituted(code: str, name: Change = same, number: Change = same, string: Change = same) -> str:
    """Canonical code with its names, numbers and string literals put through these. Of an f-string only the names in
    its expressions are."""

    def change(m: re.Match[str]) -> str:
        text = m[0]
        if m.lastgroup == "name":
            return name(text)
        if m.lastgroup == "number":
            return number(text)
        prefix = re.match("[A-Za-z]*", text)[0].casefold()  # type: ignore[index]  # matches always
        if "f" in prefix:
            return text if name is same else in_braces(text, name)
        return text if prefix else string(text)

    return _TOKEN.sub(change, code)


def in_braces(text: str, name: Change) -> str:
    """An f-string with the names in its expressions changed."""
    quote = len(text) - len(text.lstrip("fFrR"))
    quote += 3 if text[quote : quote + 3] in ('"""', "'''") else 1
    out, position, depth, begin = [], 0, 0, 0
    for m in _BRACES.finditer(text, quote):
        mark = m[0]
        if mark == "{{" and depth:
            depth += 2
        elif mark == "{":
            depth += 1
            if depth == 1:
                begin = m.end()
                out.append(text[position:begin])
        elif depth and mark in ("}", "}}"):
            closed = depth <= len(mark)
            depth = max(0, depth - len(mark))
            if closed:
                position = m.start()
                out.append(substituted(text[begin:position], name))
    return "".join(out) + text[position:]


def rewritten(document: Element, change: Change, *, hints: bool = True, source: bool = True) -> Element:
    """The document with all its code put through `change`; type hints, `case` patterns and what modules are called in
    imports only where wanted."""

    def one(e: Element) -> Element:
        if e.kind == "block" and not hints and e.text("head").startswith("case "):
            return e
        fields: dict[str, Hashable] = {}
        for field in CODE[e.kind]:
            value = e.get(field)
            if value is None or (field in HINTS and not hints) or (field == "source" and not source):
                continue
            new: Hashable = tuple(map(change, value)) if isinstance(value, tuple) else change(str(value))
            if new != value:
                fields[field] = new
        return e.with_fields(**fields) if fields else e

    return edit_fields(document, tuple(CODE), one)


def used_names(document: Element) -> set[str]:
    """Every identifier in the document's code."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.add(text)
        return text

    rewritten(document, lambda code: substituted(code, name=note))
    return found


def definitions(owner: Element, path: str = "") -> Iterator[tuple[str, Element]]:
    """The functions and classes directly in a module or class, with dotted names, and those in such classes."""
    for e in owner.children:
        if e.kind in ("function", "class"):
            yield path + e.text("name"), e
            if e.kind == "class":
                yield from definitions(e, f"{path}{e.text('name')}.")


def change_modules(document: Element, change: Callable[[Element], Element]) -> Element:
    return document.with_children([change(m) if m.kind == "module" else m for m in document.children])


def each_definition(owner: Element, change: Callable[[str, Element], Element], path: str = "") -> Element:
    """A module or class with `change(dotted name, function or class)` applied wherever `definitions` finds one, in
    that order."""

    def one(e: Element) -> Element:
        if e.kind not in ("function", "class"):
            return e
        name = path + e.text("name")
        e = change(name, e)
        return each_definition(e, change, f"{name}.") if e.kind == "class" else e

    return owner.with_children([one(e) for e in owner.children])


def stem(module: Element) -> str:
    """`parser` of parser.py or parser.pyi."""
    return module.text("name").rsplit(".", 1)[0]


def unused(document: Element, pattern: str, edit: str) -> None:
    """EditError when a name that the edit brings in is taken already."""
    if taken := next((n for n in sorted(used_names(document)) if re.fullmatch(pattern, n)), None):
        raise EditError(f"{edit}: the name {taken} is in use already")
