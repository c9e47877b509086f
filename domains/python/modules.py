"""Edits that take a module apart: functions into files, type hints into stubs, docstrings into a reference."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable

from domains.kit import EditError, Element, Files, element, file_named, stray, unfence
from domains.kit.domain import Edit
from domains.kit.edits import UNMAPPED, convert, transform_with
from domains.python.format import FORMAT
from domains.python.render import names_of, render
from domains.python.rewrite import change_modules, definitions, each_definition, stem

# -- functions into files ---------------------------------------------------------------------------------------------

_PART = "_functions.py"


def part_of(m: Element) -> str:
    """The module name that `from … import` uses for a file's functions."""
    return stem(m).rsplit("/", 1)[-1] + _PART.removesuffix(".py")


def deal_functions(document: Element) -> Files:
    modules: list[Element] = []
    taken = {m.text("name") for m in document.of("module")}
    for m in document.of("module"):
        functions = m.of("function")
        part = stem(m) + _PART
        if not functions or not m.text("name").endswith(".py"):
            modules.append(m)
            continue
        if part in taken or any(e.get("source") == part_of(m) for e in m.walk()):
            raise EditError(f"split_functions: {part} is there already")
        modules.append(m.with_children([
            element("import", source=part_of(m), names=(e.text("name"),)) if e.kind == "function" else e
            for e in m.children
        ]))  # fmt: skip
        modules.append(Element("module", {"name": part}, tuple(functions)))
    if len(modules) == len(document.children):
        raise EditError("split_functions: there are no module-level functions")
    return render(document.with_children(sorted(modules, key=lambda m: m.text("name"))))


def gather_functions(files: Files) -> Element:
    document = FORMAT.parse(files)
    parts = {stem(m): m for m in document.of("module") if m.text("name").endswith(_PART)}

    def change(m: Element) -> Element:
        part = parts.get(stem(m) + _PART.removesuffix(".py"))
        if part is None:
            return m
        waiting: defaultdict[str, deque[Element]] = defaultdict(deque)
        for e in part.of("function"):
            waiting[e.text("name")].append(e)
        children: list[Element] = []
        for e in m.children:
            if e.kind == "import" and e.text("source").lstrip(".") == part_of(m):
                for name in names_of(e, "names"):
                    found = waiting[name].popleft() if waiting[name] else e.with_fields(names=(name,))
                    above = e.get("above") or e.get("beside")
                    children.append(found.with_fields(above=above) if above and "above" not in found.fields else found)
            elif e.kind == "function":  # left where it was
                children.append(stray(f"{UNMAPPED}def {e.text('name')}"))
            else:
                children.append(e)
        rest = [e for group in waiting.values() for e in group]
        return m.with_children([*children, *rest, *(e for e in part.children if e.kind != "function")])

    whole = [change(m) for m in document.of("module") if stem(m) not in parts or not owner(m, document)]
    return document.with_children(whole)


def owner(part: Element, document: Element) -> bool:
    """Whether the file that a part was taken from is there."""
    return any(stem(m) + _PART == part.text("name") for m in document.of("module"))


SPLIT = convert(
    FORMAT, "split_functions",
    "Split the functions off. For every NAME.py that defines functions at module level, move those functions, with "
    "their decorators, docstrings and the comment lines directly above them, unchanged and in the same order to "
    "NAME_functions.py, which holds nothing else (no imports, no header: our build adds them). In NAME.py put at the "
    "place of each one a line of its own, `from NAME_functions import FUNCTION`, also when a function is defined "
    "twice. Methods, nested functions and functions inside if or try blocks stay where they are. Files: {files}.",
    "Bring the functions back into {files}: in each NAME.py, replace every line `from NAME_functions import "
    "FUNCTION` by the definition of that function from NAME_functions.py, with its decorators and the comment lines "
    "above it (the first such line takes the first definition when there are several of that name).",
    ("split and merge", "referencing", "domain knowledge"), deal_functions, gather_functions,
)  # fmt: skip

# -- type hints into stubs --------------------------------------------------------------------------------------------


def hinted(e: Element) -> bool:
    return "returns" in e.fields or any("annotation" in p.fields for p in e.of("parameter"))


