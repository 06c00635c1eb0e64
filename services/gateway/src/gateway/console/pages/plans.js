// The weeks that were planned.

import { all } from "../api.js";
import { fill, h } from "../dom.js";
import { nothing, part, table } from "../parts.js";
import { number, t, time } from "../words.js";

/** @param {HTMLElement} page */
export async function show(page) {
  fill(page, h("div", { class: "title" }, h("h1", {}, t("page.plans"))), part(null, weeks));
}

async function weeks() {
  const plans = await all("/weekly-plans");
  if (plans.length === 0) return nothing(t("plans.none"));
  return table(
    t("page.plans"),
    [
      [t("week"), (it) => h("a", { href: `#/plans/${it.id}` }, time(it.starts_on, "weekday"))],
      [t("days"), (it) => number(it.days), "number"],
      [t("candidates"), (it) => (it.candidates === null ? "–" : number(it.candidates)), "number"],
      [t("state"), (it) => t(`step.${it.step}`)],
      [t("made"), (it) => time(it.created_at, "moment"), "narrow"],
    ],
    plans,
  );
}
