"""Playlists of any size: evenings with the records of a few invented bands, as people and players save them."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from urllib.parse import quote

from domains.kit import Element, element
from domains.kit.edits import slug
from domains.kit.generate import CITIES, FAMILY, fill, person, pick_weighted, tokens_of
from domains.playlist.markup import VLC
from domains.playlist.writer import arranged, render

VLC_APPLICATION = "http://www.videolan.org/vlc/playlist/0"
_FIRST = ("Quiet", "Northern", "Paper", "Velvet", "Iron", "Salt", "Little", "Electric", "Borrowed", "Hollow", "Último",
          "Late", "Broken", "Blå", "Second", "Golden")  # fmt: skip
_SECOND = ("Harbour", "Engines", "Orchard", "Letters", "Weather", "Lanterns", "Kitchen", "Tide", "Choir", "Åren",
           "Machines", "Sundays", "Façade", "Rooms", "Ferry", "Winter")  # fmt: skip
_ENDS = ("", "", "", "", " (live)", " (demo)", ", Pt. 2", " & Sons", " (2011 remaster)", " – reprise", "?")
_NOTES = (
    "Bought at the merch table the night the power went out.", "Starts much quieter than you expect, turn it up.",
    "The version everybody knows is from two years later.", "Radio edit; the long one is on the B side.",
    "Anna asked for this one twice.", "Vinyl rip, some crackle in the first ten seconds.", "Segue into the next.",
    "Fades out at 3:10, do not talk over it.", "Recorded in one take in a disused chapel,\nwith the doors open.",
    "Clean version for the afternoon show.", "First heard on the ferry back from the festival.",
)  # fmt: skip
_COMMENTS = ("check the tags", "borrowed, give back", "second set starts here", "replace with the FLAC", "skip if late")
_GENRES = ("ambient", "folk", "post-punk", "jazz", "electronica", "chanson", "soul", "krautrock")
_PLACES = (
    ("file:///home/ines/Music", "flac"),
    ("file:///D:/Musik", "mp3"),
    ("http://radio.example.org/a", "ogg"),
)


def words(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}"


def generate(rng: random.Random, tokens: int) -> Element:
    """A playlist with a head, and with what VLC adds in some. Same `rng` state, same playlist."""
    bands = [words(rng) if rng.random() < 0.6 else f"{person(rng)}" for _ in range(max(3, tokens // 1000))]
    records = [(rng.choice(bands), f"{words(rng)}{rng.choice(_ENDS)}") for _ in range(max(4, tokens // 500))]
    place = rng.choice(_PLACES)
    vlc = rng.random() < 0.35 and tokens > 400
    large = tokens > 400
    said = [
        *([element("comment", text=f"Exported for {rng.choice(FAMILY)}")] if large and rng.random() < 0.4 else []),
        *([element("meta", rel="https://example.org/g", content=rng.choice(_GENRES))] if rng.random() < 0.5 else []),
    ]
    head = element(
        "head",
        *said,
        version=rng.choice("1110"),
        title=f"{words(rng)}, {rng.choice(CITIES)} {rng.randint(1998, 2024)}",
        creator=person(rng) if large and rng.random() < 0.6 else None,
        annotation=rng.choice(_NOTES) if large and rng.random() < 0.4 else None,
        date=f"{rng.randint(2006, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T18:{rng.randint(10, 59)}:00Z",
        license="https://creativecommons.org/licenses/by/4.0/" if large and rng.random() < 0.3 else None,
    )

    def document(tracks: Sequence[Element]) -> Element:
        items = [node("item", tid=number) for number in range(len(tracks))]
        tree = [element("extension", *items, application=VLC_APPLICATION)] if vlc else []
        return Element("playlist", {}, (head.with_children(arranged((*head.children, *tree))), *tracks))

    tracks = fill(
        tokens - 45, lambda number: track(rng, number, rng.choice(records), place, vlc, large),
        lambda found: tokens_of(render(document(found))),
    )  # fmt: skip
    return document(tracks)


def node(name: str, text: str | None = None, **attributes: object) -> Element:
    marks = [element("attribute", name=key, value=str(value)) for key, value in attributes.items()]
    return element("node", *marks, name=f"{{{VLC}}}{name}", text=text)


def track(
    rng: random.Random, number: int, record: tuple[str, str], place: tuple[str, str], vlc: bool, large: bool
) -> Element:
    band, album = record
    title = f"{words(rng)}{rng.choice(_ENDS)}"
    if rng.random() < 0.2:
        title = f"{rng.choice(CITIES)} {rng.randint(2, 99)}"
    track_number = rng.randint(1, 14)
    base, ending = place
    long = large and number > 1
    path = f"{slug(band)}/{quote(album)}/{track_number:02}%20{quote(title)}" if long else f"new/{slug(title)}"
    children = [element("location", uri=f"{base}/{path}.{ending}")]
    if long and rng.random() < 0.1:
        children.append(element("location", uri=f"http://mirror.example.net/{rng.randint(10**5, 10**6)}.mp3"))
    if long and rng.random() < 0.15:
        identity = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}"
        children.append(element("identifier", uri=f"https://catalogue.example.org/recording/{identity}"))
    if long and rng.random() < 0.12:
        children.append(element("meta", rel="https://example.org/bpm", content=str(rng.randint(60, 180))))
    if long and rng.random() < 0.1:
        children.append(element("comment", text=rng.choice(_COMMENTS)))
    if vlc:
        option = [node("option", text=f"start-time={rng.randint(1, 60)}")] if rng.random() < 0.2 else []
        children.append(element("extension", node("id", text=str(number)), *option, application=VLC_APPLICATION))
    fields: dict[str, Hashable] = {
        "title": title if rng.random() < 0.95 or not long else None,
        "creator": band if rng.random() < 0.9 or not long else None,
        "album": album if rng.random() < 0.8 or not long else None,
        "trackNum": track_number if large and rng.random() < 0.6 else None,
        "duration": pick_weighted(rng, ((rng.randint(95_000, 420_000), 0.9), (rng.randint(420_000, 1_500_000), 0.1)))
        if rng.random() < 0.93 or not long else None,
        "annotation": rng.choice(_NOTES) if long and rng.random() < 0.25 else None,
        "info": f"https://www.example.org/{slug(band)}" if long and rng.random() < 0.15 else None,
    }  # fmt: skip
    return element("track", *arranged(children), **fields)
