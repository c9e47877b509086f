"""Graphviz graphs: what an engineer reads in a DOT file, how two of them compare, and their canonical text.

https://graphviz.org/doc/info/lang.html, https://graphviz.org/doc/info/attrs.html

The document is what its author states, in order: `node [shape=box]` is one fact (a `defaults` element at its place),
not one for each node it reaches. So a wrong word there costs what the word weighs, a default that reaches nothing is
still seen, and text and Changes meet line by line. What the grammar lets one write in several ways is one thing:
`a -> b -> c` is two edges, `{a b} -> c` too, `rankdir=LR` and `graph [rankdir=LR]` are one setting, `a:s -> b` and
`[tailport=s]` one port.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import groupby

from domains.graphviz.values import (
    label_similarity,
    label_weight,
    markup,
    markup_similarity,
    markup_weight,
    show_id,
    shown,
    typed,
    unescaped,
)
from domains.kit import EditError, Element, Field, Files, Kind, Schema, prose

MAIN = "graph.dot"
PORTS = ("tailport", "headport")
COMPASS = frozenset({"n", "ne", "e", "se", "s", "sw", "w", "nw", "c", "_"})

# -- schema -----------------------------------------------------------------------------------------------------------

_ATTRIBUTE: dict[str, Field] = {
    "name": Field(weight=0.5),
    "value": Field(label_similarity, label_weight, unescaped),
    "html": Field(markup_similarity, markup_weight, markup),
}
_HEADER: dict[str, Field] = {"type": Field(), "strict": Field(weight=0.5), "id": Field()}
SCHEMA = Schema(
    {
        "dot": Kind(),
        "header": Kind(_HEADER, label=lambda _e: ""),
        "graph": Kind(_HEADER, key=(("id",),), order=0.25),
        "subgraph": Kind({"id": Field()}, key=(("id",),), order=0.1, weight=0.5),
        "node": Kind({"id": Field(), "port": Field(weight=0.5)}, key=(("id",),), order=0.1),
        "edge": Kind(
            {"tail": Field(), "head": Field()},
            key=(("tail", "head"), ("head",), ("tail",)),
            order=0.1,
            label=lambda e: f"{e.text('tail')} -> {e.text('head')}",
        ),
        "defaults": Kind({"of": Field(weight=0.5)}, key=(("of",),), order=0.25),
        "setting": Kind(_ATTRIBUTE, key=(("name",),)),
        "attr": Kind(_ATTRIBUTE, key=(("name",),)),
        "remark": Kind({"text": prose(0.5)}, order=0.1, label=lambda _e: ""),
    }
)


def attribute(kind: str, name: str, value: str | None, is_html: bool = False) -> Element:
    """An `attr` or a `setting`; without a value it stands for itself, as in the old `[bold]`."""
    if value is None:
        return Element(kind, {"name": name})
    return Element(kind, {"name": name, "html": value} if is_html else {"name": name, "value": typed(name, value)})


def ported(listed: list[Element], tail: str | None, head: str | None) -> list[Element]:
    """An edge's attributes with its ports before them, wherever those were given."""
    if tail is None and head is None and not any(a.fields["name"] in PORTS for a in listed):
        return listed
    given = [attribute("attr", n, port) for n, port in zip(PORTS, (tail, head), strict=True) if port is not None]
    ports = [*given, *(a for a in listed if a.fields["name"] in PORTS)]
    return [*sorted(ports, key=lambda a: a.text("name") == "headport"),
            *(a for a in listed if a.fields["name"] not in PORTS)]  # fmt: skip


def left_of(group: Element) -> list[Element]:
    """What an edge's group says beyond naming its nodes: the whole of it, or its comments."""
    if "id" in group.fields:
        return [group] if group.children else []
    plain = all(e.kind == "remark" or (e.kind == "node" and len(e.fields) == 1 and not e.children)
                for e in group.children)  # fmt: skip
    return group.of("remark") if plain else [group]


def merged(statements: list[Element]) -> list[Element]:
    """Defaults that stand next to each other as one statement for nodes and one for edges."""
    if sum(e.kind == "defaults" for e in statements) < 2:
        return statements
    out: list[Element] = []
    for together, run in groupby(statements, key=lambda e: e.kind == "defaults"):
        if not together:
            out += run
            continue
        lists: dict[str, list[Element]] = {}
        for e in run:
            lists.setdefault(e.text("of"), []).extend(e.children)
        out += [Element("defaults", {"of": of}, tuple(lists[of])) for of in sorted(lists)]
    return out


# -- text -------------------------------------------------------------------------------------------------------------


