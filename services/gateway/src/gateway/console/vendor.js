// The libraries, each loaded when a page first needs it.

import { Unreachable } from "./api.js";

/** @type {Map<string, Promise<void>>} */
const loading = new Map();

/** @param {string} name */
function script(name) {
  const found = loading.get(name);
  if (found) return found;
  const made = new Promise((/** @type {(nothing: void) => void} */ resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(`vendor/${name}`, import.meta.url).href;
    element.addEventListener("load", () => resolve());
    element.addEventListener("error", () => {
      loading.delete(name);
      reject(new Unreachable(`${name} did not load`));
    });
    document.head.append(element);
  });
  loading.set(name, made);
  return made;
}

/** @returns {Promise<any>} Leaflet */
export async function leaflet() {
  await script("leaflet.js");
  return /** @type {any} */ (globalThis).L;
}

/** @returns {Promise<{Plot: any, d3: any}>} */
export async function plot() {
  await script("d3.min.js");
  await script("plot.umd.min.js");
  const { Plot, d3 } = /** @type {any} */ (globalThis);
  return { Plot, d3 };
}
