"""`palimpsest check FILE`: a relay on the user's own document."""

from __future__ import annotations

import json
from pathlib import Path

import domains
import harness
from harness.cli.diff import print_changes
from harness.cli.domains import load
from harness.cli.run import Conditions, progress_bar, tell_unfinished
from harness.cli.show import print_study
from harness.cli.terminal import out, plain, say
from harness.errors import UsageError

LARGEST = 2_000_000


def check_file(
    file: Path, name: str | None, models: list[str], conditions: Conditions, store: Path | None, as_json: bool
) -> bool:
    """Runs the relay and prints the figures and, for each model, what its worst chain lost."""
    text = read(file)
    domain = load(name) if name else load(guessed(file, text))
    files = parsed(domain, file, text)
    edits = [edit.name for edit, _ in domains.feasible(domain, files)]
    if not edits:
        raise UsageError(f"{file}: none of the edits of {domain.name} applies to this document")
    say(f"{file.name}: {domain.title}; edits that apply: {', '.join(edits)}")
    with progress_bar() as report:
        study = harness.run(models, [domain.name], store=store, report=report, notify=say, files=files, **conditions)
    if as_json:
        out.print(json.dumps(study.summary()), soft_wrap=True)
    else:
        print_study(study)
        for chain in study.chains:
            own = study.steps[(study.steps["chain"] == chain.number) & study.steps["rs"].notna()]
            if len(own):
                last = int(own["hop"].max())
                out.print(plain(f"\n{chain.model}, {chain.editor}: the document after {last} hops"))
                print_changes(study.hop(chain.number, last), 15)
    return not tell_unfinished(study)


def read(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise UsageError(f"{file} is larger than {LARGEST:,} bytes: take a part of it")
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text (byte {error.start}): convert it first") from None


def guessed(file: Path, text: str) -> str:
    name = domains.guess(file.name, text)
    if name is None:
        raise UsageError(
            f"cannot tell what kind of document {file.name} is: say --domain, one of {', '.join(domains.names())}"
        )
    return name


def parsed(domain: domains.Domain, file: Path, text: str) -> dict[str, str]:
    """The document under the name its domain uses. UsageError when it cannot be read as one of that domain."""
    try:
        document = domain.parse({file.name: text})
    except domains.ParseError as error:
        raise UsageError(f"{file} cannot be read as {domain.title}: {error}") from None
    for problem in document.problems[:5]:
        say(f"note: {problem}", "yellow")
    names = list(domain.render(document))
    return {names[0]: text} if len(names) == 1 else dict(domain.render(document))
