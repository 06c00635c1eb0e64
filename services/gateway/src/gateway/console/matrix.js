// Visits by categories: what each visit found, saw to be right, or did not see.

import { h, s } from "./dom.js";
import { categoryName } from "./labels.js";
import { markPath, severity, table, twin } from "./parts.js";
import { number, t, time } from "./words.js";

const ROW = 26;
const COLUMN = 28;
const LEFT = 168;
const RIGHT = 62;
const TOP = 84;
const BOTTOM = 44;
const LEAST_STRIP = 480;

/** @param {any} told as `/v1/accommodations/{id}/matrix` tells it */
export function matrix(told) {
  const { visits, categories, cells } = told;
  const seen = visits.map(() => ({ findings: 0, cells: 0 }));
  for (const cell of cells) {
    seen[cell.visit].findings += cell.findings;
    if (cell.state !== "not_seen") seen[cell.visit].cells += 1;
  }
  const width = LEFT + Math.max(LEAST_STRIP, visits.length * COLUMN) + RIGHT;
  const height = TOP + categories.length * ROW + BOTTOM;
  const x = (/** @type {number} */ n) => LEFT + (n + 0.5) * COLUMN;
  const y = (/** @type {number} */ n) => TOP + (n + 0.5) * ROW;
  const svg = s(
    "svg",
    { class: "matrix", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": summary(told, seen) },
    strip(visits, width - LEFT - RIGHT, x),
    visits.map((/** @type {any} */ visit, /** @type {number} */ n) => column(visit, seen[n], x(n), height)),
    categories.map((/** @type {string} */ it, /** @type {number} */ n) => row(it, cells.filter((/** @type {any} */ cell) => cell.category === n), { x, y: y(n), right: width - RIGHT })),
  );
  return [
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("matrix") }, svg),
    legend(),
    twin(() => asTable(told)),
  ];
}

/** @param {any} told @param {{findings: number, cells: number}[]} seen */
function summary({ visits, categories }, seen) {
  const clean = seen.filter((it) => it.cells > 0 && it.findings === 0).length;
  return t("matrix.summary", { visits: visits.length, categories: categories.length, clean });
}

/**
 * The visits in true time, each led to its column.
 * @param {any[]} visits
 * @param {number} width
 * @param {(n: number) => number} x
 */
function strip(visits, width, x) {
  if (visits.length === 0) return null;
  const moments = visits.map((it) => Date.parse(it.occurred_at));
  const [first, last] = [moments[0], moments[moments.length - 1]];
  const at = (/** @type {number} */ moment) => LEFT + 8 + ((moment - first) / Math.max(1, last - first)) * (width - 16);
  const years = [];
  for (let year = new Date(first).getUTCFullYear() + 1; Date.UTC(year, 0) <= last; year++) {
    years.push(s("line", { class: "rule", x1: at(Date.UTC(year, 0)), x2: at(Date.UTC(year, 0)), y1: 16, y2: 26 }));
    years.push(s("text", { class: "soft", x: at(Date.UTC(year, 0)) + 3, y: 14 }, year));
  }
  return s(
    "g",
    {},
    s("line", { class: "rule", x1: LEFT, x2: LEFT + width, y1: 26, y2: 26 }),
    years,
    moments.map((moment, n) => s("path", { class: "leader", d: `M${at(moment)} 20V28C${at(moment)} 48 ${x(n)} 40 ${x(n)} 62V${TOP}` })),
  );
}

/**
 * @param {any} visit
 * @param {{findings: number, cells: number}} seen
 * @param {number} x
 * @param {number} height
 */
