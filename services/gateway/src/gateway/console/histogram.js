// Findings by month, stacked by severity, with a range to be drawn over it or moved by keys.

import { firstDay, isoOf } from "./findings.js";
import { fill, h } from "./dom.js";
import { mark, table, twin } from "./parts.js";
import { plot } from "./vendor.js";
import { number, spoken, t, time } from "./words.js";

const SEVERITIES = [1, 2, 3, 4];
const HEIGHT = 190;
const MANY_MONTHS = 30;

/**
 * @param {HTMLElement} box
 * @param {import("./findings.js").Findings} findings
 * @param {(from: number, to: number) => void} onRange called with months, the first and the last
 */
export async function histogram(box, findings, onRange) {
  const { Plot, d3 } = await plot();
  const drawing = h("div", { class: "drawing" });
  const bounds = h("div", { class: "range" });
  const legend = h(
    "p",
    { class: "legend" },
    SEVERITIES.map((it) => h("span", {}, mark(it), t(`severity.${it}`))),
  );
  /** @type {Uint32Array} */
  let counts = new Uint32Array(findings.months * 5);
  const rows = () =>
    Array.from({ length: findings.months }, (_, n) => ({
      month: isoOf(firstDay(findings.firstMonth + n)),
      counts: SEVERITIES.map((it) => counts[n * 5 + it]),
    }));
  const asTable = twin(() =>
    table(
      t("history.by_month"),
      [
        [t("month"), (/** @type {any} */ it) => time(it.month, "month")],
        ...SEVERITIES.map((severity, n) =>
          /** @type {[string, any, string]} */ ([
            t(`severity.${severity}`),
            (/** @type {any} */ it) => number(it.counts[n]),
            "number",
          ]),
        ),
      ],
      rows(),
    ),
  );
  fill(box, legend, drawing, bounds, asTable);
  const slider = (/** @type {string} */ name) => {
    const input = h("input", {
      type: "range",
      min: 0,
      max: findings.months - 1,
      "aria-label": t(`history.${name}`),
    });
    input.addEventListener("input", () => {
      const [from, to] = [Number(first.value), Number(last.value)];
      onRange(findings.firstMonth + Math.min(from, to), findings.firstMonth + Math.max(from, to));
    });
    return input;
  };
  const [first, last] = [slider("from"), slider("to")];
  const [firstSaid, lastSaid] = [h("output"), h("output")];
  fill(bounds, firstSaid, first, lastSaid, last);

  /** @type {any} */
  let brush = null;
  const move = (/** @type {number} */ from, /** @type {number} */ to) => {
    first.value = String(from - findings.firstMonth);
    last.value = String(to - findings.firstMonth);
    for (const [said, input, month] of /** @type {const} */ ([
      [firstSaid, first, from],
      [lastSaid, last, to],
    ])) {
      const text = time(isoOf(firstDay(month)), "month");
      said.textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
    brush?.(from, to);
  };
  const draw = (/** @type {any} */ found, /** @type {number} */ from, /** @type {number} */ to) => {
    counts = found.byMonth;
    const data = /** @type {{month: Date, severity: number, count: number}[]} */ ([]);
    for (const { month, counts: row } of rows()) {
      row.forEach((count, n) => count && data.push({ month: new Date(month), severity: n + 1, count }));
    }
    const end = new Date(isoOf(firstDay(findings.firstMonth + findings.months)));
    const svg = Plot.plot({
      className: "chart",
      width: Math.max(320, drawing.clientWidth || 800),
      height: HEIGHT,
      marginLeft: 44,
      x: { type: "utc", domain: [new Date(isoOf(firstDay(findings.firstMonth))), end], label: null },
      y: { grid: true, label: null, nice: true },
      color: { domain: SEVERITIES, range: SEVERITIES.map((it) => `var(--severity-${it})`) },
      ariaLabel: t("history.by_month"),
      marks: [
        Plot.axisX({ ticks: findings.months > MANY_MONTHS ? "year" : "3 months", tickFormat: tick, label: null }),
        Plot.rectY(data, { x: "month", interval: "month", y: "count", fill: "severity", inset: 0.5 }),
        Plot.ruleY([0]),
      ],
    });
    svg.setAttribute("role", "img");
    // What is inside of a picture has no name of its own.
    for (const it of svg.querySelectorAll("g[aria-label]")) it.removeAttribute("aria-label");
    brush = drawnOver(d3, svg, findings, onRange);
    fill(drawing, svg);
    move(from, to);
  };
  return { draw, move };
}

/** @param {Date} date */
function tick(date) {
  if (date.getUTCMonth() === 0) return String(date.getUTCFullYear());
  return new Intl.DateTimeFormat(spoken(), { month: "short", timeZone: "UTC" }).format(date);
}

/**
 * Let a range be drawn over a chart; give what shows one without telling of it.
 * @param {any} d3
 * @param {any} svg
 * @param {import("./findings.js").Findings} findings
 * @param {(from: number, to: number) => void} onRange
 */
function drawnOver(d3, svg, findings, onRange) {
  const x = svg.scale("x");
  const at = (/** @type {number} */ month) => x.apply(new Date(isoOf(firstDay(month))));
  const [left, right] = x.range;
  const lastMonth = findings.firstMonth + findings.months - 1;
  let asked = 0;
  const brush = d3
    .brushX()
    .extent([
      [left, 20],
      [right, HEIGHT - 30],
    ])
    .on("brush end", (/** @type {any} */ event) => {
      if (!event.sourceEvent) return;
      if (event.selection === null) {
        if (event.type === "end") onRange(findings.firstMonth, lastMonth);
        return;
      }
      const months = event.selection.map((/** @type {number} */ it) => x.invert(it));
      const [from, to] = months.map((/** @type {Date} */ it) => (it.getUTCFullYear() - 2000) * 12 + it.getUTCMonth());
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => onRange(from, Math.min(to, lastMonth)));
    });
  const group = d3.select(svg).append("g").attr("class", "brush").call(brush);
  return (/** @type {number} */ from, /** @type {number} */ to) => {
    const whole = from === findings.firstMonth && to === lastMonth;
    group.call(brush.move, whole ? null : [at(from), at(to + 1)]);
  };
}
