// What the checklists call their items and categories.

import { all, get } from "./api.js";
import { has, said, t } from "./words.js";

/** @type {Promise<Map<string, {fr: string, en: string}>> | null} */
let reading = null;

/** Read the items of the published checklists, once. */
export function itemLabels() {
  reading ??= read();
  return reading;
}

async function read() {
  const labels = new Map();
  const versions = (await all("/checklists")).filter((it) => it.state !== "draft");
  for (const { code, version } of versions) {
    const { items } = await get(`/checklists/${code}/versions/${version}`);
    for (const item of items) labels.set(item.code, item.label);
  }
  return labels;
}

/** @param {Map<string, {fr: string, en: string}>} labels @param {string} code */
export function itemName(labels, code) {
  const label = labels.get(code);
  return label ? said(label) : code;
}

/** @param {string} code a category of ours, or one of a checklist of somebody's own */
export function categoryName(code) {
  return has(`category.${code}`) ? t(`category.${code}`) : code.replaceAll("_", " ");
}
