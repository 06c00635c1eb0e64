// What pages are put together from: sections that fail alone, tables, marks of severity and grade.

import { Refused, Unreachable } from "./api.js";
import { fill, h, s } from "./dom.js";
import { has, t } from "./words.js";

/** @typedef {import("./dom.js").Child} Child */

const LONG = 20;

/**
 * A section that fills itself, and says plainly when it cannot while the rest of the page goes on.
 * @param {string | null} title
 * @param {(body: HTMLElement) => Promise<Child | Child[]>} content
 * @param {{class?: string, done?: () => void}} [how]
 */
export function part(title, content, how = {}) {
  const body = h("div", { class: "body", "aria-busy": "true" }, h("p", { class: "wait" }, t("wait")));
  const load = async () => {
    try {
      fill(body, await content(body));
    } catch (error) {
      fill(body, trouble(error, load));
    }
    body.removeAttribute("aria-busy");
    how.done?.();
  };
  load();
  const head = title && h("header", {}, h("h2", {}, title));
  return h("section", { class: `part ${how.class ?? ""}` }, head, body);
}

/**
 * @param {unknown} error
 * @param {() => void} [again]
 */
export function trouble(error, again) {
  const known = error instanceof Refused ? `trouble.${error.status}` : "trouble.network";
  const answered = has(known) && (error instanceof Refused || error instanceof Unreachable);
  const text = answered ? t(known) : t("trouble.other");
  const detail = error instanceof Refused && error.status < 500 ? error.message : null;
  const wrong = (error instanceof Refused && error.problem.errors) || [];
  if (!(error instanceof Refused || error instanceof Unreachable)) console.error(error);
  return h(
    "div",
    { class: "trouble", role: "alert" },
    h("p", {}, text),
    detail && h("p", { class: "detail" }, detail),
    wrong.length > 1 && h("ul", { class: "detail" }, wrong.slice(0, LONG).map((it) => h("li", {}, `${it.pointer ?? it.parameter ?? ""} ${it.detail}`))),
    again && h("button", { type: "button", on: { click: again } }, t("again")),
  );
}

/** @param {string} text */
export function nothing(text) {
  return h("p", { class: "nothing" }, text);
}

/**
 * @template Row
 * @param {string} caption
 * @param {[string, (row: Row) => Child | Child[], string?][]} columns title, cell, class
 * @param {Row[]} rows
 */
export function table(caption, columns, rows) {
  const head = columns.map(([title, , kind]) => h("th", { scope: "col", class: kind }, title));
  const line = (/** @type {Row} */ row) =>
    h("tr", {}, columns.map(([, cell, kind]) => h("td", { class: kind }, ...[cell(row)].flat())));
  return h(
    "div",
    { class: rows.length > LONG ? "scroll long" : "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, rows.map(line)),
    ),
  );
}

/** A drawing's figures as a table, for who does not see it. @param {() => HTMLElement} make */
export function twin(make) {
  const details = h("details", { class: "twin" }, h("summary", {}, t("as_table")));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(make());
  });
  return details;
}

/** Names of severities; each has its own shape, so that colour is never needed. */
const MARKS = [
  "",
  "M5 1.2a3.8 3.8 0 1 0 .01 0z",
  "M1.4 1.4h7.2v7.2h-7.2z",
  "M5 .8 9.5 9.2h-9z",
  "M5 .2 9.8 5 5 9.8 .2 5z",
];

/** @param {number} severity 1 to 4 */
export function mark(severity) {
  return s(
    "svg",
    { viewBox: "0 0 10 10", class: `mark severity-${severity}`, "aria-hidden": "true" },
    s("path", { d: MARKS[severity] }),
  );
}

/** @param {number} severity */
export function markPath(severity) {
  return MARKS[severity];
}

/** @param {number} severity */
export function severity(severity) {
  return h("span", { class: "severity" }, mark(severity), t(`severity.${severity}`));
}

/** @param {string | null | undefined} letter */
export function grade(letter) {
  if (!letter) return h("span", { class: "grade none", title: t("grade.none") }, "–");
  return h("span", { class: `grade grade-${letter}`, title: t(`grade.${letter}`) }, letter);
}

/** @param {string} id @param {string} name */
export function placeLink(id, name) {
  return h("a", { href: `#/places/${id}` }, name);
}

/** @param {string} label @param {Child | Child[]} value @param {string} [explained] */
export function figure(label, value, explained) {
  return h(
    "div",
    { class: "figure" },
    h("dt", {}, label),
    h("dd", {}, ...[value].flat()),
    explained && h("dd", { class: "explained" }, explained),
  );
}

/** Bars of one share each, with its figure. @param {number} share @param {string} text */
export function bar(share, text) {
  const length = `${Math.round(100 * Math.min(1, Math.max(0, share)))}%`;
  return h(
    "span",
    { class: "bar" },
    h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "length", style: { width: length } })),
    text,
  );
}
