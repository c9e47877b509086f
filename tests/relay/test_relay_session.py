"""The conversation that stays in context: what the model is shown, healed or not, and after a kill."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from relay_stub import Scripted, audit, perfect, relay, small

import domains
from harness.backends.base import Reply, Request, Usage
from harness.editors.base import Ask, Edited, Task
from harness.editors.rewrite import Rewrite
from harness.errors import Outage
from harness.relay.spec import RunSpec
from harness.store import Reader


@dataclass
class Solving:
    """A Backend that answers each prompt with the task done right, or with what `bend` makes of it. It knows the task
    from the editor that asks, and keeps every request."""

    bend: str = ""
    stop_at: int = 0
    requests: list[Request] = field(default_factory=list)
    answer: str = ""

    name = "test:solving"

    async def generate(self, request: Request) -> Reply:
        if self.stop_at and len(self.requests) == self.stop_at:
            raise Outage("gone")
        self.requests.append(request)
        return Reply(self.answer, "stop", Usage(10, 5, 0, 0), latency=0.5, cost=0.25, model="m")

    async def close(self) -> None:
        pass


class Telling(Rewrite):
    """The real editor, which tells the backend what to answer: on `bad` hops the `worse` files."""

    def __init__(self, backend: Solving, bad: tuple[int, ...] = (), text: str | None = None) -> None:
        super().__init__()
        object.__setattr__(self, "told", (backend, bad, text, []))

    async def edit(self, task: Task, ask: Ask) -> Edited:
        backend, bad, text, seen = self.told  # type: ignore[attr-defined]
        hop = len([m for m in task.history if m.role == "assistant"]) + 1
        seen.append(task)
        files = perfect(task)
        backend.answer = self.answer(files)
        if hop in bad:
            backend.answer = (
                text if text is not None else self.answer({n: t.replace("1", "7") for n, t in files.items()})
            )
        return await super().edit(task, ask)


async def session(path: Path, backend: Solving, *, heal: bool = False, bad: tuple[int, ...] = (),
                  text: str | None = None, spec: RunSpec | None = None) -> dict[str, str]:  # fmt: skip
    editor = Telling(backend, bad, text)
    wanted = spec or small(memory="session", heal=heal, distractors=3000)
    return await relay(path, wanted, editor, backend, session=True, heal=heal)


def roles(request: Request) -> str:
    return "".join(message.role[0] for message in request.messages)


async def test_the_conversation_so_far_is_in_every_prompt(tmp_path: Path) -> None:
    backend = Solving()
    assert await session(tmp_path / "s.db", backend, bad=(1,)) == {}
    assert [roles(request) for request in backend.requests] == ["su", "suau", "suauau", "suauauau"]
    first, second, *_ = backend.requests
    assert second.messages[:2] == first.messages
    with Reader(tmp_path / "s.db") as reader:
        steps = reader.steps(1)
        _, beside = reader.documents(1)
    # The model's own wrong answer is what it reads, and the files are not shown a second time.
    assert all(text in second.messages[2].text for text in steps[0].after.values())
    assert "as you gave them" in second.messages[-1].text
    assert not any(text in second.messages[-1].text for text in [*steps[0].after.values(), *beside.values()])
    assert all(text in first.messages[1].text for text in beside.values())
    assert steps[0].score is not None
    assert steps[0].score.rs is not None
    assert steps[0].score.rs < 1.0


async def test_files_that_are_not_as_the_reply_said_are_shown(tmp_path: Path) -> None:
    backend = Solving()
    await session(tmp_path / "s.db", backend, bad=(1,), text="I would rather not.")
    second = backend.requests[1].messages
    assert second[2].text == "I would rather not."
    with Reader(tmp_path / "s.db") as reader:
        seed, beside = reader.documents(1)
    assert all(text in second[-1].text for text in seed.values())
    assert not any(text in second[-1].text for text in beside.values())


async def test_healed_errors_are_nowhere(tmp_path: Path) -> None:
    backend = Solving()
    assert await session(tmp_path / "s.db", backend, heal=True, bad=(1, 2)) == {}
    with Reader(tmp_path / "s.db") as reader:
        steps, (seed, _) = reader.steps(1), reader.documents(1)
    assert [step.score.rs < 1.0 for step in steps if step.score and step.score.rs is not None] == [
        True,
        True,
        False,
        False,
    ]
    edit = domains.get("accounting").edit(steps[0].edit)
    assert steps[1].before == edit.apply(seed)
    assert steps[2].before == seed
    right = Rewrite().answer(edit.apply(seed))
    assert backend.requests[1].messages[2].text == right != steps[0].after
    assert backend.requests[3].messages[4].text == Rewrite().answer(seed)


@pytest.mark.parametrize("heal", [False, True])
@pytest.mark.parametrize("stop", [1, 2, 3])
async def test_a_stopped_conversation_goes_on_where_it_was(tmp_path: Path, stop: int, heal: bool) -> None:
    whole, first, second = Solving(), Solving(stop_at=stop), Solving()
    await session(tmp_path / "whole.db", whole, heal=heal, bad=(1, 2))
    assert await session(tmp_path / "s.db", first, heal=heal, bad=(1, 2)) != {}
    assert await session(tmp_path / "s.db", second, heal=heal, bad=(1, 2)) == {}
    assert [*first.requests, *second.requests] == whole.requests
    assert audit(tmp_path / "s.db") == audit(tmp_path / "whole.db")


async def test_healing_without_a_conversation(tmp_path: Path) -> None:
    def bend(task: Task, _nth: int, files: dict[str, str]) -> Edited:
        return Edited({name: text.replace("1", "7") for name, text in files.items()})

    editor = Scripted(bend)
    await relay(tmp_path / "s.db", small(heal=True), editor, Solving(), heal=True)
    with Reader(tmp_path / "s.db") as reader:
        seed, _ = reader.documents(1)
    assert [task.files for task in editor.tasks if task.direction == "forward"] == [seed, seed]
    assert not any(task.damage or task.history for task in editor.tasks)
