"""The process that fuzzes one target: libFuzzer through atheris. Defects are kept, one input for each kind, and the
search goes on; a hang or a burst of memory ends the process, and its parent begins another."""

from __future__ import annotations

import faulthandler
import json
import random
import re
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

KINDS = 40
"""Kinds of defect kept of one target."""
SLOW = 50e-6
"""Seconds a byte from which on an input is a defect (5 s for 100 kB) ..."""
GRACE = 1.5
"""... after so many seconds."""
HANG = 20.0
"""Seconds after which an input made long is given up."""


class Kept:
    """Defects of one target in a folder: `NAME` the input, `NAME.txt` what went wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds = {json.loads(path.read_text().split("\n", 1)[0])["kind"] for path in folder.glob("*.txt")}

    def add(self, kind: str, data: bytes, detail: str) -> None:
        if kind in self.kinds or len(self.kinds) >= KINDS:
            return
        self.kinds.add(kind)
        from tests.fuzz.targets import label

        path = self.folder / label(data)
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(json.dumps({"kind": kind}) + "\n" + detail, "utf-8", "backslashreplace")
        print(f"DEFECT {kind} {path}", file=sys.stderr, flush=True)


def kind_of(error: Exception) -> str:
    """What two inputs with the same defect have in common: the exception and where it came from."""
    from tests.fuzz.targets import Broken

    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if "/domains/" in f.filename or "/harness/" in f.filename
    ]
    where = " < ".join(
        f"{Path(f.filename).parent.name}/{Path(f.filename).stem}.{f.name}" for f in reversed(frames[-3:])
    )
    if isinstance(error, Broken):
        what, how = error.args
        words = re.findall("[a-z_]+", re.sub(r"\[[^]]*\]?", " ", how))
        return f"{what}: {'.'.join(words[:3])}"
    return f"{type(error).__name__}: {where}"


def run_one(check: Callable[[str], None], kept: Kept, data: bytes) -> float:
    """Seconds of CPU that a check took; a defect is kept."""
    from tests.fuzz.targets import text_of

    start = time.process_time()
    try:
        check(text_of(data))
    except Exception as error:  # noqa: BLE001  any other exception is what this looks for
        kept.add(kind_of(error), data, "".join(traceback.format_exception(error))[-6000:])
    took = time.process_time() - start
    if took > GRACE + SLOW * len(data):
        kept.add(f"slow {len(kept.kinds)}", data, f"{took:.2f} s for {len(data)} bytes")
    return took


def mutate(data: bytes, most: int, seed: int, words: list[bytes]) -> bytes:
    """Lines and words moved, doubled, dropped and put in; none of it knows the format."""
    rng = random.Random(seed)
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(7):
            case 0:
                lines[at:at] = lines[other : other + rng.randint(1, 4)]
            case 1:
                del lines[at : at + rng.randint(1, 4)]
                lines = lines or [b""]
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3 | 4:
                spot = rng.randint(0, len(lines[at]))
                lines[at] = lines[at][:spot] + rng.choice(words) + lines[at][spot:]
            case 5:
                parts = lines[at].split(b" ")
                parts[rng.randrange(len(parts))] = rng.choice(words)
                lines[at] = b" ".join(parts)
            case 6:
                lines[at] = rng.choice((b" ", b"\t", b"  ", b"- ", b"# ")) + lines[at]
    return b"\n".join(lines)[:most]


def fuzz(name: str, folder: Path, arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    try:
        atheris = import_module("atheris")
    except ImportError:
        raise SystemExit("fuzzing needs atheris: pip install 'palimpsest-bench[fuzz]'") from None

    with atheris.instrument_imports(include=["domains", "harness.editors"]):
        from tests.fuzz.targets import all_targets, bytes_of

        target = all_targets()[name]
        seeds = list(target.seeds())  # loads what is instrumented
        target.check(seeds[0])
    from tests.fuzz.seeds import dictionary

    words = [bytes_of(word) for word in dictionary(seeds)]
    kept = Kept(folder / "found")

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        return atheris.Mutate(data, most) if seed % 2 else mutate(data, most, seed, words)

    atheris.Setup(
        [sys.argv[0], *arguments], lambda data: run_one(target.check, kept, data) and None, custom_mutator=mutator
    )
    atheris.Fuzz()


def grow(name: str, folder: Path, seconds: float, seed: int, size: int = 100_000) -> None:
    """Inputs of the corpus with a part of them repeated up to `size` bytes: time must not explode with length."""
    from tests.fuzz.targets import all_targets, bytes_of

    target = all_targets()[name]
    kept = Kept(folder / "found")
    rng = random.Random(f"{seed} {name}")
    units = [path.read_bytes() for path in sorted((folder / "corpus").iterdir())] or [
        bytes_of(text) for text in target.seeds()
    ]
    worst, tried, end = 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = rng.choice(units)
        start = rng.randrange(max(1, len(data)))
        part = data[start : start + rng.choice((1, 3, 10, 40, 200, 1000))]
        data = data[:start] + part * ((size - len(data)) // max(1, len(part))) + data[start:]
        (folder / "growing").write_bytes(data)
        faulthandler.dump_traceback_later(HANG, exit=True)
        took = run_one(target.check, kept, data)
        tried, worst = tried + 1, max(worst, took)
    faulthandler.cancel_dump_traceback_later()
    print(f"GROWN {tried} inputs of {size} bytes, slowest {worst:.2f} s", file=sys.stderr)


def main() -> None:
    """`ARGV` is fuzz or grow, the target, its folder, then libFuzzer's options, or seconds and a seed."""
    what, name, folder, *rest = sys.argv[1:]
    if what == "grow":
        grow(name, Path(folder), float(rest[0]), int(rest[1]))
    else:
        fuzz(name, Path(folder), rest)


if __name__ == "__main__":
    main()
