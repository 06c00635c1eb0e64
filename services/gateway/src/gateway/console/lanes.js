// How long each anomaly of a place lasted: from first seen to seen right, or on until today.

import { h } from "./dom.js";
import { categoryName, itemName } from "./labels.js";
import { severity, table, twin } from "./parts.js";
import { plot } from "./vendor.js";
import { t, time } from "./words.js";

const MONTHS = 24;
const MONTH_MS = 30.44 * 86_400_000;
const LANE = 15;

/**
 * @param {any[]} anomalies of one place
 * @param {Map<string, {fr: string, en: string}>} labels
 * @param {number} width
 */
export async function lanes(anomalies, labels, width) {
  const { Plot } = await plot();
  const today = Date.now();
  const first = today - MONTHS * MONTH_MS;
  const bars = anomalies
    .map((it) => ({
      category: categoryName(it.category),
      item: itemName(labels, it.item),
      room: it.room,
      severity: it.severity,
      stands: it.state !== "verified",
      from: Date.parse(it.first_seen_at),
      to: it.state === "verified" ? Date.parse(it.state_since) : today,
      overdue: it.overdue,
      lane: 0,
    }))
    .filter((it) => it.to >= first)
    .sort((a, b) => a.from - b.from);
  if (bars.length === 0) return null;
  const { rows, starts } = laid(bars);
  const svg = Plot.plot({
    className: "chart",
    width: Math.max(560, width),
    height: rows * LANE + 60,
    marginLeft: 150,
    marginTop: 24,
    x: { type: "utc", domain: [new Date(first), new Date(today)], label: null, axis: "top", ticks: 8, tickFormat: (/** @type {Date} */ it) => time(it, "month") },
    y: { axis: null, type: "band", domain: Array.from({ length: rows }, (_, n) => n) },
    color: { domain: [1, 2, 3, 4], range: [1, 2, 3, 4].map((it) => `var(--severity-${it})`) },
    marks: [
      Plot.ruleY([...starts.values()], { strokeOpacity: 0.25, dy: -LANE / 2 }),
      Plot.text([...starts], { frameAnchor: "left", textAnchor: "end", dx: -8, y: "1", text: "0" }),
      Plot.barX(bars, {
        x1: (/** @type {any} */ it) => new Date(Math.max(first, it.from)),
        x2: (/** @type {any} */ it) => new Date(Math.max(it.to, it.from + MONTH_MS / 10)),
        y: "lane",
        fill: "severity",
        fillOpacity: (/** @type {any} */ it) => (it.stands ? 1 : 0.55),
        insetTop: 1,
        insetBottom: 1,
        title: (/** @type {any} */ it) => `${it.item}${it.room ? ` (${it.room})` : ""}`,
      }),
      Plot.text(bars.filter((it) => it.stands), {
        x: new Date(today),
        y: "lane",
        text: () => "▸",
        textAnchor: "start",
        dx: 2,
      }),
    ],
  });
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("lanes.summary", { count: bars.length, standing: bars.filter((it) => it.stands).length }));
  for (const it of svg.querySelectorAll("g[aria-label]")) it.removeAttribute("aria-label");
  return [
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("lanes") }, svg),
    h("p", { class: "legend" }, [1, 2, 3, 4].map((it) => severity(it)), h("span", {}, t("lanes.legend"))),
    twin(() =>
      table(
        t("lanes"),
        [
          [t("finding"), (it) => it.item],
          [t("room"), (it) => it.room ?? "–"],
          [t("severity"), (it) => severity(it.severity)],
          [t("since"), (it) => time(new Date(it.from))],
          [t("until"), (it) => (it.stands ? t("standing.still") : time(new Date(it.to)))],
        ],
        bars,
      ),
    ),
  ];
}

/**
 * Lay bars of a category beside each other where they overlap, and categories below each other.
 * @param {{category: string, from: number, to: number, lane: number}[]} bars in order of their start
 * @returns {{rows: number, starts: Map<string, number>}} lanes in all, and the first of a category
 */
function laid(bars) {
  /** @type {Map<string, number[]>} the end of the last bar of each lane */
  const ends = new Map();
  for (const bar of bars) {
    const lanes = ends.get(bar.category) ?? [];
    const free = lanes.findIndex((end) => end < bar.from);
    bar.lane = free < 0 ? lanes.length : free;
    lanes[bar.lane] = bar.to;
    ends.set(bar.category, lanes);
  }
  let rows = 0;
  /** @type {Map<string, number>} */
  const starts = new Map();
  for (const category of [...ends.keys()].sort()) {
    starts.set(category, rows);
    rows += ends.get(category)?.length ?? 0;
  }
  for (const bar of bars) bar.lane += starts.get(bar.category) ?? 0;
  return { rows, starts };
}
