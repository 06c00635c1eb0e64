// What is looked at and how it weighs: checklists, weights of scores and priorities. Every change
// is a version, with its reason.

import { all, answered, get, send } from "../api.js";
import { fill, h } from "../dom.js";
import { button, field, form } from "../forms.js";
import { categoryName } from "../labels.js";
import { nothing, part, placeLink, severity, table } from "../parts.js";
import { number, said, t, time } from "../words.js";

/** @typedef {import("../dom.js").Child} Child */

const MOST_MOVES = 20;
const LEVELS = ["later", "usual", "sooner", "first"];

/** @param {HTMLElement} page */
export async function show(page) {
  const lists = h("div", { class: "page inner" });
  const again = () =>
    fill(
      lists,
      part(t("checklists"), () => checklists(again)),
      part(t("checklists.import"), async () => importing(again)),
      part(t("priority_weights"), () => priorityWeights(again), { class: "half" }),
      part(t("scoring_weights"), () => scoringWeights(again), { class: "half" }),
    );
  again();
  fill(page, h("div", { class: "title" }, h("h1", {}, t("page.rules"))), lists);
}

/** @param {() => void} again */
async function checklists(again) {
  const known = await all("/checklists");
  if (known.length === 0) return nothing(t("checklists.none"));
  return table(
    t("checklists"),
    [
      [t("checklist"), (it) => [said(it.title), h("div", { class: "explained" }, it.code)]],
      [t("version"), (it) => number(it.version), "number"],
      [t("state"), (it) => t(`checklist.${it.state}`)],
      [t("items"), (it) => number(it.item_count), "number"],
      [t("published"), (it) => time(it.published_at), "narrow"],
      [t("content"), content],
      [t("change"), (it) => checklistChanges(it, again)],
    ],
    known.sort((a, b) => a.code.localeCompare(b.code) || b.version - a.version),
  );
}

/** @param {any} it @returns {string} */
function pathOf(it) {
  return `/checklists/${it.code}/versions/${it.version}`;
}

/** Shown when it is opened. @param {any} version */
function content(version) {
  const details = h("details", {}, h("summary", {}, t("checklist.see")));
  details.addEventListener("toggle", async () => {
    if (!details.open || details.childElementCount > 1) return;
    const { items } = await get(pathOf(version));
    details.append(h("p", {}, h("button", { type: "button", on: { click: () => save(version) } }, t("checklist.save"))), itemTable(items));
  });
  return details;
}

/** @param {any[]} items */
function itemTable(items) {
  const from = (/** @type {number} */ it) => (it === 0 ? "–" : severity(it));
  return table(
    t("items"),
    [
      [t("item"), (it) => [said(it.label), h("div", { class: "explained" }, it.code)]],
      [t("category"), (it) => categoryName(it.category)],
      [t("scope"), (it) => t(`scope.${it.scope}`)],
      [t("weight"), (it) => number(it.weight), "number"],
      [t("danger_at"), (it) => from(it.danger_at)],
      [t("photo_from"), (it) => from(it.photo_from)],
    ],
    items,
  );
}

