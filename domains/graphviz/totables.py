"""A graph as tables of its nodes and edges, and back."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from domains.graphviz.format import attribute, header_from, header_of, listed, merged, one_graph, ported
from domains.graphviz.lexer import balanced, unescape
from domains.graphviz.parser import FORMAT
from domains.graphviz.values import quote, shown
from domains.kit import MAX_DEPTH, EditError, Element, Files, file_named, read_csv, unfence, write_csv
from domains.kit.edits import convert, whole_number

_FIXED = {"nodes.csv": ("statement", "in", "node"), "edges.csv": ("statement", "in", "tail", "head")}
_REST = ("statement", "in", "kind", "name", "value")


# -- cells ------------------------------------------------------------------------------------------------------------


def cell(e: Element) -> str:
    """An attribute's value in a table."""
    if "html" in e.fields:
        return f"<{e['html']}>"
    if "value" not in e.fields:
        raise EditError(f"{e['name']} has no value")
    return text_cell(shown(e["value"]))


def text_cell(text: str) -> str:
    """A text in a table: in DOT's quotes where a table would lose it or take it for something else."""
    odd = not text or text != text.strip() or (text[0], text[-1]) in (('"', '"'), ("<", ">"))
    return quote(text) if odd else text


def from_cell(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return unescape(text[1:-1]) if quoted else text.replace("\n", "\\n")


def attribute_cell(kind: str, name: str, text: str) -> Element:
    if len(text) > 1 and text[0] == "<" and text[-1] == ">" and balanced(text[1:-1]):
        return attribute(kind, name, text[1:-1], is_html=True)
    return attribute(kind, name, from_cell(text))


# -- out --------------------------------------------------------------------------------------------------------------


class Tables:
    """The rows of the three tables, filled statement by statement."""

    def __init__(self, header: Element) -> None:
        kind = f"strict {header.text('type')}" if header.get("strict") else header.text("type")
        name = text_cell(header.text("id")) if "id" in header.fields else ""
        self.rest: list[tuple[object, ...]] = [(0, "", kind, name, "")]
        self.rows: dict[str, list[dict[str, object]]] = {"nodes.csv": [], "edges.csv": []}
        self.number = 0

    def add(self, e: Element, inside: int | str) -> None:
        self.number += 1
        here: tuple[object, ...] = (self.number, inside)
        if e.kind in ("node", "edge"):
            self.wide(e, inside)
        elif e.kind == "defaults":
            rows = [(*here, e["of"], text_cell(n), cell(a)) for n, a in listed(e).items()]
            self.rest += rows or [(*here, e["of"], "", "")]
        elif e.kind == "setting":
            self.rest.append((*here, "graph", text_cell(e.text("name")), cell(e)))
        elif e.kind == "remark":
            self.rest.append((*here, "comment", "", e["text"]))
        else:
            self.rest.append((*here, e.kind, text_cell(e.text("id")) if "id" in e.fields else "", ""))
            number = self.number
            for child in e.children:
                self.add(child, number)

    def wide(self, e: Element, inside: int | str) -> None:
        if "port" in e.fields:
            raise EditError(f"a port in the statement of node {e['id']}")
        ends = {"node": e.get("id")} if e.kind == "node" else {"tail": e.get("tail"), "head": e.get("head")}
        row = {"statement": self.number, "in": inside, **{k: text_cell(str(v)) for k, v in ends.items()}}
        cells = {name: cell(a) for name, a in listed(e).items()}
        if row.keys() & {name.casefold() for name in cells}:
            raise EditError(f"an attribute of {e!r} has the name of a column")
        self.rows[f"{e.kind}s.csv"].append({**row, **cells})

    def text(self, file: str) -> str:
        """A table with a column for every attribute that occurs, in order of first appearance."""
        rows = self.rows[file]
        columns = list(dict.fromkeys([*_FIXED[file], *(name for row in rows for name in row)]))
        if len({c.casefold() for c in columns}) < len(columns) or any(not c or c != c.strip() for c in columns):
            raise EditError(f"{file}: two columns would have the same name, or one a name that is lost")
        return write_csv(columns, ([row.get(c) for c in columns] for row in rows))


def to_csv(document: Element) -> Files:
    tables = Tables(header_of(one_graph(document, "to_csv")))
    for e in document.children:
        if e.kind != "header":
            tables.add(e, "")
    return {**{file: tables.text(file) for file in tables.rows}, "graph.csv": write_csv(_REST, tables.rest)}


# -- back -------------------------------------------------------------------------------------------------------------


class Statements:
    """Statements by number, and which subgraph each stands in (0: the top)."""

    def __init__(self) -> None:
        self.below: dict[int, list[tuple[int, Element]]] = {}

    def put(self, row: dict[str, str], file: str, e: Element) -> None:
        number = whole_number(row["statement"], file)
        inside = whole_number(row["in"], file) if row["in"] else 0
        self.below.setdefault(inside if inside < number else 0, []).append((number, e))

    def body(self, inside: int, depth: int) -> Iterator[Element]:
        """The statements in a subgraph in the order of their numbers; defaults of one number are one statement."""
        if depth >= MAX_DEPTH:
            raise EditError(f"graph.csv: subgraphs are nested deeper than {MAX_DEPTH}")
        waiting, last = None, 0
        for number, e in sorted(self.below.pop(inside, []), key=lambda pair: pair[0]):
            if waiting and number == last and e.kind == waiting.kind == "defaults" and e["of"] == waiting["of"]:
                waiting = waiting.with_children((*waiting.children, *e.children))
                continue
            if waiting:
                yield waiting
            waiting, last = e, number
            if e.kind == "subgraph":
                waiting = e.with_children(merged(list(self.body(number, depth + 1))))
        if waiting:
            yield waiting


def from_csv(files: Files) -> Element:
    statements = Statements()
    head = Element("header", {"type": "digraph"})
    for row in read_csv(files, "graph.csv", _REST):
        kind = row["kind"].casefold()
        given = [attribute_cell("attr", from_cell(row["name"]), row["value"])] if row["name"] else []
        if kind.removeprefix("strict").strip() in ("graph", "digraph") and row["statement"] == "0":
            head = header_from(kind.removeprefix("strict"), kind.startswith("strict"), from_cell(row["name"]))
        elif kind in ("node", "edge"):
            statements.put(row, "graph.csv", Element("defaults", {"of": kind}, tuple(given)))
        elif kind == "graph" and given:
            statements.put(row, "graph.csv", Element("setting", given[0].fields))
        elif kind == "comment":
            statements.put(row, "graph.csv", Element("remark", {"text": row["value"]}))
        elif kind == "subgraph":
            fields = {"id": from_cell(row["name"])} if row["name"] else {}
            statements.put(row, "graph.csv", Element("subgraph", fields))
        else:
            raise EditError(f"graph.csv: {row['kind']!r} is no kind of statement")
    for file, fixed in _FIXED.items():
        names = [c for c in column_names(file_named(files, file)) if c.casefold() not in fixed]
        for row in read_csv(files, file, fixed, names):
            given = [attribute_cell("attr", name, row[name]) for name in names if row[name]]
            ids = {"id" if c == "node" else c: from_cell(row[c]) for c in fixed[2:]}
            statements.put(row, file, Element(file[:4], ids, tuple(ported(given, None, None))))
    body = merged(list(statements.body(0, 1)))
    lost = [e for below in statements.below.values() for _, e in below]
    return Element("dot", {}, (head, *body, *lost))


def column_names(text: str) -> list[str]:
    first = next((line for line in unfence(text).splitlines() if line.strip()), "")
    return [c.strip() for c in next(csv.reader([first], delimiter=max(",;\t", key=first.count)), []) if c.strip()]


CSV = convert(
    FORMAT, "to_csv",
    "Put the graph into tables: {files}. Number the statements from 1 in the order of the file, going into subgraphs "
    "as they come: each comment line, attribute of the graph or a subgraph, defaults statement, subgraph, node "
    "statement and edge (chains and groups written out edge by edge). edges.csv has the columns "
    "statement,in,tail,head and nodes.csv statement,in,node, then a column for each attribute that occurs there "
    "(ports as tailport and headport); `in` is the number of the subgraph a statement stands in, empty at the top. "
    "graph.csv has statement,in,kind,name,value for the rest: first the graph itself as statement 0 (kind graph or "
    "digraph, with `strict ` before it if it is, and its name), then kind graph for an attribute of the graph or "
    "subgraph, node or edge for a default (a line for each attribute, all with the number of their statement), comment "
    "(only a value, without the comment marks) and subgraph (only a name, if it has one). Values stand without DOT's "
    "quotes, except texts that are empty or begin or end with a blank: those keep them. HTML labels keep their angle "
    "brackets, backslashes stay.",
    "Make a Graphviz file of the tables, {files}: nodes.csv and edges.csv hold the node statements and edges (tailport "
    "and headport are ports, every other further column is an attribute, empty cells are none), graph.csv the rest: "
    "the graph with its name as statement 0, attributes of the graph or a subgraph (kind graph), defaults (node, "
    "edge), comments and subgraphs. Statements go in the order of their numbers; `in` is the number of the subgraph "
    "they stand in.",
    ("format knowledge", "referencing", "split and merge"), to_csv, from_csv,
)  # fmt: skip
