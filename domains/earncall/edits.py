"""What people ask to have done to a transcript, and how it is done and undone without error."""

from __future__ import annotations

import re
from collections.abc import Callable

from domains.earncall.carve import BY_ANALYST, BY_SPEAKER, NOT_MOVED
from domains.earncall.currency import XDR
from domains.earncall.figures import is_money, is_rate, spans
from domains.earncall.format import FORMAT
from domains.earncall.heads import is_special
from domains.earncall.jsonform import TO_JSON
from domains.earncall.render import blocks
from domains.earncall.schema import PARAGRAPH, block
from domains.earncall.words import clean, sentences
from domains.kit import EditError, Element, Files, read_csv, write_csv
from domains.kit.edits import UNMAPPED, edit_fields, proven, transform_with

_SPOKEN = ("turn", "passage", "note")


def reworded(document: Element, change: Callable[[str, Element], str]) -> Element:
    """The document with every paragraph, item and quotation changed; tables stay."""

    def anew(e: Element) -> Element:
        parts: list[Element] = []
        for mark, body in blocks(e.children):
            if isinstance(body, Element):
                parts.append(body)
            else:
                parts += block(change(body, e), "" if mark == PARAGRAPH and not parts else mark)
        return e.with_children(parts)

    return document.with_children([anew(e) if e.kind in _SPOKEN else e for e in document.children])


def refuse(document: Element, pattern: re.Pattern[str], name: str) -> None:
    for e in document.walk():
        if e.kind in ("sentence", "turn", "participant") and any(pattern.search(str(v)) for v in e.fields.values()):
            raise EditError(f"{name}: there are marks of this kind already")


# -- figures behind tokens --------------------------------------------------------------------------------------------

_FIGURE_TOKEN = re.compile(r"\{F(\d{1,6})\}")


def replaced_figures(text: str, new: Callable[[str], str]) -> str:
    """The text with its money and rates replaced."""
    pieces, at = [], 0
    for start, end, fact in spans(text):
        if fact.kind == "figure" and (is_money(fact) or is_rate(fact)):
            pieces += [text[at:start], new(text[start:end])]
            at = end
    return "".join(pieces) + text[at:]


def take_figures(document: Element) -> tuple[Element, str]:
    refuse(document, _FIGURE_TOKEN, "figure_tokens")
    rows: list[tuple[str, str, str]] = []

    def change(text: str, e: Element) -> str:
        def token(figure: str) -> str:
            rows.append((f"F{len(rows) + 1}", figure, e.text("speaker")))
            return f"{{F{len(rows)}}}"

        return replaced_figures(text, token)

    changed = reworded(document, change)
    if not rows:
        raise EditError("figure_tokens: no amount of money and no rate is mentioned")
    return changed, write_csv(("token", "figure", "speaker"), rows)


def put_figures(document: Element, files: Files) -> Element:
    rows = read_csv(files, "figures.csv", ("token", "figure"))
    values = {row["token"].strip("{}Ff "): clean(row["figure"]) for row in rows}

    def change(text: str, _e: Element) -> str:
        text = replaced_figures(text, lambda figure: NOT_MOVED + figure)
        return _FIGURE_TOKEN.sub(lambda m: values.get(m[1], m[0]), text)

    return reworded(document, change)


FIGURES = transform_with(
    FORMAT, "figure_tokens",
    "Legal must clear the numbers first. In all running text (turns, text without a speaker, list items, "
    "footnotes; not in tables, headings or metadata) replace every amount of money together with its currency and "
    "its thousand/million/billion, every percentage, and every number of basis or percentage points together with "
    "its unit by {F1}, {F2}, … in the order of the call, one token for each number (`between {F1} and {F2}`), and "
    "list them in figures.csv with the columns token,figure,speaker: F1, the figure as it was written, who says "
    "it (empty without a speaker). Amounts in cents or pence and all other numbers stay. Files: {files}.",
    "The numbers are cleared: replace each token {F1}, {F2}, … by the figure that figures.csv gives for it. Only "
    "{files} remains.",
    ("referencing", "domain knowledge"), "figures.csv", take_figures, put_figures,
)  # fmt: skip

