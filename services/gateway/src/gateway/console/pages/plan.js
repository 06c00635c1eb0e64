// A week: which team is where when, on the map, what is left out and why, and changes by hand.

import { get, send } from "../api.js";
import { fill, h } from "../dom.js";
import { mapIn } from "../map.js";
import { figure, nothing, part, placeLink, table, trouble } from "../parts.js";
import { changing, comparison, moving, revisions, trials } from "../plan_changes.js";
import { strip } from "../strip.js";
import { duration, number, percent, said, t, time } from "../words.js";

const SOON_MS = 1_500;
const ENDED = ["failed", "cancelled"];
const HUES = [205, 28, 130, 330, 265, 60, 175, 5, 230, 95];

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, asked) {
  const plan = await get(`/weekly-plans/${asked.path[0]}`);
  const again = () => page.isConnected && void show(page, asked);
  const days = [...new Set(plan.rounds.map((/** @type {any} */ it) => it.day))].sort();
  const wanted = asked.query.get("day");
  const day = days.includes(wanted) ? wanted : days[0];
  const may = asked.me.allowed_actions.includes("plan_visits");
  const chosen = h("div", { class: "body" });
  const heading = h(
    "div",
    { class: "title" },
    h("div", {}, h("h1", {}, t("plan.of", { day: time(plan.starts_on) })), h("p", {}, t(`step.${plan.step}`), plan.revision ? ` · ${t("revision", { number: plan.revision })}` : "")),
    plan.allowed_actions.includes("accept") && accepting(plan, again),
  );
  if (plan.state !== "done") {
    fill(page, heading, h("section", { class: "part", role: "status" }, unfinished(plan)));
    if (ENDED.includes(plan.job.state)) return undefined;
    const soon = setTimeout(again, SOON_MS);
    return () => clearTimeout(soon);
  }
  const mapBox = h("div", { class: "map", role: "application", "aria-label": t("plan.map"), "aria-busy": "true" });
  const { pinned } = may ? await get(`/plans/${plan.id}/revisions/${plan.revision}`) : { pinned: [] };
  const select = (/** @type {any} */ stop, /** @type {any} */ round) =>
    fill(chosen, stopCard({ ...plan, pinned }, stop, round, may ? again : null));
  fill(
    page,
    heading,
    h("dl", { class: "figures" }, totals(plan)),
    h(
      "section",
      { class: "part" },
      h("header", {}, h("h2", {}, t("strip")), dayTabs(plan.id, days, day)),
      h("div", { class: "body" }, strip(plan.id, plan.rounds.filter((/** @type {any} */ it) => it.day === day), select)),
    ),
    h("section", { class: "part two-thirds" }, h("header", {}, h("h2", {}, t("plan.map"))), mapBox),
    h("section", { class: "part third", "aria-live": "polite" }, h("header", {}, h("h2", {}, t("plan.stop"))), chosen),
    part(t("left_out", { count: plan.unvisited.length }), async () => leftOut(plan, may ? again : null)),
    part(t("baselines"), async () => baselines(plan), { class: "half" }),
    part(t("certificate"), async () => certificate(plan), { class: "half" }),
    may && part(t("trial"), async () => trials(plan), { class: "half" }),
    part(t("comparison"), () => comparison(plan), { class: "half" }),
    part(t("revisions"), () => revisions(plan, may ? again : null)),
  );
  fill(chosen, nothing(t("plan.choose")));
  const map = await draw(mapBox, plan, day, select).catch((error) => {
    mapBox.replaceWith(trouble(error, again));
  });
  mapBox.removeAttribute("aria-busy");
  return () => map?.remove();
}

/** @param {any} plan */
function unfinished(plan) {
  if (plan.job.state === "failed") return h("p", { class: "trouble" }, plan.job.message);
  return h("p", {}, t("plan.underway", { share: percent(plan.job.progress ?? 0) }));
}

/** @param {string} id @param {any[]} days @param {any} day */
function dayTabs(id, days, day) {
  return h(
    "nav",
    { class: "choices", "aria-label": t("days") },
    days.map((it) => h("a", { class: "button", href: `#/plans/${id}?day=${it}`, "aria-current": it === day ? "date" : null }, time(it, "weekday"))),
  );
}

/** @param {any} plan */
function totals({ totals: sums, emissions }) {
  return [
    figure(t("visits"), number(sums.visits), t("musts.count", { count: sums.must_visits })),
    figure(t("plan.covered"), percent(sums.points / Math.max(1, sums.points_available)), t("plan.points", { points: sums.points, available: sums.points_available })),
    figure(t("expected_critical"), sums.expected_critical === null ? "–" : number(sums.expected_critical, 1), t("expected_critical.explained")),
    figure(t("way"), duration(sums.travel_s), emissions ? t("emissions", { kg: Math.round(emissions.kg_co2e) }) : undefined),
  ];
}

/** @param {any} plan @param {() => void} again */
function accepting(plan, again) {
  const button = h("button", { type: "button", class: "first" }, t("accept"));
  const box = h("div", {}, button);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await send("POST", `/weekly-plans/${plan.id}/acceptance?revision=${plan.revision}`);
      again();
    } catch (error) {
      button.disabled = false;
      box.append(trouble(error));
    }
  });
  return box;
}

/**
 * @param {HTMLElement} box
 * @param {any} plan
 * @param {any} day
 * @param {(stop: any, round: any) => void} select
 */
