"""The one alignment: which child of one element is which child of another.

Identical subtrees first (longest common subsequence, then wherever they went), then unique keys, then an optimal
assignment on what is left. Near-linear when the lists are nearly equal; the exact part sees only the residue.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from rapidfuzz.distance import LCSseq

from domains.kit.element import Element
from domains.kit.index import Index
from domains.kit.schema import text

Pairs = list[tuple[int, int]]
Kept = Callable[[Element, Element], float]
"""Share of two elements' mass that a match would keep, in [0, 1]."""

SURE = 0.7
"""A shared key is believed when at least this share is kept: crossed keys would not be."""
LEAST = 0.1
"""Below this two elements are strangers, unless one stands where the other stood."""
SMALL = 36
"""Up to this many pairs keys are not believed at all: comparing everything is cheap and cannot be fooled."""
HEAVY = 20
"""Children from which on an element is dear to compare, so that its key is believed in a small residue too."""
DENSE = 1600
"""Up to this many pairs, those of what stands right below included, the residue is compared whole; beyond it only pairs
that share something rare, or stand in each other's place."""
CANDIDATES = 3
CLEAR = 0.5
"""Part of the best candidate's votes that another needs to be compared at all."""
RARE = 40
LCS_CELLS = 40_000_000
"""rapidfuzz keeps a bit a cell: 5 MB."""


def align(left: Sequence[Element], right: Sequence[Element], index: Index, kept: Kept) -> Pairs:
    """Pairs (i, j) of matched children, sorted by i. `kept` is asked only about pairs that may be the same. Elements
    must be in the index."""
    if len(left) == len(right) == 1:  # an only child stands where the other stood
        return [(0, 0)] if left[0].kind == right[0].kind else []
    pairs = _identical(index.identities(left), index.identities(right))
    residue = Residue(left, right, index, kept, pairs)
    if len(left) == len(right) and residue.left == residue.right and len(residue.left) == 1:
        (only,) = residue.left
        if left[only].kind == right[only].kind:  # what alone changed, where it stood
            return sorted([*pairs, (only, only)])
    for find in (residue.keyed, residue.assigned, residue.in_place):
        if not residue.left or not residue.right:
            break
        residue.take(find())
    pairs.sort()
    return pairs


def in_order(sequence: Sequence[int]) -> set[int]:
    """Positions of one longest increasing subsequence of distinct numbers."""
    tails: list[int] = []
    tail_at: list[int] = []
    before: list[int] = []
    for position, value in enumerate(sequence):
        where = bisect_left(tails, value)
        if where == len(tails):
            tails.append(value)
            tail_at.append(position)
        else:
            tails[where] = value
            tail_at[where] = position
        before.append(tail_at[where - 1] if where else -1)
    kept: set[int] = set()
    position = tail_at[-1] if tail_at else -1
    while position >= 0:
        kept.add(position)
        position = before[position]
    return kept


def _identical(left: list[int], right: list[int]) -> Pairs:
    """Equal subtrees: in order as far as possible, then the moved ones, first with first."""
    if left == right:
        return [(i, i) for i in range(len(left))]
    start = 0
    shorter = min(len(left), len(right))
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    stop_left, stop_right = len(left) - end, len(right) - end
    pairs = [(i, i) for i in range(start)] + [(stop_left + i, stop_right + i) for i in range(end)]
    middle_left, middle_right = left[start:stop_left], right[start:stop_right]
    if not set(middle_left).intersection(middle_right):
        return pairs
    if min(len(middle_left), len(middle_right)) > 1 and len(middle_left) * len(middle_right) <= LCS_CELLS:
        for op in LCSseq.opcodes(middle_left, middle_right):
            if op.tag == "equal":
                shift = start + op.dest_start - op.src_start
                pairs += [(start + i, shift + i) for i in range(op.src_start, op.src_end)]
    return pairs + _wherever(left, right, pairs)


def _wherever(left: list[int], right: list[int], pairs: Pairs) -> Pairs:
    """Equal subtrees that have no partner yet, the first with the first."""
    where: dict[int, list[int]] = {}
    for j in reversed(_rest(len(right), (j for _, j in pairs))):
        where.setdefault(right[j], []).append(j)
    found = []
    for i in _rest(len(left), (i for i, _ in pairs)):
        others = where.get(left[i])
        if others:
            found.append((i, others.pop()))
    return found


