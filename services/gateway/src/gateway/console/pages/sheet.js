// The sheet of a round, to be printed: stops in order, what stands at each as boxes to tick, a map.

import { Refused, answered, get } from "../api.js";
import { fill, h } from "../dom.js";
import { severity, trouble } from "../parts.js";
import { duration, said, spoken, t, time } from "../words.js";

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { path: [id, roundId] }) {
  const path = `/weekly-plans/${id}/rounds/${encodeURIComponent(roundId)}/sheet`;
  const sheet = await get(path).catch((error) => {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  });
  if (!sheet) {
    location.hash = `#/plans/${id}`;
    return undefined;
  }
  const map = await drawn(`/weekly-plans/${id}/map.svg`, { round_id: roundId, language: spoken() });
  const failed = h("div", { class: "unprinted", role: "status" });
  const fetchPDF = () => void download(`${path}.pdf`, sheet).then(() => fill(failed), (error) => fill(failed, trouble(error)));
  fill(
    page,
    h(
      "div",
      { class: "title" },
      h("div", {}, h("h1", {}, `${sheet.team_name} – ${time(sheet.day, "weekday")}`), h("p", {}, t("sheet.hours", { leaves: time(sheet.leaves_at, "hour"), returns: time(sheet.returns_at, "hour"), way: duration(sheet.travel_s) }))),
      h(
        "div",
        { class: "choices unprinted" },
        h("button", { type: "button", on: { click: fetchPDF } }, t("sheet.pdf")),
        h("button", { type: "button", class: "first", on: { click: () => print() } }, t("sheet.print")),
      ),
    ),
    failed,
    h("ol", { class: "sheet" }, sheet.stops.map(stopOf)),
    sheet.way_back.length > 0 && h("p", {}, h("strong", {}, t("way.back")), " ", wayOf(sheet.way_back)),
    h("section", { class: "part" }, h("img", { class: "round-map", src: map, alt: t("sheet.map") })),
    h("p", { class: "explained" }, t("sheet.printed", { moment: time(sheet.made_at, "moment") }), " · ", sheet.attribution),
  );
  return () => URL.revokeObjectURL(map);
}

/** @param {any} stop */
function stopOf(stop) {
  const tick = (/** @type {any} */ it) =>
    h("li", {}, h("span", { class: "box", "aria-hidden": "true" }), said(it.label), it.room && ` – ${t("room")} ${it.room}`, " ", severity(it.severity));
  const where = `${stop.address}, ${stop.postcode} ${stop.city}`;
  return h(
    "li",
    { class: "part" },
    h("img", { class: "code", src: `data:image/svg+xml,${encodeURIComponent(stop.form_qr_svg)}`, alt: t("sheet.code", { name: stop.name }) }),
    h("header", {}, h("h2", {}, `${stop.sequence}. ${stop.name}`), h("span", {}, `${time(stop.starts_at, "hour")}–${time(stop.ends_at, "hour")}`)),
    stop.way.length > 0 && h("p", {}, wayOf(stop.way)),
    h("p", {}, stop.is_address_hidden ? t("address.hidden") : where, stop.reception_phone && ` · ${stop.reception_phone}`),
    // Not why it was chosen: who looks for what a score expects finds it.
    h("p", { class: "explained" }, t(`visit_kind.${stop.visit_kind}`)),
    stop.standing.length > 0 ? h("ul", { class: "ticks" }, stop.standing.map(tick)) : h("p", { class: "explained" }, t("standing.none")),
    h("div", { class: "notes" }, t("sheet.notes")),
  );
}

/** @param {any[]} legs */
const wayOf = (legs) => `→ ${legs.map(said).join(" · ")}`;

/** Ask for a picture; the address it is given here ends with the page. @param {string} path @param {Record<string, any>} query */
async function drawn(path, query) {
  return URL.createObjectURL(await (await answered(path, query)).blob());
}

/** @param {string} path @param {any} sheet */
async function download(path, sheet) {
  const href = await drawn(path, { language: spoken() });
  h("a", { href, download: `${sheet.team_name} ${sheet.day}.pdf` }).click();
  URL.revokeObjectURL(href);
}
