"""What generated programs are made of. `$E` is a class, `$e` and `$es` its instance and instances, `$a` and `$b` two of
its numeric attributes, `$k` its identifier, `$O`, `$o`, `$os` another class defined before; the rest are fillings."""

from __future__ import annotations

RECORD = '''
@dataclass($options)
class $E:
    """One $words $purpose."""

    $k: str
    $a: float
    $b: float = $x$more
'''

SMALL: tuple[tuple[str, str], ...] = (
    ("", '''
def scale_$e($e: $E, factor: float = $x) -> float:
    """Return the $a_ of one $words times a factor."""
    if factor < 0:
        raise ValueError("the factor $phrase")
    return $e.$a * factor + $n
'''),
    ("", '''
# $note.
def is_large_$e($e: $E, limit: int = $n) -> bool:
    """Tell whether one $words $phrase."""
    return $e.$a > limit and $e.$b >= $x
'''),
    ("", '''
def describe_$e($e: $E) -> str:
    """Describe one $words in one line."""
    return f"{$e.$k}: {$e.$a:.2f} of {$e.$b}"  # $aside
'''),
    ("", '''
def heaviest_$e($es: list[$E]) -> $E | None:
    """Return the $words with the greatest $a_, or None."""
    # $note.
    return max($es, key=lambda $e: $e.$a, default=None)
'''),
    ("", '''
def ${e}_keys($es: list[$E]) -> set[str]:
    """Collect the ${k}s of all $words_s $purpose."""
    return {$e.$k for $e in $es if $e.$b != $x}
'''),
)  # fmt: skip

