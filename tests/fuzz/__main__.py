"""`python -m tests.fuzz TARGET... --seconds 600`: fuzz targets one after the other and say what was found."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.seeds import dictionary
from tests.fuzz.targets import Target, all_targets, bytes_of, label

TIMEOUT = 10
"""Seconds that one input may take before libFuzzer ends the process."""
MEGABYTES = 2048
LONGEST = 16_000
"""Bytes of an input: a document of 4k tokens."""
GROWTH = 0.1
"""Share of the time for inputs made long."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default all of: {', '.join(all_targets())}")
    parser.add_argument("--seconds", type=float, default=600, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(".fuzz"), help="corpus, defects and logs")
    known = parser.parse_args()
    unknown = [name for name in known.targets if name not in all_targets()]
    if unknown:
        parser.error(f"there is no target {', '.join(unknown)}; there are {', '.join(all_targets())}")
    chosen = known.targets or list(all_targets())
    return int(sum(run(all_targets()[name], known.out / name, known.seconds, known.seed) for name in chosen) > 0)


def run(target: Target, folder: Path, seconds: float, seed: int) -> int:
    """Fuzz one target for so long, in as many processes as it takes. The number of defects kept."""
    for part in ("corpus", "found"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    for text in seeds:
        if len(data := bytes_of(text)) <= LONGEST:
            (folder / "corpus" / label(data)).write_bytes(data)
    quoted = ("".join(f"\\x{byte:02x}" for byte in bytes_of(word)) for word in dictionary(seeds))
    (folder / "words").write_text("".join(f'"{word}"\n' for word in quoted))
    started = time.monotonic()
    log = folder / "log"
    lives, executions = 0, 0
    while (left := seconds * (1 - GROWTH) - (time.monotonic() - started)) > 5:
        lives += 1
        with log.open("w") as out:
            subprocess.run(_command(target.name, folder, left, seed + lives - 1), stderr=out, stdout=out, check=False)
        done = _last(r"^#([0-9]+)", log)
        executions += done
        if not done:
            raise SystemExit(f"{target.name} does not start: {log.read_text(errors='replace')[-2000:]}")
    grown = _grow(target.name, folder, seconds * GROWTH, seed)
    kinds = sum(path.suffix == ".txt" for path in (folder / "found").iterdir())
    killers = sum("-" in path.name for path in (folder / "found").iterdir())
    print(
        f"{target.name}: {time.monotonic() - started:.0f} s, {executions} executions in {lives} processes, "
        f"{_last(r'cov: ([0-9]+)', log)} edges, {_last(r'ft: ([0-9]+)', log)} features, "
        f"{len([*(folder / 'corpus').iterdir()])} inputs kept; {grown}; "
        f"{kinds} kinds of defect, {killers} inputs that ended the process",
        flush=True,
    )
    return kinds + killers


def _grow(name: str, folder: Path, seconds: float, seed: int) -> str:
    """Inputs made long, in as many processes as it takes. An input that takes too long is kept."""
    end, said = time.monotonic() + seconds, ""
    while (left := end - time.monotonic()) > 1:
        with (folder / "grown.log").open("w") as out:
            command = [sys.executable, "-m", "tests.fuzz.child", "grow", name, str(folder), str(left), str(seed)]
            ended = subprocess.run(command, stderr=out, check=False).returncode
        if ended:
            data = (folder / "growing").read_bytes()
            (folder / "found" / f"hang-{label(data)}").write_bytes(data)
            (folder / "grown.log").rename(folder / f"grown-{label(data)}.log")
            seed += 1
        else:
            said = (folder / "grown.log").read_text().strip().splitlines()[-1]
    return said


def _command(name: str, folder: Path, seconds: float, seed: int) -> list[str]:
    return [
        sys.executable, "-m", "tests.fuzz.child", "fuzz", name, str(folder),
        f"-max_total_time={seconds:.0f}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEGABYTES}", f"-max_len={LONGEST}",
        f"-dict={folder / 'words'}", f"-seed={seed}", f"-artifact_prefix={folder / 'found'}/", "-print_final_stats=1",
        str(folder / "corpus"),
    ]  # fmt: skip


def _last(pattern: str, log: Path) -> int:
    found = re.findall(pattern, log.read_text(errors="replace"), re.MULTILINE)
    return int(found[-1]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
