"""XSPF playlists: what who keeps them reads in them. https://www.xspf.org/spec

Under the root stands a head (what the playlist says of itself), then the tracks. A comment belongs to the track it
stands in or before, to the head where none follows. The order of a track's elements means nothing but among its
locations and identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence

from domains.kit import Element, Field, Files, Format, Kind, ParseError, Schema, element, prose, stray, texts, words
from domains.playlist.markup import CONTENT, HEAD, TRACK, XSPF, Reader, Tag, lines, one_line
from domains.playlist.writer import MAIN, arranged, joined, merged, render

_HEX = re.compile("%[0-9a-f]{2}", re.IGNORECASE)


def same_uri(value: Hashable) -> Hashable:
    """%c3 and %C3 are one character."""
    return _HEX.sub(lambda m: m[0].upper(), value) if isinstance(value, str) and "%" in value else value


def uri(weight: float = 1.0) -> Field:
    return Field(weight=weight, canon=same_uri)


_FIELDS = {
    "title": Field(), "creator": Field(), "annotation": prose(words(0.1)), "info": uri(0.5), "location": uri(0.5),
    "identifier": uri(0.5), "image": uri(0.5), "date": Field(), "license": uri(), "album": Field(),
    "trackNum": Field(weight=0.5), "duration": Field(), "version": Field(weight=0.5), "namespace": Field(weight=0.5),
}  # fmt: skip
SCHEMA = Schema({
    "playlist": Kind(),
    "head": Kind({name: _FIELDS[name] for name in (*HEAD, "version", "namespace")}),
    "track": Kind(
        {name: _FIELDS[name] for name in TRACK},
        key=(("title", "creator", "album"), ("title",)), order=0.25, weight=0.25,
    ),
    "location": Kind({"uri": uri()}, key=(("uri",),), order=0.1),
    "identifier": Kind({"uri": uri()}, key=(("uri",),), order=0.1),
    "attribution": Kind({"location": uri(), "identifier": uri()}, order=0.25),
    "link": Kind({"rel": uri(0.5), "uri": uri()}, key=(("rel", "uri"), ("rel",))),
    "meta": Kind({"rel": uri(0.5), "content": prose(words(0.1))}, key=(("rel", "content"), ("rel",))),
    "extension": Kind({"application": uri(0.5)}, key=(("application",),), weight=0.25),
    "node": Kind({"name": Field(weight=0.5), "text": prose(words(0.1))}, key=(("name", "text"), ("name",)), order=0.1),
    "attribute": Kind({"name": Field(weight=0.25), "value": Field(weight=0.75)}, key=(("name",),)),
    "comment": Kind({"text": prose(words(0.05, 0.5))}),
    "instruction": Kind({"text": Field(weight=0.5)}),
})  # fmt: skip

_SOUGHT = re.compile(r"<(?:[\w.-]{1,99}:)?(?:playlist|trackList|track)\b")


def parse(files: Files) -> Element:
    """All the files' tracks, under what the first says of the playlist and what the others say beyond it."""
    head = Element("head")
    tracks: list[Element] = []
    problems: list[str] = []
    for name, text in texts(files, MAIN):
        if not _SOUGHT.search(text):
            raise ParseError("there is no <playlist>", name, 1)
        builder = Builder(Reader(name, text))
        head = merged(head, builder.head())
        tracks += builder.tracks
        problems += builder.reader.problems
    known = [head] if head.fields or head.children else []
    return Element("playlist", {}, (*known, *joined(tracks)), tuple(problems))


def fragments(text: str) -> Sequence[Element]:
    """The elements in a piece of XML, as an extension has them."""
    builder = Builder(Reader("", text))
    return builder.inside(builder.reader.read())


