"""Every domain passes the battery, and the public root finds them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import domains
from domains.kit import Comparer, Element, Meter
from domains.kit.conformance import SEEDS, SIZES, battery
from domains.kit.domain import TAGS
from domains.kit.measure import share_done

ROOT = Path(domains.__file__).parent
HAND = Path(__file__).parent / "hand"


def test_the_index_is_sorted_and_equals_the_folders() -> None:
    folders = sorted(p.parent.name for p in ROOT.glob("*/__init__.py") if p.parent.name != "kit")
    assert list(domains.INDEX) == sorted(domains.INDEX) == folders


def test_importing_the_root_imports_no_domain_and_nothing_heavy() -> None:
    code = (
        "import sys, domains; domains.names(); "
        "print([m for m in sys.modules if m.startswith(('domains.', 'numpy', 'scipy', 'pandas', 'rapidfuzz'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['domains._index']"


@pytest.mark.parametrize("name", domains.names())
def test_the_index_agrees_with_the_domain(name: str) -> None:
    domain = domains.get(name)
    assert (domain.title, domain.category, domain.extensions) == domains.title(name)
    assert domain.name == name
    tags = {tag for edit in domain.edits for tag in edit.tags}
    assert tags <= set(TAGS)
    assert len(tags) >= 4
    assert len(domain.edits) >= 6
    assert len({e.name for e in domain.edits}) == len(domain.edits)


@pytest.mark.slow
@pytest.mark.parametrize("name", domains.names())
@pytest.mark.parametrize("size", [*SIZES, 0])
def test_battery(name: str, size: int) -> None:
    """Size 0 stands for the fixtures alone and the cost. Of the largest documents one seed, which are most of the time;
    `palimpsest domains check` and `make bench` try all."""
    seeds = SEEDS if size < max(SIZES) else SEEDS[:1]
    checks = battery(domains.get(name), sizes=(size,) if size else (), seeds=seeds, fixtures=not size, cost=not size)
    failed = [f"{c.check} | {c.document} | {c.detail}" for c in checks if not c.ok]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("name", domains.names())
def test_every_domain_is_guessed_from_its_content(name: str) -> None:
    domain = domains.get(name)
    for fixture in domain.fixtures():
        files = domain.fixture(fixture)
        assert domains.guess(next(iter(files)), next(iter(files.values()))) == name
        assert domain.recognise("\n".join(files.values()))


def test_unknown_domains_are_named_with_a_suggestion() -> None:
    with pytest.raises(domains.UnknownDomain, match="did you mean 'accounting'"):
        domains.get("acounting")


def hand_made() -> list[tuple[str, str]]:
    return [
        (folder.name, edit.name)
        for folder in sorted(HAND.iterdir())
        for edit in sorted(folder.iterdir())
        if edit.name != "document"
    ]


def texts(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.iterdir())}


@pytest.mark.parametrize(("name", "edit_name"), hand_made())
def test_an_edit_done_by_hand_from_the_instruction_alone_is_read(name: str, edit_name: str) -> None:
    domain = domains.get(name)
    edit = domain.edit(edit_name)
    before, after = texts(HAND / name / "document"), texts(HAND / name / edit_name)
    result = Meter(domain).measure(edit, "forward", before, before, after)
    assert result.outcome == "ok", result.detail
    assert result.rs is not None
    assert result.rs.score == 1.0, [str(c) for c in result.rs.changes][:5]
    assert result.done == 1.0


@pytest.mark.parametrize("name", domains.names())
def test_five_edits_of_every_domain_were_done_by_hand(name: str) -> None:
    assert sum(folder == name for folder, _ in hand_made()) >= 5


def test_what_is_undone_is_not_done() -> None:
    """Half the accounts renamed: about half done; a lost comment elsewhere is collateral."""
    domain = domains.get("accounting")
    edit = domain.edit("account_codes")
    files = domain.fixture("studio")
    result = edit.apply(files)
    assert edit.view is not None
    comparer = Comparer(domain.schema)
    before, aim = edit.view(files), edit.view(result)
    count = len(aim.children)
    half = aim.with_children((*aim.children[: count // 2], *before.children[count // 2 :]))
    assert 0.3 < share_done(comparer, before, aim, half) < 0.7
    lost = Element(aim.kind, {}, tuple(e for e in aim.children if e.kind != "comment"))
    assert share_done(comparer, before, aim, lost) == 1.0
