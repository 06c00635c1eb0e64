// How territories and operators stand, what visits suddenly find, and what the months ahead may bring.

import { all, get } from "../api.js";
import { fill, h } from "../dom.js";
import { categoryName } from "../labels.js";
import { bar, nothing, part, table } from "../parts.js";
import { number, percent, t, time } from "../words.js";

const SURE = 0.01;

/** @param {HTMLElement} page */
export async function show(page) {
  fill(
    page,
    h("div", { class: "title" }, h("div", {}, h("h1", {}, t("page.territories")), h("p", {}, t("territories.told")))),
    part(t("territories.by_territory"), () => areas("territory")),
    part(t("outbreaks"), outbreaks, { class: "third" }),
    part(t("trends"), trends, { class: "two-thirds" }),
    part(t("territories.by_operator"), () => areas("operator")),
  );
}

/** @param {"territory" | "operator"} by */
async function areas(by) {
  const { items } = await get("/history/areas", { by });
  if (items.length === 0) return nothing(t("history.none"));
  return table(
    t(`territories.by_${by}`),
    [
      [t(by), (it) => it.area || t("none")],
      [t("places"), (it) => number(it.places), "number"],
      [t("coverage"), (it) => bar(it.coverage ?? 0, percent(it.coverage ?? 0))],
      [t("standing"), (it) => number(it.standing), "number"],
      [t("overdue"), (it) => number(it.overdue), "number"],
      [t("recurrence"), (it) => percent(it.recurrence ?? 0), "number"],
      [t("days_to_fix"), (it) => (it.median_days_to_fix === null ? "–" : number(it.median_days_to_fix)), "number"],
    ],
    items,
  );
}

async function outbreaks() {
  const [alerts, look] = await Promise.all([all("/outbreak-alerts"), get("/outbreak-alerts/look")]);
  const told = look.week === null ? t("outbreaks.not_yet") : t("outbreaks.look", { week: time(look.week), count: look.series });
  if (alerts.length === 0) return [nothing(t("outbreaks.none")), h("p", { class: "explained" }, told)];
  return [
    table(
      t("outbreaks"),
      [
        [t("week"), (it) => time(it.week), "narrow"],
        [t("territory"), (it) => it.territory],
        [t("category"), (it) => categoryName(it.category)],
        [t("outbreaks.found"), (it) => t("outbreaks.found_of", { found: it.found, visits: it.visits, expected: number(it.expected, 1) })],
        [t("outbreaks.chance"), (it) => (it.adjusted_chance < SURE ? "< 1 %" : percent(it.adjusted_chance)), "number"],
      ],
      alerts,
    ),
    h("p", { class: "explained" }, told),
  ];
}

/** The categories that the next months change most, beside the same months of last year. */
async function trends() {
  const told = await get("/trends");
  const rows = told.items
    .map((/** @type {any} */ it) => ({ ...it, next: it.months.find((/** @type {any} */ one) => one.same_month_last_year !== null) }))
    .filter((/** @type {any} */ it) => it.next)
    .sort((/** @type {any} */ a, /** @type {any} */ b) => change(b) - change(a))
    .slice(0, 12);
  if (rows.length === 0) return nothing(t("trends.not_yet"));
  return [
    table(
      t("trends"),
      [
        [t("territory"), (it) => it.territory],
        [t("category"), (it) => categoryName(it.category)],
        [t("month"), (it) => time(it.next.month, "month"), "narrow"],
        [t("trends.share"), (it) => t("trends.between", { share: percent(it.next.share), low: percent(it.next.low), high: percent(it.next.high) }), "narrow"],
        [t("trends.last_year"), (it) => percent(it.next.same_month_last_year), "number"],
      ],
      rows,
    ),
    told.held !== null && h("p", { class: "explained" }, t("trends.held", { share: percent(told.held), count: told.forecasts })),
  ];
}

/** @param {any} trend */
function change({ next }) {
  return Math.abs(next.share - next.same_month_last_year);
}
