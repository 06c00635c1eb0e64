// The form of a visit, filled in on a phone, with a network or without.

import { all, get, Refused, send } from "../api.js";
import { fill, h } from "../dom.js";
import { categoryName } from "../labels.js";
import { grade, nothing, severity, trouble } from "../parts.js";
import { enqueue, flush } from "../sending.js";
import { read, write } from "../storage.js";
import { said, t } from "../words.js";

/** @typedef {import("../sending.js").Draft} Draft */
/** @typedef {{place: any, visit: any, items: any[], checklist: {code: string, version: number}, standing: any[], draw: any}} Form */

const VALUES = ["0", "1", "2", "3", "4", "not_seen", "not_applicable"];
const OUTCOMES = ["done", "refused", "closed", "nobody_there", "wrong_address"];
const ROOM_OUTCOMES = ["seen", "household_refused", "household_absent", "out_of_use", "not_reached"];
const ROOM_REASONS = ["household_refused", "household_absent", "out_of_use", "asked_by_household", "danger_reported", "no_such_room", "other"];

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { path: [place], query, me }) {
  const form = await formOf(place, query.get("visit"));
  const kept = await read(`draft:${place}`);
  const draft = kept?.subject === me.subject ? kept : begun(form, me.subject);
  new Filling(page, form, draft).draw();
}

/**
 * Fetch what a form needs and keep it; without a network, take what was kept.
 * @param {string} id
 * @param {string | null} visitId
 * @returns {Promise<Form>}
 */
async function formOf(id, visitId) {
  const key = `form:${id}:${visitId ?? ""}`;
  try {
    const place = await get(`/accommodations/${id}`);
    const published = (await all("/checklists")).filter((it) => it.state === "published");
    const newest = published.sort((a, b) => b.version - a.version).find((it) => it.code === "default") ?? published[0];
    const [visit, { items }, standing, draw] = await Promise.all([
      visitId && get(`/visits/${visitId}`),
      get(`/checklists/${newest.code}/versions/${newest.version}`),
      get(`/accommodations/${place.id}/standing-anomalies`).then((it) => it.items, orEmpty),
      visitId && get(`/visits/${visitId}/room-draw`).catch(() => null),
    ]);
    const checklist = { code: newest.code, version: newest.version };
    const { name, rooms } = place;
    const form = { place: { id: place.id, name, rooms }, visit, items, checklist, standing, draw };
    await write(key, form);
    return form;
  } catch (error) {
    const form = await read(key);
    if (form === undefined || (error instanceof Refused && error.status < 500)) throw error;
    return form;
  }
}

/** @param {unknown} error what stands is not for everybody to see @returns {any[]} */
function orEmpty(error) {
  if (error instanceof Refused && error.status === 403) return [];
  throw error;
}

/** @param {Form} form @param {string} subject @returns {Draft} */
function begun(form, subject) {
  return {
    instance_id: crypto.randomUUID(),
    subject,
    place: { id: form.place.id, name: form.place.name },
    visit: form.visit ? { id: form.visit.id, kind: form.visit.kind } : null,
    checklist: form.checklist,
    outcome: "done",
    started_at: new Date().toISOString(),
    answers: {},
    rooms: (form.draw?.rooms ?? [])
      .filter((/** @type {any} */ it) => it.to_see && it.room)
      .map((/** @type {any} */ it) => ({ room: it.room, outcome: "seen", drawn: it.number })),
    photos: [],
  };
}

class Filling {
  /** @param {HTMLElement} page @param {Form} form @param {Draft} draft */
  constructor(page, form, draft) {
    this.page = page;
    this.form = form;
    this.draft = draft;
    this.rooms = h("div", { class: "body" });
    this.told = h("div", { class: "body", role: "status" });
  }

  draw() {
    const { form, draft } = this;
    const seen = h("div", { class: "body", hidden: draft.outcome !== "done" });
    const outcome = select(t("outcome"), OUTCOMES.map((it) => [it, t(`outcome.${it}`)]), draft.outcome, (value) => {
      draft.outcome = value;
      seen.hidden = value !== "done";
      return this.keep();
    });
    fill(
      this.page,
      h("div", { class: "title" }, h("div", {}, h("h1", {}, form.place.name), h("p", {}, t("inspect.kept")))),
      danger(),
      h("section", { class: "part" }, outcome),
      seen,
      h("section", { class: "part" }, h("button", { type: "button", class: "first wide", on: { click: () => this.finish() } }, t("inspect.finish")), this.told),
    );
    fill(seen, this.search(seen), this.standing(), this.items(null), this.roomList());
  }

  keep() {
    return write(`draft:${this.draft.place.id}`, this.draft);
  }

