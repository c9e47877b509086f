"""Inputs to begin with and words to mutate with, made of fixtures and generated documents."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from functools import cache

import domains
from domains import Files
from harness.editors.differences import as_blocks
from harness.editors.rewrite import Rewrite

SIZES = (60, 120, 250)
"""Tokens of generated documents: small ones are read a thousand times a second."""

HOSTILE = (
    "\ufeff", "\x00", "\x1b[31m", "\u202e", "\u2028", "\x85", "\x0b", "\x0c", "\x1c", "\x1e\n", "\r", "\r\n", "\n\n",
    "\udcff", "²", "٣", "Ⅳ", "½", "İ", "ß", "ﬁ", "é", "e\u0301", "\u00a0", "\u200b", "😀",
    "-0", "1e999999999", "1e-999999999", "-1E+400", "9" * 40, "0x10", "1_000", "NaN", "sNaN", "Infinity", "-inf",
    "1.2.3", "00:60:99", "9999-12-31", "0000-00-00", "2024-02-30", "24:00", "```", "~~~", "````csv",
    "<file name=\"x\">", "</file>",
    "&amp;", "&#0;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "{", "}", "[", "]", "(", ")", "\\", "\\u0000", "\\ud800",
    "\"\"\"", "'''", "\"", "'", "((((", "[[[[", "{{{{", "..", "../", "CON", "a" * 300,
)  # fmt: skip
"""What breaks readers of text, whatever the format."""

WORDS = 250
"""Words of a dictionary that come from the seeds."""


@cache
def documents(name: str) -> tuple[Files, ...]:
    """Documents of a domain: small ones first, a fixture last."""
    domain = domains.get(name)
    found: list[Files] = []
    for size in reversed(SIZES):
        for seed in range(3):
            made = domain.render(domain.generate(random.Random(f"fuzz {name} {size} {seed}"), size))
            found.append(made)
            found += [rewrite(made) for rewrite in domain.equivalents.values()] if seed == 0 else []
    return (*found, domain.fixture(domain.fixtures()[0]))


def hops(name: str) -> Iterator[tuple[str, ...]]:
    """Parts of inputs: an edit and a direction, then the files that it gives."""
    domain = domains.get(name)
    for files in documents(name)[:12]:
        for edit, result in domains.feasible(domain, files):
            yield (f"{edit.name} f", *(result[file] for file in sorted(result)))
            yield (f"{edit.name} b", *(files[file] for file in sorted(files)))


def patches() -> Iterator[tuple[str, str]]:
    """Parts of inputs: a document, a reply with changes to it, in blocks and as a unified diff."""
    for name in domains.names():
        before = next(iter(documents(name)[0].values()))
        for seed in range(2):
            lines = before.splitlines(keepends=True)
            random.Random(f"patch {name} {seed}").shuffle(lines)
            after = "".join(lines[: 3 * len(lines) // 4]).replace("1", "2")
            yield before, as_blocks({"document.txt": after}, {"document.txt": before})
            yield (
                before,
                "".join(unified_diff(before.splitlines(True), after.splitlines(True), "document.txt", "document.txt")),
            )


def replies() -> Iterator[tuple[str, str, str]]:
    """Parts of inputs: names wanted, names shown, a reply in one of the forms that models use."""
    for name in domains.names():
        files = dict(documents(name)[-2])
        wanted, shown = "\n".join(files), "\n".join([*files, "notes.md"])
        body = "\n".join(text[:400] for text in files.values())
        first = next(iter(files))
        yield wanted, shown, Rewrite().answer(files)
        yield wanted, shown, f'Here is **{first}**:\n\n```csv title="{first}"\n{body}\n```\n\nDone.'
        yield wanted, shown, f"<file name=\"{first}\">\n{body}\n</file>\n<document path='b.csv'>x</document>"
        yield wanted, shown, f"### {first}\n~~~~python\n# {first}\n```py\n{body}\n```\n~~~~\n- `../b.csv`:\n```\nx"
        yield wanted, shown, f"1. File: {first}\n   ```markdown {first}\n   {body}\n   ```\n```{{.csv file=con.txt}}\n"
        yield wanted, shown, body


def dictionary(seeds: list[str]) -> list[str]:
    """Words and marks of the seeds, the commonest first, and what breaks readers."""
    counts: Counter[str] = Counter()
    for text in seeds:
        counts.update(word for word in re.findall(r"\w+|[^\w\s]+|\n[ \t]+", text[:20_000]) if len(word) <= 24)
    return [*HOSTILE, *(word for word, _ in counts.most_common(WORDS))]
