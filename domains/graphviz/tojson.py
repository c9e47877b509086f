"""A graph as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from domains.graphviz.format import attribute, header_from, header_of, listed, merged, one_graph, ported
from domains.graphviz.lexer import balanced
from domains.graphviz.parser import FORMAT
from domains.kit import MAX_DEPTH, EditError, Element, Files, read_json
from domains.kit.edits import convert

JSON_FILE = "graph.json"


def json_value(e: Element) -> Any:
    if "html" in e.fields:
        return {"html": e["html"]}
    value = e.get("value")
    if not isinstance(value, Decimal):
        return value
    number: int | float = int(value) if value == value.to_integral_value() else float(value)
    return number if Decimal(str(number)) == value else str(value)


def json_statement(e: Element) -> dict[str, Any]:
    if e.kind == "remark":
        return {"comment": e["text"]}
    if e.kind == "setting":
        return {"set": {e["name"]: json_value(e)}}
    if e.kind == "subgraph":
        return {"subgraph": e.get("id"), "statements": [json_statement(c) for c in e.children]}
    if "port" in e.fields:
        raise EditError(f"a port in the statement of node {e['id']}")
    subject = {"node": e.get("id"), "edge": [e.get("tail"), e.get("head")], "defaults": e.get("of")}[e.kind]
    attributes = {name: json_value(a) for name, a in listed(e).items()}
    return {e.kind: subject, **({"attributes": attributes} if attributes else {})}


def to_json(document: Element) -> Files:
    header = header_of(one_graph(document, "to_json"))
    head = {"type": header.text("type"), **({"strict": True} if header.get("strict") else {})}
    if "id" in header.fields:
        head["name"] = header["id"]
    statements = [json_statement(e) for e in document.children if e.kind != "header"]
    return {JSON_FILE: json.dumps({**head, "statements": statements}, ensure_ascii=False, indent=1) + "\n"}


def from_json(files: Files) -> Element:
    data = read_json(files, JSON_FILE)
    if not isinstance(data, dict) or not isinstance(data.get("statements"), list):
        raise EditError(f"{JSON_FILE}:1: an object with a list of statements is wanted")
    return Element("dot", {}, (header_from(data.get("type"), data.get("strict"), data.get("name")),
                               *merged(list(json_body(data["statements"], 2)))))  # fmt: skip


def json_body(statements: object, depth: int) -> Iterator[Element]:
    if not isinstance(statements, list) or depth >= MAX_DEPTH:
        raise EditError(f"{JSON_FILE}: statements must be a list, not nested deeper than {MAX_DEPTH}")
    for item in statements:
        if not isinstance(item, dict):
            raise EditError(f"{JSON_FILE}: {str(item)[:60]} is not a statement")
        attributes = item.get("attributes") or {}
        settings = item.get("set", {})
        if not isinstance(attributes, dict) or not isinstance(settings, dict):
            raise EditError(f"{JSON_FILE}: attributes must be an object: {str(item)[:60]}")
        children = [attribute_from("attr", name, value) for name, value in attributes.items()]
        yield from (attribute_from("setting", name, value) for name, value in settings.items())
        if "subgraph" in item:
            name = item["subgraph"]
            fields = {} if name in (None, "") else {"id": str(name)}
            yield Element("subgraph", fields, tuple(merged(list(json_body(item.get("statements") or [], depth + 1)))))
        elif isinstance(item.get("edge"), list) and len(item["edge"]) == 2:
            tail, head = map(str, item["edge"])
            yield Element("edge", {"tail": tail, "head": head}, tuple(ported(children, None, None)))
        elif "node" in item:
            yield Element("node", {"id": str(item["node"])}, tuple(children))
        elif "defaults" in item:
            yield Element("defaults", {"of": str(item["defaults"])}, tuple(children))
        elif "comment" in item:
            lines = (line.strip() for line in str(item["comment"]).split("\n"))
            yield from (Element("remark", {"text": line}) for line in lines if line)
        elif "set" not in item:
            raise EditError(f"{JSON_FILE}: {str(item)[:60]} is no statement that DOT knows")


def attribute_from(kind: str, name: str, value: object) -> Element:
    if value is None:
        return attribute(kind, name, None)
    if isinstance(value, dict):
        html = str(value.get("html", ""))
        return attribute(kind, name, html if balanced(html) else f"<{html}>", is_html=balanced(html))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return attribute(kind, name, text.replace("\n", "\\n"))


JSON = convert(
    FORMAT, "to_json",
    "The web front end wants the graph as JSON, {files}: an object with `type` (graph or digraph), `strict` "
    "(true, only if it is), `name` (if it has one) and `statements`, a list with one object per statement in the "
    'order of the file: {"comment": text} for each line of a comment, without its marks; {"set": {name: value}} '
    'for an attribute of the graph or subgraph itself; {"defaults": "node" or "edge", "attributes": {…}}; '
    '{"node": id, "attributes": {…}}; {"edge": [tail, head], "attributes": {…}}; {"subgraph": id or null, '
    '"statements": […]}. Chains and groups are written out edge by edge, ports become the attributes tailport and '
    "headport, an empty `attributes` is left out. Numbers are JSON numbers, other values strings without DOT's "
    'quotes (backslashes in labels stay as they are), an HTML label is {"html": "…"} without its outer angle '
    "brackets.",
    "Write the graph in the JSON file as Graphviz DOT, {files}. Each object in `statements` is one statement, in this "
    "order: a comment, an attribute set on the graph or subgraph itself, defaults for nodes or edges, a node, an edge "
    '(tailport and headport are ports), a subgraph with its own statements. {"html": …} goes between angle brackets.',
    ("format knowledge", "domain knowledge"), to_json, from_json,
)  # fmt: skip
