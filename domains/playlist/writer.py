"""Playlists as canonical text: the head, the tracks, and behind them the playlist's extensions, as VLC wants it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, groupby
from xml.sax.saxutils import escape

from domains.kit import Element, Files, element, stray
from domains.playlist.markup import CONTENT, HEAD, PREFIXES, TRACK, XSPF

MAIN = "playlist.xspf"
_RANKS = {"instruction": 0, "comment": 1, "attribute": 2, "location": 3, "identifier": 4, "attribution": 5, "link": 6,
          "meta": 7, "node": 8, "stray": 9, "extension": 10}  # fmt: skip


def joined(children: Iterable[Element]) -> list[Element]:
    """Texts that have no place, side by side, as one."""
    found: list[Element] = []
    for placed, run in groupby(children, key=lambda e: e.kind != "stray"):
        together = list(run)
        found += together if placed else [stray(" ".join(e.text("text") for e in together))]
    return found


def arranged(children: Iterable[Element]) -> list[Element]:
    """A head's or track's children in the order they are written."""
    return joined(sorted(children, key=lambda e: _RANKS[e.kind]))


def merged(head: Element, other: Element) -> Element:
    """Two heads as one; what the second says otherwise stays beside what the first says."""
    more = [e for e in other.children if e not in head.children]
    for name, value in other.fields.items():
        if head.get(name, value) != value:
            kind, field = ("node", "text") if name in HEAD else ("attribute", "value")
            more.append(element(kind, **{"name": name, field: value}))
    return Element("head", {**other.fields, **head.fields}, tuple(arranged((*head.children, *more))))


def render(document: Element) -> Files:
    return {MAIN: Writer(document).text()}


def fragment(e: Element) -> str:
    """One element of an extension, with the namespaces it needs, in one line."""
    writer = Writer(e)
    writer.write([e], "", writer.declared)
    return " ".join(line.strip() for line in writer.out)


def attribute(name: str, value: object) -> str:
    return f' {name}="{escape(str(value), {chr(34): "&quot;"})}"'


class Writer:
    def __init__(self, document: Element) -> None:
        names = [e.text("name") for e in document.walk() if e.kind in ("node", "attribute")]
        numbers = count(1)
        self.prefixes: dict[str, str] = {}
        for space in dict.fromkeys(name[1:].rpartition("}")[0] for name in names if name.startswith("{")):
            self.prefixes[space] = PREFIXES.get(space) or f"ns{next(numbers)}"
        self.declared = "".join(attribute(f"xmlns:{prefix}", space) for space, prefix in self.prefixes.items())
        self.document = document
        self.out: list[str] = []

    def name(self, name: str) -> str:
        space, brace, local = name[1:].rpartition("}")
        return f"{self.prefixes[space]}:{local}" if brace and name[0] == "{" else name

    def text(self) -> str:
        head, *others = (*self.document.of("head"), element("head"))
        for other in others:
            head = merged(head, other)
        start = attribute("version", head["version"]) if "version" in head.fields else ""
        start += attribute("xmlns", head.get("namespace") or XSPF) + self.declared
        self.out += ['<?xml version="1.0" encoding="UTF-8"?>', f"<playlist{start}{self.attributes(head)}>"]
        self.fields(head, HEAD, "  ")
        self.write((e for e in head.children if e.kind != "extension"), "  ")
        self.out.append("  <trackList>")
        self.write((e for e in self.document.children if e.kind != "head"), "    ")
        self.out.append("  </trackList>")
        self.write(head.of("extension"), "  ")
        return "\n".join([*self.out, "</playlist>", ""])

    def attributes(self, e: Element) -> str:
        return "".join(attribute(self.name(a.text("name")), a.text("value")) for a in e.of("attribute"))

    def fields(self, e: Element, names: Iterable[str], margin: str) -> None:
        for name in names:
            if name in e.fields:
                self.out.append(f"{margin}<{name}>{escape(e.text(name))}</{name}>")

    def write(self, children: Iterable[Element], margin: str, declared: str = "") -> None:
        for e in children:
            match e.kind:
                case "attribute":
                    continue
                case "comment":
                    line = f"<!-- {e['text']} -->"
                case "instruction":
                    line = f"<?{e['text']}?>"
                case "stray":
                    line = escape(e.text("text"))
                case "attribution":
                    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in e.fields.items())
                    before = self.out.pop().strip() if self.out[-1].endswith("</attribution>") else "<attribution>"
                    line = f"{before.removesuffix('</attribution>')}{inner}</attribution>"
                case "location" | "identifier" | "link" | "meta":
                    rel = attribute("rel", e["rel"]) if "rel" in e.fields else ""
                    line = f"<{e.kind}{rel}>{escape(e.text(CONTENT[e.kind]))}</{e.kind}>"
                case _:
                    self.nest(e, margin, declared)
                    continue
            self.out.append(margin + line)

    def nest(self, e: Element, margin: str, declared: str) -> None:
        """A track, an extension or an element of one."""
        name = self.name(e.text("name")) if e.kind == "node" else e.kind
        start = name + declared + (attribute("application", e["application"]) if "application" in e.fields else "")
        start += self.attributes(e)
        if "text" in e.fields:
            self.out.append(f"{margin}<{start}>{escape(e.text('text'))}</{name}>")
        elif e.kind == "track" or any(child.kind != "attribute" for child in e.children):
            self.out.append(f"{margin}<{start}>")
            self.fields(e, TRACK, margin + "  ")
            self.write(e.children, margin + "  ")
            self.out.append(f"{margin}</{name}>")
        else:
            self.out.append(f"{margin}<{start}/>")
