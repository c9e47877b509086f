"""Changes applied to files. All blocks are matched against the files as they are before any of them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.editors.anchors import Anchors, Budget, Found, Lost, Way
from harness.editors.hunks import Hunk
from harness.filenames import is_safe


@dataclass(frozen=True, slots=True)
class Fault:
    """A block that could not be applied, by its number in the reply, and why. `near` are the lines of the file that
    come nearest."""

    number: int
    hunk: Hunk
    why: str
    near: str = ""


@dataclass(slots=True)
class Applied:
    """`files` with every block applied that could be; `given` are the names that blocks changed or made, `gone` those
    they deleted or renamed, `moved` their new names by the old; `ways` counts how blocks were found, `made` those that
    needed no finding."""

    files: dict[str, str]
    given: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    ways: Counter[Way] = field(default_factory=Counter)
    made: int = 0
    faults: list[Fault] = field(default_factory=list)

    def now(self, name: str) -> str:
        """What a file is called after the renaming."""
        return name if name in self.files else self.moved.get(name, name)


@dataclass(frozen=True, slots=True)
class _Change:
    number: int
    hunk: Hunk
    start: int
    stop: int
    put: Sequence[str]
    way: Way = "exact"


def apply(files: Mapping[str, str], hunks: Sequence[Hunk], allowed: Iterable[str], budget: Budget) -> Applied:
    """Applies blocks, each as a whole or not at all: files are renamed and deleted first. A name that is not `allowed`
    must be one that may be kept. Bounded by `budget` and linear in the files for each block."""
    done = Applied(dict(files))
    names = {*files, *allowed}
    edits: dict[str, list[tuple[int, Hunk]]] = {}
    for number, hunk in enumerate(hunks, 1):
        if hunk.fault:
            done.faults.append(Fault(number, hunk, hunk.fault))
        elif any(name not in names and not is_safe(name) for name in (hunk.name, hunk.to or hunk.name)):
            done.faults.append(Fault(number, hunk, "that is no name for a file"))
        elif hunk.kind == "edit":
            edits.setdefault(hunk.name, []).append((number, hunk))
        else:
            _rename_or_delete(done, number, hunk)
    for name, group in edits.items():
        target = done.now(name)
        if target in done.files:
            _change(done, target, group, budget)
        else:
            _make(done, target, group)
    done.faults.sort(key=lambda fault: fault.number)
    return done


def _rename_or_delete(done: Applied, number: int, hunk: Hunk) -> None:
    if hunk.name not in done.files:
        done.faults.append(Fault(number, hunk, "there is no such file"))
        return
    if hunk.kind == "move" and hunk.to in done.files:
        done.faults.append(Fault(number, hunk, f"there is a file {hunk.to} already"))
        return
    text = done.files.pop(hunk.name)
    done.gone.add(hunk.name)
    done.given.discard(hunk.name)
    done.made += 1
    if hunk.kind == "move":
        done.files[hunk.to] = text
        done.given.add(hunk.to)
        done.gone.discard(hunk.to)
        done.moved[hunk.name] = hunk.to


def _make(done: Applied, name: str, group: Sequence[tuple[int, Hunk]]) -> None:
    """The first block without a SEARCH part makes the file."""
    for number, hunk in group:
        if not _blank(hunk):
            done.faults.append(Fault(number, hunk, "there is no such file: the SEARCH part of a new file is empty"))
        elif name in done.files:
            done.faults.append(Fault(number, hunk, "another block makes this file"))
        else:
            done.files[name] = _text(hunk.put)
            done.given.add(name)
            done.gone.discard(name)
            done.made += 1


def _change(done: Applied, name: str, group: Sequence[tuple[int, Hunk]], budget: Budget) -> None:
    text = done.files[name]
    lines = text.removesuffix("\n").split("\n") if text else []
    anchors = Anchors(lines, budget)
    changes: list[_Change] = []
    offset = 0
    for number, hunk in group:
        if _blank(hunk):
            change = _inserted(number, hunk, lines)
            if change is None:
                why = "the file is there already: the SEARCH part must be lines of it"
                done.faults.append(Fault(number, hunk, why))
                continue
        else:
            stated = None if hunk.line is None else hunk.line + offset
            found = anchors.find(hunk.want, stated)
            if isinstance(found, Lost):
                near = _text(lines[slice(*found.near)]) if found.near else ""
                done.faults.append(Fault(number, hunk, found.why, near))
                continue
            offset = found.start + 1 - hunk.line if hunk.line is not None else offset
            change = _Change(number, hunk, found.start, found.stop, fitted(hunk, found, lines), found.way)
        changes.append(change)
    done.files[name] = _text(_spliced(done, lines, changes))
    done.given.add(name)


def _blank(hunk: Hunk) -> bool:
    """Whether a block looks for nothing. A blank line counts in a diff."""
    return not hunk.want or (hunk.line is None and not any(line.strip() for line in hunk.want))


def _inserted(number: int, hunk: Hunk, lines: Sequence[str]) -> _Change | None:
    """Lines of a diff that go in where its line number says; a file in which nothing stands takes any."""
    if not any(line.strip() for line in lines):
        return _Change(number, hunk, 0, len(lines), hunk.put)
    at = hunk.line
    return None if at is None or at > len(lines) else _Change(number, hunk, at, at, hunk.put)


def _spliced(done: Applied, lines: Sequence[str], changes: Sequence[_Change]) -> list[str]:
    """The lines with the changes made. Of two that overlap the one given first holds."""
    out: list[str] = []
    at = 0
    for change in sorted(_apart(done, changes), key=lambda change: (change.start, change.stop, change.number)):
        out += lines[at : change.start]
        out += change.put
        at = change.stop
        done.ways[change.way] += 1
    return [*out, *lines[at:]]


def _apart(done: Applied, changes: Sequence[_Change]) -> list[_Change]:
    """The changes that overlap none given before them; the others are faults."""
    kept: list[tuple[int, int, int]] = []
    chosen = []
    for change in changes:
        at = bisect_left(kept, (change.start, change.stop, change.number))
        before, after = kept[at - 1 : at] if at else [], kept[at : at + 1]
        clash = [n for start, stop, n in [*before, *after] if change.start < stop and start < change.stop]
        if clash:
            done.faults.append(Fault(change.number, change.hunk, f"it overlaps block {clash[0]}"))
        else:
            insort(kept, (change.start, change.stop, change.number))
            chosen.append(change)
    return chosen


def fitted(hunk: Hunk, found: Found, lines: Sequence[str]) -> list[str]:
    """The lines to put in. Where the block was not found exactly, lines that it takes over unchanged stay as the file
    has them, and the others are indented as much more or less as all lines of the block were."""
    if found.way == "exact":
        return list(hunk.put)
    put = _trimmed(hunk)
    own = {hunk.want[ours]: lines[theirs] for ours, theirs in reversed(found.pairs)}
    shift = {_shift(hunk.want[ours], lines[theirs]) for ours, theirs in found.pairs}
    more, less = shift.pop() if len(shift) == 1 else ("", "")
    return [own[line] if line in own else more + line.removeprefix(less) if line.strip() else line for line in put]


def _trimmed(hunk: Hunk) -> Sequence[str]:
    """The lines to put in without the blank ones that the SEARCH part begins or ends with too."""
    start, stop = 0, len(hunk.put)
    for line, other in zip(hunk.want, hunk.put, strict=False):
        if line.strip() or other.strip():
            break
        start += 1
    for line, other in zip(reversed(hunk.want), reversed(hunk.put), strict=False):
        if line.strip() or other.strip() or stop <= start:
            break
        stop -= 1
    return hunk.put[start:stop]


def _shift(ours: str, theirs: str) -> tuple[str, str]:
    """What must be put before a line's indentation, or taken off it, to make it the file's."""
    mine, its = (line[: len(line) - len(line.lstrip())] for line in (ours, theirs))
    if its.endswith(mine):
        return its[: len(its) - len(mine)], ""
    return ("", mine[: len(mine) - len(its)]) if mine.endswith(its) else ("", "")


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n" if lines else ""