def show_attribute(e: Element) -> str:
    name = show_id(e.text("name"))
    if "html" in e.fields:
        return f"{name}=<{e['html']}>"
    if "value" not in e.fields:
        return name
    value = e["value"]
    return f"{name}={show_id(value) if isinstance(value, str) else shown(value)}"


def show_list(attributes: list[Element]) -> str:
    return f" [{', '.join(map(show_attribute, attributes))}]" if attributes else ""


def show_port(port: str) -> str:
    """`:port:compass`, or what there is of it."""
    name, colon, compass = port.rpartition(":")
    return f":{show_id(name)}:{compass}" if colon and compass in COMPASS else f":{show_id(port)}"


def show_edge(e: Element, arrow: str) -> str:
    ends = {"tailport": "", "headport": ""}
    rest = []
    for a in e.children:
        value = a.get("value")
        if ends.get(a.text("name")) == "" and isinstance(value, str):
            ends[a.text("name")] = show_port(value)
        else:
            rest.append(a)
    tail, head = show_id(e.text("tail")), show_id(e.text("head"))
    return f"{tail}{ends['tailport']} {arrow} {head}{ends['headport']}{show_list(rest)};"


def show_body(children: tuple[Element, ...], arrow: str, indent: str) -> list[str]:
    lines: list[str] = []
    for e in children:
        match e.kind:
            case "node":
                port = show_port(e.text("port")) if "port" in e.fields else ""
                lines.append(f"{indent}{show_id(e.text('id'))}{port}{show_list(list(e.children))};")
            case "edge":
                lines.append(indent + show_edge(e, arrow))
            case "setting":
                bare = "value" not in e.fields and "html" not in e.fields
                lines.append(f"{indent}graph [{show_attribute(e)}];" if bare else f"{indent}{show_attribute(e)};")
            case "defaults":
                lines.append(f"{indent}{e.text('of')}{show_list(list(e.children)) or ' []'};")
            case "subgraph":
                name = f"subgraph {show_id(e.text('id'))} " if "id" in e.fields else ""
                lines.append(f"{indent}{name}{{")
                lines += show_body(e.children, arrow, indent + "  ")
                lines.append(indent + "}")
            case "remark":
                lines.append(f"{indent}// {e.text('text')}")
            case "stray":
                lines.append(f"{indent}{e.text('text')};")
    return lines


def show_graph(header: Element, children: tuple[Element, ...]) -> list[str]:
    """A whole graph; the comments it begins with stand above it."""
    first = next((n for n, e in enumerate(children) if e.kind != "remark"), len(children))
    kind = header.text("type") or "digraph"
    name = f" {show_id(header.text('id'))}" if "id" in header.fields else ""
    return [
        *show_body(children[:first], "", ""),
        f"{'strict ' if header.get('strict') else ''}{kind}{name} {{",
        *show_body(children[first:], "--" if kind == "graph" else "->", "  "),
        "}",
    ]


def render(document: Element) -> Files:
    children = list(document.children)
    outside = []
    while children and children[-1].kind == "stray":
        outside.append(children.pop().text("text"))
    header = next((e for e in children if e.kind == "header"), Element("header"))
    inside = tuple(e for e in children if e.kind not in ("header", "graph"))
    lines = show_graph(header, inside)
    for e in children:
        if e.kind == "graph":
            lines += ["", *show_graph(e, e.children)]
    return {MAIN: "\n".join([*lines, *reversed(outside)]) + "\n"}


# -- what edits need --------------------------------------------------------------------------------------------------


def one_graph(document: Element, name: str) -> Element:
    """The document, when it is a single graph that could be read whole. EditError otherwise."""
    if any(e.kind in ("graph", "stray") for e in document.walk()):
        raise EditError(f"{name}: this needs a file with one graph and nothing unreadable")
    return document


def header_of(document: Element) -> Element:
    return next((e for e in document.children if e.kind == "header"), Element("header", {"type": "digraph"}))


def listed(e: Element) -> dict[str, Element]:
    """A statement's attributes by name. EditError when one is given twice: a table has one place for it."""
    names = {a.text("name"): a for a in e.children}
    if len(names) < len(e.children):
        raise EditError(f"{e!r} has an attribute twice")
    return names


def header_from(kind: object, strict: object, name: object) -> Element:
    fields: dict[str, Hashable] = {"type": str(kind or "digraph").strip().casefold()}
    if strict not in (None, False, "", "false"):
        fields["strict"] = True
    return Element("header", {**fields, "id": str(name)} if name not in (None, "") else fields)
