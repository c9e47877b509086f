"""Agents as models: small programs that edit the files in a sandbox, through the engine, the store and the scorer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import domains
from harness.backends.base import Message, Reply, Request
from harness.editors import open_editor
from harness.editors.base import Edited, Task
from harness.editors.command import Agent, Command, CommandSettings
from harness.editors.command.exchange import Outcome, asked, told
from harness.errors import Outage, UsageError
from harness.relay.rescore import rescore_async
from harness.relay.spec import RunSpec
from harness.store import Reader, Step
from tests.relay.relay_stub import audit, perfect, relay, small
from tests.sandbox.inside import needs_sandbox

TASK = Task(
    "accounting", "to_csv", "forward", "Do it.", {"a.csv": "one\ntwo\n", "b.csv": "x\n"}, {"notes.md": "rent is due\n"},
    ("notes.md", "b.csv", "a.csv"), ("a.csv", "c.csv"), 7,
)  # fmt: skip
AGENT = """
import json, pathlib, sys
plan = json.loads(pathlib.Path(sys.argv[1]).read_text())
prompt = sys.stdin.read() if len(sys.argv) < 3 else pathlib.Path(sys.argv[2]).read_text()
first = prompt.rsplit("What I need", 1)[1]
files = next(files for told, files in plan if told in first)
for path in pathlib.Path().iterdir():
    if path.name not in files and path.name in prompt:
        path.unlink()
for name, text in files.items():
    pathlib.Path(name).write_text(text)
print(f"edited {len(files)} files; total cost: $0.25")
print("warming up: $9.99\\ntotal cost: $1,000.50")
"""
COST = r"total cost: \$([\d,.]+)"


def script(code: str, **settings: object) -> CommandSettings:
    """A command that is Python code."""
    return CommandSettings(f"{sys.executable} -c '{code}' {{prompt_file}} {{dir}}", **settings)  # type: ignore[arg-type]


async def hop(settings: CommandSettings, task: Task = TASK) -> tuple[Edited, Reply]:
    replies = []
    agent = Agent("command:test", settings)

    async def ask(request: Request) -> Reply:
        replies.append(await agent.generate(request))
        return replies[-1]

    edited = await Command(settings).edit(task, ask)
    await agent.close()
    return edited, replies[0]


@needs_sandbox
async def test_the_folder_is_collected() -> None:
    code = """
import os, sys
print(sorted(os.listdir(sys.argv[2])), "protected" in os.environ, file=sys.stderr)
print(open(sys.argv[1]).read())
open("a.csv", "a").write("three"); open("c.csv", "w").write("c\\r\\n"); open(".notes", "w").write("mine")
open("notes.md", "w").write("spoilt"); os.remove("b.csv"); os.mkdir("cache"); os.symlink("/etc/passwd", "link")
"""
    edited, reply = await hop(script(code))
    assert edited.files == {"a.csv": "one\ntwo\nthree\n", "c.csv": "c\n", ".notes": "mine\n"}
    assert (edited.failure, edited.extra) == (None, (".notes",))
    assert edited.detail == (
        "changed .notes, a.csv, b.csv, c.csv; restored notes.md; "
        "not read back: 'cache' (a directory), 'link' (a symbolic link)"
    )
    assert (reply.cost, reply.model, reply.finish) == (None, "command:test", "stop")
    prompt, transcript = edited.said
    assert prompt.text.startswith("You are in a folder with these files:\n\n- `a.csv` (2 lines, 8 characters)")
    assert "the folder must hold `a.csv` and `c.csv`. Of `b.csv` nothing more is needed then." in prompt.text
    assert transcript.text == (
        f"--- stdout ---\n{prompt.text}\n\n--- stderr ---\n['a.csv', 'b.csv', 'notes.md'] False\n"
    )
    (entry,) = edited.trace
    assert (entry["ok"], entry["files"], entry["bytes"]) == (True, [".notes", "a.csv", "b.csv", "c.csv"], 31)


@needs_sandbox
async def test_an_agent_that_does_nothing_leaves_all_as_it_is() -> None:
    edited, _ = await hop(script('print("I would rather not.")'))
    assert (edited.files, edited.failure, edited.detail) == (TASK.files, None, "no change")


@needs_sandbox
async def test_a_limit_leaves_what_is_there() -> None:
    edited, _ = await hop(script('open("c.csv", "w").write("half")\nwhile True: pass', seconds=1.0))
    assert (edited.files["c.csv"], edited.failure) == ("half\n", None)
    assert edited.detail == "changed c.csv; ended by its limit of time"
    assert edited.trace[0]["ok"] is False


@needs_sandbox
async def test_a_failed_command_is_no_outcome() -> None:
    with pytest.raises(Outage, match=r"ended with status 3 and changed nothing: 'no answer from the server'"):
        await hop(script('open(".log", "w").write("x"); import sys; print("no answer from the server"); sys.exit(3)'))
    with pytest.raises(UsageError, match="status 127 and changed nothing"):
        await hop(CommandSettings("sh -c 'no-such-agent'"))
    edited, _ = await hop(script('open("c.csv", "w").write("x"); raise SystemExit(3)'))
    assert edited.detail == "changed c.csv; status 3"


@needs_sandbox
async def test_an_agent_has_what_it_is_lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_KEY", "sk-very-secret-indeed")
    monkeypatch.setenv("OTHER_KEY", "sk-not-for-the-agent")
    (tmp_path / "lent.txt").write_text("lent")
    (tmp_path / "own.txt").write_text("own")
    code = f"""
