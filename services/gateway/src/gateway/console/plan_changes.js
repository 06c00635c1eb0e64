// A week changed by hand, for a reason that is kept: edits, earlier revisions, trials, comparisons.

import { all, get, send } from "./api.js";
import { fill, h } from "./dom.js";
import { nothing, table, trouble } from "./parts.js";
import { change, duration, number, said, t, time } from "./words.js";

/** @typedef {import("./parts.js").Child} Child */

const SOON_MS = 400;
const PROPOSED = ["asked", "accepting", "accepted"];
const PENDING = ["queued", "running"];

/**
 * Offer edits, each a button; what they change is shown before the page is.
 * @param {any} plan
 * @param {[string, () => any][]} edits the name of each, and what it asks for when it is pressed
 * @param {() => void} again
 * @param {Child[]} [fields] what the edits are made of
 */
export function changing(plan, edits, again, fields = []) {
  const reason = h("input", { required: true, maxlength: 1000, placeholder: t("reason.example") });
  const anew = h("input", { type: "checkbox" });
  const told = h("div", { class: "body", role: "status" });
  const button = (/** @type {[string, () => any]} */ [name, edit]) => {
    const made = h("button", { type: "button" }, t(`edit.${name}`));
    made.addEventListener("click", async () => {
      if (!reason.reportValidity()) return;
      const edits = [edit(), ...(anew.checked ? [{ kind: "reoptimise" }] : [])];
      await revise(plan, reason.value, edits, told, again);
    });
    return made;
  };
  return h(
    "form",
    { class: "filters", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } },
    ...fields,
    h("label", { class: "field" }, t("reason"), reason),
    h("label", { class: "tick" }, anew, h("span", {}, t("edit.anew"))),
    h("div", { class: "choices" }, edits.map(button)),
    told,
  );
}

/**
 * @param {any} plan
 * @param {string} reason
 * @param {any[]} edits
 * @param {HTMLElement} told
 * @param {() => void} again
 */
async function revise(plan, reason, edits, told, again) {
  fill(told, h("p", { class: "wait" }, t("wait")));
  try {
    const asked = { based_on: plan.revision, reason, edits };
    const revision = await send("POST", `/plans/${plan.id}/revisions`, asked, { "Idempotency-Key": crypto.randomUUID() });
    fill(told, made(revision), h("button", { type: "button", class: "first", on: { click: again } }, t("plan.show_change")));
  } catch (error) {
    fill(told, trouble(error));
  }
}

/** @param {any} revision */
function made({ diff, number: nth, fell_out }) {
  if (!diff) return h("p", {}, t("plan.revision_made", { number: nth }));
  return [
    h("p", {}, t("plan.revision_made", { number: nth }), " ", difference(diff)),
    fell_out.length > 0 && h("ul", {}, fell_out.map((/** @type {any} */ it) => h("li", {}, `${it.name} – ${said(it.text)}`))),
  ];
}

/** @param {any} diff */
function difference(diff) {
  const { moved, reordered, gained, lost } = diff;
  const minutes = change(diff.travel_s / 60);
  return t("diff", { moved: moved.length, reordered: reordered.length, gained: gained.length, lost: lost.length, points: change(diff.points), minutes });
}

/**
 * Fields for another team, day or place in the order, and the edit they make.
 * @param {any} plan
 * @param {any} stop
 * @param {any} round
 * @returns {{fields: Child[], edit: () => any}}
 */
export function moving(plan, stop, round) {
  const teams = new Map(plan.rounds.map((/** @type {any} */ it) => [it.team_id, it.team_name]));
  const days = [...new Set(plan.rounds.map((/** @type {any} */ it) => it.day))].sort();
  const team = choice([...teams], round.team_id);
  const day = choice(days.map((it) => [it, time(it, "weekday")]), round.day);
  const order = h("input", { type: "number", min: 1, max: 100, placeholder: t("order.cheapest") });
  const edit = () => ({
    kind: "move",
    accommodation_id: stop.accommodation_id,
    team_id: team.value,
    day: day.value,
    sequence: order.value ? Number(order.value) : null,
  });
  return { fields: [h("label", { class: "field" }, t("team"), team), h("label", { class: "field" }, t("day"), day), h("label", { class: "field" }, t("order"), order)], edit };
}

/** @param {[string, string][]} options @param {string} [chosen] */
function choice(options, chosen) {
  return h("select", {}, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

/**
 * What was changed and why, newest first; each can be gone back to.
 * @param {any} plan
 * @param {(() => void) | null} again null for who may only look
 */
export async function revisions(plan, again) {
  const known = await all(`/plans/${plan.id}/revisions`);
  const back = (/** @type {any} */ it) => {
    if (it.number === plan.revision) return t("revision.this");
    const details = h("details", {}, h("summary", {}, t("edit.restore")));
    const edit = () => ({ kind: "restore", revision: it.number });
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(changing(plan, [["restore", edit]], /** @type {() => void} */ (again)));
    });
    return details;
  };
  return table(
    t("revisions"),
    [
      [t("number"), (it) => number(it.number), "number"],
      [t("made"), (it) => time(it.created_at, "moment"), "narrow"],
      [t("reason"), (it) => (it.based_on === null ? t("revision.solved") : it.reason)],
      [t("visits"), (it) => number(it.totals.visits), "number"],
      [t("points.title"), (it) => number(it.totals.points), "number"],
      [t("way"), (it) => duration(it.totals.travel_s), "number"],
      ...(again ? [/** @type {[string, any]} */ ([t("change"), back])] : []),
    ],
    known,
  );
}

