// All findings in columns, filtered as fast as one drags: one pass over typed arrays.

/**
 * @typedef {object} Filter
 * @property {number} from first day, counted from 2000-01-01
 * @property {number} to last day
 * @property {Set<string>} categories none of them chosen: all
 * @property {Set<number>} severities
 * @property {Set<string>} territories
 * @property {boolean} repeats only what was found again
 */

const FIRST_DAY = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;

/** @param {string} iso a day, as 2026-03-31 */
export function dayOf(iso) {
  return Math.round((Date.parse(`${iso}T00:00:00Z`) - FIRST_DAY) / DAY_MS);
}

/** @param {number} day */
export function isoOf(day) {
  return new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);
}

/** @param {number} day months since January 2000 */
export function monthOf(day) {
  const date = new Date(FIRST_DAY + day * DAY_MS);
  return (date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth();
}

/** @param {number} month the first day of a month */
export function firstDay(month) {
  return Math.round((Date.UTC(2000, month, 1) - FIRST_DAY) / DAY_MS);
}

// Which filters a finding fails; one that fails a single one still counts for that one's choices.
const RANGE = 1;
const CATEGORY = 2;
const SEVERITY = 4;
const TERRITORY = 8;
const REPEAT = 16;

export class Findings {
  /**
   * @param {any} told as `/v1/history/findings` tells it
   * @param {Map<string, any>} places by id
   */
  constructor(told, places) {
    const { columns } = told;
    this.count = told.count;
    this.places = told.accommodations.map((/** @type {string} */ id) => places.get(id) ?? { id });
    this.categories = [...new Set(told.categories)].sort();
    const index = new Map(this.categories.map((name, n) => [name, n]));
    const ofItem = told.categories.map((/** @type {string} */ name) => index.get(name));
    this.place = Uint16Array.from(columns.accommodation);
    this.category = Uint8Array.from(columns.item, (/** @type {number} */ item) => ofItem[item]);
    this.day = Uint16Array.from(columns.day);
    this.severity = Uint8Array.from(columns.severity);
    this.repeat = Uint8Array.from(columns.repeat);
    this.first = this.count ? this.day.reduce((a, b) => Math.min(a, b)) : 0;
    this.last = this.count ? this.day.reduce((a, b) => Math.max(a, b)) : 0;
    this.firstMonth = monthOf(this.first);
    this.months = monthOf(this.last) - this.firstMonth + 1;
    const month = Uint16Array.from({ length: this.last - this.first + 1 }, (_, n) => monthOf(this.first + n) - this.firstMonth);
    this.month = this.day.map((day) => month[day - this.first]);
    this.territories = [...new Set(this.places.map((/** @type {any} */ it) => it.territory ?? ""))].sort();
    this.territory = Uint8Array.from(this.places, (/** @type {any} */ it) => this.territories.indexOf(it.territory ?? ""));
  }

  /** @param {Filter} filter */
  select(filter) {
    const has = (/** @type {Set<any>} */ chosen, /** @type {any[]} */ values) =>
      Uint8Array.from(values, (it) => Number(chosen.size === 0 || chosen.has(it)));
    const categoryIn = has(filter.categories, this.categories);
    const severityIn = has(filter.severities, [0, 1, 2, 3, 4]);
    const territoryIn = has(filter.territories, this.territories);
    const found = {
      total: 0,
      repeats: 0,
      dangers: 0,
      byMonth: new Uint32Array(this.months * 5),
      byCategory: new Uint32Array(this.categories.length),
      bySeverity: new Uint32Array(5),
      byTerritory: new Uint32Array(this.territories.length),
      byPlace: new Uint32Array(this.places.length),
      worst: new Uint8Array(this.places.length),
      lastDay: new Uint16Array(this.places.length),
    };
    for (let n = 0; n < this.count; n++) {
      const day = this.day[n];
      const place = this.place[n];
      const category = this.category[n];
      const severity = this.severity[n];
      const territory = this.territory[place];
      const fails =
        (day < filter.from || day > filter.to ? RANGE : 0) |
        (categoryIn[category] ? 0 : CATEGORY) |
        (severityIn[severity] ? 0 : SEVERITY) |
        (territoryIn[territory] ? 0 : TERRITORY) |
        (filter.repeats && !this.repeat[n] ? REPEAT : 0);
      if (fails === 0 || fails === RANGE) found.byMonth[this.month[n] * 5 + severity]++;
      if (fails === 0 || fails === CATEGORY) found.byCategory[category]++;
      if (fails === 0 || fails === SEVERITY) found.bySeverity[severity]++;
      if (fails === 0 || fails === TERRITORY) found.byTerritory[territory]++;
      if (fails !== 0) continue;
      found.total++;
      found.repeats += this.repeat[n];
      if (severity === 4) found.dangers++;
      found.byPlace[place]++;
      if (severity > found.worst[place]) found.worst[place] = severity;
      if (day > found.lastDay[place]) found.lastDay[place] = day;
    }
    return found;
  }
}