def _rest(count: int, taken: Iterable[int]) -> list[int]:
    used = set(taken)
    return [i for i in range(count) if i not in used] if len(used) < count else []


class Residue:
    """What the identical subtrees left over: positions without a partner on either side, and how to find one."""

    def __init__(
        self, before: Sequence[Element], after: Sequence[Element], index: Index, kept: Kept, pairs: Pairs
    ) -> None:
        self.before, self.after, self.index, self.kept, self.pairs = before, after, index, kept, pairs
        self.left = _rest(len(before), (i for i, _ in pairs))
        self.right = _rest(len(after), (j for _, j in pairs))

    def take(self, found: Pairs) -> None:
        if found:
            self.pairs += found
            taken_left, taken_right = {i for i, _ in found}, {j for _, j in found}
            self.left = [i for i in self.left if i not in taken_left]
            self.right = [j for j in self.right if j not in taken_right]

    def keyed(self) -> Pairs:
        """Elements that share a key nobody else here has, when what else they hold does not contradict it."""
        if len(self.left) * len(self.right) <= SMALL and not any(
            len(self.before[i].children) > HEAVY for i in self.left
        ):
            return []
        found: Pairs = []
        free_left, free_right = set(self.left), set(self.right)
        for level in range(max(len(self.index.rule(self.before[i].kind).key) for i in self.left)):
            here = self._by_key(self.before, free_left, level)
            there = self._by_key(self.after, free_right, level)
            for key, mine in here.items():
                others = there.get(key, [])
                if len(mine) == len(others) == 1 and self.kept(self.before[mine[0]], self.after[others[0]]) >= SURE:
                    found.append((mine[0], others[0]))
                    free_left.discard(mine[0])
                    free_right.discard(others[0])
        return found

    def _by_key(
        self, elements: Sequence[Element], positions: set[int], level: int
    ) -> dict[tuple[Hashable, ...], list[int]]:
        groups: dict[tuple[Hashable, ...], list[int]] = {}
        for i in sorted(positions):
            e = elements[i]
            key = self.index.rule(e.kind).key
            if level < len(key):
                values = e.fields
                try:
                    named = (e.kind, *[values[name] for name in key[level]])
                except KeyError:  # an element without the key is found by the other passes
                    continue
                groups.setdefault(named, []).append(i)
        return groups

    def assigned(self) -> Pairs:
        """The assignment that keeps the most mass, over all pairs when they are few, else over pairs that share a rare
        value, word or child."""
        before, after = self.before, self.after
        if self._work(self.before, self.left) * self._work(self.after, self.right) <= DENSE:
            candidates = [(i, j) for i in self.left for j in self.right if before[i].kind == after[j].kind]
        else:
            candidates = self._sharing()
        gain: dict[tuple[int, int], float] = {}
        for i, j in candidates:
            share = self.kept(before[i], after[j])
            if share >= LEAST:
                # Nearness decides between equals, so that runs of equal damage stay in order.
                whole = max(self.index.mass(before[i]), self.index.mass(after[j]))
                gain[i, j] = share * whole - 1e-9 * abs(i - j)
        return best_assignment(gain)

    @staticmethod
    def _work(elements: Sequence[Element], positions: Sequence[int]) -> int:
        """What comparing these takes: elements, and those right below them."""
        return sum(1 + len(elements[i].children) for i in positions)

    def _sharing(self) -> Pairs:
        """For each element the few others that share most of its rare features."""
        holders: defaultdict[Hashable, list[int]] = defaultdict(list)
        for j in self.right:
            for feature in self._features(self.after[j]):
                holders[feature].append(j)
        pairs: Pairs = []
        for i in self.left:
            votes: defaultdict[int, float] = defaultdict(float)
            for feature in self._features(self.before[i]):
                others = holders.get(feature, ())
                if len(others) <= RARE:
                    for j in others:
                        votes[j] += 1 / len(others)
            best = sorted(votes, key=lambda j: (-votes[j], abs(i - j)))[:CANDIDATES]
            best = [j for j in best if votes[j] >= CLEAR * votes[best[0]]]
            pairs += [(i, j) for j in best if self.before[i].kind == self.after[j].kind]
        # So that the assignment is never worse than leaving everything where it stood.
        return list(dict.fromkeys(pairs + self._beside()))

    def _beside(self) -> Pairs:
        """For each element those that stand as far from its nearest matched neighbours, before and behind, as it does
        from theirs."""
        matched = sorted([*self.pairs, (-1, -1), (len(self.before), len(self.after))])
        partner = dict(matched)
        heads = [i for i, _ in matched]
        free = set(self.right)
        found: Pairs = []
        for i in self.left:
            behind = bisect_left(heads, i)
            for neighbour in (heads[behind - 1], heads[behind]):
                j = partner[neighbour] + i - neighbour
                if j in free and self.before[i].kind == self.after[j].kind:
                    found.append((i, j))
        return found

    def _features(self, e: Element) -> Iterable[Hashable]:
        """What may tell an element from others: its kind, values, words of prose, children and their values. Each once
        and always in this order: a sum of votes must not depend on the process."""
        found: dict[Hashable, None] = {e.kind: None}
        for part in (e, *e.children[:50]):
            rules = self.index.rule(part.kind).fields
            for name, value in part.fields.items():
                rule = rules[name]
                if rule.how is text:
                    found |= {(part.kind, name, word): None for word in str(value).split()[:60]}
                else:
                    found[part.kind, name, rule.canon(value) if rule.canon else value] = None
        return [*found, *dict.fromkeys(self.index.identities(e.children))]

    def in_place(self) -> Pairs:
        """Elements that were replaced whole: of one kind, between the same neighbours. What was rewritten is altered,
        not missing and invented at once, so that the loss stays the share of facts that changed."""
        partner = {j: i for i, j in self.pairs}
        matched = sorted(partner.values())
        waiting: dict[tuple[str, int], list[int]] = {}
        free = set(self.right)
        latest = -1
        for j, e in enumerate(self.after):
            if j in free:
                waiting.setdefault((e.kind, latest), []).append(j)
            else:
                latest = partner[j]
        found: Pairs = []
        for i in self.left:
            where = bisect_left(matched, i)
            group = waiting.get((self.before[i].kind, matched[where - 1] if where else -1))
            if group:
                found.append((i, group.pop(0)))
        return found


