// Two texts side by side: rows of lines, their changed words, and the values that Changes name.
"use strict";

palimpsest.diff = (() => {
  const { make, plain } = palimpsest;
  const CONTEXT = 3;
  const ROWS = 2000; // drawn at once
  const WORDS = 250; // milliseconds spent on words before whole lines are marked

  // A file that is not there has no lines; an empty one has one.
  const split = (text) => (text === null ? [] : text.split("\n"));

  function lineParts(before, after) {
    const options = { timeout: 1500, maxEditLength: 6000 };
    return Diff.diffArrays(before, after, options) || [{ removed: true, value: before }, { added: true, value: after }];
  }

  // Segments of both lines as [text, changed].
  function words(left, right, deadline) {
    if (performance.now() < deadline && left.length + right.length < 20000) {
      const parts = Diff.diffWordsWithSpace(left, right, { maxEditLength: 300, timeout: 50 });
      if (parts) {
        return [
          parts.filter((p) => !p.added).map((p) => [p.value, Boolean(p.removed)]),
          parts.filter((p) => !p.removed).map((p) => [p.value, Boolean(p.added)]),
        ];
      }
    }
    return [[[left, true]], [[right, true]]];
  }

  const bag = (line) => line.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

  function alike(left, right) {
    const there = new Map();
    for (const word of left) there.set(word, (there.get(word) ?? 0) + 1);
    let common = 0;
    for (const word of right) {
      const count = there.get(word) ?? 0;
      if (count > 0) common += 1;
      there.set(word, count - 1);
    }
    return (2 * common) / Math.max(1, left.length + right.length);
  }

  // Which lines of a changed block belong together, in order: the pairs that share most words. Lines of a block too
  // large for that are paired as they stand.
  function paired(gone, come) {
    const [n, m] = [gone.length, come.length];
    if (n * m > 3000 || n === m) return Array.from({ length: Math.max(n, m) }, (_, i) => [gone[i], come[i]]);
    const [lefts, rights] = [gone.map(bag), come.map(bag)];
    const best = Array.from({ length: n + 1 }, () => new Float64Array(m + 1));
    const gain = lefts.map((left) => rights.map((right) => Math.max(0, alike(left, right) - 0.3)));
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], gain[i][j] ? gain[i][j] + best[i + 1][j + 1] : 0);
      }
    }
    const found = [];
    let [i, j] = [0, 0];
    while (i < n || j < m) {
      if (i < n && j < m && gain[i][j] && best[i][j] === gain[i][j] + best[i + 1][j + 1]) found.push([gone[i++], come[j++]]);
      else if (i < n && best[i][j] === best[i + 1][j]) found.push([gone[i++], undefined]);
      else if (j < m) found.push([undefined, come[j++]]);
      else found.push([gone[i++], undefined]);
    }
    return found;
  }

  // Rows of {left, right, from, to, changed}; a side that has no line is null.
  function rows(before, after) {
    const found = [];
    const deadline = performance.now() + WORDS;
    let from = 1;
    let to = 1;
    let gone = [];
    const flush = (come) => {
      for (const [left, right] of paired(gone, come)) {
        const both = left !== undefined && right !== undefined;
        const [l, r] = both ? words(left, right, deadline) : [[[left, true]], [[right, true]]];
        found.push({
          changed: true,
          left: left === undefined ? null : l,
          right: right === undefined ? null : r,
          from: left === undefined ? null : from++,
          to: right === undefined ? null : to++,
        });
      }
      gone = [];
    };
    for (const part of lineParts(split(before), split(after))) {
      if (part.removed) {
        flush([]);
        gone = part.value;
      } else if (part.added) flush(part.value);
      else {
        flush([]);
        for (const line of part.value) {
          found.push({ changed: false, left: [[line, false]], right: [[line, false]], from: from++, to: to++ });
        }
      }
    }
    flush([]);
    return found;
  }

  // Two texts that have no lines in common to speak of: as they stand, nothing marked but values.
  function beside(before, after) {
    const [lefts, rights] = [split(before), split(after)];
    const half = (lines, n) => (n < lines.length ? [[lines[n], false]] : null);
    const at = (lines, n) => (n < lines.length ? n + 1 : null);
    return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, n) => ({
      changed: false, left: half(lefts, n), right: half(rights, n), from: at(lefts, n), to: at(rights, n),
    }));
  }

  const inWord = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);

  // Where values stand in a line, as [start, end, change]: those that touch a changed word, or all.
  function occurrences(line, spans, values) {
    const found = [];
    for (const [value, change] of values) {
      for (let at = line.indexOf(value); at >= 0; at = line.indexOf(value, at + value.length)) {
        const end = at + value.length;
        const whole = !(inWord(line[at - 1]) && inWord(value[0])) && !(inWord(value[value.length - 1]) && inWord(line[end]));
        const touches = !spans || spans.some(([a, b]) => a < end && at < b);
        if (whole && touches && !found.some(([a, b]) => a < end && at < b)) found.push([at, end, change]);
      }
    }
    return found.sort((a, b) => a[0] - b[0]);
  }

  function side(segments, tag, values, all) {
    if (segments === null) return [];
    const line = segments.map(([text]) => text).join("");
    const spans = [];
    let at = 0;
    for (const [text, changed] of segments) {
      if (changed) spans.push([at, at + text.length]);
      at += text.length;
    }
    const made = [];
    const put = (start, end, change) => {
      const pieces = [];
      let from = start;
      while (from < end) {
        const span = spans.find(([, b]) => b > from);
        const inside = span && span[0] <= from;
        const until = Math.min(end, inside ? span[1] : span ? span[0] : end);
        const text = plain(line.slice(from, until));
        pieces.push(inside ? make(tag, {}, text) : text);
        from = until;
      }
      made.push(...(change ? [marked(change, pieces)] : pieces));
    };
    let from = 0;
    for (const [start, end, change] of occurrences(line, all ? null : spans, values)) {
      put(from, start, null);
      put(start, end, change);
      from = end;
    }
    put(from, line.length, null);
    return made;
  }

  function marked(change, pieces) {
    const told = `${change.kind}: ${plain(change.path)}: ${plain(change.before ?? "")} → ${plain(change.after ?? "")}`;
    return make("mark", { class: change.kind, title: told, "data-change": change.number }, ...pieces);
  }

  function line(row, values) {
    const all = values.converted;
    return make(
      "tr",
      { class: row.changed ? "changed" : null },
      make("td", { class: "number" }, row.from === null ? "" : String(row.from)),
      make("td", { class: row.left === null ? "text none" : "text" }, ...side(row.left, "del", values.before, all)),
      make("td", { class: "number" }, row.to === null ? "" : String(row.to)),
      make("td", { class: row.right === null ? "text none" : "text" }, ...side(row.right, "ins", values.after, all)),
    );
  }

  // Runs of rows: changed ones with some context, and what lies between, folded.
  function runs(all) {
    const near = new Array(all.length).fill(false);
    all.forEach((row, n) => {
      if (row.changed) near.fill(true, Math.max(0, n - CONTEXT), n + CONTEXT + 1);
    });
    const found = [];
    all.forEach((row, n) => {
      const last = found[found.length - 1];
      if (last && last.shown === near[n]) last.rows.push(row);
      else found.push({ shown: near[n], rows: [row] });
    });
    return found;
  }

  function later(text, rest, values) {
    const button = make("button", { type: "button" }, text);
    const row = make("tr", { class: "fold" }, make("td", { colspan: "4" }, button));
    button.addEventListener("click", () => row.replaceWith(...rest.map((r) => line(r, values))));
    return row;
  }

  // The body of a table of two texts, null for a file that is not there. `values` are {before, after, converted}: lists of [text, change], and whether the two texts are
  // different formats, of which no line is the other's.
  function body(before, after, values) {
    const all = values.converted ? [{ shown: true, rows: beside(before, after) }] : runs(rows(before, after));
    const made = make("tbody", {});
    let drawn = 0;
    for (const run of all) {
      const count = run.rows.length;
      if (!run.shown && count > 2) made.append(later(`${count} lines alike`, run.rows, values));
      else if (drawn + count > ROWS) {
        made.append(...run.rows.slice(0, ROWS - drawn).map((row) => line(row, values)));
        made.append(later(`${count - (ROWS - drawn)} more lines`, run.rows.slice(ROWS - drawn), values));
        drawn = ROWS;
      } else {
        made.append(...run.rows.map((row) => line(row, values)));
        drawn += count;
      }
    }
    return made;
  }

  return { body };
})();
