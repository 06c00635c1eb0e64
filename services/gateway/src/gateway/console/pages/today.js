// What awaits today: the figures, the places to see first and why, the rounds of the day.

import { all, get } from "../api.js";
import { fill, h } from "../dom.js";
import { bar, figure, nothing, part, placeLink, table } from "../parts.js";
import { duration, number, said, t, time } from "../words.js";

const FIRST = 15;

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { me }) {
  const today = new Date().toISOString().slice(0, 10);
  const plans = me.allowed_actions.includes("plan_visits");
  fill(
    page,
    h("div", { class: "title" }, h("div", {}, h("h1", {}, t("page.today")), h("p", {}, time(today, "weekday")))),
    part(null, () => figures(plans), { class: "bare" }),
    part(t("today.first"), first, { class: "two-thirds" }),
    h("div", { class: "third body" }, part(t("today.alerts"), alerts), plans && part(t("today.rounds"), rounds)),
  );
}

/** @param {boolean} plans */
async function figures(plans) {
  const [areas, overview] = await Promise.all([
    get("/history/areas"),
    plans ? get("/overview") : null,
  ]);
  const sum = (/** @type {string} */ name) =>
    areas.items.reduce((/** @type {number} */ total, /** @type {any} */ it) => total + (it[name] ?? 0), 0);
  const places = sum("places");
  const missing = overview?.missing.length
    ? h("p", { class: "trouble" }, t("missing", { services: overview.missing.join(", ") }))
    : null;
  return [
    missing,
    h(
      "dl",
      { class: "figures" },
      figure(t("standing"), number(sum("standing")), t("standing.explained")),
      figure(t("overdue"), number(sum("overdue")), t("overdue.explained")),
      figure(t("places_due"), overview?.places_due == null ? "–" : number(overview.places_due), t("places_due.explained")),
      figure(t("visits_ahead"), overview?.visits_ahead == null ? "–" : number(overview.visits_ahead), t("visits_ahead.explained")),
      figure(t("unvisited_year"), number(places - sum("places_visited")), t("unvisited_year.explained", { count: places })),
    ),
  ];
}

async function first() {
  const [{ items, method, as_of }, places] = await Promise.all([
    get("/priorities", { limit: FIRST }),
    all("/accommodations"),
  ]);
  if (items.length === 0) return nothing(t("today.no_scores"));
  const byId = new Map(places.map((it) => [it.id, it]));
  const place = (/** @type {any} */ it) => byId.get(it.accommodation_id);
  return [
    table(
      t("today.first"),
      [
        [
          t("place"),
          (it) => [
            placeLink(it.accommodation_id, place(it)?.name ?? t("place.gone")),
            h("div", { class: "explained" }, place(it)?.city ?? ""),
          ],
        ],
        [t("priority"), (it) => bar(it.priority_points / 100, number(it.priority_points)), "narrow"],
        [t("why"), (it) => said(it.reasons[0]?.text), "words"],
      ],
      items,
    ),
    h("p", { class: "explained" }, t(`method.${method}`), " · ", t("as_of.moment", { moment: time(as_of, "moment") })),
  ];
}

async function alerts() {
  const [{ items }, places] = await Promise.all([get("/alerts", { limit: 50 }), all("/accommodations")]);
  const open = items.filter((/** @type {any} */ it) => it.state !== "closed");
  if (open.length === 0) return nothing(t("today.no_alerts"));
  const names = new Map(places.map((it) => [it.id, it.name]));
  return h(
    "ul",
    { class: "rows" },
    open.slice(0, 8).map((/** @type {any} */ it) =>
      h(
        "li",
        {},
        placeLink(it.accommodation_id, names.get(it.accommodation_id) ?? t("place.gone")),
        h("span", { class: it.state === "raised" ? "chip alarm" : "chip" }, t(`alert.${it.state}`)),
      ),
    ),
  );
}

async function rounds() {
  const { items } = await get("/weekly-plans", { limit: 1 });
  if (items.length === 0) return nothing(t("plans.none"));
  const plan = await get(`/weekly-plans/${items[0].id}`);
  if (plan.rounds.length === 0) return h("p", {}, h("a", { href: `#/plans/${plan.id}` }, t("plan.see")));
  const today = new Date().toISOString().slice(0, 10);
  const days = plan.rounds.map((/** @type {any} */ it) => it.day).sort();
  const day = days.find((/** @type {string} */ it) => it >= today) ?? days[0];
  return [
    h("p", {}, h("a", { href: `#/plans/${plan.id}?day=${day}` }, time(day, "weekday"))),
    h(
      "ul",
      { class: "rows" },
      plan.rounds
        .filter((/** @type {any} */ it) => it.day === day)
        .map((/** @type {any} */ it) =>
          h("li", {}, h("strong", {}, it.team_name), h("span", {}, t("visits.count", { count: it.stops.length }), " · ", duration(it.travel_s))),
        ),
    ),
  ];
}