  /** Find items by words. @param {HTMLElement} within */
  search(within) {
    const field = h("input", { type: "search", autocomplete: "off" });
    field.addEventListener("input", () => {
      const wanted = plain(field.value).split(/\s+/).filter(Boolean);
      for (const it of within.querySelectorAll("fieldset[data-words]")) {
        const words = it.getAttribute("data-words") ?? "";
        /** @type {HTMLElement} */ (it).hidden = !wanted.every((word) => words.includes(word));
      }
    });
    return h("label", { class: "find" }, t("inspect.search"), field);
  }

  /** What was wrong before comes first. */
  standing() {
    const { standing, items } = this.form;
    const known = standing.filter((it) => items.some((item) => item.code === it.item));
    if (known.length === 0) return null;
    return h(
      "section",
      { class: "part" },
      h("header", {}, h("h2", {}, t("inspect.still"))),
      known.map((it) => {
        const item = items.find((one) => one.code === it.item);
        return this.question(item, it.room, [severity(it.severity), it.room && ` · ${t("room")} ${it.room}`]);
      }),
    );
  }

  /** @param {string | null} room null for the building */
  items(room) {
    const groups = new Map();
    for (const item of this.form.items) {
      const stands = this.form.standing.some((it) => it.item === item.code && it.room === room);
      if ((item.scope === "room") !== (room !== null) || stands) continue;
      groups.set(item.category, [...(groups.get(item.category) ?? []), item]);
    }
    const asked = [...groups].map(([category, items]) => [
      h("h3", {}, categoryName(category)),
      items.map((/** @type {any} */ item) => this.question(item, room)),
    ]);
    if (room !== null) return asked.flat(2);
    return h("section", { class: "part" }, h("header", {}, h("h2", {}, t("inspect.building"))), ...asked.flat(2));
  }

  /** @param {any} item @param {string | null} room @param {any} [before] what is known of it */
  question(item, room, before) {
    const key = `${item.code} ${room ?? ""}`;
    const more = h("div", { class: "body" });
    const answer = () => this.draft.answers[key];
    const chosen = (/** @type {string} */ value) => {
      if (value === "") delete this.draft.answers[key];
      else this.draft.answers[key] = { item: item.code, room, value: /^\d$/.test(value) ? Number(value) : value, note: answer()?.note ?? "" };
      if (room !== null && value !== "" && !this.draft.rooms.some((it) => it.room === room)) this.addRoom(room, "other");
      fill(more, this.details(item, room, key));
      return this.keep();
    };
    fill(more, this.details(item, room, key));
    const words = plain(`${item.code} ${item.label.fr} ${item.label.en}`);
    const values = VALUES.map((it) => /** @type {[string, string]} */ ([it, t(`value.${it}`)]));
    return h(
      "fieldset",
      { class: "question", "data-words": words, "data-item": item.code },
      h("legend", {}, said(item.label)),
      before && h("p", { class: "explained" }, before),
      select(t("value"), [["", t("value.none")], ...values], String(answer()?.value ?? ""), chosen),
      more,
    );
  }

  /** @param {any} item @param {string | null} room @param {string} key */
  details(item, room, key) {
    const answer = this.draft.answers[key];
    if (!answer || typeof answer.value !== "number" || answer.value === 0) return null;
    const note = h("input", { value: answer.note, maxlength: 2000 });
    note.addEventListener("change", () => {
      answer.note = note.value;
      return this.keep();
    });
    const count = h("span", { class: "explained", role: "status" });
    const mine = () => this.draft.photos.filter((it) => it.item === item.code && it.room === room);
    const say = () => fill(count, t("photos.count", { count: mine().length }));
    const file = h("input", { type: "file", accept: "image/*", capture: "environment", multiple: true });
    file.addEventListener("change", async () => {
      for (const it of file.files ?? []) {
        this.draft.photos.push({ id: crypto.randomUUID(), item: item.code, room, taken_at: new Date().toISOString(), file: it });
      }
      file.value = "";
      say();
      await this.keep();
    });
    say();
    const wanted = item.photo_from > 0 && answer.value >= item.photo_from;
    return [
      item.danger_at > 0 && answer.value >= item.danger_at && h("p", { class: "chip alarm" }, t("inspect.is_danger")),
      h("label", {}, t("note"), note),
      h("label", {}, wanted ? t("photo.wanted") : t("photo.add"), file),
      count,
      room !== null && this.copy(item, answer),
    ];
  }

