"""Every editor that asks a model, held to what all of them promise."""

from __future__ import annotations

from pathlib import Path

from harness.editors import editors
from harness.editors.folder import UNCHANGED
from harness.editors.tools import Tools
from harness.editors.tools.calls import Call
from tests.editors.editor_conformance import EditorConformance, Turn
from tests.sandbox.inside import needs_sandbox


class TestRewrite(EditorConformance):
    name = "rewrite"


class TestGuided(EditorConformance):
    name = "rewrite:guided"
    whole = False


class TestOnlyChanged(EditorConformance):
    name = "rewrite+only-changed"
    unchanged = UNCHANGED


class TestPatch(EditorConformance):
    name = "patch"
    unchanged = UNCHANGED


class TestTools(EditorConformance):
    name = "tools"
    calls = True
    unchanged = Tools().answer({})
    shows = False


class TestToolsAsText(EditorConformance):
    name = "tools:text"
    unchanged = "```finish\n```"
    shows = False


@needs_sandbox
class TestToolsPython(EditorConformance):
    name = "tools+python"
    calls = True
    unchanged = Tools().answer({})
    shows = False

    async def test_right_replies_lose_nothing(self, tmp_path: Path) -> None:
        """Here from a program: what replies in another form lose is for `tools` to show."""

        def script(turn: Turn) -> str:
            code = f"for name, text in {turn.files!r}.items():\n    open(name, 'w').write(text)"
            assert isinstance(turn.editor, Tools)
            return turn.editor.dialect.written([Call("run_python", {"code": f"{code}\n"}), Call("finish")])

        for step in await self.steps(tmp_path / "s.db", script):
            assert (step.failure, step.score and step.score.rs, step.extra) == (None, 1.0, ())
            assert "1 run_python" in step.detail


class TestToolsPythonAsText(TestToolsPython):
    name = "tools+python:text"
    calls = False
    unchanged = "```finish\n```"


class TestCommand(EditorConformance):
    """The agent is scripted: what a real one may do to the machine, tests/sandbox and tests/tools show."""

    name = "command:agent {prompt_file}"
    agent = True
    unchanged = "Nothing had to change."
    shows = False


def test_no_editor_is_left_out() -> None:
    assert {member.name for member in EditorConformance.__subclasses__()} >= set(editors())
