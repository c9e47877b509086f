// What every page needs: lazy data, elements without markup, sortable tables, the theme.
"use strict";

const palimpsest = (() => {
  const waiting = new Map();
  // The one place where a page may load a script, and only its own data.
  const rules = {
    createScriptURL(url) {
      if (!/^data\/[a-z]+(-[0-9]+)*\.js$/.test(url)) throw new TypeError(`not data of this site: ${url}`);
      return url;
    },
  };
  const policy = window.trustedTypes ? window.trustedTypes.createPolicy("palimpsest", rules) : rules;

  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // Asks for data/NAME.js, once; resolves with its value.
  function load(name) {
    if (!waiting.has(name)) {
      const entry = {};
      entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
      waiting.set(name, entry);
      const script = document.createElement("script");
      script.src = policy.createScriptURL(`data/${name}.js`);
      script.onerror = () => entry.reject(new Error(`data/${name}.js is not there`));
      document.head.append(script);
    }
    return waiting.get(name).promise;
  }

  function receive(name, packed) {
    const entry = waiting.get(name);
    if (entry) unpack(packed).then(entry.resolve, entry.reject);
  }

  // An element with properties and children; strings become text, never markup.
  function make(tag, properties, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined) continue;
      if (name === "class") made.className = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  // Controls, bidi marks and other characters that act unseen are shown as \u….
  const ACTS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/g;
  const plain = (text) =>
    String(text)
      .replace(/[\ud800-\udbff][\udc00-\udfff]|[\s\S]/g, (c) => (c.length === 2 ? c : c.replace(ACTS, shown)));
  const shown = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;

  // As on the terminal: three places, never rounded up to 1.
  function share(value) {
    if (value === null || value === undefined) return "–";
    const told = value.toFixed(3);
    return told === "1.000" && value < 1 ? "0.999" : told;
  }

  return { load, receive, make, plain, share };
})();

(() => {
  const value = (row, column) => {
    const cell = row.cells[column];
    const told = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(told);
    return told === "" ? null : Number.isNaN(number) ? told : number;
  };

  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null); // what is missing comes last either way
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  function sort(table, head) {
    const first = head.dataset.first || "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("divider"));
      rows.sort((a, b) => compare(value(a, head.cellIndex), value(b, head.cellIndex), sign));
      body.append(...rows);
    }
    const said = document.getElementById("said");
    if (said) said.textContent = `sorted by ${head.textContent.trim()}, ${order}`;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      const button = head.querySelector("button");
      if (button) button.addEventListener("click", () => sort(table, head));
    }
  }

  for (const input of document.querySelectorAll("input[data-filters]")) {
    const bodies = [...document.getElementById(input.dataset.filters).tBodies];
    const rows = bodies.flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("divider"));
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }

  // Style attributes are not allowed by the policy; widths set by a script are.
  for (const part of document.querySelectorAll("[data-width]")) part.style.width = `${part.dataset.width}%`;

  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const kept = (() => {
    try {
      return window.localStorage;
    } catch {
      return { getItem: () => null, setItem: () => {} }; // a browser that keeps nothing for pages from the disk
    }
  })();
  const chosen = () => root.dataset.theme || (dark.matches ? "dark" : "light");

  function show(theme) {
    if (theme) root.dataset.theme = theme;
    if (button) button.textContent = chosen() === "dark" ? "Light" : "Dark";
    document.dispatchEvent(new Event("theme"));
  }

  const before = kept.getItem("palimpsest-theme");
  show(before === "dark" || before === "light" ? before : null);
  dark.addEventListener("change", () => show(null));
  if (button) {
    button.addEventListener("click", () => {
      const theme = chosen() === "dark" ? "light" : "dark";
      kept.setItem("palimpsest-theme", theme);
      show(theme);
    });
  }

  let screen = null;
  window.addEventListener("beforeprint", () => {
    screen = root.dataset.theme || "";
    root.dataset.theme = "light";
    document.dispatchEvent(new Event("theme"));
  });
  window.addEventListener("afterprint", () => {
    if (screen) root.dataset.theme = screen;
    else delete root.dataset.theme;
    document.dispatchEvent(new Event("theme"));
  });
})();