  /** Say the same of another room. @param {any} item @param {any} answer */
  copy(item, answer) {
    const others = this.draft.rooms.filter((it) => it.outcome === "seen" && it.room !== answer.room);
    if (others.length === 0) return null;
    return select(t("inspect.same"), [["", "–"], ...others.map((it) => /** @type {[string, string]} */ ([it.room, it.room]))], "", async (room) => {
      if (!room) return;
      this.draft.answers[`${item.code} ${room}`] = { ...answer, room };
      await this.keep();
      this.drawRooms();
    });
  }

  roomList() {
    const label = h("input", { maxlength: 30, autocomplete: "off" });
    const reason = h("select", {}, ROOM_REASONS.map((it) => h("option", { value: it, selected: it === "other" }, t(`reason.${it}`))));
    const drawn = this.form.draw !== null && this.form.draw !== undefined;
    const add = async () => {
      const room = label.value.trim();
      if (room && !this.draft.rooms.some((it) => it.room === room)) this.addRoom(room, drawn ? reason.value : undefined);
      label.value = "";
      await this.keep();
      this.drawRooms();
    };
    const arrive = async (/** @type {Event} */ event) => {
      const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
      try {
        const draw = await send("POST", `/visits/${this.form.visit.id}/room-draw`);
        this.form.draw = draw;
        for (const it of draw.rooms) {
          const known = this.draft.rooms.some((one) => one.room === it.room);
          if (it.to_see && it.room && !known) this.draft.rooms.push({ room: it.room, outcome: "seen", drawn: it.number });
        }
        await write(`form:${this.form.place.id}:${this.form.visit.id}`, this.form);
        await this.keep();
        button.remove();
        this.drawRooms();
      } catch (error) {
        button.after(trouble(error));
      }
    };
    this.drawRooms();
    return h(
      "section",
      { class: "part" },
      h("header", {}, h("h2", {}, t("inspect.rooms"))),
      this.form.visit && !drawn && h("button", { type: "button", class: "first", on: { click: arrive } }, t("inspect.draw")),
      this.rooms,
      h("div", { class: "add" }, h("label", {}, t("inspect.room"), label), drawn && h("label", {}, t("reason"), reason), h("button", { type: "button", on: { click: add } }, t("inspect.add_room"))),
    );
  }

  /** @param {string} room @param {string} [reason] */
  addRoom(room, reason) {
    this.draft.rooms.push({ room, outcome: "seen", ...(reason && this.form.draw ? { reason } : {}) });
  }

  drawRooms() {
    const open = new Set([...this.rooms.querySelectorAll("details[open]")].map((it) => it.getAttribute("data-room")));
    fill(this.rooms, this.draft.rooms.length ? this.draft.rooms.map((it) => this.room(it, open.has(it.room))) : nothing(t("inspect.no_rooms")));
  }

  /** @param {Draft["rooms"][0]} it @param {boolean} open */
  room(it, open) {
    const body = h("div", { class: "body" });
    const details = h("details", { "data-room": it.room, open }, h("summary", {}, `${t("room")} ${it.room}`), body);
    const draw = () => fill(body, outcome, it.outcome === "seen" && this.items(it.room));
    const outcome = select(t("inspect.room_outcome"), ROOM_OUTCOMES.map((one) => /** @type {[string, string]} */ ([one, t(`room_outcome.${one}`)])), it.outcome, (value) => {
      it.outcome = value;
      draw();
      return this.keep();
    });
    details.addEventListener("toggle", () => details.open && draw());
    if (open) draw();
    return details;
  }

  async finish() {
    await enqueue(this.draft);
    fill(this.told, h("p", {}, t("inspect.waits")));
    const done = await flush(this.draft.subject).catch(() => []);
    const mine = done.find((it) => it.instance_id === this.draft.instance_id);
    fill(
      this.page,
      h("div", { class: "title" }, h("h1", {}, this.draft.place.name)),
      h("section", { class: "part", role: "status" }, mine ? h("p", {}, t("inspect.sent"), " ", grade(mine.grade)) : h("p", {}, t("inspect.waits")), h("p", {}, h("a", { href: "#/visits" }, t("page.visits")))),
    );
  }
}

/**
 * What to do for a person in danger. Nothing of it is written down anywhere.
 */
function danger() {
  return h(
    "details",
    { class: "part danger" },
    h("summary", {}, t("danger")),
    h("ul", { class: "told" }, ["danger.emergency", "danger.child", "danger.violence", "danger.tell", "danger.nothing_kept"].map((it) => h("li", {}, t(it)))),
  );
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 * @param {string} value
 * @param {(value: string) => void | Promise<void>} onChange
 */
function select(label, options, value, onChange) {
  const made = h("select", {}, options.map(([it, text]) => h("option", { value: it, selected: it === value }, text)));
  made.addEventListener("change", () => onChange(made.value));
  return h("label", {}, label, made);
}

/** @param {string} text without accents and capitals */
function plain(text) {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
