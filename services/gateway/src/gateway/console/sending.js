// Finished forms on their way: kept until the record has them, sent again as often as it takes.

import { answered, Refused, send, Unreachable } from "./api.js";
import { allUnder, drop, write } from "./storage.js";

const PREFIX = "sending:";
const PASSING = 500;

/**
 * @typedef {object} Draft
 * @property {string} instance_id the device's own, so that the same form is never recorded twice
 * @property {string} subject who fills it in
 * @property {{id: string, name: string}} place
 * @property {{id: string, kind: string} | null} visit
 * @property {{code: string, version: number}} checklist
 * @property {string} outcome
 * @property {string} started_at
 * @property {string} [ended_at]
 * @property {Record<string, {item: string, room: string | null, value: number | string, note: string}>} answers
 * @property {{room: string, outcome: string, drawn?: number, reason?: string}[]} rooms
 * @property {{id: string, item: string, room: string | null, taken_at: string, file: Blob, sent?: boolean}[]} photos
 * @property {any} [inspection] what the record made of it
 * @property {string} [refused] why the record did not take it
 */

/** Announced whenever something was queued, sent or refused. */
export const news = new EventTarget();

/** @param {Draft} draft */
export async function enqueue(draft) {
  await write(PREFIX + draft.instance_id, { ...draft, ended_at: new Date().toISOString() });
  await drop(`draft:${draft.place.id}`);
  news.dispatchEvent(new Event("change"));
}

/** @param {string} subject @returns {Promise<Draft[]>} */
export async function waiting(subject) {
  return (await allUnder(PREFIX)).filter((it) => it.subject === subject);
}

/**
 * Send what waits; give the inspections that are complete now. One tab of the browser does it.
 * @param {string} subject
 * @returns {Promise<any[]>}
 */
export async function flush(subject) {
  return navigator.locks.request("sending", async () => {
    const done = [];
    for (const draft of await waiting(subject)) {
      try {
        done.push(await deliver(draft));
      } catch (error) {
        if (!(await isRefused(draft, error))) break;
      }
    }
    news.dispatchEvent(new Event("change"));
    return done;
  });
}

/** @param {Draft} draft */
async function deliver(draft) {
  if (!draft.inspection) {
    draft.inspection = await send("POST", "/inspections", messageOf(draft));
    await write(PREFIX + draft.instance_id, draft);
  }
  for (const photo of draft.photos) {
    if (photo.sent) continue;
    const { item, room, taken_at, file } = photo;
    const subject = { inspection_id: draft.inspection.id, item, room, taken_at };
    await answered("/photos", subject, { method: "POST", body: file, headers: { "Content-Type": file.type } });
    photo.sent = true;
    await write(PREFIX + draft.instance_id, draft);
  }
  await drop(PREFIX + draft.instance_id);
  return draft.inspection;
}

/**
 * Keep why something was refused for good; what may pass later is left to wait.
 * @param {Draft} draft
 * @param {unknown} error
 */
async function isRefused(draft, error) {
  if (error instanceof Unreachable) return false;
  if (!(error instanceof Refused)) throw error;
  if (error.status >= PASSING || [401, 408, 429].includes(error.status)) return false;
  draft.refused = error.message;
  await write(PREFIX + draft.instance_id, draft);
  return true;
}

/** @param {Draft} draft */
function messageOf(draft) {
  const seen = draft.outcome === "done";
  return {
    instance_id: draft.instance_id,
    accommodation_id: draft.place.id,
    visit_id: draft.visit?.id ?? null,
    outcome: draft.outcome,
    checklist: draft.checklist.code,
    checklist_version: draft.checklist.version,
    occurred_at: draft.started_at,
    started_at: draft.started_at,
    ended_at: draft.ended_at,
    rooms: seen ? draft.rooms : [],
    answers: seen
      ? Object.values(draft.answers).map(({ note, ...it }) => ({ ...it, note: note || null }))
      : [],
  };
}
