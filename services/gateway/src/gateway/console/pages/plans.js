// The weeks that were planned, and how another one is asked for.

import { all, send } from "../api.js";
import { fill, h } from "../dom.js";
import { nothing, part, table, trouble } from "../parts.js";
import { number, t, time } from "../words.js";

const DAY_MS = 86_400_000;
const CREW = 2;

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { me }) {
  fill(
    page,
    h("div", { class: "title" }, h("h1", {}, t("page.plans"))),
    part(t("plans.planned"), weeks),
    me.allowed_actions.includes("plan_visits") && part(t("plans.new"), asking),
  );
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

/** Ask for a week with the inspectors of the register, two by two. */
async function asking() {
  const inspectors = (await all("/inspectors")).filter((it) => it.facts.is_active);
  if (inspectors.length === 0) return nothing(t("plans.no_inspectors"));
  const crews = paired(inspectors);
  const field = (/** @type {string} */ name, /** @type {Record<string, any>} */ more) =>
    h("label", {}, t(`plans.${name}`), h("input", { name, required: true, ...more }));
  const told = h("div", { role: "status" });
  const form = h(
    "form",
    { class: "filters" },
    h(
      "div",
      { class: "add" },
      field("starts_on", { type: "date", value: nextMonday() }),
      field("days", { type: "number", min: 1, max: 10, value: 5 }),
      field("seconds", { type: "number", min: 1, max: 600, value: 15 }),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, t("plans.crews")),
      crews.map((crew, n) =>
        h("label", {}, h("input", { type: "checkbox", name: "crew", value: n, checked: true }), h("span", {}, crew.name), h("span", { class: "explained" }, crew.told)),
      ),
    ),
    h("button", { type: "submit", class: "first" }, t("plans.ask")),
    told,
  );
  const key = crypto.randomUUID();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const chosen = given.getAll("crew").map((it) => crews[Number(it)]);
    const week = {
      starts_on: given.get("starts_on"),
      days: Number(given.get("days")),
      time_limit_s: Number(given.get("seconds")),
      crews: chosen.map(({ id, name, inspector_ids }) => ({ id, name, inspector_ids })),
    };
    try {
      const { id } = await send("POST", "/weekly-plans", week, { "Idempotency-Key": `${key} ${JSON.stringify(week)}`.slice(0, 200) });
      location.hash = `#/plans/${id}`;
    } catch (error) {
      fill(told, trouble(error));
    }
  });
  return form;
}

/** Put inspectors of the same sectors and ways together. @param {any[]} inspectors */
function paired(inspectors) {
  const alike = (/** @type {any} */ it) => `${it.facts.travels_by} ${it.facts.sectors.join(" ")}`;
  const sorted = [...inspectors].sort((a, b) => alike(a).localeCompare(alike(b)) || a.id.localeCompare(b.id));
  return Array.from({ length: Math.ceil(sorted.length / CREW) }, (_, n) => {
    const members = sorted.slice(n * CREW, (n + 1) * CREW);
    const { travels_by, sectors } = members[0].facts;
    return {
      id: `crew-${n + 1}`,
      name: t("plans.crew", { number: n + 1 }),
      inspector_ids: members.map((it) => it.id),
      told: [t("inspectors.count", { count: members.length }), t(`profile.${travels_by}`), sectors.join(", ")].filter(Boolean).join(" · "),
    };
  });
}

function nextMonday() {
  const now = new Date();
  const days = (8 - now.getUTCDay()) % 7 || 7;
  return new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 10);
}
