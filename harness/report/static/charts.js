// Draws the charts of a page with Chart.js; their tables, from the same values, stand in the page already.
"use strict";

(() => {
  const DASHES = [[], [7, 3], [2, 3]];
  const POINTS = ["circle", "rect", "triangle", "rectRot"];
  const HUES = 8;
  const BANDS = 3; // more intervals than this at once only hide each other; then the one pointed at is shown
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (v) => (v === 0 ? "0" : Math.abs(v) >= 0.01 ? String(Number(v.toPrecision(4))) : v.toExponential(1));

  function look(series, index) {
    const hue = series.tone ? css(`--${series.tone}`) : css(`--s${(index % HUES) + 1}`);
    const round = Math.floor(index / HUES);
    return { hue, round, dash: DASHES[round % DASHES.length], point: POINTS[(index + round) % POINTS.length] };
  }

  const faint = (colour, part) => `color-mix(in srgb, ${colour} ${part}%, transparent)`;

  function lines(chart) {
    const many = chart.series.length > BANDS;
    return chart.series.flatMap((series, index) => {
      const { hue, dash, point } = look(series, index);
      const at = (side) => series.points.map((p) => ({ x: p[0], y: p[side] ?? p[1] }));
      const limit = { series: index, band: true, borderWidth: 0, pointRadius: 0, pointHitRadius: 0, hidden: many };
      return [
        { ...limit, data: at(2), fill: false },
        { ...limit, data: at(3), fill: "-1", backgroundColor: faint(hue, 16) },
        {
          series: index, label: series.name, data: at(1), borderColor: hue, backgroundColor: hue, borderDash: dash,
          borderWidth: 2, pointStyle: point, pointRadius: series.points.length > 40 ? 0 : 2.5, pointHitRadius: 8,
        },
      ];
    });
  }

  function stack(chart) {
    return chart.series.map((series, index) => {
      const { hue } = look(series, index);
      return {
        series: index, label: series.name, data: series.points.map((p) => ({ x: p[0], y: p[1] })), fill: true,
        stack: "all", borderColor: hue, backgroundColor: faint(hue, 70), borderWidth: 1, pointRadius: 0, pointHitRadius: 8,
      };
    });
  }

  function scatter(chart) {
    return chart.series.map((series, index) => {
      const { hue, point } = look(series, index);
      return {
        series: index, label: series.name, showLine: false, borderColor: hue, backgroundColor: hue, pointStyle: point,
        pointRadius: 5, pointHitRadius: 8, limits: series.points.map((p) => [p[2], p[3]]),
        data: series.points.map((p) => ({ x: p[0], y: p[1] })),
      };
    });
  }

  const KINDS = { lines, stack, scatter };

  // Intervals and names of a cloud's points; a name that would cover another is left to the legend.
  const marks = {
    id: "marks",
    afterDatasetsDraw(drawn) {
      const context = drawn.ctx;
      const taken = [];
      context.save();
      context.font = `12px ${css("--sans")}`;
      context.textBaseline = "middle";
      drawn.data.datasets.forEach((set, n) => {
        if (!set.limits || !drawn.isDatasetVisible(n)) return;
        drawn.getDatasetMeta(n).data.forEach((point, i) => {
          const [low, high] = set.limits[i];
          context.strokeStyle = set.borderColor;
          if (low !== null && high !== null) {
            context.beginPath();
            context.moveTo(point.x, drawn.scales.y.getPixelForValue(low));
            context.lineTo(point.x, drawn.scales.y.getPixelForValue(high));
            context.stroke();
          }
          const width = context.measureText(set.label).width;
          const left = point.x + 9 + width > drawn.chartArea.right ? point.x - 9 - width : point.x + 9;
          const covers = taken.some(([x, y, w]) => Math.abs(y - point.y) < 13 && left < x + w && x < left + width);
          if (covers) return;
          taken.push([left, point.y, width]);
          context.fillStyle = css("--ink");
          context.fillText(set.label, left, point.y);
        });
      });
      context.restore();
    },
  };

  // The hop a chain's page is looking at.
  const cursor = {
    id: "cursor",
    beforeDatasetsDraw(drawn) {
      const at = drawn.options.cursorAt;
      if (at === undefined || at === null) return;
      const x = drawn.scales.x.getPixelForValue(at);
      drawn.ctx.save();
      drawn.ctx.strokeStyle = css("--rubric");
      drawn.ctx.beginPath();
      drawn.ctx.moveTo(x, drawn.chartArea.top);
      drawn.ctx.lineTo(x, drawn.chartArea.bottom);
      drawn.ctx.stroke();
      drawn.ctx.restore();
    },
  };

  function axis(title) {
    return {
      title: { display: true, text: title, color: css("--soft") },
      grid: { color: css("--rule"), tickColor: css("--rule") },
      border: { color: css("--rule") },
      ticks: { color: css("--soft") },
    };
  }

  function scales(chart) {
    const x = { ...axis(chart.x), type: chart.logarithmic ? "logarithmic" : "linear" };
    const xs = chart.series.flatMap((series) => series.points.map((p) => p[0]));
    if (chart.kind !== "scatter" && xs.length) Object.assign(x, { min: Math.min(...xs), max: Math.max(...xs) });
    if (chart.kind !== "scatter" && xs.every(Number.isInteger)) {
      x.ticks.precision = 0;
      if (x.max > 8) x.min = 0; // even ticks
    }
    if (chart.kind === "scatter" && !chart.logarithmic) x.beginAtZero = true;
    const y = { ...axis(chart.y), stacked: chart.kind === "stack" };
    if (chart.share) {
      const ys = chart.series.flatMap((s) => s.points.flatMap((p) => [p[1], p[2]].filter((v) => v !== null)));
      const least = Math.max(0, Math.floor(Math.min(1, ...ys) * 10) / 10);
      if (chart.kind === "stack") Object.assign(y, { min: 0, suggestedMax: 0.1 });
      else Object.assign(y, { min: chart.zoom ? Math.min(least, 0.9) : 0, max: 1 });
    }
    return { x, y };
  }

  function told(chart) {
    return (item) => {
      const [x, y, low, high] = chart.series[item.dataset.series].points[item.dataIndex];
      const interval = low === null || high === null ? "" : ` [${number(low)}, ${number(high)}]`;
      return `${item.dataset.label}: ${number(y)}${interval}, ${chart.x} ${number(x)}`;
    };
  }

  // Draws `chart` on a canvas. `pick` is told the x of a point that is clicked.
  function draw(canvas, chart, pick) {
    Chart.defaults.font.family = css("--sans");
    Chart.defaults.color = css("--ink");
    const drawn = new Chart(canvas, {
      type: "line",
      data: { datasets: KINDS[chart.kind](chart) },
      plugins: [marks, cursor],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, normalized: true,
        interaction: { mode: "nearest", intersect: false },
        scales: scales(chart),
        onClick: (_, found) => {
          if (pick && found.length) pick(drawn.data.datasets[found[0].datasetIndex].data[found[0].index].x);
        },
        plugins: {
          legend: { display: false },
          tooltip: { filter: (item) => !item.dataset.band, callbacks: { title: () => "", label: told(chart) } },
        },
      },
    });
    return drawn;
  }

  function highlight(drawn, chosen, many) {
    drawn.data.datasets.forEach((set) => {
      if (set.band) set.hidden = set.off || (many && set.series !== chosen);
      else set.borderWidth = set.series === chosen ? 4 : set.limits ? 1 : 2;
    });
    drawn.update("none");
  }

  // The legend is a list of switches, so that a keyboard reaches it.
  function legend(figure, chart, holder) {
    const list = palimpsest.make("ul", { class: "legend", "aria-label": "shown in the chart" });
    const many = chart.series.length > BANDS;
    chart.series.forEach((series, index) => {
      const { hue, round } = look(series, index);
      const key = palimpsest.make("span", { class: `key dash-${round % DASHES.length}` });
      key.style.borderColor = hue;
      const button = palimpsest.make("button", { type: "button", "aria-pressed": "true" }, key, series.name);
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        holder.drawn.data.datasets.forEach((set) => {
          if (set.series === index) Object.assign(set, { off: !on, hidden: !on || (set.band && many) });
        });
        holder.drawn.update("none");
      });
      for (const event of ["mouseenter", "focus"]) button.addEventListener(event, () => highlight(holder.drawn, index, many));
      for (const event of ["mouseleave", "blur"]) button.addEventListener(event, () => highlight(holder.drawn, null, many));
      list.append(palimpsest.make("li", {}, button));
    });
    const old = figure.querySelector("ul.legend");
    if (old) old.replaceWith(list);
    else figure.querySelector(".canvas").after(list);
  }

  function show(canvas, chart) {
    const holder = {};
    const again = () => {
      if (holder.drawn) holder.drawn.destroy();
      holder.drawn = draw(canvas, chart);
      legend(canvas.closest("figure"), chart, holder);
    };
    again();
    document.addEventListener("theme", again);
  }

  palimpsest.draw = draw;
  palimpsest.charts = [];
  const source = document.getElementById("charts");
  if (source) {
    palimpsest.charts = JSON.parse(source.textContent);
    for (const chart of palimpsest.charts) {
      const canvas = document.getElementById(`chart-${chart.slug}`);
      if (canvas && chart.series.length) show(canvas, chart);
    }
  }
})();