# -- names behind codes -----------------------------------------------------------------------------------------------

_CODE = re.compile(r"(?<!\w)P(\d{1,4})(?:\.(first|last))?(?!\w)")


def spellings(names: dict[str, str]) -> tuple[dict[str, str], re.Pattern[str]]:
    """What stands for each name in a text, and a pattern for all of them: the whole name, its first and its last word.
    Of two people with one such word the first has it."""
    codes = dict(names)
    for name, code in names.items():
        words = name.split()
        if len(words) > 1:
            codes.setdefault(words[0], f"{code}.first")
            codes.setdefault(words[-1], f"{code}.last")
    longest = sorted(codes, key=len, reverse=True)
    return codes, re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def take_names(document: Element) -> tuple[Element, str]:
    refuse(document, _CODE, "name_codes")
    people = [e.text(f) for e in document.children for f in ("name", "speaker") if f in e.fields]
    names = {name: f"P{n}" for n, name in enumerate((p for p in dict.fromkeys(people) if not is_special(p)), 1)}
    if not names:
        raise EditError("name_codes: nobody is named")
    codes, pattern = spellings(names)
    changed = reworded(document, lambda text, _e: pattern.sub(lambda m: codes[m[0]], text))
    changed = edit_fields(changed, ("participant",), lambda e: e.with_fields(name=codes.get(e.text("name"), e["name"])))
    changed = edit_fields(
        changed, ("turn",), lambda e: e.with_fields(speaker=codes.get(e.text("speaker"), e["speaker"]))
    )
    return changed, write_csv(("code", "name"), ((code, name) for name, code in names.items()))


def put_names(document: Element, files: Files) -> Element:
    table = {row["code"].lstrip("Pp"): clean(row["name"]) for row in read_csv(files, "people.csv", ("code", "name"))}
    left = spellings({name: "" for name in table.values() if name})[1]

    def name_of(match: re.Match[str]) -> str:
        name = table.get(match[1], "")
        if not name:
            return match[0]
        return name if not match[2] else name.split()[0 if match[2] == "first" else -1]

    def text_back(text: str, _e: Element) -> str:
        return _CODE.sub(name_of, left.sub(lambda m: NOT_MOVED + m[0], text))

    def name_back(name: str) -> str:
        match = _CODE.fullmatch(name)
        return name_of(match) if match else name if is_special(name) else UNMAPPED + name

    document = reworded(document, text_back)
    document = edit_fields(document, ("participant",), lambda e: e.with_fields(name=name_back(e.text("name"))))
    return edit_fields(document, ("turn",), lambda e: e.with_fields(speaker=name_back(e.text("speaker"))))


NAMES = transform_with(
    FORMAT, "name_codes",
    "Make the transcript anonymous. Give everyone who is listed or speaks a code P1, P2, … in the order in which "
    "they first appear, in a list of participants or before a turn; operators, moderators and unidentified "
    "speakers get none. Put the code in place of the name in the lists, the speaker lines and all running text, "
    "where it stands as a whole word: P1 for the whole name, P1.first for its first word alone and P1.last for "
    "its last word alone (of two people with the same word the one with the lower number has it). Metadata, "
    "headings, comments and tables stay. people.csv has the columns code,name. Files: {files}.",
    "Put the names back: people.csv gives the name for each code; P1.first is the first word of the name and "
    "P1.last its last word. Only {files} remains.",
    ("string manipulation", "referencing"), "people.csv", take_names, put_names,
)  # fmt: skip

# -- forward-looking statements ---------------------------------------------------------------------------------------

_FORWARD = re.compile(r"(?i)(?<!\w)(?:expect(?:s|ed|ing)?|anticipat(?:e|es|ed|ing)|guidance|outlook|forecasts?)(?!\w)")
_GUIDED = re.compile(r"\[G(\d{1,6})\]")


