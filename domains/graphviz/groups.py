"""Edits that put nodes together: by shape, by rank, by file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable

from domains.graphviz.format import MAIN, SCHEMA, attribute, header_of, one_graph
from domains.graphviz.parser import FORMAT
from domains.kit import EditError, Element, Field, Files, file_named, read_csv, write_csv
from domains.kit.domain import Edit
from domains.kit.edits import UNMAPPED, without

# -- groups of nodes --------------------------------------------------------------------------------------------------

Place = Callable[[Element], str | None]


def grouped(document: Element, place: Place, setting: Callable[[str], Element], name: str) -> Element:
    """The node statements at the top moved into subgraphs at the end, a bare mention left where each one stood."""
    groups: dict[str, list[Element]] = {}
    top = []
    for e in document.children:
        where = place(e) if e.kind == "node" else None
        if where is None:
            top.append(e)
        else:
            groups.setdefault(where, []).append(e)
            top.append(Element("node", {"id": e["id"]}))
    mentions = Counter(e["id"] for e in top if e.kind == "node")
    ids = {e["id"] for group in groups.values() for e in group}
    taken = {e.get("id") for e in document.children if e.kind == "subgraph"} & groups.keys()
    if len(groups) < 2 or taken or any(mentions[i] > 1 for i in ids):
        raise EditError(f"{name}: this needs nodes of two groups, each with one statement at the top level")
    new = (Element("subgraph", {"id": where}, (setting(where), *group)) for where, group in groups.items())
    return document.with_children((*top, *new))


def ungrouped(document: Element, prefix: str, undone: Callable[[Element], bool], within: bool) -> Element:
    """The moved statements back in their places. `within` tells of each which subgraph it was in, for a view; else
    those that were never moved are marked."""
    moved: dict[Hashable, Element] = {}
    loose: list[Element] = []
    rest = []
    for e in document.children:
        if e.kind != "subgraph" or not e.text("id").startswith(prefix):
            rest.append(e)
            continue
        for part in e.children:
            if part.kind == "node" and part["id"] not in moved:
                moved[part["id"]] = part.with_fields(within=e["id"]) if within else part
            elif part.kind != "setting" or part["name"] not in ("label", "rank"):
                loose.append(part)
    top = []
    for e in rest:
        if e.kind == "node" and not e.children and e["id"] in moved:
            e = moved.pop(e["id"])
        elif e.kind == "node" and not within and undone(e):
            e = e.with_fields(id=UNMAPPED + e.text("id"))
        top.append(e)
    return document.with_children((*top, *moved.values(), *loose))


def grouping(
    name: str, forward: str, backward: str, tags: tuple[str, ...], prefix: str, side: str,
    do: Callable[[Element], Element], undone: Callable[[Element], bool],
) -> Edit:  # fmt: skip
    """An edit that moves node statements into subgraphs called `prefix`..., with a table of which went where."""

    def write(document: Element) -> Files:
        result = do(one_graph(document, name))
        rows = [(n["id"], e["id"]) for e in result.children if e.kind == "subgraph" and e.text("id").startswith(prefix)
                for n in e.of("node")]  # fmt: skip
        if any(str(node) != str(node).strip() for node, _ in rows):
            raise EditError(f"{name}: an id with blanks around it would not survive a table")
        return {**FORMAT.render(result), side: write_csv(("node", "subgraph"), rows)}

    def view(files: Files) -> Element:
        return ungrouped(FORMAT.parse(without(files, side)), prefix, undone, within=True)

    def read(files: Files) -> Element:
        read_csv(files, side, ("node", "subgraph"))
        return ungrouped(FORMAT.parse(without(files, side)), prefix, undone, within=False)

    schema = SCHEMA.with_field(("node",), "within", Field())
    return Edit(name, forward, backward, tags, FORMAT, write, read, view, schema, side=True)


def own_shape(e: Element) -> str | None:
    shape = next((a.get("value") for a in reversed(e.children) if a["name"] == "shape"), None)
    return f"cluster_shape_{shape}" if isinstance(shape, str) else None


def by_shape(document: Element) -> Element:
    def labelled(where: str) -> Element:
        return attribute("setting", "label", where.removeprefix("cluster_shape_"))

    return grouped(document, own_shape, labelled, "cluster_by_shape")


SHAPES = grouping(
    "cluster_by_shape",
    "Group the nodes by what they are. For each shape that node statements at the top level of the graph set "
    "themselves, add a subgraph at the end of the graph, in order of first appearance, called cluster_shape_SHAPE "
    'and with the shape as its label (`subgraph cluster_shape_box { label="box"; … }`). Move those node '
    "statements into them, attributes and order unchanged, and leave a bare `a;` where each one stood, so that "
    "the layout keeps its order. Nodes without a shape of their own and nodes inside subgraphs stay as they are. "
    "List the moved nodes in clusters.csv with the columns node,subgraph. Files: {files}.",
    "Dissolve the clusters called cluster_shape_…: put each node statement in them back where its bare mention "
    "stands at the top level of the graph, in place of it, and remove these clusters with their labels. "
    "clusters.csv only lists what is in them and goes. Result: {files}.",
    ("classification", "split and merge", "domain knowledge"), "cluster_shape_", "clusters.csv",
    by_shape, lambda e: own_shape(e) is not None,
)  # fmt: skip


def ranks(document: Element) -> dict[str, int]:
    """Longest way, in edges, from a node without incoming edges. EditError on a cycle."""
    after: defaultdict[str, set[str]] = defaultdict(set)
    open_edges: Counter[str] = Counter()
    for e in document.walk():
        free = any(a.get("value") is False for a in e.children if a.get("name") == "constraint")
        if e.kind == "edge" and e["tail"] != e["head"] and not free and e.text("head") not in after[e.text("tail")]:
            after[e.text("tail")].add(e.text("head"))
            open_edges[e.text("head")] += 1
    rank = {name: 0 for name in after if not open_edges[name]}
    ready = deque(rank)
    while ready:
        name = ready.popleft()
        for head in after.get(name, ()):
            rank[head] = max(rank.get(head, 0), rank[name] + 1)
            open_edges[head] -= 1
            if not open_edges[head]:
                ready.append(head)
    if any(open_edges.values()):
        raise EditError("rank_layout: the edges go round in a circle")
    return rank


def by_rank(document: Element) -> Element:
    if header_of(document)["type"] != "digraph":
        raise EditError("rank_layout: only directed graphs have ranks")
    rank = ranks(document)
    changed = grouped(document, lambda e: f"rank_{rank.get(e.text('id'), 0)}",
                      lambda _: attribute("setting", "rank", "same"), "rank_layout")  # fmt: skip
    groups = [e for e in changed.children if e.kind == "subgraph" and e not in document.children]
    groups.sort(key=lambda e: int(e.text("id")[5:]))
    return changed.with_children((*changed.children[: len(changed.children) - len(groups)], *groups))


RANKS = grouping(
    "rank_layout",
    "Fix the rows of the drawing. The rank of a node is the number of edges on the longest way to it from a node "
    "that no edge leads to (0 for those and for nodes without edges); edges inside subgraphs count, edges with "
    "constraint=false and from a node to itself do not. At the end of the graph add `subgraph rank_0 { rank=same; "
    "… }`, rank_1 and so on as far as they have nodes, move each node statement of the top level into its rank, "
    "attributes and order unchanged, and leave a bare `a;` where it stood. Nodes inside subgraphs stay there. "
    "List the moved nodes in ranks.csv with the columns node,subgraph, rank by rank. Files: {files}.",
    "Let Graphviz find the ranks again: put each node statement of the subgraphs rank_0, rank_1, … back where its "
    "bare mention stands at the top level of the graph, in place of it, and remove these subgraphs. ranks.csv "
    "only lists what is in them and goes. Result: {files}.",
    ("numerical reasoning", "constraint satisfaction", "domain knowledge"), "rank_", "ranks.csv",
    by_rank, lambda _e: True,
)  # fmt: skip

# -- files ------------------------------------------------------------------------------------------------------------

_FILE = re.compile(r"cluster\w*", re.ASCII)


def clusters_out(document: Element) -> Files:
    head = header_of(one_graph(document, "split_clusters"))
    parts = [e for e in document.of("subgraph") if _FILE.fullmatch(e.text("id")) and e.children]
    ids = Counter(e.text("id").casefold() for e in document.of("subgraph") if "id" in e.fields)
    if len(parts) < 3 or any(ids[e.text("id").casefold()] > 1 for e in parts):
        raise EditError("split_clusters: this needs three clusters, each stated once")
    top = [Element("subgraph", e.fields) if e in parts else e for e in document.children]
    files = dict(FORMAT.render(document.with_children(top)))
    for e in parts:
        own = Element("header", {"type": head["type"], "id": e["id"]})
        files[f"{e['id']}.dot"] = FORMAT.render(Element("dot", {}, (own, *e.children)))[MAIN]
    return files


def clusters_in(files: Files, marked: bool) -> Element:
    """The clusters back in their places. `marked` tells of each which file it was in, for a view; else those still in
    the main file are altered."""
    document = FORMAT.parse({MAIN: file_named(files, MAIN)})
    parts: dict[str, tuple[Element, ...]] = {}
    for name, text in without(files, MAIN).items():
        part = FORMAT.parse({name: text})
        body = tuple(e for e in part.children if e.kind != "header")
        (only,) = body if len(body) == 1 else (None,)
        if only is not None and only.kind == "subgraph" and f"{only.text('id')}.dot".casefold() == name.casefold():
            body = only.children
        parts[name.casefold()] = body

    def change(e: Element) -> Element:
        if e.kind != "subgraph" or not _FILE.fullmatch(e.text("id")):
            return e
        file = f"{e.text('id')}.dot"
        if not e.children and file.casefold() in parts:
            whole = e.with_children(parts.pop(file.casefold()))
            return whole.with_fields(file=file) if marked else whole
        return e if marked or not e.children else e.with_fields(id=UNMAPPED + e.text("id"))

    top = [change(e) for e in document.children]
    return document.with_children((*top, *(e for body in parts.values() for e in body)))


SPLIT = Edit(
    "split_clusters",
    "One file per cluster: take every cluster at the top level of the graph out into a file of its own, named "
    "after it (cluster_db goes to cluster_db.dot), as a graph of the same type with the cluster's id as its name "
    "and the cluster's statements in it. Leave an empty `subgraph cluster_db {}` where it stood in graph.dot. "
    "Files: {files}.",
    "One file is enough. Put the statements of each cluster_….dot into the empty subgraph of that name in "
    "graph.dot, so that only {files} remains.",
    ("split and merge", "format knowledge"), FORMAT,
    write=clusters_out,
    read=lambda files: clusters_in(files, marked=False),
    view=lambda files: clusters_in(files, marked=True),
    view_schema=SCHEMA.with_field(("subgraph",), "file", Field()),
)  # fmt: skip
