// One place: what each visit found, what stands, why its score, what comes next.

import { all, answered, get, Refused } from "../api.js";
import { fill, h } from "../dom.js";
import { categoryName, itemLabels, itemName } from "../labels.js";
import { lanes } from "../lanes.js";
import { matrix } from "../matrix.js";
import { bar, figure, grade, nothing, part, placeLink, severity, table } from "../parts.js";
import { number, percent, said, t, time } from "../words.js";

const MOST_PHOTOS = 24;

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { path: [id], query, me }) {
  const of = { as_of: query.get("as_of") };
  const place = await get(`/accommodations/${id}`);
  const root = `/accommodations/${place.id}`;
  fill(
    page,
    h(
      "div",
      { class: "title" },
      h("div", {}, h("h1", {}, place.name), h("p", {}, address(place))),
      h("div", { class: "chips" }, h("span", { class: "chip" }, t(`kind.${place.kind}`)), h("span", { class: "chip" }, t("rooms.count", { count: place.rooms ?? 0 })), place.contract_state !== "active" && h("span", { class: "chip alarm" }, t(`contract.${place.contract_state}`))),
    ),
    me.allowed_actions.includes("record_inspections") && h("p", {}, h("a", { class: "button", href: `#/inspect/${place.id}` }, t("inspect"))),
    part(null, () => figures(root, place.id, of), { class: "bare" }),
    part(t("matrix"), () => seen(root, of)),
    part(t("standing"), () => standing(root, of), { class: "two-thirds" }),
    part(t("why_score"), () => score(place.id), { class: "third" }),
    part(t("lanes"), (body) => lifecycles(place.id, body)),
    part(t("peers"), () => peers(root, of), { class: "third" }),
    part(t("timeline"), () => timeline(root, of), { class: "third" }),
    part(t("nearby"), () => nearby(root, of), { class: "third" }),
    part(t("photos"), () => photos(place.id), { class: "half" }),
    part(t("complaints"), () => complaints(place.id), { class: "half" }),
    ["change_register", "read_audit"].some((it) => me.allowed_actions.includes(it)) && part(t("place.revisions"), () => revisions(place.id)),
  );
}

/** @param {any} place */
function address(place) {
  if (!place.address) return t("address.hidden");
  return [place.address, `${place.postcode} ${place.city}`, place.operator].filter(Boolean).join(" · ");
}

/** @param {string} root @param {string} id @param {any} of */
async function figures(root, id, of) {
  const [now, ahead, priorities] = await Promise.all([
    get(`${root}/grade`, of),
    get("/visits", { accommodation_id: id, state: "planned", limit: 1 }),
    get(`/scores/${id}`).catch(() => null),
  ]);
  const next = ahead.items[0];
  return h(
    "dl",
    { class: "figures" },
    figure(t("grade"), grade(now.grade), said(now.reason_label)),
    figure(t("standing"), number(now.standing), t("overdue.count", { count: now.overdue })),
    figure(t("last_visit"), time(now.last_inspection?.occurred_at), now.last_inspection?.grade ? t("graded", { grade: now.last_inspection.grade }) : undefined),
    figure(t("next_visit"), next ? time(next.scheduled_at) : "–", next ? t(`visit_kind.${next.kind}`) : t("next_visit.none")),
    figure(t("rank"), priorities ? number(priorities.rank) : "–", priorities ? t("rank.explained", { share: percent(priorities.probability) }) : undefined),
  );
}

/** @param {string} root @param {any} of */
async function seen(root, of) {
  const told = await get(`${root}/matrix`, of);
  return told.visits.length ? matrix(told) : nothing(t("matrix.none"));
}

/** @param {string} root @param {any} of */
async function standing(root, of) {
  const [{ items }, labels] = await Promise.all([get(`${root}/standing-anomalies`, of), itemLabels()]);
  if (items.length === 0) return nothing(t("standing.none"));
  return table(
    t("standing"),
    [
      [t("finding"), (it) => [itemName(labels, it.item), h("div", { class: "explained" }, categoryName(it.category))]],
      [t("room"), (it) => it.room ?? "–", "narrow"],
      [t("severity"), (it) => severity(it.severity)],
      [t("since"), (it) => time(it.first_seen_at), "narrow"],
      [t("due"), (it) => [time(it.due_at), it.overdue && h("div", {}, h("span", { class: "chip alarm" }, t("overdue.one")))], "narrow"],
      [t("state"), (it) => t(`anomaly.${it.state}`)],
    ],
    items,
  );
}

/** @param {string} id @param {HTMLElement} body */
async function lifecycles(id, body) {
  const [anomalies, labels] = await Promise.all([all("/anomalies", { accommodation_id: id }), itemLabels()]);
  return (await lanes(anomalies, labels, body.clientWidth)) ?? nothing(t("lanes.none"));
}

/** @param {string} id */
async function score(id) {
  const told = await get(`/scores/${id}`).catch((error) => {
    // A place that was just entered.
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  });
  if (told === null) return nothing(t("score.none"));
  return [
    h("p", {}, t("score.said", { share: percent(told.probability), low: percent(told.low), high: percent(told.high) })),
    h(
      "ul",
      { class: "rows" },
      told.reasons.map((/** @type {any} */ it) =>
        h("li", {}, h("span", {}, it.direction === "up" ? "▲ " : "▼ ", h("span", { class: "unseen" }, t(`direction.${it.direction}`)), said(it.text)), bar(it.share, percent(it.share))),
      ),
    ),
    h("p", { class: "explained" }, t(`method.${told.method}`), " · ", t("as_of.moment", { moment: time(told.as_of, "moment") })),
  ];
}