def bare(_name: str, e: Element) -> Element:
    if e.kind == "class" or not hinted(e):
        return e
    children = [c.with_fields(annotation=None) if c.kind == "parameter" else c for c in e.children]
    return e.with_children(children).with_fields(returns=None)


def stub(owner: Element) -> list[Element]:
    """What the stub lists of a module or class: functions of which a namesake has hints, in their classes."""
    wanted = {e.text("name") for e in owner.of("function") if hinted(e)}
    found = []
    for e in owner.of("function", "class"):
        if e.kind == "class":
            if inner := stub(e):
                found.append(element("class", *inner, name=e.text("name")))
        elif e.text("name") in wanted:
            parameters = [p.with_fields(default="...") if "default" in p.fields else p for p in e.of("parameter")]
            kept = {f: e.fields[f] for f in ("name", "decorators", "async", "type_params", "returns") if f in e.fields}
            found.append(Element("function", kept, (*parameters, element("statement", text="..."))))
    return found


def to_stubs(document: Element) -> Files:
    stubs = []
    for m in document.of("module"):
        if not m.text("name").endswith(".py"):
            raise EditError("type_stubs: there is a stub already")
        if listed := stub(m):
            stubs.append(Element("module", {"name": m.text("name") + "i"}, tuple(listed)))
    if not stubs:
        raise EditError("type_stubs: no function has type hints")
    return {**render(change_modules(document, lambda m: each_definition(m, bare))),
            **render(document.with_children(stubs))}  # fmt: skip


def without_stubs(files: Files) -> Element:
    return FORMAT.parse({name: text for name, text in files.items() if not name.casefold().endswith(".pyi")})


def from_stubs(files: Files) -> Element:
    stubs = {name: FORMAT.parse({name: text}) for name, text in files.items() if name.casefold().endswith(".pyi")}
    known = {name.casefold(): document.children[0] for name, document in stubs.items()}

    def change(m: Element) -> Element:
        waiting: defaultdict[str, deque[Element]] = defaultdict(deque)
        listed = known.get(m.text("name").casefold() + "i")
        for name, e in definitions(listed) if listed else ():
            if e.kind == "function":
                waiting[name].append(e)
        return each_definition(m, lambda name, e: dressed(e, waiting[name].popleft() if waiting[name] else None))

    return change_modules(without_stubs(files), change)


def dressed(e: Element, hints: Element | None) -> Element:
    """A function with the hints that its stub has. Hints it still has were left undone."""
    if e.kind == "class":
        return e
    table = {p.text("name"): p.get("annotation") for p in hints.of("parameter")} if hints else {}

    def one(c: Element) -> Element:
        if c.kind != "parameter":
            return c
        if "annotation" in c.fields:
            return c.with_fields(annotation=f"unmapped_{c.text('annotation')}")
        return c.with_fields(annotation=table.get(c.text("name")))

    returns = f"unmapped_{e.text('returns')}" if "returns" in e.fields else hints.get("returns") if hints else None
    return e.with_children([one(c) for c in e.children]).with_fields(returns=returns)


STUBS = Edit(
    "type_stubs",
    "Move the type hints to stub files. In the .py files, take the annotations off the parameters and return values "
    "of all functions at module level and of all methods (of classes at module level and classes within those); "
    "leave variable annotations, nested functions and functions inside if or try blocks alone. For every NAME.py "
    "that had any, write NAME.pyi with the signatures of these functions that had hints, in the same order, methods "
    "inside a bare `class NAME:`: decorators and the full parameter list with its annotations, `...` for every "
    "default value and as the body. If a name is defined several times in one place, list each definition once one "
    "of them has hints. No imports in the stubs. Files: {files}.",
    "Put the type hints back into the code: each NAME.pyi has the annotations of the parameters and return values of "
    "the functions and methods of NAME.py, namesakes in the order of their definition. Defaults, decorators and "
    "bodies stay as they are in the .py files. Only {files} remains.",
    ("split and merge", "domain knowledge", "format knowledge"), FORMAT, to_stubs, from_stubs, without_stubs, side=True,
)  # fmt: skip

# -- docstrings into a reference --------------------------------------------------------------------------------------

POINTER = "See reference.md."
_SECTIONS = {f"{word}:": f"**{word}**" for word in ("Args", "Returns", "Yields", "Raises")}
_MARKED = {marked: word for word, marked in _SECTIONS.items()}
_LISTS = ("Args:", "Raises:")


