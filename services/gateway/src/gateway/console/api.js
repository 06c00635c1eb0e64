// The public interface, as anybody may ask it: this console knows no other.

import * as session from "./session.js";

/** What a service refused, in its words. */
export class Refused extends Error {
  /** @param {number} status @param {{title?: string, detail?: string, errors?: {detail: string, pointer?: string, parameter?: string}[]}} problem */
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.problem = problem;
  }
}

/** Nobody answered. */
export class Unreachable extends Error {}

/** @type {() => void} */
let onSignedOut = () => undefined;

/** @param {() => void} listener called when nobody is signed in any more */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

/** Tell the shell that the session is over, as after all of somebody's sessions were ended. */
export function sessionOver() {
  onSignedOut();
}

/**
 * Ask for something; what is asked with null or an empty text is not asked with.
 * @param {string} path below `/v1`
 * @param {Record<string, any>} [query]
 * @param {RequestInit} [how]
 */
export async function get(path, query = {}, how = {}) {
  return (await answered(path, query, how)).json();
}

/**
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {any} [body]
 * @param {Record<string, string>} [headers]
 */
export async function send(method, path, body, headers = {}) {
  const answer = await answered(path, {}, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return answer.status === 204 ? null : answer.json();
}

/**
 * Read a list to its end.
 * @param {string} path
 * @param {Record<string, any>} [query]
 * @returns {Promise<any[]>}
 */
export async function all(path, query = {}) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path, { limit: 200, ...query, cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

/**
 * Ask, once more with new tokens when those we have are over.
 * @param {string} path
 * @param {Record<string, any>} query
 * @param {RequestInit} how
 * @returns {Promise<Response>}
 */
export async function answered(path, query = {}, how = {}) {
  const token = session.current()?.access_token;
  let answer = await asked(path, query, how);
  const isOver = answer.status === 401;
  const isNew = isOver && session.current()?.access_token !== token;
  if (isNew || (isOver && (await session.renew().catch(unreachable)))) answer = await asked(path, query, how);
  if (answer.ok) return answer;
  if (answer.status === 401) onSignedOut();
  throw new Refused(answer.status, await answer.json().catch(() => ({})));
}

/** @param {string} path @param {Record<string, any>} query @param {RequestInit} how */
function asked(path, query, how) {
  const given = Object.entries(query).filter(([, it]) => it !== null && it !== undefined && it !== "");
  const search = given.length ? `?${new URLSearchParams(given)}` : "";
  const token = session.current()?.access_token;
  const headers = { ...how.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  return fetch(`../v1${path}${search}`, { ...how, headers }).catch(unreachable);
}

/** @param {Error} error @returns {never} */
function unreachable(error) {
  throw new Unreachable(error.message);
}
