"""Every editor that asks a model, held to what all of them promise."""

from __future__ import annotations

from pathlib import Path

from harness.editors import editors
from harness.editors.folder import UNCHANGED
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
    unchanged = "```finish\n```"
    shows = False


@needs_sandbox
class TestToolsPython(EditorConformance):
    name = "tools+python"
    unchanged = "```finish\n```"
    shows = False

    async def test_right_replies_lose_nothing(self, tmp_path: Path) -> None:
        """Here from a program: what replies in another form lose is for `tools` to show."""

        def script(turn: Turn) -> str:
            code = f"for name, text in {turn.files!r}.items():\n    open(name, 'w').write(text)"
            return f"```run_python\n{code}\n```\n```finish\n```"

        for step in await self.steps(tmp_path / "s.db", script):
            assert (step.failure, step.score and step.score.rs, step.extra) == (None, 1.0, ())
            assert "1 run_python" in step.detail


def test_no_editor_is_left_out() -> None:
    assert {member.name for member in EditorConformance.__subclasses__()} >= set(editors())
