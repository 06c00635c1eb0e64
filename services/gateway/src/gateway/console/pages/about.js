// What scores rest on, how well they hold, and how the services are.

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { modelCard } from "../model_card.js";
import { nothing, part, table } from "../parts.js";
import { number, said, t, time } from "../words.js";

/** @param {HTMLElement} page */
export async function show(page) {
  fill(
    page,
    h("div", { class: "title" }, h("h1", {}, t("page.about"))),
    part(t("about.scores"), transparency, { class: "half" }),
    part(t("about.health"), health, { class: "half" }),
    part(t("about.models"), models),
    part(t("card"), card),
  );
}

async function transparency() {
  const told = await get("/scoring/transparency");
  return [
    h("p", {}, said(told.purpose)),
    h("ul", { class: "told" }, told.used.map((/** @type {any} */ it) => h("li", {}, said(it.text)))),
    ...[told.never_used, told.who_decides, told.not_for].map((it) => h("p", {}, said(it))),
  ];
}

async function models() {
  const { items } = await get("/models", { limit: 5 });
  if (items.length === 0) return nothing(t("about.no_model"));
  const auc = (/** @type {any} */ it) => (it ? `${number(it.value, 3)} (${number(it.low, 2)}–${number(it.high, 2)})` : "–");
  return [
    h("p", {}, said(items[0].verdict)),
    table(
      t("about.models"),
      [
        [t("made"), (it) => time(it.created_at, "moment"), "narrow"],
        [t("state"), (it) => t(`model.${it.state}`)],
        [t("visits"), (it) => number(it.visits), "number"],
        [t("auc.model"), (it) => auc(it.auc.model), "narrow"],
        [t("auc.rule"), (it) => auc(it.auc.rule), "narrow"],
      ],
      items,
    ),
  ];
}

async function card() {
  const { items } = await get("/models", { limit: 20 });
  const shown = items.find((/** @type {any} */ it) => it.state === "active") ?? items[0];
  return shown ? modelCard(shown.id) : nothing(t("about.no_model"));
}

async function health() {
  const told = await (await fetch("../health")).json();
  return table(
    t("about.health"),
    [
      [t("service"), ([name]) => name],
      [t("state"), ([, it]) => [t(`health.${it.status}`), ...Object.values(it.missing).map((why) => h("div", { class: "explained" }, why))]],
    ],
    /** @type {[string, any][]} */ (Object.entries(told.services)),
  );
}
