"""What people ask to have done to a graph, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import replace

from domains.graphviz.format import SCHEMA, attribute, header_of, listed, one_graph, ported
from domains.graphviz.groups import RANKS, SHAPES, SPLIT
from domains.graphviz.parser import FORMAT
from domains.graphviz.tojson import JSON
from domains.graphviz.totables import CSV, attribute_cell, cell
from domains.kit import EditError, Element, Field, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, edit_fields, proven, rename, transform, transform_with, without

# -- names ------------------------------------------------------------------------------------------------------------


def numbered(names: list[str]) -> dict[str, str]:
    if any(name != name.strip() or not name for name in names):
        raise EditError("rename_nodes: an id with blanks around it would not survive a table")
    return {name: f"n{number}" for number, name in enumerate(sorted(names), 1)}


RENAME = rename(
    FORMAT, "rename_nodes",
    "Shorten the node ids. Sort all ids that occur, in node statements or only in edges, by plain character order "
    "(capitals before small letters) and call them n1, n2, n3, …; use the new ids everywhere in the graph, leave "
    "labels, ports, subgraph names and comments alone, and write legend.csv with the columns code,node: the new "
    "id and the old one. Files: {files}.",
    "Give the nodes their names back: legend.csv has the short id under `code` and the old one under `node`. "
    "Replace them in node statements and edges; the legend is not needed afterwards, only {files}.",
    ("string manipulation", "sorting", "referencing"), [("node", "id"), ("edge", "tail"), ("edge", "head")], numbered,
    side="legend.csv", columns=("code", "node"),
)  # fmt: skip

# -- direction --------------------------------------------------------------------------------------------------------

_END = re.compile(r"(l|same|_?)(head|tail)(.*)", re.DOTALL)


def other_end(name: str) -> str:
    """taillabel for headlabel, ltail for lhead; arrowhead and arrowtail are no matter of ends here."""
    m = _END.fullmatch(name)
    return f"{m[1]}{'tail' if m[2] == 'head' else 'head'}{m[3]}" if m else name


def reversed_edges(document: Element) -> Element:
    def change(e: Element) -> Element:
        if e.kind == "defaults" and e["of"] != "edge":
            return e
        turned = [a.with_fields(name=other_end(a.text("name"))) for a in e.children]
        if e.kind == "defaults":
            return e.with_children(turned)
        return Element("edge", {"tail": e["head"], "head": e["tail"]}, tuple(ported(turned, None, None)))

    return edit_fields(document, ("edge", "defaults"), change)


def reverse(document: Element) -> Element:
    statements = Counter(e.kind for e in one_graph(document, "reverse_edges").walk() if e.kind not in ("attr", "dot"))
    if header_of(document)["type"] != "digraph" or statements["edge"] * 4 < statements.total():
        raise EditError("reverse_edges: this needs a digraph in which edges are a good part of the statements")
    return reversed_edges(document)


def with_ends(files: Files) -> Element:
    """The graph with the two nodes of each edge, whichever way it goes."""
    return edit_fields(FORMAT.parse(files), ("edge",), lambda e: e.with_fields(
        ends=tuple(sorted((e.text("tail"), e.text("head"))))))  # fmt: skip


REVERSE = replace(
    transform(
        FORMAT, "reverse_edges",
        "We read the arrows the other way from now on. Turn every edge round: `a -> b` becomes `b -> a`. What "
        "belongs to one end of an edge stays with its node: ports swap sides with their nodes, and headlabel and "
        "taillabel, headclip and tailclip, lhead and ltail, samehead and sametail and all other attributes named "
        "after the head or the tail swap names, also in edge defaults. arrowhead, arrowtail, dir and everything "
        "else stay as they are. Result: {files}.",
        "The arrows were better before. Turn every edge round again, `b -> a` to `a -> b`: ports go with their "
        "nodes, and all attributes named after the head or the tail (headlabel, tailclip, lhead, samehead, …) "
        "swap names, also in edge defaults; only arrowhead, arrowtail and dir stay. Result: {files}.",
        ("domain knowledge", "string manipulation"), reverse, reversed_edges,
    ),
    view=with_ends, view_schema=SCHEMA.with_field(("edge",), "ends", Field()),
)  # fmt: skip

# -- styles -----------------------------------------------------------------------------------------------------------

STYLES = ("arrowhead", "arrowsize", "arrowtail", "color", "fillcolor", "fontcolor", "fontname", "fontsize", "penwidth",
          "shape", "style")  # fmt: skip


def styles_out(document: Element) -> tuple[Element, str]:
    classes: dict[frozenset[tuple[str, Hashable]], str] = {}
    rows: list[tuple[str, str, str]] = []

    def change(e: Element) -> Element:
        found = listed(e)
        if "class" in found:
            raise EditError("styles_to_classes: the graph has classes already")
        styles = [a for name, a in found.items() if name in STYLES]
        if not styles:
            return e
        look = frozenset((a.text("name"), a.get("value", a.get("html"))) for a in styles)
        if look not in classes:
            classes[look] = f"s{len(classes) + 1}"
            rows.extend(sorted((classes[look], a.text("name"), cell(a)) for a in styles))
        rest = [a for a in e.children if a.text("name") not in STYLES]
        return e.with_children(ported([*rest, attribute("attr", "class", classes[look])], None, None))

    changed = edit_fields(one_graph(document, "styles_to_classes"), ("node", "edge"), change)
    if not rows:
        raise EditError("styles_to_classes: no node or edge has a style of its own")
    return changed, write_csv(("class", "attribute", "value"), rows)


def styles_in(document: Element, files: Files) -> Element:
    classes: defaultdict[str, list[Element]] = defaultdict(list)
    for row in read_csv(files, "styles.csv", ("class", "attribute", "value")):
        classes[row["class"]].append(attribute_cell("attr", row["attribute"], row["value"] or '""'))

    def change(e: Element) -> Element:
        attributes: list[Element] = []
        for a in e.children:
            name, value = a.text("name"), a.text("value")
            if name == "class" and value in classes:
                attributes += classes[value]
            elif name == "class" or name in STYLES:
                attributes.append(a.with_fields(value=UNMAPPED + value))
            else:
                attributes.append(a)
        return e.with_children(attributes)

    return edit_fields(document, ("node", "edge"), change)


def looks(files: Files) -> Element:
    """The graph with the class of each node statement and edge, or the styles it still has, as one fact."""

    def change(e: Element) -> Element:
        ways = [a for a in e.children if a["name"] == "class" or a["name"] in STYLES]
        rest = e.with_children([a for a in e.children if a not in ways])
        return rest.with_fields(look=tuple(sorted(f"{a['name']}={a.text('value')}" for a in ways))) if ways else e

    return edit_fields(FORMAT.parse(without(files, "styles.csv")), ("node", "edge"), change)


CLASSES = replace(
    transform_with(
        FORMAT, "styles_to_classes",
        "Take the looks out of the graph. In every node statement and edge, replace the attributes among "
        f"{', '.join(STYLES)} by one `class` attribute: s1, s2, … by first appearance in the file, the same class for "
        "the same set of attributes and values. Statements without any of them get no class, defaults and attributes "
        "of graphs stay. List the classes in styles.csv with the columns class,attribute,value, a line for each "
        "attribute of a class. Files: {files}.",
        "Write the styles back into the graph: replace the class of each node statement and edge by the attributes "
        "that styles.csv lists for it. Only {files} remains.",
        ("referencing", "classification", "domain knowledge"), "styles.csv", styles_out, styles_in,
    ),
    view=looks, view_schema=SCHEMA.with_field(("node", "edge"), "look", Field()),
)  # fmt: skip

EDITS = tuple(map(proven, (JSON, CSV, RENAME, REVERSE, CLASSES, SHAPES, RANKS, SPLIT)))
