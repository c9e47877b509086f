"""Graphs in Graphviz's DOT language.

Nodes, edges, subgraphs and their attributes as statements. Equal are edge chains and their single edges, attribute
lists in any form and order, quoted and bare ids, strings in parts, the three forms of comment, numbers and switches
in any spelling. The label of a record keeps its bars and braces. The order of statements is a small fact: it moves
the drawing.
"""

from __future__ import annotations

import re
from pathlib import Path

from domains.graphviz.edits import EDITS
from domains.graphviz.generate import generate
from domains.graphviz.parser import FORMAT
from domains.kit import Domain, Files
from domains.kit.equivalents import each_line, on_text, surface

_HEADER = re.compile(r"(?im)^[ \t]*(?:strict\s+)?(?:di)?graph\b[^{};=\[\n]*\s*\{")
_STATEMENT = re.compile(r"^( *)(\w+(?: (?:->|--) \w+)?) \[(.*)\];$")
_ITEM = re.compile(r'([\w]+)=("(?:[^"\\]|\\.)*"|[^\s,"<>]+)(?:, |$)')


def lists(files: Files, join: str, reverse: bool = False, split: int = 0) -> Files:
    """Attribute lists written another way, those that canonical text has."""

    def change(line: str) -> str:
        m = _STATEMENT.match(line)
        if m is None or "".join(i.group() for i in _ITEM.finditer(m[3])) != m[3]:
            return line
        items = [f"{i[1]}={i[2]}" for i in _ITEM.finditer(m[3])]
        items = items[::-1] if reverse and len({i.split("=")[0] for i in items}) == len(items) else items
        parts = [items[:split], items[split:]] if split else [items]
        return f"{m[1]}{m[2]} {''.join(f'[{join.join(part)}]' for part in parts)}"

    return each_line(files, change)


def quoted_ids(files: Files) -> Files:
    """a -> b as "a" -> "b"."""
    ends = re.compile(r"(?m)^( *)([A-Za-z]\w*) (->|--) ([A-Za-z]\w*)(?=;$| \[)")
    return on_text(files, lambda t: ends.sub(r'\1"\2" \3 "\4"', t))


def bare_strings(files: Files) -> Files:
    """label="x" as label="" + "x"."""
    return on_text(files, lambda t: re.sub(r'(?m)^( *\w+ \[label=)"(?=[^"\\\n]*"[\],])', r'\1"" + "', t))


def hash_comments(files: Files) -> Files:
    return on_text(files, lambda t: re.sub(r"(?m)^([ \t]*)//", r"\1#", t))


def block_comments(files: Files) -> Files:
    return on_text(files, lambda t: re.sub(r"(?m)^([ \t]*)//(?!.*\*/)(.*)$", r"\1/* \2 */", t))


def graph_lists(files: Files) -> Files:
    """rankdir=LR; as graph [rankdir=LR]."""
    return on_text(files, lambda t: re.sub(r'(?m)^( *)(\w+=(?:\w+|"[^"\\\n]*"));$', r"\1graph [\2]", t))


def chained(files: Files) -> Files:
    """Edges a -> b and a -> c without attributes, next to each other, as a -> {b c}."""
    pair = re.compile(r"(?m)^( *)(\w+) (->|--) (\w+);\n\1\2 \3 (\w+);$")
    return on_text(files, lambda t: pair.sub(r"\1\2 \3 {\4 \5}", t))


DOMAIN = Domain(
    name="graphviz",
    title="Graph (Graphviz DOT)",
    category="Code & Configuration",
    extensions=(".dot", ".gv"),
    specification="https://graphviz.org/doc/info/lang.html",
    format=FORMAT,
    generate=generate,
    edits=EDITS,
    equivalents={
        **surface(),
        "attributes in another order": lambda files: lists(files, ", ", reverse=True),
        "attributes separated by semicolons": lambda files: lists(files, ";"),
        "attributes separated by blanks": lambda files: lists(files, " "),
        "attributes in two lists": lambda files: lists(files, ",", split=1),
        "ids in quotes": quoted_ids,
        "strings in parts": bare_strings,
        "comments after #": hash_comments,
        "comments between /* and */": block_comments,
        "graph attributes in a list": graph_lists,
        "edges drawn together": chained,
    },
    folder=Path(__file__).parent,
    records=("node", "edge"),
    recognise=lambda text: bool(_HEADER.search(text[:50_000])),
)