/** Save a version as the file it can be read from again. @param {any} version */
async function save(version) {
  const file = await (await answered(`${pathOf(version)}/items.csv`)).blob();
  const link = h("a", { href: URL.createObjectURL(file), download: `${version.code}-${version.version}.csv` });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** @param {any} it @param {() => void} again */
function checklistChanges(it, again) {
  const withTag = async (/** @type {"POST" | "DELETE"} */ method, /** @type {string} */ path) => {
    const tag = (await answered(pathOf(it))).headers.get("ETag") ?? "";
    return send(method, path, undefined, { "If-Match": tag });
  };
  if (it.state === "draft") {
    return [
      button(t("checklist.publish"), () => withTag("POST", `${pathOf(it)}/publication`), again),
      button(t("checklist.drop"), () => withTag("DELETE", pathOf(it)), again),
    ];
  }
  if (it.state !== "published") return null;
  const details = h("details", {}, h("summary", {}, t("checklist.retire")));
  const retiring = form([field("reason", { maxlength: 200 })], t("checklist.retire"), async (given) => {
    await send("POST", `${pathOf(it)}/retirement`, { reason: given.get("reason") });
    again();
    return null;
  });
  details.append(retiring);
  return details;
}

/** Take a checklist from a file, once it was checked. @param {() => void} again */
function importing(again) {
  const dry = h("input", { type: "checkbox", name: "dry_run", checked: true });
  return [
    h("p", { class: "explained" }, t("checklists.file")),
    form(
      [
        field("checklist.code", { pattern: "[a-z][a-z0-9_]{0,59}", value: "default" }),
        field("checklist.fr", { maxlength: 200 }),
        field("checklist.en", { maxlength: 200 }),
        field("checklist.csv", { type: "file", accept: ".csv,text/csv" }),
        h("label", { class: "tick" }, dry, h("span", {}, t("checklists.dry"))),
      ],
      t("checklists.take"),
      async (given) => {
        const query = { code: given.get("checklist.code"), fr: given.get("checklist.fr"), en: given.get("checklist.en"), dry_run: dry.checked };
        const known = (await all("/checklists", { code: query.code, state: "draft" }))[0];
        const tag = known && (await answered(pathOf(known))).headers.get("ETag");
        const headers = { "Content-Type": "text/csv", ...(tag ? { "If-Match": tag } : {}) };
        const body = /** @type {File} */ (given.get("checklist.csv"));
        const told = await (await answered("/checklist-imports", query, { method: "POST", headers, body })).json();
        if (!dry.checked) again();
        return imported(told);
      },
    ),
  ];
}

/** @param {any} told */
function imported({ dry_run, item_count, version, changes }) {
  return [
    h("p", {}, t(dry_run ? "checklists.would" : "checklists.taken", { count: item_count, version })),
    changes && h("p", {}, t("checklists.changes", { since: changes.since, added: changes.added.length, removed: changes.removed.length, changed: changes.changed.length })),
  ];
}

/** @param {() => void} again */
async function priorityWeights(again) {
  const answer = await answered("/priority-policies/current");
  const tag = answer.headers.get("ETag") ?? "";
  const { weights, version, reason } = await answer.json();
  const many = (/** @type {string} */ name, /** @type {number[]} */ values, /** @type {(n: number) => Child} */ label) =>
    h("fieldset", {}, h("legend", {}, t(`weights.${name}`)), values.map((value, n) => h("label", { class: "field" }, label(n), weight(`${name}.${n}`, value))));
  const one = (/** @type {string} */ name) => h("label", { class: "field" }, t(`weights.${name}`), weight(name, weights[name]));
  const read = (/** @type {FormData} */ given) => ({
    ...weights,
    severity_weights: weights.severity_weights.map((/** @type {any} */ _, /** @type {number} */ n) => Number(given.get(`severity_weights.${n}`))),
    level_factors: weights.level_factors.map((/** @type {any} */ _, /** @type {number} */ n) => Number(given.get(`level_factors.${n}`))),
    people_scale: Number(given.get("people_scale")),
    overdue_weight: Number(given.get("overdue_weight")),
    longest_overdue_days: Number(given.get("longest_overdue_days")),
  });
  return form(
    [
      h("p", { class: "explained" }, t("weights.version", { version, reason: reason ?? t("weights.as_it_comes") })),
      many("severity_weights", weights.severity_weights, (n) => (n === 0 ? t("value.0") : severity(n))),
      one("people_scale"),
      one("overdue_weight"),
      one("longest_overdue_days"),
      many("level_factors", weights.level_factors, (n) => t(`level.${LEVELS[n]}`)),
      h("label", { class: "field" }, t("reason"), h("input", { name: "reason", maxlength: 200 })),
      h("button", { type: "submit", name: "act", value: "try" }, t("weights.preview")),
    ],
    t("weights.keep"),
    async (given) => {
      if (given.get("act") === "try") return moves(await send("POST", `/priority-policies/previews?limit=${MOST_MOVES}`, read(given)));
      await send("PUT", "/priority-policies/current", { ...read(given), reason: given.get("reason") }, { "If-Match": tag });
      again();
      return null;
    },
  );
}

/** @param {any} preview */
async function moves({ places, up, down, moves: told }) {
  const names = new Map((await all("/accommodations")).map((it) => [it.id, it.name]));
  return [
    h("p", {}, t("weights.moves", { places, up, down })),
    told.length > 0 &&
      table(
        t("weights.preview"),
        [
          [t("place"), (it) => placeLink(it.accommodation_id, names.get(it.accommodation_id) ?? t("place.gone"))],
          [t("rank.before"), (it) => number(it.rank_before), "number"],
          [t("rank.after"), (it) => number(it.rank_after), "number"],
        ],
        told,
      ),
  ];
}

/** @param {() => void} again */
async function scoringWeights(again) {
  const answer = await answered("/scoring-policies/current");
  const tag = answer.headers.get("ETag") ?? "";
  const { label, cohort_kinds, weights, version, reason } = await answer.json();
  const names = Object.keys(weights);
  return form(
    [
      h("p", { class: "explained" }, t("weights.version", { version, reason: reason ?? t("weights.as_it_comes") })),
      ...names.map((it) => h("label", { class: "field" }, t(`rule.${it}`), weight(it, weights[it]))),
      field("reason", { maxlength: 200 }),
    ],
    t("weights.keep"),
    async (given) => {
      const chosen = Object.fromEntries(names.map((it) => [it, Number(given.get(it))]));
      await send("PUT", "/scoring-policies/current", { label, cohort_kinds, weights: chosen, reason: given.get("reason") }, { "If-Match": tag });
      again();
      return null;
    },
  );
}

/** @param {string} name @param {number} value */
function weight(name, value) {
  return h("input", { name, type: "number", step: "any", min: 0, required: true, value });
}
