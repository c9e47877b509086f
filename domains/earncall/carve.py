"""Dealing turns out to files: what is dealt leaves a numbered line where it stood."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domains.earncall.format import FORMAT
from domains.earncall.heads import is_special
from domains.earncall.render import Guard, entries, front_matter, speech
from domains.kit import EditError, Element, Files, file_named, read_csv, write_csv
from domains.kit.edits import convert, slug, whole_number, without

FRAME, REMARKS = "frame.md", "remarks.md"
NOT_MOVED = "(not moved) "
_SLOT = re.compile(r"Slot (\d{1,6})")


def carved(document: Element, dealt: dict[int, str]) -> str:
    """The transcript with some turns (by position under the root) replaced by a line, or by nothing."""
    texts = []
    for place, text in entries(document):
        line = dealt.get(place, text)
        if line:
            texts.append(line)
    return front_matter(document) + "\n\n".join(texts) + "\n"


def turns(document: Element) -> list[tuple[int, Element]]:
    return [(n, e) for n, e in enumerate(document.children) if e.kind == "turn"]


def uncarved(files: Files, name: str, word: str) -> Element:
    """The transcript in which lines like `[turn 7]` have become turns of `Slot 7`."""
    line = re.compile(rf"(?im)^[ \t]*(?:[-*][ \t]+)?\**\[?\**{word} (\d{{1,6}})\**\]?\**[ \t]*$")
    return FORMAT.parse({name: line.sub(r"\n**Slot \1:**\n", file_named(files, name))})


def slot(e: Element) -> int | None:
    match = _SLOT.fullmatch(e.text("speaker")) if e.kind == "turn" else None
    return int(match[1]) if match else None


def refuse_slots(document: Element, *names: str) -> None:
    for _, turn in turns(document):
        if slot(turn) is not None or f"{slug(turn.text('speaker'))}.md" in names:
            raise EditError(f"a speaker is called {turn.text('speaker')!r}")


def merged(document: Element, found: dict[int, list[Element]], extra: Iterable[Element]) -> Element:
    """The document with what belongs into each slot, and all that has no slot at its end."""
    children: list[Element] = []
    for e in document.children:
        number = slot(e)
        if number is None:
            children.append(e)
            continue
        children += found.pop(number, [])
        if e.children:
            children.append(Element("passage", {}, e.children))
    children += [e for _, rest in sorted(found.items()) for e in rest]
    return Element("call", {}, (*children, *extra), document.problems)


def unmoved(turn: Element) -> Element:
    return turn.with_fields(speaker=NOT_MOVED + turn.text("speaker"))


def placed(turn: Element, file: str) -> Element:
    """A turn in its speaker's file, or one that has not been moved there."""
    return turn if file.casefold() == f"{slug(turn.text('speaker'))}.md" else unmoved(turn)


# -- by speaker -------------------------------------------------------------------------------------------------------


def to_speakers(document: Element) -> Files:
    refuse_slots(document, FRAME)
    guard = Guard(document)
    parts: dict[str, list[str]] = {}
    dealt: dict[int, str] = {}
    flow: list[tuple[int, str]] = []
    for place, turn in turns(document):
        file = f"{slug(turn.text('speaker'))}.md"
        flow.append((len(flow) + 1, file))
        dealt[place] = f"[turn {len(flow)}]"
        parts.setdefault(file, []).append("\n\n".join(speech(turn, guard)))
    if len(parts) < 2:
        raise EditError("by_speaker: there is only one speaker")
    files = {file: "\n\n".join(texts) + "\n" for file, texts in parts.items()}
    return {FRAME: carved(document, dealt), "flow.csv": write_csv(("turn", "file"), flow), **files}


def from_speakers(files: Files) -> Element:
    frame = uncarved(files, FRAME, "turn")
    frame = frame.with_children([unmoved(e) if e.kind == "turn" and slot(e) is None else e for e in frame.children])
    waiting: dict[str, list[Element]] = {}
    extra: list[Element] = []
    for name, text in without(files, FRAME, "flow.csv").items():
        children = FORMAT.parse({name: text}).children
        waiting[name.casefold()] = [placed(e, name) for e in children if e.kind == "turn"]
        extra += [e for e in children if e.kind != "turn"]
    flow = sorted(
        (whole_number(r["turn"], "flow.csv"), r["file"]) for r in read_csv(files, "flow.csv", ("turn", "file"))
    )
    found: dict[int, list[Element]] = {}
    for number, file in flow:
        queue = waiting.get(file.casefold())
        if queue:
            found.setdefault(number, []).append(queue.pop(0))
    return merged(frame, found, [*extra, *(e for queue in waiting.values() for e in queue)])