def to_markdown(doc: str) -> str:
    """Section headings in bold, the entries of Args and Raises as a list."""
    lines: list[str] = []
    section, base = "", 0
    for line in doc.split("\n"):
        indent = len(line) - len(line.lstrip())
        if line in _SECTIONS:
            section, base = line, 0
            lines.append(_SECTIONS[line])
            continue
        if line and not indent:
            section = ""
        elif line and section in _LISTS:
            base = base or indent
            line = ("- " if indent <= base else "  ") + line.strip()
        lines.append(line)
    return "\n".join(lines)


def from_markdown(text: str) -> str:
    lines: list[str] = []
    section = ""
    for line in text.strip("\n").split("\n"):
        bare_line = line.rstrip()
        if bare_line in _MARKED:
            section = _MARKED[bare_line]
            lines.append(section)
        elif bare_line in _SECTIONS:
            lines.append(UNMAPPED + bare_line)
        elif section in _LISTS and re.match(r"[-*+] ", line):
            lines.append("    " + line[2:].strip())
        else:
            if line and line[0] != " ":
                section = ""
            lines.append("    " + bare_line if section in _LISTS and bare_line else bare_line)
    return "\n".join(lines).strip()


def with_docs(document: Element, change: Callable[[str, Element], Element]) -> Element:
    """`change` applied to every module, class, function and method with its title."""

    def module(m: Element) -> Element:
        prefix = stem(m).replace("/", ".")
        return each_definition(change(m.text("name"), m), lambda name, e: change(f"{prefix}.{name}", e))

    return change_modules(document, module)


def take_docs(document: Element) -> tuple[Element, str]:
    parts: list[str] = []

    def change(title: str, e: Element) -> Element:
        if "doc" not in e.fields:
            return e
        parts.append(f"## {title}\n\n{to_markdown(e.text('doc'))}\n")
        return e.with_fields(doc=POINTER)

    changed = with_docs(document, change)
    if not parts:
        raise EditError("api_reference: there are no docstrings")
    return changed, "\n".join(parts)


def put_docs(document: Element, files: Files) -> Element:
    waiting: defaultdict[str, deque[str]] = defaultdict(deque)
    pieces = re.split(r"(?m)^##[ \t]+(.*)$", unfence(file_named(files, "reference.md")))
    for title, text in zip(pieces[1::2], pieces[2::2], strict=True):
        waiting[title.strip().strip("`").replace("\\_", "_")].append(from_markdown(text))

    def change(title: str, e: Element) -> Element:
        if "doc" not in e.fields:
            return e
        if e.text("doc").rstrip(".") != POINTER.rstrip("."):
            return e.with_fields(doc=UNMAPPED + e.text("doc"))
        return e.with_fields(doc=waiting[title].popleft() or None) if waiting[title] else e

    return with_docs(document, change)


REFERENCE = transform_with(
    FORMAT, "api_reference",
    "Move the documentation out of the code into reference.md. For every docstring of a module, of a class or "
    "function at module level, of a method, or of a class within such a class with its methods, in the order they "
    "stand (file by file in the order of the files' names), write a heading `## TITLE`, where TITLE is the file name "
    "for a module (`## parser.py`) and the dotted name otherwise (`## parser.Reader.close`), then the docstring "
    "without the indentation of the code. Within it, a line `Args:`, `Returns:`, `Yields:` or `Raises:` becomes "
    "`**Args**`, `**Returns**` and so on, and each entry under Args and Raises a list item (`- name: text`). In the "
    "code every one of these docstrings becomes \"\"\"See reference.md.\"\"\"; other docstrings and all comments "
    "stay. Files: {files}.",
    "Bring the documentation back into the code: replace each docstring \"\"\"See reference.md.\"\"\" by the text "
    "under the heading of that module, class, function or method in reference.md (namesakes in order). `**Args**` "
    "becomes `Args:` again, likewise **Returns**, **Yields** and **Raises**, each with its text indented under it, "
    "and the list items under Args and Raises become indented lines `name: text`. Only {files} remains.",
    ("string manipulation", "format knowledge", "split and merge"), "reference.md", take_docs, put_docs,
)  # fmt: skip