def take_forward(document: Element) -> tuple[Element, str]:
    refuse(document, _GUIDED, "forward_looking")
    rows: list[tuple[str, str, str]] = []

    def change(text: str, e: Element) -> str:
        found = []
        for sentence in sentences(text):
            if _FORWARD.search(sentence):
                rows.append((f"G{len(rows) + 1}", e.text("speaker"), sentence))
                sentence = f"[{rows[-1][0]}]"
            found.append(sentence)
        return " ".join(found)

    changed = reworded(document, change)
    if not rows:
        raise EditError("forward_looking: nothing is expected")
    return changed, write_csv(("no", "speaker", "sentence"), rows)


def put_forward(document: Element, files: Files) -> Element:
    rows = read_csv(files, "guidance.csv", ("no", "sentence"))
    values = {row["no"].strip("[]Gg "): clean(row["sentence"]) for row in rows}

    def change(text: str, _e: Element) -> str:
        text = " ".join(NOT_MOVED + s if _FORWARD.search(s) else s for s in sentences(text))
        return _GUIDED.sub(lambda m: values.get(m[1], m[0]), text)

    return reworded(document, change)


FORWARD = transform_with(
    FORMAT, "forward_looking",
    "Counsel reviews the forward-looking statements apart. In all running text (turns, text without a speaker, "
    "list items, footnotes) replace every sentence with one of the words expect, expects, expected, expecting, "
    "anticipate, anticipates, anticipated, anticipating, guidance, outlook, forecast or forecasts, in any case, "
    "by [G1], [G2], … in the order of the call, and write guidance.csv with the columns no,speaker,sentence: G1, "
    "who says it (empty without a speaker), the sentence in full. Tables, headings and metadata stay. Files: "
    "{files}.",
    "Counsel is done: replace each [G1], [G2], … by the sentence that guidance.csv gives for it. Only {files} remains.",
    ("classification", "domain knowledge", "context expansion"), "guidance.csv", take_forward, put_forward,
)  # fmt: skip

# -- turn ids ---------------------------------------------------------------------------------------------------------

_ID = re.compile(r"T\d{3,6}")
_LINE = ("speaker", "role", "time", "side")


def take_ids(document: Element) -> tuple[Element, str]:
    rows: list[tuple[object, ...]] = []

    def change(turn: Element) -> Element:
        if _ID.fullmatch(turn.text("speaker")):
            raise EditError("turn_ids: the turns have ids already")
        rows.append((f"T{len(rows) + 1:03}", *(turn.get(f) for f in _LINE)))
        return Element("turn", {"speaker": str(rows[-1][0])}, turn.children)

    changed = edit_fields(document, ("turn",), change)
    if not rows:
        raise EditError("turn_ids: nobody speaks")
    return changed, write_csv(("id", *_LINE), rows)


def put_ids(document: Element, files: Files) -> Element:
    table = {row["id"].strip("[]"): row for row in read_csv(files, "index.csv", ("id", "speaker"), _LINE[1:])}

    def change(turn: Element) -> Element:
        row = table.get(turn.text("speaker"))
        if row is None:
            return turn.with_fields(speaker=UNMAPPED + turn.text("speaker"))
        return Element("turn", {f: clean(row[f]) for f in _LINE if row[f]}, turn.children)

    return edit_fields(document, ("turn",), change)


IDS = transform_with(
    FORMAT, "turn_ids",
    "Give the turns ids for citation. Number them T001, T002, … through the call and put the id alone in place of "
    "the speaker line, so that a turn begins `**T001:** Good morning …`; what the line said goes to index.csv "
    "with the columns id,speaker,role,time,side (role is all that stands with the name, the firm included; time "
    "the clock time without brackets; side is Q or A where the line says so; empty what is not there). All else "
    "stays. Files: {files}.",
    "Put the speaker lines back: index.csv gives speaker, role, time and side for each id. Write `**Name "
    "(Role):** …`, with the time in square brackets before it and `Q - ` or `A - ` before the name where the "
    "table has them. Only {files} remains.",
    ("referencing", "context expansion"), "index.csv", take_ids, put_ids,
)  # fmt: skip

EDITS = tuple(map(proven, (BY_SPEAKER, BY_ANALYST, FIGURES, XDR, NAMES, FORWARD, IDS, TO_JSON)))
