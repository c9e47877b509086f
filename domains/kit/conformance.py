"""The battery every domain passes (DOMAINS, "The battery"): run by the tests and by `palimpsest domains check`."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from domains.kit.agreement import agreement
from domains.kit.align import align
from domains.kit.compare import Comparer, Comparison, compare
from domains.kit.domain import Domain, Edit
from domains.kit.element import EditError, Element, Files, ParseError
from domains.kit.generate import tokens_of
from domains.kit.hostile import survive
from domains.kit.measure import Meter, at, share_done
from domains.kit.mutate import MUTATIONS, Mutation

SIZES = (300, 2000, 8000)
SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the battery: what was tried on which document, whether it held, and the figures."""

    check: str
    document: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A document to try things on."""

    name: str
    files: Files
    document: Element


def samples(
    domain: Domain, sizes: Sequence[int] = SIZES, seeds: Sequence[int] = SEEDS, fixtures: bool = True
) -> Iterator[Sample]:
    """The fixtures, then generated documents of every size and seed."""
    for name in domain.fixtures() if fixtures else ():
        files = domain.fixture(name)
        yield Sample(f"fixture {name}", files, domain.parse(files))
    for size in sizes:
        for seed in seeds:
            document = domain.generate(random.Random(f"{domain.name} {size} {seed}"), size)
            yield Sample(f"generated {size} #{seed}", domain.render(document), document)


def battery(
    domain: Domain,
    sizes: Sequence[int] = SIZES,
    seeds: Sequence[int] = SEEDS,
    mutations: int = 200,
    fixtures: bool = True,
    cost: bool = True,
) -> Iterator[Check]:
    """Every check on every document, one after the other."""
    for sample in samples(domain, sizes, seeds, fixtures):
        generated = sample.name.startswith("generated")
        yield from _itself(domain, sample)
        if generated:
            yield _generator(domain, sample)
        yield from _edits(domain, sample)
        yield _ablation(domain, sample)
        yield from _mutation(domain, sample, mutations)
        yield from _equivalence(domain, sample)
        if not generated:
            yield one_character(domain, sample, mutations)
            for what, ok, detail in agreement(domain, sample.document):
                yield Check(f"agreement: {what}", sample.name, ok, detail)
            for what, ok, detail in survive(domain, sample.files):
                yield Check(f"hostile: {what}", sample.name, ok, detail)
    if cost:
        yield _cost(domain)


def _same(comparison: Comparison) -> bool:
    losses = (comparison.missing, comparison.altered, comparison.spurious, comparison.moved)
    return comparison.score == 1.0 and not any(losses)


def _first(comparison: Comparison) -> str:
    return f"{comparison.score:.4f} {next((str(c) for c in comparison.changes), '')}"[:160]


def _itself(domain: Domain, sample: Sample) -> Iterator[Check]:
    again = compare(domain.schema, domain.parse(sample.files), domain.parse(sample.files))
    yield Check("self-score is 1", sample.name, _same(again), _first(again))
    once = domain.parse(domain.render(sample.document))
    ok = once == sample.document
    detail = "" if ok else _first(compare(domain.schema, sample.document, once))
    yield Check("parse(render(d)) == d", sample.name, ok, detail)
    index = Comparer(domain.schema).index
    weightless = [e.kind for e in sample.document.walk() if e.fields and not index.mass(e)]
    yield Check("every fact has weight", sample.name, not weightless, ", ".join(weightless[:3]))
    valid = not sample.document.problems
    yield Check("valid as it stands", sample.name, valid, "; ".join(sample.document.problems[:2]))


def _generator(domain: Domain, sample: Sample) -> Check:
    _, size, seed = sample.name.replace("#", "").split()
    again = domain.generate(random.Random(f"{domain.name} {size} {seed}"), int(size))
    tokens = tokens_of(sample.files)
    ok = again == sample.document and abs(tokens - int(size)) <= 0.25 * int(size)
    return Check("generator: deterministic, of the size asked", sample.name, ok, f"{tokens} tokens")


# -- edits ------------------------------------------------------------------------------------------------------------


def feasible(domain: Domain, files: Files) -> list[tuple[Edit, Files]]:
    """The edits a document admits, each with its result."""
    found = []
    for edit in domain.edits:
        try:
            found.append((edit, edit.apply(files)))
        except EditError:
            continue
    return found


def _edits(domain: Domain, sample: Sample) -> Iterator[Check]:
    meter = Meter(domain)
    edits = feasible(domain, sample.files)
    least = 6 if sample.name.startswith("fixture") else 4
    names = ", ".join(e.name for e, _ in edits)
    yield Check(f"at least {least} edits apply", sample.name, len(edits) >= least, names)
    canonical = domain.render(sample.document)
    for edit, result in edits:
        where = f"{sample.name}, {edit.name}"
        back = edit.invert(result)
        round_trip = compare(domain.schema, sample.document, domain.parse(back))
        yield Check("invert(apply(d)) scores 1", where, _same(round_trip), _first(round_trip))
        # One canonical text for every edit means that round trips commute; otherwise try them in pairs.
        commutes = back == canonical or all(_commute(domain, edit, other, sample) for other, _ in edits)
        yield Check("round trips commute", where, commutes, "")
        yield _names(edit, sample, result, where)
        changed = _lines_changed(sample.files, result)
        yield Check("the edit is work", where, changed >= 0.2, f"{changed:.0%} of the lines or other files")
        inside = any(text.strip() in other for text in sample.files.values() for other in result.values())
        yield Check("the input is not inside the output", where, not inside and not _extended(sample.files, result), "")
        full = meter.measure(edit, "forward", sample.files, sample.files, result)
        idle = meter.measure(edit, "forward", sample.files, sample.files, sample.files)
        ok = full.done == 1.0 and full.step == 1.0 and idle.done is not None and idle.done < 0.05
        detail = f"done in full {full.done}, step {full.step}; left alone {idle.done}"
        yield Check("done: all of it, none of it", where, ok, detail)
        yield _half(domain, meter, edit, sample, result, where)
        yield _lazy(meter, edit, sample, result, where)


def _lazy(meter: Meter, edit: Edit, sample: Sample, result: Files, where: str) -> Check:
    """The input handed back under a name asked for, the other files empty: that is not the work done."""
    whole = "\n".join(sample.files.values())
    taken = []
    for name in result if result.keys() != sample.files.keys() else ():
        given = {other: whole if other == name else "" for other in result}
        back = meter.measure(edit, "forward", sample.files, sample.files, given)
        if back.outcome == "ok" and back.done == 1.0 and back.step == 1.0:
            taken.append(name)
    return Check("done: not by another name", where, not taken, ", ".join(taken))


def _commute(domain: Domain, a: Edit, b: Edit, sample: Sample) -> bool:
    def trip(edit: Edit, files: Files) -> Files:
        return edit.invert(edit.apply(files))

    one, other = trip(b, trip(a, sample.files)), trip(a, trip(b, sample.files))
    return _same(compare(domain.schema, domain.parse(one), domain.parse(other)))


def _names(edit: Edit, sample: Sample, result: Files, where: str) -> Check:
    forward = edit.instruction("forward", tuple(sorted(result)))
    backward = edit.instruction("backward", tuple(sorted(sample.files)))
    unnamed = [n for n in result if n not in forward] + [n for n in sample.files if n not in backward]
    return Check("the instruction names the files", where, not unnamed, ", ".join(unnamed))


def _lines_changed(before: Files, after: Files) -> float:
    """Share of lines that differ; 1 when there are more files, or fewer."""
    if len(before) != len(after):
        return 1.0
    old = [line.strip() for text in before.values() for line in text.splitlines() if line.strip()]
    new = {line.strip() for text in after.values() for line in text.splitlines()}
    return sum(line not in new for line in old) / max(1, len(old))


def _extended(before: Files, after: Files) -> bool:
    """Whether the result is the input with more behind its lines, or between them: then deleting undoes it."""
    for text in before.values():
        for other in after.values():
            lines = iter(other.splitlines())
            if all(any(new.startswith(line) for new in lines) for line in text.splitlines() if line.strip()):
                return True
    return False


def _half(domain: Domain, meter: Meter, edit: Edit, sample: Sample, result: Files, where: str) -> Check:
    """The edit done on a random half of the elements, and in full with a tenth of the other facts lost."""
    rng = random.Random(where)
    what = "done: half of it, and with other losses"
    if edit.view is None:
        kept = [_without_half(domain, sample.document, rng) for _ in range(20)]
        comparer = Comparer(domain.schema)
        halves = [meter.found(sample.document, comparer.compare(sample.document, half)) for half in kept]
        blanked = _blanked(sample.document, rng, set())
        lossy = meter.found(sample.document, comparer.compare(sample.document, blanked))
    else:
        views = Comparer(edit.view_schema or domain.schema)
        before, aim = edit.view(sample.files), edit.view(result)
        halves = [share_done(views, before, aim, _mixed(views, before, aim, rng, domain.records)) for _ in range(20)]
        needed = {(c.reference, c.field) for c in views.compare(aim, before).changes if c.reference is not None}
        lossy = share_done(views, before, aim, _blanked(aim, rng, needed))
    half = sum(halves) / len(halves)
    # With fewer than eight records a half is a matter of luck.
    few = sum(e.kind in domain.records for e in sample.document.walk()) < 8
    ok = (few or 0.3 <= half <= 0.7) and lossy > 0.9
    return Check(what, where, ok, f"half {half:.2f}, with losses {lossy:.2f}")


def _without_half(domain: Domain, e: Element, rng: random.Random) -> Element:
    """The document with a random half of its records gone."""
    children = [c for c in e.children if c.kind not in domain.records or rng.random() < 0.5]
    return e.with_children([_without_half(domain, c, rng) for c in children])


def _mixed(comparer: Comparer, before: Element, aim: Element, rng: random.Random, records: tuple[str, ...]) -> Element:
    """`aim` with a random half of its elements as they were. Elements that only hold others are gone into, so that
    half of a document with few large sections is half of what they hold."""
    index = comparer.index
    index.identity(before), index.identity(aim)
    pairs = align(aim.children, before.children, index, comparer.kept)
    home = dict(pairs)
    children = list(aim.children)
    for i, j in pairs:
        old, new = before.children[j], aim.children[i]
        if index.identity(old) == index.identity(new):
            continue
        if old.kind not in records and old.children and new.children and old.fields == new.fields:
            children[i] = _mixed(comparer, old, new, rng, records)
        elif rng.random() < 0.5:
            children[i] = old
    if any(home[a] > home[b] for a, b in pairwise(sorted(home))):
        # A sort left half way: the first half of the new order stands, the rest follows in the old one.
        half = len(aim.children) // 2
        rest = sorted(range(half, len(aim.children)), key=lambda i: home.get(i, i))
        children = [*children[:half], *(children[i] for i in rest)]
    return aim.with_children(children)


def _blanked(
    e: Element, rng: random.Random, needed: set[tuple[tuple[int, ...], str | None]], place: tuple[int, ...] = ()
) -> Element:
    """A tenth of the facts gone that no edit had to change."""
    if (place, None) in needed:
        return e
    fields = dict(e.fields)
    for name in e.fields:
        if len(fields) > 1 and (place, name) not in needed and rng.random() < 0.1:
            del fields[name]
    children = tuple(_blanked(c, rng, needed, (*place, n)) for n, c in enumerate(e.children))
    return Element(e.kind, fields, children)


# -- ablation, mutation, equivalence ----------------------------------------------------------------------------------


def _ablation(domain: Domain, sample: Sample) -> Check:
    """Removing top elements leaves at most what the others weigh, in every one of 48 draws. With the root itself
    holding at most 1 % of the mass, removing K of N leaves at most 1 - K/N + 0.01 in the mean over which K."""
    count = len(sample.document.children)
    rng = random.Random(sample.name)
    comparer = Comparer(domain.schema)
    whole = comparer.index.mass(sample.document)
    masses = [comparer.index.mass(e) for e in sample.document.children]
    over = 0.0
    for share in (0.1, 0.25, 0.5, 0.75):
        for _ in range(12):
            gone = set(rng.sample(range(count), max(1, round(share * count))))
            left = [e for n, e in enumerate(sample.document.children) if n not in gone]
            score = comparer.compare(sample.document, sample.document.with_children(left)).score
            over = max(over, score - (1 - sum(masses[n] for n in gone) / whole))
    root = 1 - sum(masses) / whole
    ok = over < 1e-9 and root <= 0.01
    return Check("ablation", sample.name, ok, f"over the bound by {over:.1e}, the root holds {root:.1%}")


def _mutation(domain: Domain, sample: Sample, count: int) -> Iterator[Check]:
    rng = random.Random(f"mutation {sample.name}")
    comparer = Comparer(domain.schema)
    whole = comparer.index.mass(sample.document)
    tried, seen, named = 0, 0, 0
    over: list[str] = []
    blind: list[str] = []
    astray: list[str] = []
    for mutation in _mutations(domain, sample.document, rng, count):
        tried += 1
        result = compare(domain.schema, sample.document, mutation.document)
        if result.score < 1.0:
            seen += 1
        else:
            blind.append(_what(sample.document, mutation))
            continue
        if 1 - result.score > mutation.mass / whole + 1e-9:
            over.append(f"{_what(sample.document, mutation)} cost {1 - result.score:.4f} > {mutation.mass / whole:.4f}")
        if _names_it(sample.document, mutation, result):
            named += 1
        else:
            astray.append(f"{_what(sample.document, mutation)}: {_first(result)}")
    ok = tried >= count and seen >= 0.99 * tried
    yield Check("mutation: seen", sample.name, ok, f"{seen} of {tried}; {'; '.join(blind[:2])}")
    yield Check("mutation: costs no more than its share", sample.name, len(over) <= 0.01 * tried,
                f"{len(over)} of {tried} over; {'; '.join(over[:2])}")  # fmt: skip
    yield Check("mutation: the Change names the place", sample.name, named >= 0.99 * seen,
                f"{named} of {seen}; {'; '.join(astray[:2])}")  # fmt: skip


def _mutations(domain: Domain, document: Element, rng: random.Random, count: int) -> Iterable[Mutation]:
    """`count` corruptions, the classes in turn; classes that never apply are left out."""
    classes = [make for make in MUTATIONS.values() if make(random.Random(0), domain.schema, document)]
    made = tries = 0
    while made < count and tries < 4 * count:
        mutation = classes[tries % len(classes)](rng, domain.schema, document)
        tries += 1
        if mutation is not None:
            made += 1
            yield mutation


def _what(document: Element, mutation: Mutation) -> str:
    place, field = mutation.touched[0]
    e = at(document, place)
    return f"{mutation.name} {e.kind}.{field or ''} {e.get(field) if field else ''}"[:110]


def _names_it(document: Element, mutation: Mutation, result: Comparison) -> bool:
    """Whether a Change points at what was touched, or at an equal twin of it."""
    for place, field in mutation.touched:
        e = at(document, place)
        for change in result.changes:
            if change.kind == "spurious" and change.candidate is not None:
                there = at(mutation.document, change.candidate)
                if field is None and change.candidate[:-1] == place[:-1] and there.kind == e.kind:
                    return True
            where = change.reference
            if where is None:
                continue
            twin = where == place or (where[: len(place) - 1] == place[:-1] and at(document, where) == e)
            above = where == place[: len(where)] and change.field is None
            if (twin and (field is None or change.field in (field, None))) or above:
                return True
    return False


def one_character(domain: Domain, sample: Sample, count: int) -> Check:
    """One letter or digit of the text changed: the score must see it wherever it stands."""
    rng = random.Random(f"text {sample.name}")
    tried = seen = 0
    blind: list[str] = []
    for _ in range(count):
        name = rng.choice(sorted(sample.files))
        text = sample.files[name]
        layout = {n for m in re.finditer(domain.layout, text) for n in range(*m.span())} if domain.layout else set()
        spots = [m.start() for m in re.finditer(r"[^\W_]", text) if m.start() not in layout]
        if not spots:
            continue
        spot = rng.choice(spots)
        letters = "123456789" if text[spot].isdigit() else "bcdfghjkmnpqrstvwxz"
        new = rng.choice([c for c in letters if c != text[spot].casefold()])
        tried += 1
        try:
            changed = domain.parse({**sample.files, name: text[:spot] + new + text[spot + 1 :]})
            seen_it = compare(domain.schema, sample.document, changed).score < 1.0
        except ParseError:
            seen_it = True
        seen += seen_it
        if not seen_it:
            line = text[text.rfind("\n", 0, spot) + 1 : spot] + f"[{text[spot]}>{new}]"
            blind.append(line[-60:])
    ok = seen >= 0.99 * tried
    return Check(
        "one character changed in the text is seen", sample.name, ok, f"{seen} of {tried}; {'; '.join(blind[:3])}"
    )


def _equivalence(domain: Domain, sample: Sample) -> Iterator[Check]:
    yield Check("at least 5 equivalences", sample.name, len(domain.equivalents) >= 5, ", ".join(domain.equivalents))
    for name, rewrite in domain.equivalents.items():
        result = compare(domain.schema, sample.document, domain.parse(rewrite(sample.files)))
        yield Check(f"equal: {name}", sample.name, _same(result), _first(result))


# -- cost -------------------------------------------------------------------------------------------------------------


def timings(domain: Domain, tokens: int, repeats: int = 5) -> dict[str, float]:
    """Seconds, best of `repeats`: `self` parse a document and score it against itself, `fifth` against a copy with a
    fifth of its elements damaged (dropped, or a value altered). The damage is not written out and read again: what does
    not survive that would be damage of another size."""
    rng = random.Random(f"cost {tokens}")
    files = domain.render(domain.generate(rng, tokens))
    document = domain.parse(files)
    hurt = damaged(domain, document, random.Random(1), 0.2)

    def best(work: Callable[[], object]) -> float:
        took = []
        for _ in range(repeats):
            start = time.perf_counter()
            work()
            took.append(time.perf_counter() - start)
        return min(took)

    return {
        "self": best(lambda: compare(domain.schema, document, domain.format.parse_anew(files))),
        "fifth": best(lambda: compare(domain.schema, hurt, domain.format.parse_anew(files))),
    }


def damaged(domain: Domain, document: Element, rng: random.Random, share: float) -> Element:
    """The document with that share of its records dropped or with one value changed, half and half."""

    def hurt(e: Element) -> Element | None:
        if e.kind in domain.records and rng.random() < share:
            if rng.random() < 0.5:
                return None
            mutation = MUTATIONS["word replaced"](rng, domain.schema, Element("root", {}, (e,)))
            return mutation.document.children[0] if mutation else e
        return e.with_children([c for c in map(hurt, e.children) if c is not None]) if e.children else e

    return hurt(document) or document


def _cost(domain: Domain) -> Check:
    small, large = timings(domain, 4000), timings(domain, 40_000, 3)
    growth = {what: math.log(large[what] / small[what], 10) for what in small}
    detail = ", ".join(
        f"{what} {small[what] * 1e3:.1f} ms at 4k, {large[what] * 1e3:.0f} ms at 40k, exponent {growth[what]:.2f}"
        for what in small
    )
    # The bound proper is in `make bench`; here only what no noise can explain fails.
    return Check("cost", "generated 4k and 40k", max(growth.values()) < 1.5, detail)


__all__ = ["SEEDS", "SIZES", "Check", "battery", "damaged", "feasible", "one_character", "samples", "timings"]
