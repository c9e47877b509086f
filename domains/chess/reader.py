"""PGN text as a document: import format, as people and programs write it (PGN standard, section 3.1)."""

from __future__ import annotations

import re

from domains.chess.board import INITIAL, start
from domains.chess.draft import Line
from domains.chess.notation import GLYPHS, RESULTS, classify, take_commands
from domains.chess.tokens import CLOSING, ESCAPE, LOOSE_TAG, NAMES, ROSTER, TAG_START, TOKEN, standard, tidy
from domains.kit import MAX_DEPTH, STRAY, Element, ParseError


class Reader:
    """Reads files into `children`: games, and what stands between them."""

    def __init__(self) -> None:
        self.children: list[Element] = []
        self.problems: list[str] = []
        self.games = 0
        self.lines: list[Line] = []
        self.tags: dict[str, str] = {}
        self.loose: list[str] = []

    def read(self, name: str, text: str) -> None:
        self.name = name
        self.text = text = ("\n" + text.replace(ESCAPE, " ")).replace("\n%", "\n" + ESCAPE)
        self.counted, self.line, self.begin, self.after = 1, 1, 0, 0
        handlers = {
            "nag": self.nag, "glyph": self.glyph, "open": self.open, "close": self.closing, "tag": self.tag,
            "escape": self.escape, "command": self.command,
        }  # fmt: skip
        position = 0
        token = TOKEN.match
        while True:
            match = token(text, position)
            assert match is not None  # noqa: S101  every part of it is optional
            kind = match.lastgroup
            if kind is None:
                if match.end() == len(text):
                    break
                position = self.stray(match.end(), match.end() + 1)
                continue
            self.after = position
            self.begin = begin = match.start(kind)
            position = match.end()
            if kind == "word":
                if not self.word(match["word"]):
                    position = self.stray(begin, position)
            elif not self.lines and kind in ("nag", "glyph", "open", "close", "command"):
                position = self.stray(begin, position)
            elif kind == "odd":
                position = self.odd(begin, position)
            elif kind == "comment":
                position = self.comment(begin)
            else:
                handlers[kind](match)
        if self.lines:
            self.close(None)
        self.settle()
        if not text.strip():
            self.problems.append(f"{name}: the file is empty")

    # -- games ----------------------------------------------------------------------------------------------------

    def begin_game(self) -> None:
        self.settle()
        self.games += 1
        self.lines = [Line("game", start())]
        self.tags = {}

    def close(self, ending: str | None) -> None:
        """End the game, with what its movetext says of the result."""
        self.settle()
        if len(self.lines) > 1:
            self.problem("a variation is not closed")
        while len(self.lines) > 1:
            self.end_line()
        game = self.lines.pop()
        game.settle()
        fields = game.fields
        if ending is None:
            self.problem("the game has no termination marker")
        result = str(fields.setdefault("result", ending or "*"))
        if ending is None and result not in RESULTS and result != "0-0":
            ending = "*"
        if ending and ending != result:
            self.problem(f"the game ends with {ending}, its Result is {result}")
            fields["ending"] = ending
        children = sorted(game.children, key=lambda e: e.kind != "tag")
        self.children.append(Element("game", fields, tuple(children)))

    def end_line(self) -> None:
        self.settle()
        line = self.lines.pop()
        line.settle()
        self.lines[-1].add(Element("line", line.fields, tuple(line.children)))

    def tag(self, match: re.Match[str]) -> None:
        # The groups of the tag itself follow the named one.
        number = match.re.groupindex["tag"]
        self.pair(match[number + 1], re.sub(r"\\(.)", r"\1", match[number + 2]))

    def pair(self, name: str, value: str) -> None:
        name = NAMES.get(name.casefold(), name)
        if self.lines:
            game = self.lines[0]
            moved = len(self.lines) > 1 or game.move is not None
            if moved or (name == "Event" and name in self.tags):
                self.close(None)
        if not self.lines:
            self.begin_game()
        game, value = self.lines[0], " ".join(value.split())
        first = name not in self.tags
        self.tags[name] = value
        field = ROSTER.get(name)
        if field and field not in game.fields:
            if value := tidy(name, value):
                game.fields[field] = value
            return
        game.add(Element("tag", {"name": name, "value": value} if value else {"name": name}))
        if first and name in ("FEN", "Variant"):
            self.set_up(game)

    def set_up(self, game: Line) -> None:
        """The board from the tags; none for variants whose rules are others."""
        if not standard(self.tags.get("Variant", "")):
            game.position = game.before = None
            return
        game.position = game.before = start(self.tags.get("FEN", INITIAL))
        if game.position is None:
            self.problem("the FEN is not a position")

    # -- movetext -------------------------------------------------------------------------------------------------

    def word(self, word: str) -> bool:
        """A word of movetext; False when it is none."""
        kind, text, nags = classify(word) if len(word) < 20 else ("stray", word, ())
        if kind == "move":
            if text == "O-O" and self.lines and self.tags.get("Result") == word and self.lines[0].move is None:
                self.close(word)  # 0-0: lost by both
                return True
            if not self.lines:
                self.begin_game()
            if self.loose:
                self.settle()
            self.move(text)
            if nags:
                self.judge(nags)
        elif kind == "result":
            if not self.lines or (len(self.lines) > 1 and CLOSING.match(self.text, self.begin + len(word))):
                return False
            self.close(text)
        elif kind == "glyph":
            if not self.lines or self.lines[-1].move is None:
                return False
            self.judge(nags)
        else:
            return kind in ("number", "layout") and bool(self.lines)
        return True

    def move(self, text: str) -> None:
        line = self.lines[-1]
        line.settle()
        here = line.before = line.position
        if here is not None:
            found = here.read(text)
            if found is None:
                self.problem(f"{here.number}{'.' if here.white else '...'} {text} is not a legal move here")
                line.position = None
            else:
                text, line.position = found[0], found[2]
        line.move = {"san": text}

    def judge(self, nags: tuple[int, ...]) -> None:
        fields = self.lines[-1].move if self.lines else None
        if fields is None:
            self.unplaced(" ".join(f"${n}" for n in nags))
        else:
            fields["nags"] = (*fields.get("nags", ()), *nags)  # type: ignore[misc]

    def nag(self, match: re.Match[str]) -> None:
        self.judge((int(match["nag"]),))

    def glyph(self, match: re.Match[str]) -> None:
        if match["glyph"] in GLYPHS:
            self.judge((GLYPHS[match["glyph"]],))
        else:
            self.unplaced(match["glyph"])

    def open(self, _match: re.Match[str]) -> None:
        self.settle()
        if 2 * len(self.lines) > MAX_DEPTH - 4:
            raise ParseError("variations are nested too deep", self.name, self.number())
        above = self.lines[-1]
        self.lines.append(Line("line", above.before if above.move is not None else above.position))

    def closing(self, match: re.Match[str]) -> None:
        for number in range(len(match["close"])):
            if len(self.lines) == 1:
                self.unplaced(match["close"][number:])
                return
            self.end_line()

    def comment(self, begin: int) -> int:
        """A comment from its first character on. Gives where the text goes on."""
        text = self.text
        if text[begin] == ";":
            end = after = (text.find("\n", begin) + 1 or len(text) + 1) - 1
        else:
            found = TAG_START.search(text, begin + 1)
            end = found.start() if found else len(text)
            after = end + 1 if found and text[end] == "}" else end
            if after == end:
                self.problem("the comment is not closed")
        self.remark(text[begin + 1 : end].replace(ESCAPE, "%"))
        return after

    def remark(self, text: str) -> None:
        if not self.lines:
            text = " ".join(text.split())
            if text:
                self.children.append(Element("remark", {"text": text}))
            return
        line = self.lines[-1]
        fields = line.fields if line.move is None else line.move
        left = take_commands(text, fields)
        if left:
            fields["comment"] = f"{fields['comment']} {left}" if "comment" in fields else left

    def command(self, match: re.Match[str]) -> None:
        self.problem("a command stands outside a comment")
        self.remark(match["command"])

    def escape(self, match: re.Match[str]) -> None:
        self.settle()
        text = " ".join(match["escape"].split())
        self.add(Element("escape", {"text": text} if text else {}))

    # -- what has no place ----------------------------------------------------------------------------------------

    def add(self, e: Element) -> None:
        if self.lines:
            self.lines[-1].add(e)
        else:
            self.children.append(e)

    def odd(self, begin: int, end: int) -> int:
        """A tag pair that is not quite one, or a stray sign."""
        line_end = (self.text.find("\n", begin) + 1 or len(self.text) + 1) - 1
        at_start = not self.text[self.text.rfind("\n", 0, begin) + 1 : begin].strip()
        untouched = not self.lines or (len(self.lines) == 1 and self.lines[0].move is None)
        if not at_start or not untouched or self.text[begin] != "[":
            return self.stray(begin, end)
        match = LOOSE_TAG.fullmatch(self.text, begin, min(line_end, begin + 2000))
        if match is None:
            self.settle()
            self.stray(begin, line_end)
            self.settle()
            return line_end
        self.problem('a tag pair should be [Name "value"]')
        self.pair(match[1], match[2].removesuffix("]").strip(" \t\"'“”„«»").replace('\\"', '"'))
        return line_end

    def stray(self, begin: int, end: int) -> int:
        """Text that is none of the above: between games the whole line."""
        if not self.lines:
            end = (self.text.find("\n", end) + 1 or len(self.text) + 1) - 1
            begin = max(self.text.rfind("\n", 0, begin) + 1, self.after)
        self.begin = begin
        self.unplaced(self.text[begin:end].strip())
        return end

    def unplaced(self, text: str) -> None:
        if not self.loose:
            self.problem(f"not part of a game: {text[:40]}")
        self.loose.append(text)
        if not self.lines:
            self.settle()

    def settle(self) -> None:
        """Puts loose words where they stand."""
        if self.loose:
            self.add(Element(STRAY, {"text": " ".join(self.loose)}))
            self.loose = []

    def number(self) -> int:
        """The line of the text that is being read, from 1."""
        self.line += self.text.count("\n", self.counted, self.begin)
        self.counted = max(self.counted, self.begin)
        return self.line

    def problem(self, what: str) -> None:
        self.problems.append(f"{self.name}:{self.number()}: {what}")
