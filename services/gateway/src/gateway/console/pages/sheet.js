// The sheet of a round, to be printed: stops in order, what stands at each as boxes to tick, a map.

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { itemLabels, itemName } from "../labels.js";
import { mapIn } from "../map.js";
import { severity } from "../parts.js";
import { duration, t, time } from "../words.js";

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { path: [id, roundId] }) {
  const [plan, labels] = await Promise.all([get(`/weekly-plans/${id}`), itemLabels()]);
  const round = plan.rounds.find((/** @type {any} */ it) => it.round_id === roundId);
  if (!round) {
    location.hash = `#/plans/${id}`;
    return undefined;
  }
  const stops = await Promise.all(
    round.stops.map(async (/** @type {any} */ stop) => {
      const place = await get(`/accommodations/${stop.accommodation_id}`);
      const { items } = await get(`/accommodations/${place.id}/standing-anomalies`);
      return { stop, place, standing: items };
    }),
  );
  const mapBox = h("div", { class: "map", role: "application", "aria-label": t("plan.map"), "aria-busy": "true" });
  fill(
    page,
    h(
      "div",
      { class: "title" },
      h("div", {}, h("h1", {}, `${round.team_name} – ${time(round.day, "weekday")}`), h("p", {}, t("sheet.hours", { leaves: time(round.leaves_at, "hour"), returns: time(round.returns_at, "hour"), way: duration(round.travel_s) }))),
      h("button", { type: "button", class: "first unprinted", on: { click: () => print() } }, t("sheet.print")),
    ),
    h("ol", { class: "sheet" }, stops.map((it) => stopOf(it, labels))),
    h("section", { class: "part" }, mapBox),
    h("p", { class: "explained" }, t("sheet.printed", { moment: time(new Date(), "moment") }), " · ", plan.attribution),
  );
  const { L, map } = await mapIn(mapBox);
  map.fitBounds(round.stops.map((/** @type {any} */ it) => [it.position.lat, it.position.lon]), { padding: [24, 24] });
  for (const stop of round.stops) {
    const icon = L.divIcon({ className: "stop-number", html: String(stop.sequence), iconSize: [24, 24] });
    L.marker([stop.position.lat, stop.position.lon], { icon, keyboard: false }).addTo(map);
  }
  mapBox.removeAttribute("aria-busy");
  return () => map.remove();
}

/**
 * @param {{stop: any, place: any, standing: any[]}} told
 * @param {Map<string, {fr: string, en: string}>} labels
 */
function stopOf({ stop, place, standing }, labels) {
  const tick = (/** @type {any} */ it) =>
    h("li", {}, h("span", { class: "box", "aria-hidden": "true" }), itemName(labels, it.item), it.room && ` – ${t("room")} ${it.room}`, " ", severity(it.severity));
  return h(
    "li",
    { class: "part" },
    h("header", {}, h("h2", {}, `${stop.sequence}. ${stop.name}`), h("span", {}, `${time(stop.starts_at, "hour")}–${time(stop.ends_at, "hour")}`)),
    h("p", {}, place.address ? `${place.address}, ${place.postcode} ${place.city}` : t("address.hidden"), place.reception_phone && ` · ${place.reception_phone}`),
    // Not why it was chosen: who looks for what a score expects finds it.
    h("p", { class: "explained" }, t(`visit_kind.${stop.visit_kind}`)),
    standing.length > 0 ? h("ul", { class: "ticks" }, standing.map(tick)) : h("p", { class: "explained" }, t("standing.none")),
    h("div", { class: "notes" }, t("sheet.notes")),
  );
}
