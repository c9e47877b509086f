"""The text of one cue: who speaks, how it is set, and what is said, read from its lines and written back.

A turn begins at a dialogue dash or a speaker tag. Markup is read as runs of styled characters, so that every way to
nest, split or repeat the same tags is one: `<i>a</i>\\n<i>b</i>`, `<I>a\\nb</I>` and `{\\i1}a\\nb{\\i0}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence

from domains.kit import Element

BREAK = "⏎"
"""Stands for a line break inside a text, as a word of its own: where lines break is a small fact."""

BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of writing direction, which tools strew where players need them, and byte order marks of joined files."""

Style = tuple[str, ...]
Run = tuple[Style, str]

TAG = re.compile(
    r"<(?P<close>/?)[ \t]?(?P<name>[bius]|font)(?P<rest>\s[^<>]*)?/?>"
    r"|\{(?P<shut>/?)(?P<old>[bius])\}"
    r"|\{\\(?P<ass>[bius])(?P<on>[01])\}",
    re.IGNORECASE,
)
_POSITION = re.compile(r"\{((?:\\(?:an?\d{1,2}|(?:pos|move|org|clip|fade?)\([^(){}\\]*\)))+)\}", re.IGNORECASE)
_OVERRIDES = re.compile(r"\{\\[^{}\\]+(?:\\[^{}\\]+)+\}")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_MARK = re.compile(r"\s*(>>>?(?!>)|[-‐‑–—](?![-‐‑–—>\d]))\s*")
_MARKS = frozenset("-‐‑–—> \t")
_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_FONTS = 8
_NAME = 48
_FORMED = 4


def opening(line: str) -> tuple[str, str, int]:
    """(dialogue dash, speaker, where the speech begins) of a line without markup."""
    mark, at = "", 0
    if line[:1] in _MARKS and (match := _MARK.match(line)):
        mark, at = match[1], match.end()
        mark = "-" if mark in "‐‑–" else mark
    colon = line.find(":", at, at + _NAME)
    if colon > 0 and (colon + 1 == len(line) or line[colon + 1].isspace()):
        name = line[at:colon].strip()
        if name.isupper() or _ASIDE.sub("", name).isupper():
            return mark, " ".join(name.split()), colon + 1
    return mark, "", at


def read_text(lines: Sequence[str]) -> tuple[str, tuple[Element, ...]]:
    """(position on the screen, turns) of a cue's lines, none of which is blank."""
    joined = "\n".join(lines)
    if not joined.isascii() and BIDI.search(joined):
        joined = BIDI.sub("", joined)
        lines = [line.strip() for line in joined.split("\n") if line.strip()]
    if "<" in joined or "{" in joined:
        return _read_styled(joined)
    turns: list[Element] = []
    mark = speaker = ""
    parts: list[str] = []
    for line in lines:
        if ":" in line or line[0] in _MARKS:
            new_mark, new_speaker, at = opening(line)
            if new_mark or new_speaker:
                if parts:
                    turns.append(_turn(mark, speaker, "", "", parts))
                mark, speaker, parts = new_mark, new_speaker, []
                line = line[at:]
        parts.append(line)
    if parts:
        turns.append(_turn(mark, speaker, "", "", parts))
    return "", tuple(turns)


def _turn(mark: str, speaker: str, tag_style: str, style: str, parts: Sequence[str]) -> Element:
    text = " ".join((parts[0] if len(parts) == 1 else f" {BREAK} ".join(parts)).split())
    fields: dict[str, Hashable] = {}
    if mark:
        fields["mark"] = mark
    if speaker:
        fields["speaker"] = speaker
    if tag_style:
        fields["tag_style"] = tag_style
    if style and text:
        fields["style"] = style
    if text:
        fields["text"] = text
    return Element("turn", fields)


def _read_styled(joined: str) -> tuple[str, tuple[Element, ...]]:
    places: dict[str, None] = {}

    def place(match: re.Match[str]) -> str:
        places.setdefault(match[1][1:])
        return ""

    turns: list[Element] = []
    head: tuple[str, str, Style] = ("", "", ())
    body: list[Run] = []
    if "{\\" in joined:
        # `{\an8\i1}` is `{\an8}{\i1}`
        joined = _OVERRIDES.sub(lambda m: "{" + m[0][1:-1].replace("\\", "}{\\")[2:] + "}", joined)
    all_runs = _runs(_POSITION.sub(place, joined))
    for _ in range(_FORMED):
        shown = "".join(text for _, text in all_runs)
        if not TAG.search(shown) and not _POSITION.search(shown):
            break
        # Where `<b>` is taken out of `<i<b>>`, another tag is left.
        all_runs = _runs(_POSITION.sub(place, write_runs(all_runs)))
    for runs in _lines(all_runs):
        plain = "".join(text for _, text in runs)
        if not plain.strip():
            continue
        mark, speaker, at = opening(plain)
        if mark or speaker:
            if body:
                turns.append(_styled_turn(*head, body))
            head = mark, speaker, _style_at(runs, plain.index(speaker.split(" ", 1)[0])) if speaker else ()
            runs, body = _from(runs, at), []
        body += [*([((), "\n")] if body else []), *(runs or [((), "")])]
    if body:
        turns.append(_styled_turn(*head, body))
    return "\\".join(places), tuple(turns)


