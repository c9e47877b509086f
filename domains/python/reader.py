"""From syntax tree and comments to Elements."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence

from domains.kit import Element, ParseError
from domains.python.parts import OPERATORS, clean, directive, first_line, header_end, joined
from domains.python.source import Comment

DEEPEST = 50
Body = Sequence[ast.stmt]


class Reader:
    """Reads one text whose tree is known. Comments are dealt out in order, to what they stand above or beside."""

    def __init__(self, source: str, comments: list[Comment]) -> None:
        self.source = source
        self.lines = source.split("\n")
        self.comments = comments
        self.next = 0
        self.depth = 0

    def module(self, name: str, tree: ast.Module) -> Element:
        fields: dict[str, Hashable] = {"name": name}
        doc, body = self.doc(tree.body)
        if doc:
            until = tree.body[0].end_lineno or 0
        else:  # `#!` and the encoding belong to the file, not to its first statement
            until = 0
            for comment in self.comments[:2]:
                if comment.line != until + 1 or not directive(comment.text):
                    break
                until = comment.line
        if above := joined(self.take(until)):
            fields["above"] = above
        if doc:
            fields["doc"] = doc
        return Element("module", fields, tuple(self.body(body, len(self.lines) + 1, 0)))

    # -- comments -----------------------------------------------------------------------------------------------------

    def take(self, line: int) -> list[Comment]:
        """The comments not yet dealt out, up to and including this line."""
        first = self.next
        while self.next < len(self.comments) and self.comments[self.next].line <= line:
            self.next += 1
        return self.comments[first : self.next]

    def remarks(self, first: int, head: int, body: int) -> dict[str, Hashable]:
        """The comments above line `first`, and those beside a head that ends on line `head`, whose body begins on line
        `body`."""
        if self.next == len(self.comments):
            return {}
        fields: dict[str, Hashable] = {}
        if above := joined(self.take(first - 1)):
            fields["above"] = above
        beside = self.take(head)
        while self.next < len(self.comments) and (c := self.comments[self.next]).line < body and not c.alone:
            beside += self.take(c.line)
        if text := " # ".join(c.text for c in beside if c.text):
            fields["beside"] = text
        return fields

    def trailing(self, stop: int, column: int) -> list[Element]:
        """The comments at the end of a block."""
        first = self.next
        while self.next < len(self.comments):
            comment = self.comments[self.next]
            if comment.line >= stop or not comment.alone or comment.column < column:
                break
            self.next += 1
        text = joined(self.comments[first : self.next])
        return [Element("comment", {"text": text})] if text else []

    # -- statements ---------------------------------------------------------------------------------------------------

    def body(self, nodes: Body, stop: int, column: int | None = None) -> list[Element]:
        """The statements of a block that ends before line `stop`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ParseError("blocks are nested too deep", line=nodes[0].lineno)
        found: list[Element] = []
        for n, node in enumerate(nodes):
            end = first_line(nodes[n + 1]) if n + 1 < len(nodes) else stop
            self.statement(node, end, found)
        if self.next < len(self.comments):
            found += self.trailing(stop, nodes[0].col_offset if column is None else column)
        self.depth -= 1
        return found

    def statement(self, node: ast.stmt, stop: int, out: list[Element]) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                out.append(self.function(node, stop))
            case ast.ClassDef():
                out.append(self.class_(node, stop))
            case ast.If():
                self.branches(node, stop, out)
            case ast.For() | ast.AsyncFor() | ast.While():
                other, node.orelse = node.orelse, []
                line = self.clause("else", node.body, other, stop)
                out.append(self.block(node, line))
                self.otherwise("else", line, other, stop, out)
            case ast.With() | ast.AsyncWith():
                out.append(self.block(node, stop))
            case ast.Try():
                self.attempt(node, stop, out)
            case ast.Match():
                out.append(self.match(node, stop))
            case _ if isinstance(node, getattr(ast, "TryStar", ())):
                self.attempt(node, stop, out)
            case _:
                self.simple(node, out)

    def simple(self, node: ast.stmt, out: list[Element]) -> None:
        end = node.end_lineno or node.lineno
        fields = self.remarks(node.lineno, end, end)
        match node:
            case ast.Import():
                for alias in node.names:
                    out.append(Element("import", {"names": (self.text(alias),), **fields}))
                    fields = {}
            case ast.ImportFrom():
                names = tuple(self.text(alias) for alias in node.names)
                out.append(Element("import", {"source": "." * node.level + (node.module or ""), "names": names,
                                              **fields}))  # fmt: skip
            case ast.Assign():
                target = " = ".join(map(self.target, node.targets))
                out.append(Element("assign", {"target": target, "value": self.text(node.value), **fields}))
            case ast.AnnAssign():
                facts: dict[str, Hashable] = {"target": self.text(node.target)}
                facts["annotation"] = self.text(node.annotation)
                if node.value:
                    facts["value"] = self.text(node.value)
                out.append(Element("assign", {**facts, **fields}))
            case ast.AugAssign():
                target = self.text(node.target)
                operator = OPERATORS[type(node.op)]
                out.append(Element("assign", {"target": target, "operator": operator, "value": self.text(node.value),
                                              **fields}))  # fmt: skip
            case _:
                out.append(Element("statement", {"text": self.text(node), **fields}))

    def text(self, node: ast.AST) -> str:
        """Canonical source of an expression or a simple statement."""
        try:
            return ast.unparse(node)
        except (ValueError, RecursionError):  # f-strings and numbers that it cannot write, sums of a thousand terms
            return " ".join((ast.get_source_segment(self.source, node) or "...").split("\n"))

    def target(self, node: ast.expr) -> str:
        text = self.text(node)
        return text[1:-1] if isinstance(node, ast.Tuple) and node.elts and text.startswith("(") else text

    def block(self, node: ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.If, stop: int,
              word: str = "") -> Element:  # fmt: skip
        """A statement with one body: `for`, `while`, `with`, `if`."""
        body, node.body = node.body, []
        fields: dict[str, Hashable] = {"head": word + self.head(node)}
        fields |= self.remarks(node.lineno, header_end(node), body[0].lineno)
        return Element("block", fields, tuple(self.body(body, stop)))

    def head(self, node: ast.AST) -> str:
        """`for x in y` of a statement whose body was taken out."""
        return self.text(node).rstrip().removesuffix(":")

    def branches(self, node: ast.If, stop: int, out: list[Element]) -> None:
        word = ""
        while True:
            other, node.orelse = node.orelse, []
            line = self.clause("el", node.body, other, stop)
            out.append(self.block(node, line, word))
            if not (len(other) == 1 and isinstance(other[0], ast.If)):
                break
            node, word = other[0], "el"
        self.otherwise("else", line, other, stop, out)

    def attempt(self, node: ast.stmt, stop: int, out: list[Element]) -> None:
        body, handlers = node.body, node.handlers  # type: ignore[attr-defined]  # Try, or TryStar where there is one
        other, final = node.orelse, node.finalbody  # type: ignore[attr-defined]
        last = self.clause("finally", other or (handlers[-1].body if handlers else body), final, stop)
        middle = self.clause("else", handlers[-1].body if handlers else body, other, last)
        lines = [h.lineno for h in handlers] + [middle]
        fields = self.remarks(node.lineno, node.lineno, body[0].lineno)
        out.append(Element("block", {"head": "try", **fields}, tuple(self.body(body, lines[0]))))
        star = "except*" if not isinstance(node, ast.Try) else "except"
        for handler, end in zip(handlers, lines[1:], strict=True):
            head = star + (f" {self.text(handler.type)}" if handler.type else "")
            head += f" as {handler.name}" if handler.name else ""
            fields = self.remarks(handler.lineno, handler.lineno, handler.body[0].lineno)
            out.append(Element("block", {"head": head, **fields}, tuple(self.body(handler.body, end))))
        self.otherwise("else", middle, other, last, out)
        self.otherwise("finally", last, final, stop, out)

    def clause(self, word: str, before: Body, after: Body, stop: int) -> int:
        """The line of `else` or `finally`, which the tree does not tell; `stop` when there is none."""
        if not after:
            return stop
        for line in range((before[-1].end_lineno or 0) + 1, after[0].lineno):
            if self.lines[line - 1].lstrip().startswith(word):
                return line
        return after[0].lineno

    def otherwise(self, word: str, line: int, body: Body, stop: int, out: list[Element]) -> None:
        if body:
            fields = self.remarks(line, line, body[0].lineno)
            out.append(Element("block", {"head": word, **fields}, tuple(self.body(body, stop))))

    def match(self, node: ast.Match, stop: int) -> Element:
        fields: dict[str, Hashable] = {"head": f"match {self.target(node.subject)}"}
        lines = [case.pattern.lineno for case in node.cases] + [stop]
        fields |= self.remarks(node.lineno, node.subject.end_lineno or 0, lines[0])
        found = []
        for case, end in zip(node.cases, lines[1:], strict=True):
            body, case.body = case.body, []
            above = self.remarks(case.pattern.lineno, header_end(case), body[0].lineno)
            found.append(Element("block", {"head": self.head(case), **above}, tuple(self.body(body, end))))
        return Element("block", fields, tuple(found))

    # -- definitions --------------------------------------------------------------------------------------------------

    def doc(self, body: Body) -> tuple[str, Body]:
        """The docstring and the rest of a body."""
        match body[:1]:
            case [ast.Expr(value=ast.Constant(value=str() as text))] if clean(text):
                return clean(text), body[1:]
        return "", body

    def defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, end: int, stop: int
                ) -> tuple[dict[str, Hashable], list[Element]]:  # fmt: skip
        """What functions and classes have in common, and the statements of the body."""
        fields: dict[str, Hashable] = {"name": node.name}
        if node.decorator_list:
            fields["decorators"] = tuple(map(self.text, node.decorator_list))
        if types := getattr(node, "type_params", None):  # from Python 3.12
            fields["type_params"] = ", ".join(map(self.text, types))
        doc, body = self.doc(node.body)
        first = node.body[0]
        end = first.end_lineno or 0 if doc else end
        fields |= self.remarks(first_line(node), max(end, node.lineno), body[0].lineno if body else end)
        if doc:
            fields["doc"] = doc
        if not body:
            return fields, self.trailing(stop, first.col_offset)
        return fields, self.body(body, stop)

    def class_(self, node: ast.ClassDef, stop: int) -> Element:
        bases = [self.text(base) for base in (*node.bases, *node.keywords)]
        fields, body = self.defined(node, header_end(node), stop)
        if bases:
            fields["bases"] = tuple(bases)
        return Element("class", fields, tuple(body))

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, stop: int) -> Element:
        parameters = self.parameters(node.args)
        returns = self.text(node.returns) if node.returns else ""
        fields, body = self.defined(node, header_end(node), stop)
        if isinstance(node, ast.AsyncFunctionDef):
            fields["async"] = "async"
        if returns:
            fields["returns"] = returns
        return Element("function", fields, (*parameters, *body))

    def parameters(self, args: ast.arguments) -> list[Element]:
        plain = [*args.posonlyargs, *args.args]
        padding: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
        found = []
        for n, (arg, default) in enumerate(zip(plain, [*padding, *args.defaults], strict=True)):
            found.append(self.parameter(arg, "positional" if n < len(args.posonlyargs) else "", default))
        if args.vararg:
            found.append(self.parameter(args.vararg, "*", None))
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            found.append(self.parameter(arg, "keyword", default))
        if args.kwarg:
            found.append(self.parameter(args.kwarg, "**", None))
        return found

    def parameter(self, arg: ast.arg, kind: str, default: ast.expr | None) -> Element:
        fields: dict[str, Hashable] = {"name": arg.arg}
        if arg.annotation:
            fields["annotation"] = self.text(arg.annotation)
        if default:
            fields["default"] = self.text(default)
        if kind:
            fields["kind"] = kind
        return Element("parameter", fields)