def best_assignment(gain: dict[tuple[int, int], float]) -> Pairs:
    """The matching of greatest total gain. Each connected part is solved by itself."""
    of_row: dict[int, int] = {}
    of_column: dict[int, int] = {}
    for (i, j), value in gain.items():
        if i not in of_row or value > gain[i, of_row[i]]:
            of_row[i] = j
        if j not in of_column or value > gain[of_column[j], j]:
            of_column[j] = i
    # When everyone on one side gets the first choice, nothing can be better.
    if len(set(of_row.values())) == len(of_row):
        return list(of_row.items())
    if len(set(of_column.values())) == len(of_column):
        return [(i, j) for j, i in of_column.items()]
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    found: Pairs = []
    for rows, columns in _components(gain):
        matrix = np.zeros((len(rows), len(columns)))
        for r, i in enumerate(rows):
            for c, j in enumerate(columns):
                matrix[r, c] = gain.get((i, j), 0.0)
        chosen = zip(*linear_sum_assignment(matrix, maximize=True), strict=True)
        found += [pair for row, column in chosen if (pair := (rows[row], columns[column])) in gain]
    return found


def _components(edges: Iterable[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """Rows and columns of each connected part of a bipartite graph."""
    rows: defaultdict[int, list[int]] = defaultdict(list)
    columns: defaultdict[int, list[int]] = defaultdict(list)
    for i, j in edges:
        rows[i].append(j)
        columns[j].append(i)
    parts = []
    seen: set[int] = set()
    for first in rows:
        if first in seen:
            continue
        mine, others, stack = {first}, set[int](), [first]
        while stack:
            for j in rows[stack.pop()]:
                if j not in others:
                    others.add(j)
                    stack += [i for i in columns[j] if i not in mine]
                    mine.update(columns[j])
        seen |= mine
        parts.append((sorted(mine), sorted(others)))
    return parts