/**
 * What would come of other means; nothing of it is planned.
 * @param {any} plan
 */
export function trials(plan) {
  const teams = new Map(plan.rounds.map((/** @type {any} */ it) => [it.team_id, it.team_name]));
  const like = choice([["", t("trial.no_team")], ...teams]);
  const longer = h("input", { type: "number", min: -480, max: 480, step: 15, value: 0 });
  const place = choice([["", "–"], ...plan.unvisited.map((/** @type {any} */ it) => [it.accommodation_id, it.name])]);
  const told = h("div", { class: "body", role: "status" });
  const form = h(
    "form",
    { class: "filters" },
    h("label", { class: "field" }, t("trial.another_like"), like),
    h("label", { class: "field" }, t("trial.longer"), longer),
    h("label", { class: "field" }, t("trial.visit"), place),
    h("button", { type: "submit", class: "first" }, t("trial.make")),
    told,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(told, h("p", { class: "wait" }, t("wait")));
    const changes = { another_like: like.value || null, longer_min: Number(longer.value), visit: place.value ? [place.value] : [] };
    try {
      fill(told, tried(await outcomeOf(plan, changes)));
    } catch (error) {
      fill(told, trouble(error));
    }
  });
  return [h("p", { class: "explained" }, t("trial.explained")), form];
}

/** @param {any} plan @param {any} changes */
async function outcomeOf(plan, changes) {
  let asked = await send("POST", `/plans/${plan.id}/trials`, changes);
  while (PENDING.includes(asked.job.state)) {
    await new Promise((resolve) => setTimeout(resolve, SOON_MS));
    asked = await get(`/plans/${plan.id}/trials/${asked.id}`);
  }
  return asked;
}

/** @param {any} asked */
function tried({ trial, job }) {
  if (!trial) return h("p", { class: "trouble" }, job.message);
  return [
    figures([[t("trial.before"), trial.before], [t("trial.after"), trial.after]]),
    h("p", {}, difference(trial.diff)),
    ...changes(trial.diff),
    trial.impossible.length > 0 && h("ul", {}, trial.impossible.map((/** @type {any} */ it) => h("li", {}, `${it.name} – ${said(it.text)}`))),
  ];
}

/** @param {[string, any][]} rows names, and totals */
function figures(rows) {
  return table(
    t("comparison"),
    [
      [t("plan"), ([name]) => name],
      [t("visits"), ([, it]) => number(it.visits), "number"],
      [t("points.title"), ([, it]) => number(it.points), "number"],
      [t("expected_critical"), ([, it]) => (it.expected_critical === null ? "–" : number(it.expected_critical, 1)), "number"],
      [t("way"), ([, it]) => duration(it.travel_s), "number"],
    ],
    rows,
  );
}

/** Name what differs. @param {any} diff */
function changes(diff) {
  const kinds = ["gained", "lost", "moved", "reordered"].filter((it) => diff[it].length > 0);
  const where = (/** @type {any} */ it) => (it ? `${time(it.day, "weekday")} ${time(it.starts_at, "hour")}` : "–");
  const line = (/** @type {any} */ it) => h("li", {}, `${it.name} (${where(it.before)} → ${where(it.after)})`);
  return kinds.map((kind) =>
    h("details", {}, h("summary", {}, t(`diff.${kind}`, { count: diff[kind].length })), h("ul", {}, diff[kind].map(line))),
  );
}

/** Another plan beside this one. @param {any} plan */
export async function comparison(plan) {
  const others = (await all("/weekly-plans")).filter((it) => it.id !== plan.id && PROPOSED.includes(it.step));
  if (others.length === 0) return nothing(t("comparison.none"));
  const told = h("div", { class: "body", role: "status" });
  const other = choice([["", "–"], ...others.map((it) => /** @type {[string, string]} */ ([it.id, `${time(it.starts_on)} · ${time(it.created_at, "moment")}`]))]);
  other.addEventListener("change", async () => {
    fill(told);
    if (!other.value) return;
    try {
      const [beside, { other: diff }] = await Promise.all([
        get(`/weekly-plans/${other.value}`),
        get(`/plans/${plan.id}/comparison`, { other: other.value }),
      ]);
      fill(told, figures([[t("comparison.other"), beside.totals], [t("baseline.plan"), plan.totals]]), h("p", {}, difference(diff)), ...changes(diff));
    } catch (error) {
      fill(told, trouble(error));
    }
  });
  return [h("label", { class: "field" }, t("comparison.with"), other), told];
}
