// A model's card: what it foretells, how well beside simpler ways, for whom, and what it cannot.

import { get } from "./api.js";
import { h } from "./dom.js";
import { table } from "./parts.js";
import { number, percent, said, t, time } from "./words.js";

const MEASURES = ["auc", "recall_at_10", "found_in_first_half", "calibration_error"];

/** @param {string} id */
export async function modelCard(id) {
  const card = await get(`/models/${id}/card`);
  return [
    h("p", {}, said(card.method)),
    h("p", {}, t("card.rests_on", { visits: card.visits, positives: card.positives, day: time(card.data_cutoff) }), " ", said(card.label)),
    figures(card.figures),
    windows(card.windows),
    fairness(card.fairness),
    h("h3", {}, t("card.limits")),
    h("ul", { class: "told" }, card.limits.map((/** @type {any} */ it) => h("li", {}, said(it)))),
  ];
}

/** @param {Record<string, Record<string, any>>} told by method, then by measure */
function figures(told) {
  const within = (/** @type {any} */ it) => (it ? [number(it.value, 3), h("div", { class: "explained" }, `${number(it.low, 2)}–${number(it.high, 2)}`)] : "–");
  return table(
    t("card.figures"),
    [
      [t("card.method"), ([name]) => t(`card.method.${name}`)],
      ...MEASURES.map((measure) => /** @type {[string, any, string]} */ ([t(`card.${measure}`), (/** @type {any} */ [, it]) => within(it[measure]), "number"])),
    ],
    Object.entries(told).sort(([one], [other]) => Number(other === "model") - Number(one === "model")),
  );
}

/** @param {any[]} rows the stretches of time that were foretold without having been seen */
function windows(rows) {
  return h(
    "details",
    {},
    h("summary", {}, t("card.windows", { count: rows.length })),
    table(
      t("card.windows", { count: rows.length }),
      [
        [t("card.from"), (it) => time(it.starts_on), "narrow"],
        [t("card.to"), (it) => time(it.ends_on), "narrow"],
        [t("visits"), (it) => number(it.visits), "number"],
        [t("card.positives"), (it) => number(it.positives), "number"],
        [t("auc.model"), (it) => number(it.auc.model, 3), "number"],
        [t("auc.rule"), (it) => number(it.auc.rule, 3), "number"],
      ],
      rows,
    ),
  );
}

/** @param {any[]} rows groups of places; without enough dangers nothing is told of one */
function fairness(rows) {
  const share = (/** @type {number | null} */ it) => (it === null ? t("card.too_few") : percent(it));
  return h(
    "details",
    {},
    h("summary", {}, t("card.fairness")),
    h("p", { class: "explained" }, t("card.fairness.told")),
    table(
      t("card.fairness"),
      [
        [t("card.group"), (it) => h("span", { lang: "en" }, it.group)],
        [t("visits"), (it) => number(it.visits), "number"],
        [t("card.positives"), (it) => number(it.positives), "number"],
        [t("card.selected"), (it) => share(it.selected), "number"],
        [t("card.found"), (it) => share(it.found), "number"],
      ],
      rows,
    ),
  );
}