/** @param {string} root @param {any} of */
async function peers(root, of) {
  const told = await get(`${root}/peers`, of);
  if (told.findings_per_inspection === null || told.median === null) return nothing(t("peers.none"));
  const most = Math.max(told.p90, told.findings_per_inspection) * 1.1 || 1;
  const line = (/** @type {string} */ key, /** @type {number} */ value) =>
    h("li", {}, h("span", {}, t(key)), bar(value / most, number(value, 1)));
  return [
    h("p", {}, t("peers.said", { share: percent(told.share_below), count: told.peers })),
    h("ul", { class: "rows" }, line("peers.here", told.findings_per_inspection), line("peers.p10", told.p10), line("peers.median", told.median), line("peers.p90", told.p90)),
    h("p", { class: "explained" }, t("peers.explained", { band: told.size_band.replace(" rooms or more", "+").replace(" rooms", "") })),
  ];
}

/** @param {string} root @param {any} of */
async function timeline(root, of) {
  const [{ items }, labels] = await Promise.all([get(`${root}/timeline`, { ...of, limit: 20 }), itemLabels()]);
  if (items.length === 0) return nothing(t("timeline.none"));
  return h(
    "div",
    { class: "scroll long", tabindex: 0, role: "region", "aria-label": t("timeline") },
    h(
      "ul",
      { class: "rows" },
      items.map((/** @type {any} */ it) =>
        h("li", {}, h("span", {}, t(`event.${it.kind}`), it.item && ` – ${itemName(labels, it.item)}`, it.room && ` (${it.room})`, h("div", { class: "explained" }, it.state && stateOf(it), it.grade && ` ${it.grade}`)), h("span", { class: "explained" }, time(it.occurred_at))),
      ),
    ),
  );
}

/** @param {any} event */
function stateOf(event) {
  const kinds = /** @type {Record<string, string>} */ ({ inspection: "outcome", anomaly: "anomaly", alert: "alert" });
  const key = `${kinds[event.kind] ?? event.kind}.${event.state}`;
  const text = t(key);
  return text === key ? event.state.replaceAll("_", " ") : text;
}

/** @param {string} root @param {any} of */
async function nearby(root, of) {
  const { items, radius_m } = await get(`${root}/nearby`, of);
  if (items.length === 0) return nothing(t("nearby.none", { metres: radius_m }));
  return h(
    "ul",
    { class: "rows" },
    items.slice(0, 10).map((/** @type {any} */ it) =>
      h("li", {}, h("span", {}, placeLink(it.accommodation_id, it.name), it.shared_items.length > 0 && h("div", { class: "explained" }, t("nearby.shared", { count: it.shared_items.length }))), h("span", {}, `${number(it.distance_m)} m`)),
    ),
  );
}

/** @param {string} id */
async function photos(id) {
  const items = await all("/photos", { accommodation_id: id });
  if (items.length === 0) return nothing(t("photos.none"));
  const labels = await itemLabels();
  const shown = items.slice(0, MOST_PHOTOS).map(async (it) => {
    const day = time(it.taken_at ?? it.created_at);
    const name = it.item ? itemName(labels, it.item) : t("photos");
    const file = await (await answered(`/photos/${it.id}/thumbnail`)).blob();
    const image = h("img", { src: URL.createObjectURL(file), alt: t("photo", { item: name, day }) });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    return h("li", {}, h("figure", {}, image, h("figcaption", {}, name, it.room && ` (${it.room})`, " · ", day)));
  });
  return h("ul", { class: "photos" }, await Promise.all(shown));
}

/** @param {string} id */
async function complaints(id) {
  const { items } = await get("/complaints", { accommodation_id: id, limit: 20 });
  if (items.length === 0) return nothing(t("complaints.none"));
  return h(
    "ul",
    { class: "rows" },
    items.map((/** @type {any} */ it) => h("li", {}, h("span", {}, it.text ?? t("complaint")), h("span", { class: "explained" }, time(it.received_at ?? it.created_at)))),
  );
}

/** What was written of the place itself, by whom and why. @param {string} id */
async function revisions(id) {
  const { items } = await get("/revisions", { subject: `accommodation:${id}`, limit: 50 });
  const changes = (/** @type {any} */ it) => {
    const details = h("details", {}, h("summary", {}, t("revision.see")));
    details.addEventListener("toggle", async () => {
      if (!details.open || details.childElementCount > 1) return;
      const told = await get(`/revisions/${it.id}/changes`);
      details.append(
        h("ul", {}, told.changes.map((/** @type {any} */ one) => h("li", {}, h("code", {}, one.field), ` ${written(one.before)} → ${written(one.after)}`)), told.withheld.map((/** @type {string} */ one) => h("li", {}, h("code", {}, one), ` ${t("revision.withheld")}`))),
      );
    });
    return details;
  };
  return table(
    t("place.revisions"),
    [
      [t("number"), (it) => number(it.number), "number"],
      [t("made"), (it) => time(it.recorded_at, "moment"), "narrow"],
      [t("author"), (it) => it.author],
      [t("reason"), (it) => it.reason],
      [t("change"), changes],
    ],
    items,
  );
}

/** @param {any} value as it is in the record */
function written(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
