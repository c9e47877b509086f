"""An editor with protections around it: it asks the editor within as often as they need, and says what they did."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from domains import Files
from harness.backends.base import Message, Reply, Request
from harness.editors import bounded
from harness.editors.base import NO_FILES, Ask, Edited, Editor, Fired, Guarded, Task
from harness.editors.prompt import filled, template
from harness.editors.protections import JOINED, Protections, guard
from harness.editors.protections.guard import Finding, severity
from harness.editors.protections.lockstep import in_step
from harness.editors.protections.work import LONGEST_DIFF, handle
from harness.editors.simulation import Simulated
from harness.errors import Denied, Rejected
from harness.seeds import derive

VERSION = 1
"""Of the order and the ways of protections."""

Bench = Callable[[dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""Does the work on documents (`work.handle`). {} when a message took too much of anything: nothing is known then."""


async def here(message: dict[str, Any]) -> Mapping[str, Any]:
    """The work done here and now, without any bound."""
    return handle(message)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How a simulated model verifies, exactly: a difference from the result done right is seen, and mended, with the
    probability `seen`; a right element gets a wrong value with the probability `spoiled`."""

    seen: float = 0.6
    spoiled: float = 0.0005


@dataclass(frozen=True, slots=True)
class Protected:
    """`inner` with protections, applied in the order vote, guard, verify, checkpoint. Asks what they need beyond one
    edit: N - 1 more for vote:N, one more for guard when it refuses, one more for verify."""

    inner: Editor
    protections: Protections
    bench: Bench = here
    reviewer: Reviewer = Reviewer()

    @property
    def name(self) -> str:
        return JOINED.join((self.inner.name, *self.protections.names))

    @property
    def fingerprint(self) -> str:
        """Of the editor within, the protections, their rules, templates and bounds."""
        shape = {
            "inner": self.inner.fingerprint,
            "protections": asdict(self.protections),
            "version": VERSION,
            "guard": guard.constants(),
            "templates": [template(name) for name in ("protect-guard", "protect-verify")],
            "diff": LONGEST_DIFF,
            "reviewer": asdict(self.reviewer) if isinstance(self.inner, Simulated) else None,
        }
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    async def edit(self, task: Task, ask: Ask) -> Edited:
        return await _Course(self, task, ask).run()

    def answer(self, files: Files, before: Files = NO_FILES) -> str:
        return self.inner.answer(files, before)


class _Course:
    """One hop on its way through the protections. `now` is the result so far, `said` all that was said for it; what was
    said last gave it, but for a vote that is put together. `turns` are those beyond the first, `replies` theirs."""

    def __init__(self, editor: Protected, task: Task, ask: Ask) -> None:
        self.editor, self.task, self.ask = editor, task, ask
        self.now = Edited({})
        self.said: tuple[Message, ...] = ()
        self.fired: list[Fired] = []
        self.turns = 0
        self.replies: list[Reply] = []

    async def run(self) -> Edited:
        chosen = self.editor.protections
        first = await self._vote(chosen.vote) if chosen.vote else await self._alone(self.task, self.ask)
        if not chosen.vote:
            self.now, self.said = first, first.said
        found: tuple[Finding, ...] = ()
        if chosen.guard and self.now.failure != "infeasible":
            found = await self._guard()
        if chosen.verify and self._whole(self.now):
            await self._verify(found)
        if chosen.checkpoint:
            await self._checkpoint()
        return replace(self.now, said=self.said, guarded=self._guarded(replace(first, said=())))

    def _guarded(self, alone: Edited) -> Guarded:
        costs = [reply.cost for reply in self.replies]
        total = None if None in costs else sum((cost for cost in costs if cost is not None), 0.0)
        calls = self.turns if self._simulated else len(costs)
        return Guarded(tuple(self.fired), alone, calls, total)

    async def _alone(self, task: Task, ask: Ask) -> Edited:
        """One edit, bounded by itself: a turn too long to be read must not cost the results before it."""
        return await bounded.edit(self.editor.inner, task, ask)

    async def _more(self, task: Task, ask: Ask) -> Edited:
        """An edit beyond the first."""
        self.turns += 1

        async def noted(request: Request) -> Reply:
            reply = await ask(request)
            self.replies.append(reply)
            return reply

        return await self._alone(task, noted)

    async def _second(self, task: Task) -> Edited | None:
        """A turn beyond the first, None when the provider will not have it (the prompt has grown): the work that is
        done must not be lost for it."""
        try:
            return await self._more(task, self.ask)
        except Denied:
            raise
        except Rejected:
            return None

    async def _work(self, work: str, after: Files, **more: object) -> Mapping[str, Any]:
        return await self.editor.bench({
            "protect": work, "domain": self.task.domain, "instruction": self.task.instruction,
            "before": dict(self.task.files), "after": dict(after), "expected": list(self.task.expected), **more,
        })  # fmt: skip

    def _whole(self, edited: Edited) -> bool:
        return edited.failure is None and all(name in edited.files for name in self.task.expected)

    def _note(self, protection: str, did: str, *, changed: bool, why: Sequence[str] = ()) -> None:
        self.fired.append(Fired(protection, did, changed, tuple(why)))

    async def _vote(self, number: int) -> Edited:
        """The majority of the results that are whole. Returns the first of all, which there would be without it."""
        tasks = [self.task]
        tasks += [replace(self.task, seed=derive("vote", self.task.seed, n)) for n in range(2, number + 1)]
        edits = [partial(self._more if n else self._alone, task) for n, task in enumerate(tasks)]
        results = await in_step(edits, self.ask)
        first = results[0]
        ballots = [one for one in results if self._whole(one)]
        pivot = ballots[0] if ballots else first
        self.now, self.said = pivot, pivot.said
        if len(ballots) > 2:
            sent = [dict(one.files) for one in ballots]
            files = (await self._work("vote", {}, results=sent)).get("files", sent[0])
            same = next((one for one in ballots if all(one.files[name] == files[name] for name in files)), None)
            self.now = same or replace(pivot, files=files, extra=())
            self.said = self.now.said if same else self._put(pivot.said, files)
        if dict(self.now.files) != dict(first.files):
            self._note("vote", "outvoted the first result", changed=True, why=(f"{len(ballots)} of {number} voted",))
        return first

    def _put(self, said: tuple[Message, ...], files: Files) -> tuple[Message, ...]:
        """A conversation that ends with these files."""
        if not said:
            return ()
        # The last word of the model's, and what came of the calls in it, make way.
        last = max(n for n, message in enumerate(said) if message.role == "assistant")
        return (*said[:last], Message("assistant", self.editor.answer(files, self.task.files)))

    async def _findings(self, edited: Edited) -> tuple[Finding, ...]:
        if edited.failure is not None:
            return (Finding("failed", edited.failure, 1.0),)
        answer = await self._work("guard", edited.files)
        return _read(answer)

    async def _guard(self) -> tuple[Finding, ...]:
        """Asks once more where the result looks wrong. Returns what still does in the one that is taken."""
        found = await self._findings(self.now)
        if not found:
            return ()
        why = guard.sentences(found)
        told = filled("protect-guard", instruction=self.task.instruction, findings="\n".join(f"- {s}" for s in why))
        again = await self._second(replace(self.task, instruction=told, seed=derive("guard", self.task.seed)))
        left = found if again is None else await self._findings(again)
        if again is None or severity(left) >= severity(found):
            # Of two results that look alike the first stays: what looks wrong is perhaps what was asked for.
            self._note("guard", "asked again and kept the first", changed=False, why=why)
            self.said = ((again.said if again else ()) + self.said) if self.said else ()
            return found
        self._note("guard", "asked again", changed=True, why=why)
        self.now, self.said = again, self.said + again.said
        return left

    async def _verify(self, found: tuple[Finding, ...]) -> None:
        """A second turn. A correction that the guard, where there is one, finds worse than what it corrects is not
        taken."""
        now = {name: self.now.files[name] for name in self.task.expected}
        corrected, said = await (self._reviewed(now) if self._simulated else self._corrected(now))
        if corrected == now:
            self.said += said
            return
        worse = False
        if self.editor.protections.guard:
            worse = severity(await self._findings(Edited(corrected))) > severity(found)
        if worse:
            self._note("verify", "correction refused by guard", changed=False)
            self.said = said + self.said
            return
        self._note("verify", "corrected", changed=True)
        self.now, self.said = replace(self.now, files=corrected, extra=()), self.said + said

    @property
    def _simulated(self) -> bool:
        return isinstance(self.editor.inner, Simulated)

    async def _reviewed(self, now: dict[str, str]) -> tuple[dict[str, str], tuple[Message, ...]]:
        task = self.task
        self.turns += 1
        answer = await self._work(
            "review", now, edit=task.edit, direction=task.direction, seed=derive("verify", task.seed),
            **asdict(self.editor.reviewer),
        )  # fmt: skip
        return dict(answer.get("files", now)), ()

    async def _corrected(self, now: dict[str, str]) -> tuple[dict[str, str], tuple[Message, ...]]:
        shown = await self._work("changes", now)
        if "changes" not in shown:
            return now, ()
        said = (f"- {sentence}" for sentence in guard.sentences(_read(shown)))
        changes = "\n".join([shown["changes"], *said]).strip()
        task = self.task
        beside = {name: text for name, text in task.distractors.items() if name not in now}
        turn = replace(
            task,
            instruction=filled("protect-verify", instruction=task.instruction, changes=changes),
            files=now,
            distractors=beside,
            order=(*(name for name in task.order if name in beside), *now),
            seed=derive("verify", task.seed),
            history=task.history + self.said,
            restated=not self.said or bool(self.now.extra),
        )
        reply = await self._second(turn)
        if reply is None:
            return now, ()
        if reply.failure is not None:
            self.said = reply.said + self.said  # what was said last is to be the result
            return now, ()
        return {name: reply.files.get(name, text) for name, text in now.items()}, reply.said

    async def _checkpoint(self) -> None:
        unread = (await self._work("read", self.now.files)).get("unread", list(self.task.expected))
        if not unread:
            return
        kept = dict(self.task.files)
        why = tuple(f"{name} cannot be read" for name in unread[: guard.SHOWN])
        self._note("checkpoint", "kept the previous document", changed=dict(self.now.files) != kept, why=why)
        extra = tuple(name for name in kept if name not in self.task.expected)
        detail = "; ".join(filter(None, (self.now.detail, "the previous document was kept")))
        self.now = replace(self.now, files=kept, extra=extra, detail=detail)
        if not extra:  # nothing else would tell the engine that the last reply is not the document
            self.said = self._put(self.said, kept)


def _read(answer: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(Finding(**{**one, "examples": tuple(one["examples"])}) for one in answer.get("findings", ()))
