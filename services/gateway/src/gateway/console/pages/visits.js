// The visits to come, and the forms that wait on this device.

import { all } from "../api.js";
import { fill, h } from "../dom.js";
import { nothing, part, placeLink, table } from "../parts.js";
import { flush, news, waiting } from "../sending.js";
import { read, write } from "../storage.js";
import { t, time } from "../words.js";

const DAY_MS = 86_400_000;
const AHEAD_DAYS = 14;

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { me }) {
  const queue = h("div", { class: "body" });
  const tell = async () => fill(queue, await waitingForms(me.subject));
  await tell();
  news.addEventListener("change", tell);
  fill(
    page,
    h("div", { class: "title" }, h("h1", {}, t("page.visits"))),
    h("section", { class: "part" }, h("header", {}, h("h2", {}, t("sending"))), queue),
    part(t("visits_ahead"), () => ahead(me.subject)),
  );
  return () => news.removeEventListener("change", tell);
}

/** @param {string} subject */
async function waitingForms(subject) {
  const forms = await waiting(subject);
  if (forms.length === 0) return nothing(t("sending.none"));
  const state = (/** @type {import("../sending.js").Draft} */ it) => {
    if (it.refused) return t("sending.refused", { why: it.refused });
    const photos = it.photos.filter((photo) => !photo.sent).length;
    return it.inspection ? t("sending.photos", { count: photos }) : t("sending.form");
  };
  return [
    table(
      t("sending"),
      [
        [t("place"), (it) => it.place.name],
        [t("made"), (it) => time(it.ended_at, "moment")],
        [t("state"), state],
      ],
      forms,
    ),
    h("button", { type: "button", class: "first", on: { click: () => flush(subject) } }, t("sending.now")),
  ];
}

/** Show the visits to come; without a network, those that were last heard of. @param {string} subject */
async function ahead(subject) {
  const key = `visits:${subject}`;
  const now = Date.now();
  const span = {
    state: "planned",
    scheduled_from: new Date(now - DAY_MS).toISOString(),
    scheduled_before: new Date(now + AHEAD_DAYS * DAY_MS).toISOString(),
  };
  let told;
  try {
    const [visits, places] = await Promise.all([all("/visits", span), all("/accommodations")]);
    const names = Object.fromEntries(places.map((it) => [it.id, it.name]));
    told = visits.map((it) => ({ ...it, name: names[it.accommodation_id] ?? t("place.gone") }));
    await write(key, told);
  } catch (error) {
    told = await read(key);
    if (told === undefined) throw error;
  }
  if (told.length === 0) return nothing(t("visits_ahead.none"));
  told.sort((/** @type {any} */ a, /** @type {any} */ b) => a.scheduled_at.localeCompare(b.scheduled_at));
  return table(
    t("visits_ahead"),
    [
      [t("hours"), (it) => time(it.scheduled_at, "moment"), "narrow"],
      [t("place"), (it) => placeLink(it.accommodation_id, it.name)],
      [t("kind"), (it) => t(`visit_kind.${it.kind}`)],
      [t("sheet"), (it) => it.plan_id && it.round_id && h("a", { href: `#/plans/${it.plan_id}/sheets/${encodeURIComponent(it.round_id)}` }, t("sheet.see"))],
      [t("form"), (it) => h("a", { href: `#/inspect/${it.accommodation_id}?visit=${it.id}` }, t("inspect"))],
    ],
    told,
  );
}
