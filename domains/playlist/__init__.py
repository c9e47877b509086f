"""Playlists of any player in XSPF 0 or 1: the tracks in their order with all that is said of them, the playlist's own
facts, extensions of VLC and others.

Equal: prefixes and quotes, order of a track's elements, CDATA, character references, %c3 and %C3, 007 and 7, white
space. Not equal: the order of tracks and of their locations, another namespace, a duration that is about the same.
Comments and elements nobody knows are facts.
"""

from __future__ import annotations

import re
from pathlib import Path

from domains.kit import Domain, Files
from domains.kit.equivalents import on_text, surface
from domains.playlist.edits import EDITS
from domains.playlist.format import FORMAT
from domains.playlist.generate import generate
from domains.playlist.markup import XSPF

_DOCTYPE = '<!DOCTYPE playlist [<!ENTITY a "b">]>'
_LEAF = re.compile(r"<(title|creator|album|location)>([^<&]+)</")


def prefixed(files: Files) -> Files:
    """XSPF's own elements with a prefix."""

    def change(text: str) -> str:
        return re.sub(r"<(/?)(?=\w+[\s>/])", r"<\1xspf:", text).replace(f'xmlns="{XSPF}"', f'xmlns:xspf="{XSPF}"')

    return on_text(files, change)


def reordered(files: Files) -> Files:
    """A track's duration before everything else."""

    def change(track: re.Match[str]) -> str:
        return re.sub(r"(?s)^<track>(.*?)(<duration>\d+</duration>)", r"<track>\2\1", track[0])

    return on_text(files, lambda t: re.sub(r"(?s)<track>.*?</track>", change, t))


DOMAIN = Domain(
    name="playlist",
    title="Playlist (XSPF)",
    category="Everyday",
    extensions=(".xspf",),
    specification="https://www.xspf.org/spec",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "a prefix for every element": prefixed,
        "elements in another order": reordered,
        "text in CDATA": lambda files: on_text(files, lambda t: _LEAF.sub(r"<\1><![CDATA[\2]]></", t)),
        "numeric character references": lambda files: on_text(files, lambda t: t.replace("&amp;", "&#38;")),
        "single quotes": lambda files: on_text(files, lambda t: re.sub(r'="([^"\'<>]*)"', r"='\1'", t)),
        "a DOCTYPE": lambda files: on_text(files, lambda t: t.replace("?>", f"?>\n{_DOCTYPE}", 1)),
        "indented by tabs": lambda files: on_text(files, lambda t: re.sub(r"(?m)^ +(?=<)", "\t", t)),
    },
    folder=Path(__file__).parent,
    records=("track",),
    recognise=lambda text: bool(re.search(r"<(?:[\w.-]+:)?playlist\b[^>]*(?:xspf\.org|version=)", text[:5000])),
    layout=r"<\?xml\b[^>]*\?>|<!DOCTYPE\b[^>\[]*(?:\[[^\]]*\])?\s*>|xmlns:\w+=\S+",
)
