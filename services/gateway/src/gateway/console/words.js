// What people read, in their language; numbers and days as their language writes them.

export const LANGUAGES = ["fr", "en"];
const ZONE = "Europe/Paris";

/** @type {Record<string, string | Record<string, string>>} */
let words = {};
let language = "fr";
/** @type {Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.PluralRules>} */
const formats = new Map();

/** Choose the language asked for: by the address, by an earlier choice, by the browser. */
export function askedLanguage() {
  const asked = [
    new URLSearchParams(location.search).get("lang"),
    localStorage.getItem("language"),
    ...navigator.languages.map((it) => it.slice(0, 2)),
  ];
  return asked.find((it) => it !== null && LANGUAGES.includes(it)) ?? "fr";
}

/** @param {string} wanted */
export async function speak(wanted) {
  const answer = await fetch(`words/${wanted}.json`);
  words = await answer.json();
  language = wanted;
  formats.clear();
  document.documentElement.lang = wanted;
}

export function spoken() {
  return language;
}

/**
 * Say a phrase; `{name}` stands for a value, `count` chooses between one and many.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  let phrase = words[key] ?? key;
  if (typeof phrase !== "string") {
    const rules = kept("plural", () => new Intl.PluralRules(language));
    phrase = phrase[rules.select(Number(values.count))] ?? phrase.other;
  }
  return phrase.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value ?? "");
  });
}

/** @param {string} key */
export function has(key) {
  return key in words;
}

/**
 * Choose between the languages of what a service told.
 * @param {{fr: string, en: string} | null | undefined} label
 */
export function said(label) {
  return label ? label[/** @type {"fr" | "en"} */ (language)] : "";
}

/**
 * @template T
 * @param {string} name
 * @param {() => T} make
 * @returns {T}
 */
function kept(name, make) {
  if (!formats.has(name)) formats.set(name, /** @type {any} */ (make()));
  return /** @type {any} */ (formats.get(name));
}

/** @param {number} value @param {number} [digits] */
export function number(value, digits = 0) {
  const options = { maximumFractionDigits: digits, minimumFractionDigits: 0 };
  return kept(`number ${digits}`, () => new Intl.NumberFormat(language, options)).format(value);
}

/** Write by how much something changes. @param {number} value */
export function change(value) {
  const options = /** @type {const} */ ({ maximumFractionDigits: 0, signDisplay: "exceptZero" });
  return kept("change", () => new Intl.NumberFormat(language, options)).format(value);
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  const options = /** @type {const} */ ({ style: "percent", maximumFractionDigits: 0 });
  return kept("percent", () => new Intl.NumberFormat(language, options)).format(share);
}

const SHAPES = /** @type {Record<string, Intl.DateTimeFormatOptions>} */ ({
  day: { dateStyle: "medium" },
  weekday: { weekday: "long", day: "numeric", month: "long" },
  month: { month: "short", year: "numeric" },
  hour: { hour: "2-digit", minute: "2-digit" },
  moment: { dateStyle: "medium", timeStyle: "short" },
});

/**
 * Write a moment as a person reads it where the places are.
 * @param {string | Date | null | undefined} moment a day is taken as its noon
 * @param {"day" | "weekday" | "month" | "hour" | "moment"} shape
 */
export function time(moment, shape = "day") {
  if (!moment) return "–";
  const text = typeof moment === "string" && moment.length === 10 ? `${moment}T12:00:00Z` : moment;
  const made = () => new Intl.DateTimeFormat(language, { timeZone: ZONE, ...SHAPES[shape] });
  return kept(`time ${shape}`, made).format(new Date(text));
}

/** @param {number} seconds */
export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(2, "0");
  return hours ? `${hours} h ${rest}` : `${minutes} min`;
}