def _styled_turn(mark: str, speaker: str, tag: Style, runs: list[Run]) -> Element:
    """What every run shares is the turn's style, the rest stays in the text. A tag set like its speech has no style."""
    shared: Style | None = None
    for style, text in runs:
        if text.strip():
            shared = style if shared is None else tuple(s for s in shared if s in style)
    whole = shared or ()
    text = write_runs([(tuple(s for s in style if s not in whole), text) for style, text in runs])
    own = () if set(tag) <= set(whole) else tag
    return _turn(mark, speaker, _show(own), _show(whole), text.split("\n"))


def _runs(text: str) -> list[Run]:
    """The text as runs of one style. Tags that close nothing are dropped, those left open end with the cue."""
    runs: list[Run] = []
    counts: dict[str, int] = {}
    fonts: list[str] = []
    style: Style = ()
    at = 0
    for match in TAG.finditer(text):
        if match.start() > at:
            runs.append((style, text[at : match.start()]))
        at = match.end()
        name = (match["name"] or match["old"] or match["ass"]).lower()
        closes = bool(match["close"] or match["shut"] or match["on"] == "0")
        if name == "font":
            if closes:
                if fonts:
                    fonts.pop()
            elif len(fonts) < _FONTS:
                fonts.append(font(match["rest"] or ""))
            else:
                runs.append((style, match[0]))
        else:
            counts[name] = max(0, counts.get(name, 0) + (-1 if closes else 1))
        style = (*sorted(n for n, count in counts.items() if count), *dict.fromkeys(f for f in fonts if f))
    if at < len(text):
        runs.append((style, text[at:]))
    return runs


def font(attributes: str) -> str:
    """`font color="#ffff00"`: names and hexadecimal colours in lower case; "" without attributes."""
    found = []
    for name, *values in _ATTRIBUTE.findall(attributes):
        value = " ".join("".join(values).split())
        name = name.lower()
        found.append(f'{name}="{value.lower() if name == "color" else value}"')
    return " ".join(["font", *sorted(found)]) if found else ""


def _lines(runs: list[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    for style, text in runs:
        first, *others = text.split("\n")
        if first:
            lines[-1].append((style, first))
        lines += [[(style, part)] if part else [] for part in others]
    return lines


def _from(runs: list[Run], at: int) -> list[Run]:
    """The runs from a character on."""
    kept = []
    for style, text in runs:
        if at < len(text):
            kept.append((style, text[at:]))
        at = max(0, at - len(text))
    return kept


def _style_at(runs: list[Run], at: int) -> Style:
    return next((style for style, text in _from(runs, at) if text), ())


def write_runs(runs: list[Run]) -> str:
    """Tags around words: white space between two runs stands outside the tags that only one of them has."""
    out: list[str] = []
    held: Style = ()
    space = ""
    for style, text in runs:
        words = text.strip()
        if not words:
            space += text
            continue
        start = text.index(words[0])
        same = 0
        while same < min(len(held), len(style)) and held[same] == style[same]:
            same += 1
        out += [*map(_close, reversed(held[same:])), space + text[:start], *map(_open, style[same:]), words]
        held, space = style, text[start + len(words) :]
    return "".join([*out, *map(_close, reversed(held))])


def _open(style: str) -> str:
    return f"<{style}>"


def _close(style: str) -> str:
    return f"</{style.split(' ', 1)[0]}>"


def _show(style: Style) -> str:
    return " + ".join(style)


def wrap(style: str, text: str) -> str:
    """Text within the tags of a style such as `b + i`."""
    if not style or not text:
        return text
    tags = style.split(" + ")
    return "".join(map(_open, tags)) + text + "".join(map(_close, reversed(tags)))


Voice = Callable[[Element], str]
"""How a turn's speaker tag is written, with the blank after it."""


def tag(turn: Element) -> str:
    """`ANNA: ` before the speech."""
    return wrap(turn.text("tag_style"), f"{turn['speaker']}:") + " " if "speaker" in turn.fields else ""


def write_turn(turn: Element, voice: Voice = tag, words: Callable[[str], str] = str) -> list[str]:
    """The lines of one turn; `words` rewrites the speech with its markup."""
    fields = turn.fields
    text = turn.text("text")
    if "style" in fields:
        text = wrap(turn.text("style"), text)
    head = f"{fields['mark']} " if "mark" in fields else ""
    if "speaker" in fields:
        head += voice(turn)
    return (head + words(text)).replace(f" {BREAK} ", "\n").strip().split("\n")


def lines_of(cue: Element) -> list[str]:
    """The lines of a cue's text without its position; none when it has no text."""
    lines = [line for turn in cue.children for line in write_turn(turn)]
    return [line for line in lines if line]


def apart(lines: Sequence[str]) -> list[str]:
    """The lines with tags that run over a line's end closed and opened again."""
    return [write_runs(runs) for runs in _lines(_runs("\n".join(lines)))]


def plain(line: str) -> str:
    """A line as it is seen on the screen."""
    return " ".join(TAG.sub("", line).split())
