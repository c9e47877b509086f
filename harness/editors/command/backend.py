"""The agent as a model: a request runs its command in a sandbox on a copy of the files."""

from __future__ import annotations

from harness.backends import secrecy
from harness.backends.base import Reply, Request
from harness.editors.command.exchange import compared, read_asked, told, transcript
from harness.editors.command.settings import CommandSettings
from harness.errors import Outage, UsageError
from harness.sandbox import Ran, agent, available, named
from harness.sandbox.run import START

_NOT_STARTED = (126, 127)


class Agent:
    """A Backend whose `name` is `command:NAME`. What it is lent of the environment is struck out of what it says.

    Raises UsageError where there is no sandbox, no such program or no such variable."""

    def __init__(self, name: str, settings: CommandSettings) -> None:
        self.name = name
        self._settings = settings
        self._environment = named(settings.environment)
        self._command, self._readable = settings.started()
        if missing := available():
            raise UsageError(f"an agent is run only in a sandbox: {missing}")
        for value in self._environment.values():
            secrecy.learn(value)

    @property
    def timeout(self) -> float:
        """Seconds after which a request cannot be under way any more: the agent's own, and what a sandbox takes."""
        return self._settings.seconds + 2 * START

    async def generate(self, request: Request) -> Reply:
        prompt, files = read_asked(request)
        ran = await agent(
            self._command, prompt, files, self._settings.limits, network=self._settings.network,
            environment=self._environment, readable=self._readable,
        )  # fmt: skip
        outcome = compared(ran, files)
        # Agents leave their own notes under hidden names, even where nothing could be done.
        worked = any(not name.startswith(".") for name in (*outcome.files, *outcome.gone, *outcome.refused))
        if ran.status and not ran.reason and not worked:
            raise self._failed(ran)
        said = transcript((("stdout", ran.stdout), ("stderr", ran.stderr)))
        return secrecy.strike_reply(
            Reply(told(outcome, said), "stop", latency=ran.seconds, cost=self._settings.cost_of(said), model=self.name)
        )

    def _failed(self, ran: Ran) -> Exception:
        """A command that failed and did nothing has not done the hop badly: it has not done it."""
        lines = secrecy.strike(ran.stderr.strip() or ran.stdout.strip()).split("\n")
        why = f"the agent ended with status {ran.status} and changed nothing: {lines[-1][:200]!r}"
        return UsageError(why) if ran.status in _NOT_STARTED else Outage(why)

    async def close(self) -> None:
        """Nothing is kept open between requests."""