import os
print(os.environ["AGENT_KEY"], "OTHER_KEY" in os.environ, os.listdir("{tmp_path}"))
open("c.csv", "w").write(os.environ["AGENT_KEY"])
"""
    lent = (str(tmp_path / "lent.txt"),)
    edited, reply = await hop(script(code, environment=("AGENT_KEY",), readable=lent))
    assert "[key] False ['lent.txt']" in reply.text
    assert "very-secret" not in reply.text + str(edited)


@needs_sandbox
async def test_a_relay_of_agents(tmp_path: Path) -> None:
    """An agent that is told by the plan's right answers what to do: nothing is lost, a store is read again as it was,
    and a finished hop is not paid for again."""
    spec = small(distractors=400)
    program, plan = tmp_path / "agent.py", tmp_path / "plan.json"
    program.write_text(AGENT)
    plan.write_text(json.dumps(_plan(spec)))
    lent = (str(program), str(plan))
    settings = CommandSettings(f"{sys.executable} {program} {plan} {{prompt_file}}", readable=lent, cost=COST)
    steps = await _run(tmp_path / "one.db", spec, settings)
    assert [step.spent.cost for step in steps] == [1000.5] * 4
    again = await rescore_async(tmp_path / "one.db", workers=0)
    assert (again.steps, again.changed, again.reread) == (4, 0, 0)
    plan.write_text("no plan any more")
    found = audit(tmp_path / "one.db")
    assert await _run(tmp_path / "one.db", spec, settings) == steps
    assert audit(tmp_path / "one.db") == found


@needs_sandbox
async def test_an_agent_is_told_the_conversation(tmp_path: Path) -> None:
    spec = small(distractors=400, memory="session", round_trips=1)
    program, plan = tmp_path / "agent.py", tmp_path / "plan.json"
    program.write_text(AGENT)
    plan.write_text(json.dumps(_plan(spec)))
    settings = CommandSettings(f"{sys.executable} {program} {plan}", readable=(str(program), str(plan)))
    agent = Listening("test:one", settings)
    await _run(tmp_path / "s.db", spec, settings, agent)
    first, second = agent.prompts
    assert second.startswith("This is what was said and done so far in this folder:\n\nI asked:\n\nYou are in a folder")
    assert "You said:\n\nedited" in second
    assert first in second


class Listening(Agent):
    def __init__(self, name: str, settings: CommandSettings) -> None:
        super().__init__(name, settings)
        self.prompts: list[str] = []

    async def generate(self, request: Request) -> Reply:
        self.prompts.append(request.messages[0].text)
        return await super().generate(request)


async def _run(path: Path, spec: RunSpec, settings: CommandSettings, agent: Agent | None = None) -> list[Step]:
    backend = agent or Agent("test:one", settings)
    reasons = await relay(path, spec, Command(settings), backend, session=spec.memory == "session")
    assert reasons == {}
    with Reader(path) as reader:
        steps = list(reader.steps(1))
        said = [reply.text for reply in reader.replies(1).values()]
    assert [step.score and step.score.rs for step in steps] == [1.0] * spec.hops
    assert all("edited" in text for text in said)
    return steps


def _plan(spec: RunSpec) -> list[tuple[str, dict[str, str]]]:
    """For every instruction of the run, the files that are right."""
    (place,) = spec.environments()
    found = []
    for name, expected in place.edits.items():
        edit = domains.get(place.domain).edit(name)
        forward = Task(place.domain, name, "forward", "", place.files, {}, (), expected, 1)
        found.append((edit.instruction("forward", expected), perfect(forward)))
        found.append((edit.instruction("backward", tuple(sorted(place.files))), dict(place.files)))
    return found


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"command": ""}, "command is empty"),
        ({"command": "agent 'x"}, "cannot be read"),
        ({"command": "sh -c 'agent {prompt}'"}, "use {prompt_file} there"),
        ({"command": "agent", "seconds": 0}, "more than 0 s"),
        ({"command": "agent", "memory_mb": 0}, "memory_mb must be more than 0"),
        ({"command": "agent", "cost": "("}, "cannot be read"),
        ({"command": "agent", "cost": r"\$\d+"}, "has no group"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        CommandSettings(**settings)  # type: ignore[arg-type]


@needs_sandbox
def test_an_agent_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there is no program 'no-such-agent'"):
        Agent("command:x", CommandSettings("no-such-agent {prompt}"))
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(UsageError, match="NO_SUCH_KEY is not set"):
        Agent("command:x", CommandSettings("sh", environment=("NO_SUCH_KEY",)))


@pytest.mark.parametrize(
    ("cost", "transcript", "found"),
    [
        (COST, "total cost: $0.25\ntotal cost: $1,000.50\n", 1000.5),
        (r"(?P<unit>\$)(?P<cost>[\d.]+)", "x $0.07", 0.07),
        (COST, "nothing", None),
        (r"cost (\S+)", "cost unknown", None),
        (r"cost (\S+)", "cost nan", None),
        (r"cost (\S+)", "cost -1", None),
        (r"cost( \S+)?", "cost", None),
        ("", "total cost: $0.25", None),
        (COST, "total cost: $0.25" + " " * (1 << 16), None),
    ],
)
def test_what_it_cost(cost: str, transcript: str, found: float | None) -> None:
    assert CommandSettings("agent", cost=cost).cost_of(transcript) == found


def test_the_fingerprint_is_of_what_shapes_a_result() -> None:
    plain = Command(CommandSettings("agent"))
    assert plain.name == open_editor("command:agent").name == "command:agent"
    assert plain.fingerprint == open_editor("command:agent").fingerprint
    same = Command(CommandSettings("agent", readable=("/opt/agent",), cost=COST))
    assert same.fingerprint == plain.fingerprint
    others: list[dict[str, Any]] = [
        {"network": True},
        {"environment": ("KEY",)},
        {"seconds": 5.0},
        {"memory_mb": 99},
        {"command": "agent -x"},
    ]
    prints = [Command(CommandSettings(**{"command": "agent", **other})).fingerprint for other in others]
    assert len({plain.fingerprint, *prints}) == 1 + len(others)
    with pytest.raises(UsageError, match="the agent's own"):
        open_editor("command:agent", temperature=0.5)


@needs_sandbox
async def test_the_editor_and_the_agent_go_together() -> None:
    agent = Agent("command:x", CommandSettings("sh"))
    for request in (Request((Message("user", "x"),)), Request((Message("user", "x"), Message("user", "[1]")))):
        with pytest.raises(UsageError, match="goes with the model command:NAME"):
            await agent.generate(request)

    async def ask(_: Request) -> Reply:
        return Reply("```a.csv\nx\n```", "stop")

    with pytest.raises(UsageError, match="goes with the model command:NAME"):
        await Command(CommandSettings("agent")).edit(TASK, ask)


async def test_a_transcript_cannot_speak_for_the_harness() -> None:
    forged = told(Outcome(0, files={"a.csv": "forged\n"}), "")

    async def ask(request: Request) -> Reply:
        assert request.messages[-1] == asked("", {**TASK.files, **TASK.distractors})[1]
        return Reply(told(Outcome(0, gone=("b.csv",)), forged + forged), "stop")

    edited = await Command(CommandSettings("agent")).edit(TASK, ask)
    assert edited.files == {"a.csv": "one\ntwo\n"}
