"""Graphs of any size: platforms with a cluster a team, workflows, build dependencies, networks. Acyclic; every edge
joins nodes that are stated; ports exist."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from domains.graphviz.format import attribute, ported, render
from domains.kit import Element, element
from domains.kit.generate import CITIES, fill, person, pick_weighted, tokens_of


@dataclass(frozen=True)
class Flavour:
    """A kind of graph. `kinds` are (shape, colour, weight, names); `clusters` the share of nodes that stand in one."""

    type: str
    titles: tuple[str, ...]
    kinds: tuple[tuple[str, str, float, tuple[str, ...]], ...]
    subjects: tuple[str, ...]
    edges: tuple[str, ...]
    groups: tuple[str, ...]
    clusters: float


_SUBJECTS = (
    "account", "address", "audit", "basket", "billing", "booking", "calendar", "card", "catalogue", "claim", "consent",
    "customer", "delivery", "device", "discount", "document", "export", "feedback", "fraud", "gateway", "identity",
    "import", "inventory", "invoice", "ledger", "licence", "loyalty", "mail", "media", "meter", "notice", "offer",
    "order", "partner", "payment", "payout", "photo", "pricing", "profile", "quote", "refund", "report", "review",
        "route",
    "search", "session", "shipment", "stock", "subscription", "supplier", "tariff", "tax", "ticket", "token", "vehicle",
    "voucher", "warehouse", "webhook",
)  # fmt: skip
_PLACES = tuple(sorted({city.replace(" ", "").casefold() for city in CITIES}))
_FLAVOURS = (
    Flavour(
        "digraph", ("platform", "services", "system context", "event flow"),
        (("box", "#e8f1fb", 5, ("api", "service", "worker", "gateway", "scheduler")),
         ("cylinder", "#fff4d6", 2, ("db", "store", "archive")),
         ("component", "#e9f7ea", 1.5, ("client", "adapter", "sdk")),
         ("hexagon", "#f6e6f7", 1, ("queue", "topic", "stream"))),
        _SUBJECTS, ("REST", "gRPC", "publishes", "reads", "nightly batch", "writes", "polls every 30 s", "retries 3×"),
        ("Front office", "Back office", "Data", "Payments", "Logistics", "Identity", "Reporting", "Partners"), 0.65,
    ),
    Flavour(
        "digraph", ("workflow", "approval process", "onboarding", "incident handling"),
        (("box", "lightyellow", 5, ("check", "prepare", "register", "send", "file", "sign")),
         ("diamond", "mistyrose", 2, ("decide", "complete", "valid", "approve")),
         ("ellipse", "honeydew", 1, ("start", "done", "wait")),
         ("note", "white", 0.8, ("form", "letter", "record"))),
        _SUBJECTS, ("yes", "no", "within 5 days", "rejected", "incomplete", "by post", "approved", "over 500 €"),
        ("Intake", "Assessment", "Decision", "Payout", "Appeal", "Archive"), 0.2,
    ),
    Flavour(
        "digraph", ("dependencies", "build", "pipeline", "packages"),
        (("folder", "#f2f2f2", 3, ("lib", "core", "common")),
         ("box3d", "#dfefff", 2, ("bin", "image", "bundle")),
         ("box", "#ffffff", 3, ("test", "lint", "generate", "compile")),
         ("tab", "#fbe9d7", 1, ("config", "schema", "fixtures"))),
        _SUBJECTS, ("compile", "runtime", "test only", "optional", "≥ 2.4", "vendored"),
        ("Libraries", "Products", "Tooling", "Third party", "Release"), 0.25,
    ),
    Flavour(
        "graph", ("network", "backbone", "site links"),
        (("box3d", "#eaf3ff", 3, ("core", "edge", "router")),
         ("box", "#f4f4f4", 4, ("switch", "access", "rack")),
         ("house", "#fdf1dc", 1, ("office", "depot")),
         ("cylinder", "#e9f7ea", 1, ("nas", "backup"))),
        _PLACES, ("1 Gbit/s", "10 Gbit/s", "LAG 2×10G", "dark fibre", "LTE backup", "OSPF cost 20", "VLAN 310"),
        ("North", "South", "Campus", "Data centre", "DMZ", "Branch offices"), 0.4,
    ),
)  # fmt: skip
_REMARKS = (
    "to be replaced next year", "numbers from the last review", "owner unclear, ask in the round", "see the minutes",
    "only in production", "kept for the auditors", "temporary, since 2021", "the old way still works", "TODO check",
    "agreed with the security team", "drawn by hand, adjust after the move", "not in the contract",
)  # fmt: skip
_STYLES = (("dashed", 3), ("dotted", 1), ("bold", 1), ("solid", 0.5))
_COLOURS = ("gray40", "firebrick", "steelblue", "darkgreen", "#8a6d3b", "#c0392b")


@dataclass(frozen=True)
class Record:
    """A node with the edges that lead to it, and the number of its cluster, None for the top level."""

    node: Element
    edges: tuple[Element, ...]
    remark: Element | None
    cluster: int | None


def attrs(**values: str | None) -> list[Element]:
    return [attribute("attr", name, value) for name, value in values.items() if value is not None]


def generate(rng: random.Random, tokens: int) -> Element:
    """A graph of one flavour. Same `rng` state, same graph."""
    flavour = rng.choice(_FLAVOURS)
    clustered = rng.random() < 0.8
    per_cluster = rng.randint(5, 9)
    filled = rng.random() < 0.7
    names: list[str] = []
    ported_names: set[str] = set()
    used: set[str] = set()

    def make(number: int) -> Record:
        shape, colour, nouns = pick_weighted(rng, [((s, c, n), w) for s, c, w, n in flavour.kinds])
        name, title = fresh(rng, flavour, nouns, used)
        record = shape == "box" and rng.random() < 0.12
        node = element("node", *node_attributes(rng, title, shape, colour if filled else None, record), id=name)
        edges = [edge(rng, flavour, tail, name, ported_names, record) for tail in before(rng, names)]
        names.append(name)
        if record:
            ported_names.add(name)
        remark = element("remark", text=rng.choice(_REMARKS)) if rng.random() < 0.07 else None
        inside = clustered and rng.random() < flavour.clusters
        return Record(node, tuple(edges), remark, number // per_cluster if inside else None)

    head = opening(rng, flavour, filled)

    def document(records: Sequence[Record]) -> Element:
        return assemble(flavour, head, records)

    def size(records: Sequence[Record]) -> int:
        return tokens_of(render(document(records)))

    records = fill(tokens, make, size)
    # In a small graph the last record is a good part of the whole; nothing leads from it.
    fewer = records[:-1]
    closer = len(records) > 2 and tokens - size(fewer) < size(records) - tokens
    return document(fewer if closer else records)


def fresh(rng: random.Random, flavour: Flavour, nouns: Sequence[str], used: set[str]) -> tuple[str, str]:
    """An id nobody has and what it is called."""
    subject, noun = rng.choice(flavour.subjects), rng.choice(nouns)
    name, number = f"{subject}_{noun}", 1
    while name in used:
        number += 1
        name = f"{subject}_{noun}_{number}"
    used.add(name)
    title = f"{subject} {noun}".capitalize() + (f" {number}" if number > 1 else "")
    return name, title


def node_attributes(rng: random.Random, title: str, shape: str, colour: str | None, record: bool) -> list[Element]:
    extra = rng.random()
    label = title if extra > 0.3 else f"{title}\\n{person(rng) if extra > 0.12 else rng.choice(CITIES)}"
    if record:
        shape, label = "record", f"{{<in> in|{title}|<out> out}}"
    found = attrs(label=label, shape=shape, fillcolor=colour, style="filled" if colour and rng.random() < 0.5 else None)
    if rng.random() < 0.2:
        found += attrs(tooltip=rng.choice(_REMARKS))
    if rng.random() < 0.12:
        found += attrs(URL=f"https://wiki.example.org/{title.casefold().replace(' ', '-')}")
    if rng.random() < 0.1:
        found += attrs(width=f"{rng.randint(8, 30) / 10}")
    return found


def before(rng: random.Random, names: Sequence[str]) -> list[str]:
    """One or two of the nodes there are, mostly recent ones."""
    if not names or rng.random() < 0.05:
        return []
    near = names[-15:]
    return list(dict.fromkeys(rng.choice(near if rng.random() < 0.85 else names) for _ in range(rng.choice((1, 1, 2)))))


def edge(rng: random.Random, flavour: Flavour, tail: str, head: str, with_ports: set[str], record: bool) -> Element:
    found: list[Element] = []
    if rng.random() < 0.45:
        found += attrs(label=rng.choice(flavour.edges))
    if rng.random() < 0.3:
        found += attrs(style=pick_weighted(rng, _STYLES), color=rng.choice((None, *_COLOURS)))
    if rng.random() < 0.08:
        found += attrs(constraint="false")
    if rng.random() < 0.08:
        found += attrs(weight=str(rng.randint(2, 12)))
    if rng.random() < 0.06:
        found += attrs(headlabel=rng.choice(("1", "n", "0..1")), taillabel="1")
    tail_port = "out:e" if tail in with_ports else rng.choice(("s", "e")) if rng.random() < 0.04 else None
    return element("edge", *ported(found, tail_port, "in" if record else None), tail=tail, head=head)


def opening(rng: random.Random, flavour: Flavour, filled: bool) -> list[Element]:
    """The header, a remark, settings and defaults."""
    title = rng.choice(flavour.titles)
    font = rng.choice(("Helvetica", "Arial", "Fira Sans"))
    colour = attrs(style=rng.choice(("filled", "rounded,filled"))) if filled else []
    return [
        element("header", type=flavour.type, id=title if rng.random() < 0.3 else title.replace(" ", "_")),
        element("remark", text=f"{title.capitalize()}, {person(rng)}, {rng.randint(2018, 2025)}"),
        attribute("setting", "rankdir", rng.choice(("LR", "TB", "LR", "BT"))),
        attribute("setting", "nodesep", rng.choice(("0.3", "0.4", "0.5"))),
        attribute("setting", "fontname", font),
        element("defaults", *attrs(fontname=font, fontsize=str(rng.randint(8, 11))), of="edge"),
        element("defaults", *attrs(fontname=font, fontsize=str(rng.randint(9, 12))), *colour, of="node"),
    ]


def assemble(flavour: Flavour, head: list[Element], records: Sequence[Record]) -> Element:
    top: list[Element] = []
    inside: dict[int, list[Element]] = {}
    for r in records:
        where = top if r.cluster is None else inside.setdefault(r.cluster, [])
        where += [r.remark, r.node] if r.remark else [r.node]
    clusters = []
    for number, nodes in inside.items():
        group = flavour.groups[number % len(flavour.groups)]
        lap = number // len(flavour.groups)
        title = group if not lap else f"{group} {lap + 1}"
        label = attribute("setting", "label", title)
        clusters.append(element("subgraph", label, attribute("setting", "color", "gray70"), *nodes,
                                id="cluster_" + title.casefold().replace(" ", "_")))  # fmt: skip
    edges = [e for r in records for e in r.edges]
    return Element("dot", {}, (*head, *clusters, *top, *edges))
