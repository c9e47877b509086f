"""The folder that a model works on: the document and what lies beside it, in memory.

What lies beside can be seen and not changed. Every call ends in a text for the model; one that cannot be done changes
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from domains import Files
from harness.editors.anchors import Anchors, Budget, Found, Lost
from harness.editors.blocks import fenced
from harness.editors.names import Names
from harness.editors.tools.calls import Call, Done, Wrong, number_of, range_of, text_of
from harness.filenames import is_safe

FILES = 200
"""Files that the folder may hold, ..."""
SIZE = 8_000_000
"""... and characters in all of them."""
WORK = 500_000_000
"""Characters of files that the calls of a hop may go through: some seconds. No model comes near it that does not mean
to."""
SHOWN = 40_000
"""Characters of files that one call shows."""
MATCHES = 100
"""Lines that one grep shows, ..."""
WIDTH = 300
"""... and characters of each, as of a line that is quoted."""
QUOTED = 10
"""Lines quoted where a text was not found."""
_ENDS = re.compile(r"\r+\n")


class Workspace:
    def __init__(self, document: Files, beside: Files) -> None:
        self.document = dict(document)
        self.beside = dict(beside)
        self._budget = Budget()
        self._left = WORK

    @property
    def files(self) -> dict[str, str]:
        """Everything that can be seen."""
        return {**self.beside, **self.document}

    def do(self, call: Call) -> Done:
        """Does a call. Never raises."""
        work: Mapping[str, Callable[[Call], Done]] = {
            "view": self._view, "grep": self._grep, "str_replace": self._replace, "insert": self._insert,
            "create": self._create, "delete": self._delete, "move": self._move,
        }  # fmt: skip
        try:
            if call.fault:
                raise Wrong(call.fault)
            self._left -= sum(map(len, self.files.values()))
            if self._left < 0:
                raise Wrong("the calls have gone through more text than a task may take")
            if call.tool not in work:
                raise Wrong(f"there is no tool {call.tool[:WIDTH]!r}")
            return work[call.tool](call)
        except Wrong as error:
            return Done(f"{error}. Nothing was changed.", ok=False, file=str(call.arguments.get("path", ""))[:WIDTH])

    def listing(self) -> str:
        """The files, a line for each."""
        return "\n".join(f"- `{name}` ({_size(text)})" for name, text in sorted(self.files.items()))

    def known(self, name: str) -> str | None:
        """The file that a model means by a name, which it may write with quotes, a leading ./ or in another case."""
        return name if name in self.files else Names((), self.files).known(name)

    def taken(self, files: Files, lost: Mapping[str, str]) -> tuple[list[str], int]:
        """Takes what a program left in place of the document: the names that changed and the bytes taken away and put
        there. A file of the document in `lost`, which could not be read back, stays as it was. Wrong when the folder
        would hold too much."""
        now = {name: tidy(text) for name, text in files.items() if name not in self.beside}
        now |= {name: text for name, text in self.document.items() if name in lost}
        self._fits(now)
        changed = sorted(n for n in {*now, *self.document} if now.get(n) != self.document.get(n))
        moved = sum(_weight(now.get(name, "")) + _weight(self.document.get(name, "")) for name in changed)
        self.document = now
        return changed, moved

    def _view(self, call: Call) -> Done:
        if text_of(call, "path", "").strip(" /") in ("", "."):
            return Done(f"The files are:\n{self.listing()}")
        name = self._there(call)
        lines = _lines(self.files[name])
        first, last = range_of(call) or (1, -1)
        last = len(lines) if last == -1 else min(last, len(lines))
        if not lines:
            return Done(f"{name} is empty.", file=name)
        if not 1 <= first <= last:
            raise Wrong(f"{name} has lines 1 to {len(lines)}")
        shown = _upto(lines[first - 1 : last], first)
        more = f" Line {first} is shown up to character {SHOWN:,}." if len(lines[first - 1]) > SHOWN else ""
        if first + len(shown) - 1 < last:
            last = first + len(shown) - 1
            more += f" The rest is not shown: view it from line {last + 1} on."
        return Done(f"{name}, lines {first} to {last} of {len(lines)}.{more}\n{fenced('', _joined(shown))}", file=name)

    def _grep(self, call: Call) -> Done:
        wanted = text_of(call, "pattern").strip("\n")
        if not wanted.strip() or "\n" in wanted:
            raise Wrong("grep needs one line of text to look for")
        names = [self._there(call)] if call.arguments.get("path") else sorted(self.files)
        found = [line for name in names for line in self._hits(name, wanted.casefold())]
        if not found:
            return Done(f"No line holds {wanted[:WIDTH]!r}.")
        more = f"\n{len(found) - MATCHES} more lines are not shown." if len(found) > MATCHES else ""
        return Done(fenced("", _joined(found[:MATCHES])) + more, file=names[0] if len(names) == 1 else "")

    def _hits(self, name: str, wanted: str) -> Iterator[str]:
        for number, line in enumerate(_lines(self.files[name]), 1):
            if wanted in line.casefold():
                yield f"{name}:{number}: {line[:WIDTH]}"

    def _replace(self, call: Call) -> Done:
        name = self._ours(call)
        old, new = text_of(call, "old_str"), text_of(call, "new_str", "")
        if not old.strip("\n"):
            raise Wrong(f"the text to look for in {name} is empty")
        text = self.document[name]
        start, stop = self._place(name, text, old, whole_lines=call.arguments.get("whole_lines") is True)
        if call.arguments.get("whole_lines") is True and _whole(text, start, stop) and not new:
            stop = min(len(text), stop + 1)
        after = text[:start] + new + text[stop:]
        self._put(name, after if not after or after.endswith("\n") else after + "\n")
        line = text.count("\n", 0, start) + 1
        return Done(f"Replaced in line {line} of {name}.", file=name, bytes=_weight(text[start:stop]) + _weight(new))

    def _place(self, name: str, text: str, old: str, *, whole_lines: bool) -> tuple[int, int]:
        """From where to where the one place of a text goes."""
        if whole_lines:
            lines, wanted = f"\n{text}" if text.endswith("\n") else f"\n{text}\n", f"\n{old}\n"
            start = lines.find(wanted)
            if start >= 0 and lines.find(wanted, start + 1) < 0:
                return start, start + len(old)
        start = text.find(old)
        if start < 0:
            raise Wrong(self._missing(name, text, old))
        if text.find(old, start + 1) >= 0:
            raise Wrong(f"that text is in {name} more than once: give the lines around it too")
        return start, start + len(old)

    def _missing(self, name: str, text: str, old: str) -> str:
        """What is told of a text that is not there: the lines that come nearest, if any do."""
        why = f"that text is not in {name}"
        wanted = old.strip("\n").split("\n")
        if all(line.split("\t")[0].strip().isdigit() for line in wanted if line.strip()):
            return f"{why}: leave out the line numbers"
        lines = _lines(text)
        found = Anchors(lines, self._budget).find(wanted)
        near = (found.start, found.stop) if isinstance(found, Found) else found.near
        if near is None:
            return f"{why} ({found.why})" if isinstance(found, Lost) and "more than" in found.why else why
        quoted = [line[:WIDTH] for line in lines[near[0] : near[1]][:QUOTED]]
        return f"{why} as you wrote it. The nearest lines are:\n{fenced('', _joined(quoted))}"

    def _insert(self, call: Call) -> Done:
        name = self._ours(call)
        line = number_of(call.arguments.get("insert_line"), "insert_line")
        lines = _lines(self.document[name])
        if not 0 <= line <= len(lines):
            raise Wrong(f"{name} has lines 1 to {len(lines)}: insert goes after one of them, or after line 0")
        new = text_of(call, "insert_text")
        body = new if new.endswith("\n") else new + "\n"
        self._put(name, _joined(lines[:line]) + body + _joined(lines[line:]))
        return Done(f"Inserted after line {line} of {name}.", file=name, bytes=_weight(body))

    def _create(self, call: Call) -> Done:
        path, text = text_of(call, "path").strip(), tidy(text_of(call, "file_text"))
        name = self.known(path) or _unpathed(path)
        self._guard(name)
        if name not in self.document and not is_safe(name):
            raise Wrong(f"{path[:WIDTH]!r} is no name for a file here: it must be plain, without a folder")
        before = self.document.get(name)
        self._put(name, text)
        said = f"Created {name}." if before is None else f"Wrote {name} anew."
        return Done(f"{said} It has {_size(text)}.", file=name, bytes=_weight(before or "") + _weight(text))

    def _delete(self, call: Call) -> Done:
        name = self._ours(call)
        return Done(f"Deleted {name}.", file=name, bytes=_weight(self.document.pop(name)))

    def _move(self, call: Call) -> Done:
        name = self._ours(call)
        target = _unpathed(text_of(call, "new_path").strip())
        if not is_safe(target):
            raise Wrong(f"{target[:WIDTH]!r} is no name for a file here: it must be plain, without a folder")
        if target in self.files:
            raise Wrong(f"there is a file {target} already")
        self.document = {target if n == name else n: text for n, text in self.document.items()}
        return Done(f"Moved {name} to {target}.", file=name)

    def _there(self, call: Call) -> str:
        path = text_of(call, "path")
        name = self.known(path)
        if name is None:
            raise Wrong(f"there is no file {path[:WIDTH]!r}; the files are:\n{self.listing()}")
        return name

    def _ours(self, call: Call) -> str:
        name = self._there(call)
        self._guard(name)
        return name

    def _guard(self, name: str) -> None:
        if name in self.beside:
            raise Wrong(f"{name} is protected: it is no part of what you are to change")

    def _put(self, name: str, text: str) -> None:
        now = {**self.document, name: text}
        self._fits(now)
        self.document = now

    def _fits(self, document: Files) -> None:
        if len(document) > FILES or sum(map(len, document.values())) > max(SIZE, sum(map(len, self.document.values()))):
            raise Wrong(f"the folder would hold more than {FILES} files or {SIZE:,} characters")


def tidy(text: str) -> str:
    """A text as documents hold it: line feeds, one at the end; "" when there is nothing else."""
    body = _ENDS.sub("\n", text + "\n").rstrip("\n")
    return body + "\n" if body else ""


def _unpathed(path: str) -> str:
    while path.startswith("./"):
        path = path[2:]
    return path


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _upto(lines: Sequence[str], first: int) -> list[str]:
    """Numbered lines, as many as go into SHOWN characters, the first of them cut if it alone does not."""
    shown, room = [f"{first:>6}\t{lines[0][:SHOWN]}"], SHOWN - len(lines[0])
    for number, line in enumerate(lines[1:], first + 1):
        room -= len(line)
        if room < 0:
            break
        shown.append(f"{number:>6}\t{line}")
    return shown


def _whole(text: str, start: int, stop: int) -> bool:
    """Whether a place is one of whole lines."""
    return (start == 0 or text[start - 1] == "\n") and (stop == len(text) or text[stop] == "\n")


def _size(text: str) -> str:
    count = len(_lines(text))
    return f"{count:,} line{'s' * (count != 1)}, {len(text):,} characters"


def _weight(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
