// The rounds of a day: who is where when. Grey is the way, a block a visit.

import { h, s } from "./dom.js";
import { table, twin } from "./parts.js";
import { duration, number, t, time } from "./words.js";

const ROW = 40;
const LEFT = 120;
const RIGHT = 36;
const WIDTH = 980;
const TOP = 26;
const HOUR_MS = 3_600_000;

/**
 * @param {string} planId
 * @param {any[]} rounds of one day
 * @param {(stop: any, round: any) => void} onStop
 */
export function strip(planId, rounds, onStop) {
  const starts = Math.floor(Math.min(...rounds.map((it) => Date.parse(it.leaves_at))) / HOUR_MS) * HOUR_MS;
  const ends = Math.ceil(Math.max(...rounds.map((it) => Date.parse(it.returns_at))) / HOUR_MS) * HOUR_MS;
  const x = (/** @type {string | number} */ moment) =>
    LEFT + ((typeof moment === "number" ? moment : Date.parse(moment)) - starts) / (ends - starts) * (WIDTH - LEFT - RIGHT);
  const height = TOP + rounds.length * ROW + 6;
  const hours = [];
  for (let moment = starts; moment <= ends; moment += HOUR_MS) {
    hours.push(s("line", { class: "hour", x1: x(moment), x2: x(moment), y1: TOP - 6, y2: height }));
    hours.push(s("text", { class: "soft", x: x(moment), y: 14, "text-anchor": "middle" }, time(new Date(moment), "hour")));
  }
  const svg = s(
    "svg",
    { class: "strip", viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "group", "aria-label": t("strip") },
    hours,
    rounds.map((round, n) => row(round, TOP + n * ROW, x, onStop)),
  );
  return [
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("strip") }, svg),
    h(
      "p",
      { class: "legend" },
      h("span", {}, t("sheets"), rounds.flatMap((it) => [" ", h("a", { href: `#/plans/${planId}/sheets/${encodeURIComponent(it.round_id)}` }, it.team_name)])),
      h("span", {}, h("i", { class: "swatch must" }), t("must")),
      h("span", {}, h("i", { class: "swatch" }), t("chosen")),
    ),
    twin(() => asTable(rounds)),
  ];
}

/**
 * @param {any} round
 * @param {number} top
 * @param {(moment: string) => number} x
 * @param {(stop: any, round: any) => void} onStop
 */
function row(round, top, x, onStop) {
  const middle = top + ROW / 2;
  const block = (/** @type {any} */ stop) => {
    const [from, to] = [x(stop.starts_at), x(stop.ends_at)];
    const link = s(
      "a",
      { href: `#/places/${stop.accommodation_id}`, "data-stop": stop.accommodation_id, "aria-label": `${stop.sequence}. ${stop.name}, ${time(stop.starts_at, "hour")}` },
      s("title", {}, `${stop.sequence}. ${stop.name} – ${time(stop.starts_at, "hour")}–${time(stop.ends_at, "hour")} – ${number(stop.priority_points)}`),
      s("rect", { class: `visit ${stop.must_visit ? "must" : ""}`, x: from, y: top + 6, width: Math.max(2, to - from - 1), height: ROW - 12, rx: 3 }),
      s("text", { class: "inside", x: (from + to) / 2, y: middle + 4, "text-anchor": "middle" }, stop.sequence),
    );
    link.addEventListener("click", (event) => {
      event.preventDefault();
      onStop(stop, round);
    });
    return link;
  };
  return s(
    "g",
    {},
    s("text", { x: LEFT - 12, y: middle + 4, "text-anchor": "end" }, round.team_name),
    s("rect", { class: "way", x: x(round.leaves_at), y: middle - 3, width: x(round.returns_at) - x(round.leaves_at), height: 6 }),
    round.lunch && s("rect", { class: "lunch", x: x(round.lunch.starts_at), y: top + 10, width: x(round.lunch.ends_at) - x(round.lunch.starts_at), height: ROW - 20, rx: 3 }, s("title", {}, t("lunch"))),
    round.stops.map(block),
  );
}

/** @param {any[]} rounds */
function asTable(rounds) {
  return table(
    t("strip"),
    [
      [t("team"), (it) => it.round.team_name],
      [t("order"), (it) => number(it.stop.sequence), "number"],
      [t("place"), (it) => it.stop.name],
      [t("hours"), (it) => `${time(it.stop.starts_at, "hour")}–${time(it.stop.ends_at, "hour")}`, "narrow"],
      [t("way"), (it) => duration(it.stop.travel_s), "narrow"],
      [t("priority"), (it) => number(it.stop.priority_points), "number"],
    ],
    rounds.flatMap((round) => round.stops.map((/** @type {any} */ stop) => ({ round, stop }))),
  );
}
