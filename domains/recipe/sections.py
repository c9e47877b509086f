"""Blocks put under their headings, before anyone says what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from domains.recipe.blocks import Block
from domains.recipe.facts import facts_of, lone_title, role_of
from domains.recipe.measures import starts_with_amount


@dataclass(slots=True)
class Node:
    """A section being read; `level` is its heading's, 7 and 8 for bold lines."""

    title: str
    level: int
    role: str
    parts: list[Block | Node] = field(default_factory=list)

    def nodes(self) -> Iterator[Node]:
        return (part for part in self.parts if isinstance(part, Node))


class Tree:
    """Blocks put under their headings."""

    def __init__(self, blocks: list[Block]) -> None:
        self.root = Node("", 0, "")
        self.stack = [self.root]
        for block in blocks:
            if block.kind == "heading":
                if block.text:
                    self.open(block.text, block.level)
            elif block.kind == "para":
                self.para(block)
            else:
                self.stack[-1].parts.append(block)

    def open(self, title: str, level: int) -> None:
        while len(self.stack) > 1 and self.stack[-1].level >= level:
            self.stack.pop()
        if title.endswith("#") and len(title) < 500:
            title = re.sub(r"(?:\s+#+)+$", "", title)
        node = Node(title, level, role_of(title, self.stack[-1].role))
        self.stack[-1].parts.append(node)
        self.stack.append(node)

    def para(self, block: Block) -> None:
        """A paragraph, or the bold lines that head what follows: level 7 for those that name a role, else 8."""
        kept: list[str] = []
        plain = False
        for line in block.lines:
            listed = kept and self.stack[-1].role == "ingredients" and starts_with_amount(kept[0])
            if (listed or not plain) and self.lone(line, kept):
                kept = []
                continue
            kept.append(line)
            plain = plain or not facts_of(line, self.stack[-1].role)
        rest = Block("para", block.line, kept)
        if kept and not (plain and self.lone(rest.text, [])):
            self.stack[-1].parts.append(rest)

    def lone(self, text: str, above: list[str]) -> bool:
        """Whether a line is a heading, which it then opens; `above` are the lines before it in its paragraph."""
        role = self.stack[-1].role
        title = None if facts_of(text, role) else lone_title(text, role)
        if title is None:
            return False
        if above:
            self.stack[-1].parts.append(Block("para", 0, above))
        named = bool(role_of(title))
        if not named and len(self.stack) == 1 and not any(self.root.nodes()):
            self.open(title, 1)  # a recipe without a single heading begins with its name in bold
        else:
            self.open(title, 7 if named and (not role or any(n.level == 7 for n in self.stack)) else 8)
        return True


def is_recipe(node: Node) -> bool:
    return any(role_of(n.title) in ("ingredients", "method") for n in node.nodes())
