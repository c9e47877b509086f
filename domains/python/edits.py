"""What people ask to have done to Python source, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from domains.kit import EditError, Element, Field, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, edit_fields, proven, transform_with, whole_number, without
from domains.kit.files import mapping
from domains.python.format import FORMAT
from domains.python.literals import MESSAGES, NUMBERS
from domains.python.modules import REFERENCE, SPLIT, STUBS
from domains.python.parts import directive
from domains.python.rewrite import change_modules, rewritten, substituted, used_names
from domains.python.schema import SCHEMA

# -- names ------------------------------------------------------------------------------------------------------------


def camel(name: str) -> str:
    """`parse_line` as `parseLine`; underscores at either end stay."""
    front = name[: len(name) - len(name.lstrip("_"))]
    back = name[len(name.rstrip("_")) :]
    first, *rest = [part for part in name.strip("_").split("_") if part] or [""]
    return front + first + "".join(part[0].upper() + part[1:] for part in rest) + back


def renamed(document: Element, new: Callable[[str], str]) -> Element:
    """Every name in the code, and in `__all__`, put through `new`."""
    document = rewritten(document, lambda code: substituted(code, name=new), source=False)

    def exports(e: Element) -> Element:
        if e.text("target") != "__all__":
            return e
        return e.with_fields(value=substituted(e.text("value"), string=lambda s: repr(new(s[1:-1]))))

    return edit_fields(document, ("assign",), exports)


def to_camel(document: Element) -> tuple[Element, str]:
    functions = [e.text("name") for m in document.of("module") for e in m.of("function")]
    table = {name: camel(name) for name in dict.fromkeys(functions) if "_" in name.strip("_")}
    if not table:
        raise EditError("rename_functions: no module-level function has an underscore in its name")
    if len(set(table.values())) < len(table) or used_names(document) & set(table.values()):
        raise EditError("rename_functions: a new name is in use already")
    rows = ((fresh, old) for old, fresh in table.items())
    return renamed(document, lambda name: table.get(name, name)), write_csv(("new", "old"), rows)


def from_camel(document: Element, files: Files) -> Element:
    table = mapping(read_csv(files, "names.csv", ("new", "old")), "new", "old")
    left = {old: f"unmapped_{old}" for old in table.values()}
    return renamed(document, lambda name: table.get(name) or left.get(name, name))


RENAME = transform_with(
    FORMAT, "rename_functions",
    "Our style guide now wants camelCase for functions. Rename every function defined at module level (not methods, "
    "not nested functions) that has an underscore inside its name: parse_line becomes parseLine, _load_all becomes "
    "_loadAll. Use the new name wherever that identifier stands in the code, also where an attribute, method, "
    "variable, parameter or keyword argument is spelled the same, inside the braces of f-strings, in imports and in "
    "__all__; other strings, comments and docstrings stay. List the renamed functions in names.csv with the columns "
    "new,old, in the order of their definition, file by file in the order of the files' names. Files: {files}.",
    "Give the functions their old names back. names.csv has the new name under `new` and the old one under `old`; "
    "replace it wherever the identifier stands in the code, also inside the braces of f-strings, in imports and in "
    "__all__, but not in other strings, comments or docstrings. Only {files} remains.",
    ("string manipulation", "referencing", "domain knowledge"), "names.csv", to_camel, from_camel,
)  # fmt: skip

# -- comments and order -----------------------------------------------------------------------------------------------

_SEPARATORS = re.compile(r"(\n| # )")


def remarked(document: Element, change: Callable[[str], str]) -> Element:
    """Every comment put through `change`, in the order they stand."""

    def one(e: Element) -> Element:
        fields = {}
        for field in ("above", "text", "beside"):
            if field in e.fields and (field != "text" or e.kind == "comment"):
                parts = _SEPARATORS.split(e.text(field))
                fields[field] = "".join(p if n % 2 or not p else change(p) for n, p in enumerate(parts))
        e = e.with_fields(**fields) if fields else e
        return e.with_children([one(c) for c in e.children]) if e.children else e

    return one(document)


def take_comments(document: Element) -> tuple[Element, str]:
    rows: list[tuple[int, str]] = []

    def change(comment: str) -> str:
        if directive(comment):
            return comment
        rows.append((len(rows) + 1, comment))
        return f"[{len(rows)}]"

    changed = remarked(document, change)
    if not rows:
        raise EditError("comments_out: there are no comments")
    return changed, write_csv(("number", "text"), rows)


def put_comments(document: Element, files: Files) -> Element:
    table = mapping(read_csv(files, "comments.csv", ("number", "text")), "number", "text")

    def change(comment: str) -> str:
        if directive(comment):
            return comment
        return table.get(comment.strip("[]").strip()) or UNMAPPED + comment

    return remarked(document, change)


COMMENTS = transform_with(
    FORMAT, "comments_out",
    "Legal wants to read all comments in one list. Number the comments 1, 2, 3, … in the order they stand, file by "
    "file in the order of the files' names, each line of a longer comment by itself, and replace the text of each by "
    "its number in brackets, so that `# skip the header` becomes `# [1]`; bare `#` lines count as blank. The #! "
    "line, encoding lines and docstrings stay. List the texts in comments.csv with the columns number,text, without "
    "the leading `#` and blanks. Files: {files}.",
    "Put the comments back: replace each `# [1]` by the text that comments.csv gives for the number. Only {files} "
    "remains.",
    ("referencing", "context expansion"), "comments.csv", take_comments, put_comments,
)  # fmt: skip


def placed(module: Element, order: list[int]) -> Element:
    """The module with its functions, by their present numbers, in a new order among the places they hold."""
    slots = [n for n, e in enumerate(module.children) if e.kind == "function"]
    children = list(module.children)
    for slot, n in zip(slots, order, strict=True):
        children[slot] = module.children[slots[n]]
    return module.with_children(children)


def to_sorted(document: Element) -> tuple[Element, str]:
    rows: list[tuple[str, int]] = []

    def change(m: Element) -> Element:
        functions = m.of("function")
        order = sorted(range(len(functions)), key=lambda n: functions[n].text("name"))
        rows.extend((m.text("name"), n + 1) for n in order)
        return placed(m, order)

    changed = change_modules(document, change)
    if changed == document:
        raise EditError("sort_functions: the functions are in alphabetical order")
    return changed, write_csv(("file", "position"), rows)


def from_sorted(document: Element, files: Files) -> Element:
    rows = read_csv(files, "order.csv", ("file", "position"))

    def change(m: Element) -> Element:
        count = len(m.of("function"))
        mine = [row for row in rows if row["file"].casefold() == m.text("name").casefold()]
        ranks = [whole_number(row["position"], "order.csv") for row in mine]
        ranks = (ranks + [count + n for n in range(count)])[:count]
        return placed(m, sorted(range(count), key=lambda n: ranks[n]))

    return change_modules(document, change)


def neighbours(files: Files) -> Element:
    """The document with the name of the function before, for every module-level function."""

    def change(m: Element) -> Element:
        before, children = "", []
        for e in m.children:
            if e.kind == "function":
                e, before = e.with_fields(after=before or None), e.text("name")
            children.append(e)
        return m.with_children(children)

    return change_modules(FORMAT.parse(without(files, "order.csv")), change)


SORT = replace(transform_with(
    FORMAT, "sort_functions",
    "Put the module-level functions of each file into alphabetical order of their names (plain character order, so "
    "capitals and underscores come before small letters), among the places that functions hold now; classes and all "
    "other statements keep their places. Decorators and the comment lines above a function move with it. Write "
    "order.csv with the columns file,position: for each function in its new order, file by file, the place it had "
    "among the functions of its file before, counting from 1. Files: {files}.",
    "Restore the old order of the module-level functions: order.csv gives, file by file, for each function in "
    "today's order the place it had among the functions of its file, counting from 1. Decorators and the comment "
    "lines above a function move with it, everything else keeps its place. Only {files} remains.",
    ("sorting", "referencing"), "order.csv", to_sorted, from_sorted,
), view=neighbours, view_schema=SCHEMA.with_field(("function",), "after", Field()).unordered())  # fmt: skip

EDITS = tuple(map(proven, (RENAME, SPLIT, STUBS, SORT, MESSAGES, NUMBERS, REFERENCE, COMMENTS)))