async function draw(box, plan, day, select) {
  const [{ L, map }, shapes] = await Promise.all([mapIn(box), get(`/weekly-plans/${plan.id}/geojson`)]);
  const rounds = plan.rounds.filter((/** @type {any} */ it) => it.day === day);
  const hue = new Map(rounds.map((/** @type {any} */ it, /** @type {number} */ n) => [it.round_id, HUES[n % HUES.length]]));
  const stops = rounds.flatMap((/** @type {any} */ it) => it.stops);
  const bounds = stops.map((/** @type {any} */ it) => [it.position.lat, it.position.lon]);
  // Markers are there once the map is somewhere.
  bounds.length ? map.fitBounds(bounds, { padding: [20, 20] }) : map.setView([48.86, 2.35], 10);
  const dark = document.documentElement.dataset.light === "dark" || (!document.documentElement.dataset.light && matchMedia("(prefers-color-scheme: dark)").matches);
  for (const feature of shapes.features) {
    const of = hue.get(feature.id);
    if (of === undefined || feature.geometry.type !== "LineString") continue;
    const line = feature.geometry.coordinates.map((/** @type {number[]} */ it) => [it[1], it[0]]);
    const dashArray = plan.totals.distance_method === "roads" ? null : "6 6";
    L.polyline(line, { color: `hsl(${of} 70% ${dark ? 65 : 38}%)`, weight: 3, dashArray }).addTo(map);
  }
  for (const round of rounds) {
    for (const stop of round.stops) {
      const at = [stop.position.lat, stop.position.lon];
      const icon = L.divIcon({ className: "stop-number", html: String(stop.sequence), iconSize: [24, 24] });
      // Who uses keys has the same visits in the strip.
      const made = L.marker(at, { icon, keyboard: false, title: `${round.team_name} ${stop.sequence}. ${stop.name}`, alt: `${round.team_name} ${stop.sequence}. ${stop.name}` });
      made.on("click", () => select(stop, round));
      made.addTo(map);
      made.getElement().style.backgroundColor = `hsl(${hue.get(round.round_id)} 70% ${dark ? 65 : 38}%)`;
    }
  }
  return map;
}

/**
 * @param {any} plan
 * @param {any} stop
 * @param {any} round
 * @param {(() => void) | null} again null for who may only look
 */
function stopCard(plan, stop, round, again) {
  return [
    h("h3", {}, `${stop.sequence}. `, placeLink(stop.accommodation_id, stop.name)),
    h("p", {}, `${round.team_name} · ${time(stop.starts_at, "hour")}–${time(stop.ends_at, "hour")} · ${t(`visit_kind.${stop.visit_kind}`)}`),
    h("p", { class: "chips" }, stop.must_visit && h("span", { class: "chip alarm" }, t("must")), h("span", { class: "chip" }, t("points", { count: stop.priority_points })), h("span", { class: "chip" }, t("way.to", { time: duration(stop.travel_s) }))),
    stop.legs.length > 0 && h("p", {}, `→ ${stop.legs.map((/** @type {any} */ it) => said(it.text)).join(" · ")}`),
    h("ul", { class: "told" }, stop.why.map((/** @type {any} */ it) => h("li", {}, said(it)))),
    ...(again ? stopChanges(plan, stop, round, again) : []),
  ];
}

/** @param {any} plan @param {any} stop @param {any} round @param {() => void} again */
function stopChanges(plan, stop, round, again) {
  const { accommodation_id } = stop;
  const plain = (/** @type {string} */ kind) => /** @type {[string, () => any]} */ ([kind, () => ({ kind, accommodation_id })]);
  if (plan.pinned.includes(accommodation_id)) {
    return [h("p", { class: "chips" }, h("span", { class: "chip" }, t("pinned"))), changing(plan, [plain("unpin")], again)];
  }
  const { fields, edit } = moving(plan, stop, round);
  return [changing(plan, [plain("pin"), plain("drop"), ["move", edit]], again, fields)];
}

/** @param {any} plan @param {(() => void) | null} again */
function leftOut(plan, again) {
  if (plan.unvisited.length === 0) return nothing(t("left_out.none"));
  const add = (/** @type {any} */ it) => {
    const details = h("details", {}, h("summary", {}, t("edit.add")));
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(changing(plan, [["add", () => ({ kind: "add", accommodation_id: it.accommodation_id })]], /** @type {() => void} */ (again)));
    });
    return details;
  };
  return table(
    t("left_out", { count: plan.unvisited.length }),
    [
      [t("place"), (it) => placeLink(it.accommodation_id, it.name)],
      [t("priority"), (it) => number(it.priority_points), "number"],
      [t("why"), (it) => said(it.text), "words"],
      ...(again ? [/** @type {[string, any]} */ ([t("change"), add])] : []),
    ],
    plan.unvisited,
  );
}

/** @param {any} plan */
function baselines(plan) {
  const ours = { name: "plan", ...plan.totals };
  return table(
    t("baselines"),
    [
      [t("way_of_choosing"), (it) => t(`baseline.${it.name}`)],
      [t("visits"), (it) => number(it.visits), "number"],
      [t("points.title"), (it) => number(it.points), "number"],
      [t("expected_critical"), (it) => (it.expected_critical === null ? "–" : number(it.expected_critical, 1)), "number"],
      [t("way"), (it) => duration(it.travel_s), "number"],
    ],
    [ours, ...plan.baselines],
  );
}

/** @param {any} plan */
function certificate({ certificate: told }) {
  return [
    h("p", {}, told.accepted ? t("certificate.accepted", { count: told.rules.length }) : t("certificate.refused")),
    told.violations.length > 0 && h("ul", {}, told.violations.map((/** @type {string} */ it) => h("li", {}, it))),
    h("details", {}, h("summary", {}, t("certificate.rules")), h("ul", { lang: "en", class: "told" }, told.rules.map((/** @type {string} */ it) => h("li", {}, it)))),
  ];
}
