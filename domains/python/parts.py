"""Small facts about nodes and comments that the tree does not tell at once."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence

from domains.python.source import Comment


def clean(doc: str) -> str:
    """A docstring as `help` shows it, no blanks at line ends."""
    return "\n".join(line.rstrip() for line in inspect.cleandoc(doc).strip().split("\n"))


def directive(comment: str) -> bool:
    """`#!` and encoding lines."""
    return comment.startswith("!") or bool(re.search(r"coding[:=]\s*[-\w.]", comment))


def joined(found: Sequence[Comment]) -> str:
    """Comment lines as one text; bare `#` and blank lines stay as one empty line."""
    lines: list[str] = []
    last = 0
    for comment in found:
        if lines and lines[-1] and (comment.line > last + 1 or not comment.text):
            lines.append("")
        if comment.text:
            lines.append(comment.text)
        last = comment.line
    return "\n".join(lines).strip()


OPERATORS = {
    ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.MatMult: "@=", ast.Div: "/=", ast.Mod: "%=", ast.LShift: "<<=",
    ast.RShift: ">>=", ast.BitOr: "|=", ast.BitXor: "^=", ast.BitAnd: "&=", ast.FloorDiv: "//=", ast.Pow: "**=",
}  # fmt: skip


def first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", None)
    return min(node.lineno, decorators[0].lineno) if decorators else node.lineno


def header_end(node: ast.AST) -> int:
    """The last line on which something of a compound statement's head stands; its bodies do not count."""
    parts: list[ast.AST | None]
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = node.args
            parts = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg,
                     *arguments.defaults, *arguments.kw_defaults, node.returns]  # fmt: skip
        case ast.ClassDef():
            parts = [*node.bases, *node.keywords]
        case ast.For() | ast.AsyncFor():
            parts = [node.target, node.iter]
        case ast.With() | ast.AsyncWith():
            parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]
        case ast.match_case():
            parts = [node.pattern, node.guard]
        case ast.If() | ast.While():
            parts = [node.test]
        case _:
            parts = []
    own = getattr(node, "lineno", 0)
    return max((getattr(part, "end_lineno", 0) for part in parts if part), default=own) or own
