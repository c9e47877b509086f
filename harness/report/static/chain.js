// The page of a chain: `#NUMBER/HOP` picks it, a slider moves along its hops.
"use strict";

(() => {
  const { make, plain, share } = palimpsest;
  const byId = (id) => document.getElementById(id);
  const KINDS = ["missing", "altered", "spurious", "moved"];
  const SHOWN = 100; // Changes listed at first
  let chain = null;
  let hop = 1;
  let chart = null;
  let turn = 0; // the last request to show something; an older one that comes late is dropped

  const texts = new Map();

  // Texts come as numbers of their lines.
  function keep({ lines, texts: numbered }) {
    for (const [n, numbers] of numbered) texts.set(n, numbers.map((at) => lines[at]).join("\n"));
  }

  async function text(number) {
    if (!texts.has(number)) {
      keep(await palimpsest.load(`chain-${chain.number}-${chain.parts[number]}`));
    }
    return texts.get(number);
  }

  async function files(document) {
    return Promise.all(chain.documents[document].map(async ([name, number]) => [name, number, await text(number)]));
  }

  const money = (value) => (value === null ? "?" : value === 0 ? "0" : `$${value < 1 ? value.toFixed(4) : value.toFixed(2)}`);
  const count = (value) => (value === null ? "?" : value.toLocaleString("en"));

  function facts(step) {
    const lost = KINDS.filter((kind) => step[kind] > 0).map((kind) => `${kind} ${share(step[kind])}`);
    return [
      ["RS", `${share(step.rs)}${lost.length ? ` = 1 − (${lost.join(" + ")})` : ""}`],
      ["own work", share(step.step)],
      ["done", step.direction === "forward" ? share(step.done) : null],
      ["valid", step.valid === null ? null : step.valid ? "yes" : "no"],
      ["text alike", share(step.edit_similarity)],
      ["tokens", `${count(step.input)} in, ${count(step.output)} out`],
      ["cost", money(step.cost)],
      ["latency", `${step.latency.toFixed(1)} s`],
      ["calls", `${step.calls}${step.attempts > 1 ? ` in ${step.attempts} attempts` : ""}`],
      ["RS of the editor alone", step.fired === null || !step.fired.length ? null : share(step.bare)],
      ["files nobody asked for", step.extra.length ? step.extra.map(plain).join(", ") : null],
      ["tools", step.tools.length ? step.tools.map(plain).join(" · ") : null],
      ["protections", step.fired === null ? null : step.fired.length ? step.fired.map(plain).join(" · ") : "none stepped in"],
    ].filter(([, value]) => value !== null);
  }

  function list(pairs) {
    return pairs.map(([name, value]) => make("div", { class: ["protections", "tools"].includes(name) ? "wide" : null }, make("dt", {}, name), make("dd", {}, value)));
  }

  const change = ([kind, path, before, after, part], number) => ({ kind, path, before, after, share: part, number });

  function changeRow(change) {
    const find = make("button", { type: "button", class: "path", title: "find it in the text" }, plain(change.path || "(document)"));
    find.addEventListener("click", () => {
      const mark = document.querySelector(`mark[data-change="${change.number}"]`);
      byId("said").textContent = mark ? "" : "This value does not stand in the text word for word.";
      if (!mark) return;
      for (const old of document.querySelectorAll("mark.found")) old.classList.remove("found");
      mark.classList.add("found");
      mark.scrollIntoView({ block: "center" });
    });
    return make(
      "tr",
      {},
      make("td", { class: "figure" }, share(change.share)),
      make("td", { class: `kind ${change.kind}` }, change.kind),
      make("th", { scope: "row" }, find),
      make("td", { class: "value" }, plain(change.before ?? "")),
      make("td", { class: "value" }, plain(change.after ?? "")),
    );
  }

  function showChanges(step) {
    const body = byId("changes").tBodies[0];
    const more = byId("more");
    const note = byId("changes-note");
    const known = step.changes ?? [];
    body.replaceChildren(...known.slice(0, SHOWN).map(changeRow));
    more.hidden = known.length <= SHOWN;
    more.textContent = `Show all ${known.length}`;
    more.onclick = () => {
      body.replaceChildren(...known.map(changeRow));
      more.hidden = true;
    };
    byId("changes").hidden = !known.length;
    if (step.changes === null) note.textContent = "This hop could not be measured.";
    else note.textContent = known.length ? `${known.length} against the seed, the largest first.` : "None: every value is the seed's.";
  }

  // Which document stands on the left.
  function reference(step) {
    const chosen = document.querySelector("input[name=against]:checked").value;
    const kind = chosen === "auto" ? (step.direction === "backward" ? "seed" : "input") : chosen;
    if (kind === "input") return [step.before, "what went in"];
    if (kind === "seed") return [0, "the seed"];
    const first = chain.hops.find((other) => other.hop === step.hop - (step.direction === "backward" ? 1 : 0));
    return [first ? first.before : step.before, "before this round trip"];
  }

  // Files of one name belong together; those left over on both sides are paired as they stand.
  function pairs(left, right) {
    const names = new Set(right.map(([name]) => name));
    const found = left.filter(([name]) => names.has(name)).map((file) => [file, right.find(([name]) => name === file[0])]);
    const matched = new Set(found.map(([file]) => file[0]));
    const [gone, come] = [left, right].map((side) => side.filter(([name]) => !matched.has(name)));
    for (let n = 0; n < Math.max(gone.length, come.length); n++) found.push([gone[n] ?? null, come[n] ?? null]);
    return found;
  }

  const kindOf = (one) => (one ? one[0].slice(one[0].lastIndexOf(".") + 1) : null);

  function heading(left, right) {
    const names = [left, right].filter(Boolean).map(([name]) => plain(name));
    if (!left || !right) return `${names[0]} (${left ? "only before" : "only after"})`;
    return names[0] === names[1] ? names[0] : `${names[0]} → ${names[1]}`;
  }

  function file([left, right], called, values) {
    const title = make("h3", {}, heading(left, right));
    if (left && right && left[1] === right[1]) {
      return make("section", { class: "file" }, title, make("p", { class: "quiet" }, "alike"));
    }
    const table = make(
      "table",
      { class: "diff" },
      make("caption", { class: "unseen" }, `${heading(left, right)}: ${called} and what came out`),
      make("thead", {}, make("tr", {}, ...["line", called, "line", "what came out"].map((name, n) =>
        make("th", { scope: "col", class: n % 2 ? null : "number" }, n % 2 ? name : make("span", { class: "unseen" }, name))))),
      palimpsest.diff.body(left ? left[2] : null, right ? right[2] : null, { ...values, converted: kindOf(left) !== kindOf(right) }),
    );
    return make("section", { class: "file" }, title, table);
  }

  async function showText(step) {
    const mine = ++turn;
    const [number, called] = reference(step);
    const [left, right] = await Promise.all([files(number), files(step.after)]);
    if (mine !== turn) return;
    const named = (side) => (step.changes ?? []).filter((c) => c[side]).map((c) => [c[side], c]).slice(0, 1000);
    const values = { before: named("before"), after: named("after") };
    byId("text").replaceChildren(...pairs(left, right).map((pair) => file(pair, called, values)));
    byId("text").dataset.hop = step.hop;
  }

  function show(wanted) {
    const step = chain.hops.find((other) => other.hop === wanted) ?? chain.hops[0];
    hop = step.hop;
    byId("slider").value = hop;
    const name = `hop ${hop} of ${chain.hops.length}: ${plain(step.edit)}, ${step.direction}, ${step.outcome}`;
    byId("slider").setAttribute("aria-valuetext", name);
    byId("hop").textContent = name;
    byId("detail").textContent = step.detail ? plain(step.detail) : "";
    const asked = chain.asked.find(([edit]) => edit === step.edit);
    byId("asked").textContent = asked ? asked[step.direction === "forward" ? 1 : 2] : "";
    byId("facts").replaceChildren(...list(facts(step)));
    byId("back").disabled = step === chain.hops[0];
    byId("on").disabled = step === chain.hops[chain.hops.length - 1];
    showChanges(step);
    if (chart) {
      chart.options.cursorAt = hop;
      chart.update("none");
    }
    history.replaceState(null, "", `#${chain.number}/${hop}`);
    return showText(step).catch(fail);
  }

  function move(by) {
    const at = chain.hops.findIndex((step) => step.hop === hop) + by;
    if (chain.hops[at]) show(chain.hops[at].hop);
  }

  function drawChart() {
    if (chart) chart.destroy();
    const line = (name, key) => ({
      name, tone: "", points: chain.hops.filter((s) => s[key] !== null).map((s) => [s.hop, s[key], null, null]),
    });
    const data = {
      slug: "hops", kind: "lines", x: "hop", y: "score", share: true, zoom: false, logarithmic: false,
      series: [line("RS, against the seed", "rs"), line("own work, against its input", "step")],
    };
    chart = palimpsest.draw(byId("chart-hops"), data, show);
    chart.options.plugins.legend = { display: true, labels: { filter: (item) => Boolean(item.text), usePointStyle: true, boxHeight: 7 } };
    chart.options.cursorAt = hop;
    chart.update("none");
  }

  function tableOfHops() {
    byId("hops").tBodies[0].replaceChildren(...chain.hops.map((step) => {
      const go = make("button", { type: "button" }, String(step.hop));
      go.addEventListener("click", () => show(step.hop));
      return make("tr", {}, make("th", { scope: "row" }, go), make("td", {}, plain(step.edit)), make("td", {}, step.direction),
        make("td", {}, step.outcome), make("td", { class: "figure" }, share(step.rs)), make("td", { class: "figure" }, share(step.step)));
    }));
  }

  function about() {
    document.title = `${plain(chain.model)}: ${plain(chain.domain)}/${plain(chain.document)}`;
    byId("title").textContent = `${plain(chain.domain)} / ${plain(chain.document)}`;
    byId("model").textContent = plain(chain.model);
    byId("model").href = chain.page;
    byId("crumb").textContent = `chain ${chain.number}`;
    const told = [["editor", chain.editor], ["protections", chain.protect || "none"], ["repeat", String(chain.repeat)], ["store", `${chain.store}, chain ${chain.local}`],
      ["key", chain.key.slice(0, 12)], ...chain.spec.map(([name, value]) => [name, value])];
    if (chain.reason) told.push(["stopped", chain.reason]);
    byId("about").replaceChildren(...list(told.map(([name, value]) => [plain(name), plain(value)])));
    for (const [id, other] of [["previous", chain.previous], ["next", chain.next]]) {
      byId(id).hidden = !other;
      if (other) byId(id).href = `#${other}`;
    }
  }

  function fail(error) {
    byId("hop").textContent = `Cannot show this: ${error.message}.`;
  }

  async function open() {
    const [, number, wanted] = /^#(\d+)(?:\/(\d+))?$/.exec(location.hash) ?? [];
    if (!number) return fail(new Error("the address names no chain; choose one on the page of a model"));
    if (!chain || chain.number !== Number(number)) {
      const [found, all] = await Promise.all([palimpsest.load(`chain-${number}`), palimpsest.load("chains")]);
      const [page, previous, next, worst] = all[number] ?? ["index.html", null, null, null];
      chain = { ...found, page, previous, next, worst };
      texts.clear();
      keep(chain);
      chain.hops.forEach((step, n) => {
        step.changes = chain.changes[n] && chain.changes[n].sort((a, b) => b[4] - a[4]).map(change);
      });
      about();
      if (!chain.hops.length) return fail(new Error("no hop of this chain is finished"));
      Object.assign(byId("slider"), { min: chain.hops[0].hop, max: chain.hops[chain.hops.length - 1].hop });
      byId("body").hidden = false;
      hop = Number(wanted) || chain.worst || 1;
      tableOfHops();
      drawChart();
    }
    return show(Number(wanted) || hop);
  }

  byId("slider").addEventListener("input", () => show(Number(byId("slider").value)));
  byId("back").addEventListener("click", () => move(-1));
  byId("on").addEventListener("click", () => move(1));
  for (const choice of document.querySelectorAll("input[name=against]")) choice.addEventListener("change", () => show(hop));
  window.addEventListener("hashchange", () => open().catch(fail));
  document.addEventListener("theme", () => chain && chain.hops.length && drawChart());
  open().catch(fail);
})();