LARGE: tuple[tuple[str, str], ...] = (
    ("", '''
def parse_$e(line: str, separator: str = "$sep") -> $E:
    """Read one $words from a line of text.

    Args:
        line: the text, with or without a line end.
        separator: what stands between the columns.

    Returns:
        The $words $purpose.

    Raises:
        ValueError: if the line is short or its $a_ is not a number.
    """
    parts = [part.strip() for part in line.rstrip("\\n").split(separator)]
    if len(parts) < $m:
        raise ValueError("the $words line $phrase")
    # $note.
    return $E(parts[0], float(parts[1]), float(parts[2] or $x))
'''),
    ("from collections.abc import Iterable", '''
def total_$a($es: Iterable[$E], minimum: float = $x) -> float:
    """Add up the $a_ of $words_s $purpose.

    Args:
        $es: what to add up; may be a generator.
        minimum: smaller values are left out.

    Returns:
        The sum, 0.0 when there is nothing to add.
    """
    total = 0.0
    for $e in $es:
        if $e.$a < minimum:
            continue  # $aside
        total += $e.$a
    return round(total, $m)
'''),
    ("from collections import defaultdict", '''
def group_${es}_by_$k($es: list[$E]) -> dict[str, list[$E]]:
    """Group $words_s by their $k."""
    groups: dict[str, list[$E]] = defaultdict(list)
    for $e in $es:
        groups[$e.$k.casefold()].append($e)
    # $note.
    return {key: sorted(found, key=lambda $e: $e.$b) for key, found in groups.items()}
'''),
    ("import csv;from pathlib import Path;import logging", '''
def load_$es(path: Path, *, strict: bool = False) -> list[$E]:
    """Load $words_s from a CSV file.

    Args:
        path: the file, in UTF-8.
        strict: raise on the first bad row instead of skipping it.

    Raises:
        ValueError: if a row is bad and `strict` is set.
    """
    found = []
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=$m):
            try:
                found.append($E(row["$k"], float(row["$a"]), float(row.get("$b") or $x)))
            except (KeyError, ValueError) as error:
                if strict:
                    raise ValueError(f"row {number}: {error}") from error
                logging.warning("skipped the $words $phrase: %s", number)
    return found
'''),
    ("from collections.abc import Iterator", '''
class ${E}Store:
    """Keeps $words_s by their $k.

    Another $words with the same $k replaces the first.
    """

    limit = $n

    def __init__(self, $es: list[$E] | None = None) -> None:
        self._by_$k: dict[str, $E] = {}
        for $e in $es or []:
            self.add($e)

    def __len__(self) -> int:
        return len(self._by_$k)

    def __iter__(self) -> Iterator[$E]:
        yield from self._by_$k.values()

    def add(self, $e: $E) -> None:
        """Take one $words in.

        Raises:
            OverflowError: if the store is full.
        """
        if len(self) >= self.limit:
            raise OverflowError("the number of $words_s $phrase")
        self._by_$k[$e.$k] = $e

    def find(self, $k: str, default: $E | None = None) -> $E | None:
        """Return the $words of that $k."""
        return self._by_$k.get($k, default)

    @property
    def mean_$a(self) -> float:
        # $note.
        return sum($e.$a for $e in self) / max(1, len(self))
'''),
    ("from collections.abc import Iterator", '''
def ${e}_batches($es: list[$E], size: int = $w) -> Iterator[list[$E]]:
    """Yield $words_s in batches $purpose.

    Yields:
        Lists of at most `size`, in order.
    """
    if size <= 0:
        raise ValueError("the size of a batch $phrase")
    start = 0
    while start < len($es):
        yield $es[start:start + size]
        start += size  # $aside
'''),
    ("", '''
def check_$e($e: $E) -> list[str]:
    """List what is wrong with one $words; an empty list means nothing is."""
    problems = []
    if not $e.$k:
        problems.append("the $k $phrase")
    if not 0 <= $e.$a <= $n:
        problems.append(f"$a_ {$e.$a} $phrase")
    elif $e.$b > $e.$a * $x:
        # $note.
        problems.append("the $b_ $phrase")
    return problems
'''),
    ("", '''
def summarise_$es($es: list[$E], width: int = $w) -> str:
    """Lay out $words_s as a table.

    Args:
        $es: the rows.
        width: columns of the first cell.
    """
    lines = [f"{'$k':<{width}} {'$a':>10}"]
    for $e in sorted($es, key=lambda $e: (-$e.$a, $e.$k)):
        lines.append(f"{$e.$k:<{width}} {$e.$a:>10.2f}")
    if len(lines) == 1:
        lines.append("nothing to show")
    return "\\n".join(lines)
'''),
    ("", '''
def classify_$e($e: $E) -> str:
    """Say in which class one $words falls $purpose."""
    match $e.$k.split("-"):
        case ["test", *_]:
            return "test"
        case [prefix, suffix] if suffix.isdigit():
            return prefix
        case _:
            pass
    ratio = $e.$a / $e.$b if $e.$b else $x
    return "high" if ratio > $m else "low"
'''),
    ("import asyncio", '''
async def refresh_$e($e: $E, attempts: int = $m, pause: float = $x) -> $E:
    """Refresh one $words, with growing pauses between attempts."""
    for attempt in range(attempts):
        try:
            async with asyncio.timeout($w):
                await asyncio.sleep(pause * 2 ** attempt)
        except TimeoutError:
            continue  # $aside
        else:
            break
    else:
        raise RuntimeError("the $words $phrase")
    return $E($e.$k, $e.$a, $e.$b)
'''),
    ("", '''
class ${E}Error(ValueError):
    """Says that a certain $words $phrase."""

    def __init__(self, $k: str, value: float = $x) -> None:
        super().__init__(f"{$k}: {value}")
        self.$k = $k
        self.value = value
'''),
    ("", '''
def pair_${es}_with_$os($es: list[$E], $os: list[$O], *, tolerance: float = $x) -> list[tuple[$E, $O]]:
    """Pair each $words with the first ${owords} that fits.

    Args:
        $es: what to pair.
        $os: where partners come from; each is used once.
        tolerance: how far the values may be apart.

    Returns:
        The pairs, in the order of the $words_s.
    """
    free = list($os)
    pairs = []
    for $e in $es:
        for n, $o in enumerate(free):
            if abs($o.$oa - $e.$a) <= tolerance:
                pairs.append(($e, free.pop(n)))
                break
    return pairs
'''),
    ("import functools;from collections.abc import Callable", '''
def counted_$e(function: Callable[[$E], float]) -> Callable[[$E], float]:
    """Count how often a function of one $words is called."""
    calls = 0

    @functools.wraps(function)
    def wrapper($e: $E) -> float:
        nonlocal calls
        calls += 1
        if calls > $n:
            raise RuntimeError("the number of calls $phrase")
        return function($e)

    return wrapper
'''),
    ("", '''
# $note.
${EU}_LIMITS = {
    "low": $x,
    "high": $n,
    "default": ($m, $y),
}
'''),
)  # fmt: skip

MAIN = '''
def main(arguments: list[str] | None = None) -> int:
    """Run the $theme tool from the command line."""
    parser = argparse.ArgumentParser(description="Work with $theme data.")
    parser.add_argument("path", help="the file to read")
    parser.add_argument("--limit", type=int, default=$n)
    options = parser.parse_args(arguments)
    print(f"{options.path}: at most {options.limit} entries")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
'''