function column(visit, seen, x, height) {
  const clean = seen.cells > 0 && seen.findings === 0;
  const foot = height - BOTTOM + 18;
  return s(
    "g",
    {},
    s("title", {}, `${time(visit.occurred_at)} – ${t(`outcome.${visit.outcome}`)}${visit.grade ? ` – ${visit.grade}` : ""}`),
    clean && s("rect", { class: "clean-visit", x: x - COLUMN / 2 + 1, y: TOP - 2, width: COLUMN - 2, height: height - TOP - BOTTOM + 4, rx: 3 }),
    s("text", { class: clean ? "tick" : seen.cells ? "" : "soft", x, y: foot, "text-anchor": "middle" }, clean ? "✓" : seen.cells ? number(seen.findings) : "–"),
    s("text", { class: "soft", x, y: foot + 17, "text-anchor": "middle" }, visit.grade ?? ""),
    s("rect", { x: x - COLUMN / 2, y: TOP, width: COLUMN, height: height - TOP, fill: "transparent" }),
  );
}

/**
 * @param {string} category
 * @param {any[]} cells
 * @param {{x: (n: number) => number, y: number, right: number}} at
 */
function row(category, cells, { x, y, right }) {
  const found = cells.filter((it) => it.state === "finding").sort((a, b) => a.visit - b.visit);
  const looked = cells.filter((it) => it.state !== "not_seen").sort((a, b) => a.visit - b.visit);
  const streaks = [];
  for (let n = 1; n < looked.length; n++) {
    const [before, after] = [looked[n - 1], looked[n]];
    if (before.state === "finding" && after.state === "finding") {
      streaks.push(s("line", { class: "streak", x1: x(before.visit), x2: x(after.visit), y1: y, y2: y }));
    }
  }
  return s(
    "g",
    { class: "row", "data-category": category },
    s("line", { class: "rule", x1: LEFT, x2: right, y1: y + ROW / 2, y2: y + ROW / 2 }),
    s("text", { x: LEFT - 10, y: y + 4, "text-anchor": "end" }, categoryName(category)),
    streaks,
    cells.map((cell) => cellMark(cell, x(cell.visit), y)),
    s("text", { class: "soft", x: right + 10, y: y + 4 }, `${found.length}/${looked.length}`),
  );
}

/** @param {any} cell @param {number} x @param {number} y */
function cellMark(cell, x, y) {
  if (cell.state === "not_seen") return null;
  if (cell.state === "clean") return s("circle", { class: "clean", cx: x, cy: y, r: 1.8 });
  return s(
    "path",
    { class: `severity-${cell.severity}`, d: markPath(cell.severity), transform: `translate(${x - 7.5} ${y - 7.5}) scale(1.5)` },
    s("title", {}, `${t(`severity.${cell.severity}`)} – ${t("findings.count", { count: cell.findings })}`),
  );
}

function legend() {
  return h(
    "p",
    { class: "legend" },
    [1, 2, 3, 4].map((it) => severity(it)),
    h("span", {}, "· ", t("matrix.clean")),
    h("span", {}, "✓ ", t("matrix.clean_visit")),
    h("span", {}, "▬ ", t("matrix.streak")),
  );
}

/** @param {any} told */
function asTable({ visits, categories, cells }) {
  const of = (/** @type {number} */ visit, /** @type {number} */ category) =>
    cells.find((/** @type {any} */ it) => it.visit === visit && it.category === category);
  const say = (/** @type {any} */ cell) => {
    if (!cell || cell.state === "not_seen") return t("matrix.not_seen");
    return cell.state === "clean" ? t("matrix.clean") : `${t(`severity.${cell.severity}`)} (${number(cell.findings)})`;
  };
  return table(
    t("matrix"),
    [
      [t("visit"), (n) => time(visits[n].occurred_at), "narrow"],
      [t("outcome"), (n) => t(`outcome.${visits[n].outcome}`)],
      ...categories.map((/** @type {string} */ it, /** @type {number} */ category) => [categoryName(it), (/** @type {number} */ n) => say(of(n, category))]),
    ],
    visits.map((/** @type {any} */ _, /** @type {number} */ n) => n).reverse(),
  );
}