BY_SPEAKER = convert(
    FORMAT, "by_speaker",
    "Compliance wants every speaker in a file of their own. Move each turn, with its speaker line and all that belongs "
    "to it, to the file named after the speaker in lower case with hyphens for blanks (Zoë O'Brien goes to "
    "zoë-o-brien.md, the operator to operator.md), the turns of a file in the order of the call. frame.md keeps "
    "everything else (metadata, headings, participants, text without a speaker, footnotes, comments) and, where each "
    "turn stood, a line [turn 1], [turn 2], … counted through the call; flow.csv has the columns turn,file with one "
    "line for each of these numbers. Files: {files}.",
    "Put the call together again in {files}: replace each line [turn n] in frame.md by the next turn of the file that "
    "flow.csv gives for that turn; within a file the turns are in the order of the call. Only {files} remains.",
    ("split and merge", "referencing"), to_speakers, from_speakers,
)  # fmt: skip

# -- by analyst -------------------------------------------------------------------------------------------------------


def analysts(document: Element) -> set[str]:
    """Who asks: an analyst by role, by the heading of the list, or marked Q."""
    found: set[str] = set()
    title = ""
    for e in document.children:
        if e.kind == "section":
            title = e.text("title").casefold()
        elif e.kind == "participant" and ("analyst" in title or "analyst" in e.text("role").casefold()):
            found.add(e.text("name"))
        elif e.kind == "turn" and ("analyst" in e.text("role").casefold() or e.get("side") == "Q"):
            found.add(e.text("speaker"))
    return found


def is_operator(turn: Element) -> bool:
    name = turn.text("speaker").casefold()
    return is_special(name) and name.endswith(("operator", "moderator", "coordinator"))


def exchanges(document: Element) -> list[list[int]]:
    """Positions of the turns of each exchange: an analyst's turn and all up to the next turn of the operator or of
    another analyst, or to whatever is no turn."""
    asking = analysts(document)
    found: list[list[int]] = []
    analyst = ""
    for place, e in enumerate(document.children):
        name = e.text("speaker")
        if e.kind != "turn" or is_operator(e):
            analyst = ""
        elif name in asking and name != analyst:
            analyst = name
            found.append([place])
        elif analyst:
            found[-1].append(place)
    return found


def to_analysts(document: Element) -> Files:
    refuse_slots(document, REMARKS)
    guard = Guard(document)
    parts: dict[str, list[str]] = {}
    dealt: dict[int, str] = {}
    for number, places in enumerate(exchanges(document), 1):
        dealt |= dict.fromkeys(places, "") | {places[0]: f"[exchange {number}]"}
        file = f"{slug(document.children[places[0]].text('speaker'))}.md"
        said = ["\n\n".join(speech(document.children[place], guard)) for place in places]
        parts.setdefault(file, []).append("\n\n".join([f"## Exchange {number}", *said]))
    if not parts:
        raise EditError("by_analyst: no analyst asks anything")
    files = {file: "\n\n".join(texts) + "\n" for file, texts in parts.items()}
    return {REMARKS: carved(document, dealt), **files}


def from_analysts(files: Files) -> Element:
    frame = uncarved(files, REMARKS, "exchange")
    found: dict[int, list[Element]] = {}
    extra: list[Element] = []
    asking = analysts(frame)
    for name, text in without(files, REMARKS).items():
        here: list[Element] | None = None
        for e in FORMAT.parse({name: text}).children:
            match = re.fullmatch(r"(?i)exchange (\d{1,6})", e.text("title")) if e.kind == "section" else None
            if match:
                here = found.setdefault(int(match[1]), [])
            elif here is None or e.kind != "turn":
                extra.append(unmoved(e) if e.kind == "turn" else e)
            else:
                here.append(e if here else placed(e, name))
    asking |= {said[0].text("speaker") for said in found.values() if said}
    children: list[Element] = []
    within = False
    for e in frame.children:
        is_slot = slot(e) is not None
        left = e.kind == "turn" and not is_slot and (e.text("speaker") in asking or (within and not is_operator(e)))
        children.append(unmoved(e) if left else e)
        within = is_slot or left
    return merged(frame.with_children(children), found, extra)


BY_ANALYST = convert(
    FORMAT, "by_analyst",
    "Sort the questions and answers by who asked. An exchange is an analyst's turn with all turns behind it up to "
    "the next turn of the operator or of another analyst, or the next heading; analysts are those with Analyst in "
    "the role (in the speaker line or the list of participants), those listed under a heading that says analysts, "
    "and those marked Q. Number the exchanges through the call and move each, under a heading `## Exchange 1`, "
    "`## Exchange 2`, …, to the analyst's file, named after the analyst in lower case with hyphens for blanks "
    "(zoë-o-brien.md). remarks.md keeps the rest of the transcript, the operator's turns included, with a line "
    "[exchange 1], [exchange 2], … where each stood. Files: {files}.",
    "Put the exchanges back: replace each line [exchange n] in remarks.md by the turns that stand under the heading "
    "`## Exchange n` in one of the analysts' files, and drop those headings. Only {files} remains.",
    ("split and merge", "classification", "topic modelling"), to_analysts, from_analysts,
)  # fmt: skip
