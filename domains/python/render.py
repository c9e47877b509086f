"""Canonical source: four blanks, one statement a line, comments above and beside what they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domains.kit import Element, Files

WIDTH = 100


def render(document: Element) -> Files:
    return {m.text("name"): module(m) for m in document.of("module")}


def module(m: Element) -> str:
    lines = list(remark(m.text("above"), ""))
    if doc := m.text("doc"):
        lines += [*docstring(doc, ""), ""]
    lines += body(m.children, "", 2)
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


def body(children: Sequence[Element], indent: str, blank: int) -> Iterator[str]:
    before = ""
    for e in children:
        definition = e.kind in ("function", "class")
        if before and (definition or before in ("function", "class")):
            yield from [""] * blank
        elif before == "import" and e.kind != "import" and not indent:
            yield ""
        yield from statement(e, indent)
        before = e.kind


def remark(text: str, indent: str) -> Iterator[str]:
    for line in text.split("\n") if text else ():
        yield f"{indent}#{line}" if line[:1] in ("!", ":", "") else f"{indent}# {line}"


def statement(e: Element, indent: str) -> Iterator[str]:
    yield from remark(e.text("above"), indent)
    beside = f"  # {e.text('beside')}" if "beside" in e.fields else ""
    match e.kind:
        case "function" | "class":
            yield from definition(e, indent, beside)
        case "block":
            yield f"{indent}{e.text('head')}:{beside}"
            yield from body(e.children, indent + "    ", 1) if e.children else (f"{indent}    pass",)
        case "comment":
            yield from remark(e.text("text"), indent)
        case "stray":
            yield from (indent + line if line else "" for line in e.text("text").split("\n"))
        case _:
            yield f"{indent}{simple(e)}{beside}"


def simple(e: Element) -> str:
    match e.kind:
        case "import":
            names = ", ".join(names_of(e, "names"))
            return f"from {e.text('source')} import {names}" if "source" in e.fields else f"import {names}"
        case "assign":
            left = e.text("target") + (f": {e.text('annotation')}" if "annotation" in e.fields else "")
            return f"{left} {e.text('operator') or '='} {e.text('value')}" if "value" in e.fields else left
        case _:
            return e.text("text")


def names_of(e: Element, field: str) -> tuple[str, ...]:
    value = e.get(field, ())
    return value if isinstance(value, tuple) else ()


def definition(e: Element, indent: str, beside: str) -> Iterator[str]:
    for decorator in names_of(e, "decorators"):
        yield f"{indent}@{decorator}"
    types = f"[{e.text('type_params')}]" if "type_params" in e.fields else ""
    if e.kind == "class":
        bases = ", ".join(names_of(e, "bases"))
        yield f"{indent}class {e.text('name')}{types}{f'({bases})' if bases else ''}:{beside}"
    else:
        start = f"{indent}{'async ' if 'async' in e.fields else ''}def {e.text('name')}{types}("
        returns = f") -> {e.text('returns')}:" if "returns" in e.fields else "):"
        parts = signature(e.of("parameter"))
        line = f"{start}{', '.join(parts)}{returns}{beside}"
        if len(line) <= WIDTH or not parts:
            yield line
        else:
            yield start
            yield from (f"{indent}    {part}," for part in parts)
            yield f"{indent}{returns}{beside}"
    inner = indent + "    "
    rest = [c for c in e.children if c.kind != "parameter"]
    if doc := e.text("doc"):
        yield from docstring(doc, inner)
        if rest and e.kind == "class":
            yield ""
    yield from body(rest, inner, 1)
    if not doc and all(c.kind == "comment" for c in rest):
        yield f"{inner}pass"


def signature(parameters: Sequence[Element]) -> list[str]:
    """The parameters with the `/` and `*` that their kinds call for."""
    parts: list[str] = []
    before = ""
    starred = False
    for p in parameters:
        kind = p.text("kind")
        if before == "positional" != kind:
            parts.append("/")
        if kind == "keyword" and not starred:
            parts.append("*")
        starred = starred or kind in ("keyword", "*")
        text = (kind if kind in ("*", "**") else "") + p.text("name")
        if "annotation" in p.fields:
            text += f": {p.text('annotation')}"
        if "default" in p.fields:
            text += f" = {p.text('default')}" if "annotation" in p.fields else f"={p.text('default')}"
        parts.append(text)
        before = kind
    return [*parts, "/"] if before == "positional" else parts


def docstring(doc: str, indent: str) -> Iterator[str]:
    """Three quotes, the lines, three quotes; what they could not hold is escaped."""
    lines = [escaped(line) for line in doc.split("\n")]
    if len(lines) == 1:
        yield f'{indent}"""{lines[0]}"""'
        return
    deeper = all(line.startswith(" ") for line in lines[1:] if line)
    yield f'{indent}"""' if deeper else f'{indent}"""{lines[0]}'
    yield from (indent + line if line else "" for line in (lines if deeper else lines[1:]))
    yield f'{indent}"""'


def escaped(line: str) -> str:
    """A line of a docstring as it stands between three quotes."""
    line = line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if line.endswith('"'):
        line = line[:-1] + '\\"'
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