class Builder:
    """The elements of one file."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.tracks: list[Element] = []
        self.asides: list[Element] = []
        """Comments that wait for their track."""
        self.listed = False

    def head(self) -> Element:
        """Reads all; `tracks` has the rest."""
        fields: dict[str, Hashable] = {}
        children: list[Element] = []
        self.level(self.reader.read(), HEAD, fields, children)
        if self.reader.namespace not in ("", XSPF):
            fields["namespace"] = self.reader.namespace
        if fields.get("version") not in ("0", "1"):
            self.reader.problem(0, "the version must be 0 or 1")
        if not self.listed:
            self.reader.problem(0, "there is no trackList")
        return Element("head", fields, tuple(arranged([*children, *self.asides])))

    def level(self, tag: Tag, known: Sequence[str], fields: dict[str, Hashable], children: list[Element]) -> None:
        """What stands in a playlist or a track: to `fields` where it is single and plain, else to `children`."""
        for name, attribute in tag.attributes:
            if name == "version" and attribute and known is HEAD and name not in fields:
                fields[name] = attribute
            else:
                children.append(element("attribute", name=name, value=attribute))
        for item in tag.items:
            if isinstance(item, str):
                children += self.unplaced(item, tag.at)
            elif isinstance(item, Element):
                children.append(item)
            elif item.name == "playlist":
                self.level(item, known, fields, children)
            elif item.name == "trackList":
                self.track_list(item)
            elif item.name == "track":
                self.track(item)
            elif item.name in known and item.name not in fields and (value := self.leaf(item)) is not None:
                fields |= {item.name: value} if value != "" else {}
            else:
                children += self.child(item, known)

    def leaf(self, tag: Tag) -> Hashable | None:
        """The value of an element that has nothing but text; None for any other."""
        if tag.attributes or not all(isinstance(item, str) for item in tag.items):
            return None
        text = "".join(item for item in tag.items if isinstance(item, str))
        if tag.name in ("annotation", "meta"):
            return lines(text)
        text = one_line(text)
        if tag.name in ("trackNum", "duration") and text:
            if re.fullmatch("[0-9]{1,15}", text):
                return int(text)
            self.reader.problem(tag.at, f"<{tag.name}> is {text[:50]!r}, not a whole number")
        return text.removesuffix("+00:00") + "Z" if tag.name == "date" and text.endswith("+00:00") else text

    def track_list(self, tag: Tag) -> None:
        self.listed = True
        for name, value in tag.attributes:
            self.tracks += self.unplaced(f"{name}={value}", tag.at)
        for item in tag.items:
            if isinstance(item, str):
                self.tracks += self.unplaced(item, tag.at)
            elif isinstance(item, Element):
                self.asides.append(item)
            elif item.name == "track":
                self.track(item)
            else:
                self.reader.problem(item.at, f"<{item.written}> among the tracks")
                self.tracks.append(self.node(item))

    def track(self, tag: Tag) -> None:
        fields: dict[str, Hashable] = {}
        children, self.asides = self.asides, []
        self.level(tag, TRACK, fields, children)
        self.tracks.append(Element("track", fields, tuple(arranged(children))))

    def unplaced(self, text: str, at: int) -> list[Element]:
        text = one_line(text)
        if text:
            self.reader.problem(at, f"text has no place: {text[:50]!r}")
        return [stray(text)] if text else []

    def child(self, tag: Tag, known: Sequence[str]) -> list[Element]:
        """An element that may be repeated, or one that is unknown here."""
        marks = list(tag.attributes)
        if tag.name == "extension":
            named = next((mark for mark in marks if mark[0] == "application" and mark[1]), None)
            marks = [mark for mark in marks if mark is not named]
            return [element("extension", *self.marks(marks), *self.inside(tag), application=named and named[1])]
        if tag.name == "attribution" and known is HEAD and not marks:
            inside = self.inside(tag)
            if all(e.kind == "comment" or (e.kind == "node" and plain(e)) for e in inside):
                return [e if e.kind == "comment" else attributed(e) for e in inside]
        if tag.name in CONTENT and (known is TRACK or tag.name not in HEAD):
            rel = marks.pop()[1] if tag.name in ("link", "meta") and [n for n, _ in marks] == ["rel"] else None
            content = self.leaf(Tag(tag.name, "", {}, tag.at, marks, tag.items))
            if content is not None:
                found = element(tag.name, rel=rel, **{CONTENT[tag.name]: content})
                return [found] if found.fields else []
        self.reader.problem(tag.at, f"<{tag.written}> is unknown here, there twice or not plain")
        return [self.node(tag)]

    def inside(self, tag: Tag) -> Sequence[Element]:
        """What stands in an extension, an attribution or an unknown element, in its order."""
        found: list[Element] = []
        for item in tag.items:
            if isinstance(item, str):
                found += [stray(text)] if (text := one_line(item)) else []
            else:
                found.append(item if isinstance(item, Element) else self.node(item))
        return joined(found)

    @staticmethod
    def marks(attributes: Iterable[tuple[str, str]]) -> Sequence[Element]:
        return [element("attribute", name=name, value=value) for name, value in attributes]

    def node(self, tag: Tag) -> Element:
        marks = self.marks(tag.attributes)
        if all(isinstance(item, str) for item in tag.items):
            text = lines("".join(item for item in tag.items if isinstance(item, str)))
            return element("node", *marks, name=tag.name, text=text)
        return element("node", *marks, *self.inside(tag), name=tag.name)


def plain(e: Element) -> bool:
    """A location or an identifier with its text and nothing else."""
    return e["name"] in ("location", "identifier") and "text" in e.fields and not e.children


def attributed(e: Element) -> Element:
    return element("attribution", **{e.text("name"): e["text"]})


FORMAT = Format(SCHEMA, parse, render)
