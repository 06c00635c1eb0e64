// All findings: by month, by place, on the map, under filters that the address keeps.

import { all, get } from "../api.js";
import { fill, h } from "../dom.js";
import { Findings, firstDay, isoOf } from "../findings.js";
import { histogram } from "../histogram.js";
import { categoryName } from "../labels.js";
import { mapIn, severityColours } from "../map.js";
import { figure, nothing, part, placeLink, severity, table } from "../parts.js";
import { number, t, time } from "../words.js";

const AT_ONCE = 50;

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { query }) {
  const asOf = query.get("as_of");
  const view = h("div", { class: "page inner", "aria-busy": "true" });
  fill(page, title(asOf, query), view);
  /** @type {(() => void)[]} */
  const leaving = [];
  fill(view, part(null, async () => {
    const [told, places] = await Promise.all([
      get("/history/findings", { as_of: asOf }),
      all("/accommodations"),
    ]);
    const byId = new Map(places.map((it) => [it.id, it]));
    const findings = new Findings(told, byId);
    if (findings.count === 0) return nothing(t("history.none"));
    leaving.push(await explore(view, findings, query));
    return null;
  }, { done: () => view.removeAttribute("aria-busy") }));
  return () => leaving.forEach((it) => it());
}

/** @param {string | null} asOf @param {URLSearchParams} query */
function title(asOf, query) {
  const today = new Date().toISOString().slice(0, 10);
  const day = h("input", { type: "date", value: asOf ?? today, max: today, min: "2000-01-01" });
  day.addEventListener("change", () => {
    day.value && day.value < today ? query.set("as_of", day.value) : query.delete("as_of");
    location.hash = `#/history?${query}`;
  });
  return h(
    "div",
    { class: "title" },
    h("div", {}, h("h1", {}, t("page.history")), h("p", {}, t("history.told"))),
    h("label", {}, t("as_of"), " ", day),
  );
}

/**
 * @param {HTMLElement} view
 * @param {Findings} findings
 * @param {URLSearchParams} query
 */
async function explore(view, findings, query) {
  const lastMonth = findings.firstMonth + findings.months - 1;
  const months = {
    from: monthIn(query.get("from")) ?? findings.firstMonth,
    to: monthIn(query.get("to")) ?? lastMonth,
  };
  /** @type {import("../findings.js").Filter} */
  const filter = {
    from: 0,
    to: 0,
    categories: new Set(query.getAll("category")),
    severities: new Set(query.getAll("severity").map(Number)),
    territories: new Set(query.getAll("territory")),
    repeats: query.has("repeats"),
  };
  const figures = h("dl", { class: "figures" });
  const chartBox = h("div", { class: "body" });
  const mapBox = h("div", { class: "map", role: "application", "aria-label": t("history.map") });
  const list = h("div", { class: "body" });
  const choices = h("form", { class: "filters" });
  const called = h("code", { class: "call" });
  const save = h("button", { type: "button" }, t("history.save"));
  fill(
    view,
    figures,
    h("section", { class: "part third beside" }, h("details", { open: matchMedia("(min-width: 62rem)").matches }, h("summary", {}, h("h2", {}, t("filters"))), choices)),
    h("section", { class: "part two-thirds" }, h("header", {}, h("h2", {}, t("history.by_month")), player(months, findings, (from, to) => range(from, to))), chartBox),
    h("section", { class: "part two-thirds" }, h("header", {}, h("h2", {}, t("history.map"))), mapBox),
    h("section", { class: "part" }, h("header", {}, h("h2", {}, t("history.by_place")), save), list, h("p", { class: "explained" }, t("history.call"), " ", called)),
  );
  const chart = await histogram(chartBox, findings, (from, to) => range(from, to));
  const places = await mapOf(mapBox, findings);
  save.addEventListener("click", () => saved(findings, findings.select(filter)));

  const select = () => {
    filter.from = firstDay(months.from);
    filter.to = firstDay(months.to + 1) - 1;
    return findings.select(filter);
  };
  /** What changes with the range too. @param {any} found */
  const showFound = (found) => {
    fill(
      figures,
      figure(t("findings"), number(found.total), t("of_all", { count: findings.count })),
      figure(t("places"), number(found.byPlace.reduce((/** @type {number} */ sum, /** @type {number} */ it) => sum + (it ? 1 : 0), 0))),
      figure(t("repeats"), number(found.repeats), t("repeats.explained")),
      figure(t("severity.4"), number(found.dangers)),
    );
    places.draw(found);
    fill(list, placesTable(findings, found, AT_ONCE));
    remember(query, filter, months, findings);
    called.textContent = `GET /v1/history/findings?since=${isoOf(filter.from)}${query.has("as_of") ? `&as_of=${query.get("as_of")}` : ""}`;
  };
  const range = (/** @type {number} */ from, /** @type {number} */ to) => {
    months.from = from;
    months.to = to;
    chart.move(from, to);
    const found = select();
    tellChoices(found);
    showFound(found);
  };
  const refresh = () => {
    const found = select();
    chart.draw(found, months.from, months.to);
    tellChoices(found);
    showFound(found);
  };
  const tellChoices = choose(choices, findings, filter, refresh);
  refresh();
  const again = () => refresh();
  addEventListener("resize", again);
  return () => {
    removeEventListener("resize", again);
    places.remove();
  };
}

/** @param {string | null} text as 2026-03 */
function monthIn(text) {
  const found = /^(\d{4})-(\d{2})$/.exec(text ?? "");
  return found ? (Number(found[1]) - 2000) * 12 + Number(found[2]) - 1 : null;
}

/**
 * Keep the filters in the address, so that it can be sent to somebody.
 * @param {URLSearchParams} query
 * @param {import("../findings.js").Filter} filter
 * @param {{from: number, to: number}} months
 * @param {Findings} findings
 */
function remember(query, filter, months, findings) {
  for (const name of ["from", "to", "category", "severity", "territory", "repeats"]) query.delete(name);
  const lastMonth = findings.firstMonth + findings.months - 1;
  if (months.from !== findings.firstMonth) query.set("from", isoOf(firstDay(months.from)).slice(0, 7));
  if (months.to !== lastMonth) query.set("to", isoOf(firstDay(months.to)).slice(0, 7));
  for (const it of filter.categories) query.append("category", it);
  for (const it of filter.severities) query.append("severity", String(it));
  for (const it of filter.territories) query.append("territory", it);
  if (filter.repeats) query.set("repeats", "1");
  const search = query.toString();
  history.replaceState(null, "", `#/history${search ? `?${search}` : ""}`);
}

/**
 * @param {HTMLFormElement} form
 * @param {Findings} findings
 * @param {import("../findings.js").Filter} filter
 * @param {() => void} refresh
 */
function choose(form, findings, filter, refresh) {
  /** @type {Map<string, HTMLElement>} */
  const counts = new Map();
  const box = (/** @type {Set<any>} */ chosen, /** @type {any} */ value, /** @type {any} */ label, /** @type {string} */ name) => {
    const input = h("input", { type: "checkbox", name, value: String(value), checked: chosen.has(value) });
    input.addEventListener("change", () => {
      input.checked ? chosen.add(value) : chosen.delete(value);
      refresh();
    });
    const count = h("span", { class: "count" });
    counts.set(`${name} ${value}`, count);
    return h("label", {}, input, h("span", {}, label), count);
  };
  const repeats = h("input", { type: "checkbox", name: "repeats", checked: filter.repeats });
  repeats.addEventListener("change", () => {
    filter.repeats = repeats.checked;
    refresh();
  });
  const clear = h("button", { type: "button" }, t("filters.clear"));
  clear.addEventListener("click", () => {
    for (const chosen of [filter.categories, filter.severities, filter.territories]) chosen.clear();
    filter.repeats = false;
    for (const input of form.querySelectorAll("input")) input.checked = false;
    refresh();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  fill(
    form,
    h("fieldset", {}, h("legend", {}, t("category")), findings.categories.map((it) => box(filter.categories, it, categoryName(it), "category"))),
    h("fieldset", {}, h("legend", {}, t("severity")), [4, 3, 2, 1].map((it) => box(filter.severities, it, severity(it), "severity"))),
    h("fieldset", {}, h("legend", {}, t("territory")), findings.territories.map((it) => box(filter.territories, it, it || t("none"), "territory"))),
    h("fieldset", {}, h("legend", { class: "unseen" }, t("repeats")), h("label", {}, repeats, h("span", {}, t("repeats.only")))),
    clear,
  );
  return (/** @type {any} */ found) => tell(counts, findings, found);
}

/**
 * Say beside each choice how many findings it would show.
 * @param {Map<string, HTMLElement>} counts
 * @param {Findings} findings
 * @param {any} found
 */
function tell(counts, findings, found) {
  const say = (/** @type {string} */ name, /** @type {any} */ value, /** @type {number} */ count) => {
    const element = counts.get(`${name} ${value}`);
    if (element) element.textContent = number(count);
  };
  findings.categories.forEach((it, n) => say("category", it, found.byCategory[n]));
  findings.territories.forEach((it, n) => say("territory", it, found.byTerritory[n]));
  for (const it of [1, 2, 3, 4]) say("severity", it, found.bySeverity[it]);
}

/**
 * Play the months one after the other.
 * @param {{from: number, to: number}} months
 * @param {Findings} findings
 * @param {(from: number, to: number) => void} range
 */
function player(months, findings, range) {
  /** @type {number | undefined} */
  let playing;
  const button = h("button", { type: "button", "aria-pressed": "false" }, t("history.play"));
  const stop = () => {
    clearInterval(playing);
    playing = undefined;
    button.setAttribute("aria-pressed", "false");
    button.textContent = t("history.play");
  };
  button.addEventListener("click", () => {
    if (playing !== undefined) return stop();
    const lastMonth = findings.firstMonth + findings.months - 1;
    const width = months.to - months.from === findings.months - 1 ? 2 : months.to - months.from;
    let from = months.to >= lastMonth ? findings.firstMonth : months.from + 1;
    button.setAttribute("aria-pressed", "true");
    button.textContent = t("history.pause");
    playing = setInterval(() => {
      if (from + width > lastMonth || !button.isConnected) return stop();
      range(from, from + width);
      from += 1;
    }, 600);
    return undefined;
  });
  return button;
}

/**
 * @param {HTMLElement} box
 * @param {Findings} findings
 */
async function mapOf(box, findings) {
  const { L, map, marks } = await mapIn(box);
  const layer = L.layerGroup().addTo(map);
  const placed = findings.places
    .map((/** @type {any} */ place, /** @type {number} */ n) => ({ place, n }))
    .filter((/** @type {any} */ it) => it.place.position);
  if (placed.length) {
    map.fitBounds(placed.map((/** @type {any} */ it) => [it.place.position.lat, it.place.position.lon]), { padding: [12, 12] });
  } else {
    map.setView([48.86, 2.35], 10);
  }
  const shown = new Map();
  for (const { place, n } of placed) {
    const made = marks([place.position.lat, place.position.lon], { radius: 4, weight: 1, severity: 1 });
    // As an element: Leaflet would read a text as markup.
    made.bindTooltip(() => h("span", {}, `${place.name} – ${t("findings.count", { count: made.options.count })}`));
    made.on("click", () => {
      location.hash = `#/places/${place.id}`;
    });
    shown.set(n, made);
  }
  const remove = () => map.remove();
  return { remove, draw: drawing };

  function drawing(/** @type {any} */ found) {
    const colours = severityColours(box);
    for (const [n, made] of shown) {
      const count = found.byPlace[n];
      if (!count) {
        layer.removeLayer(made);
        continue;
      }
      const worst = found.worst[n];
      made.options.count = count;
      made.options.severity = worst;
      made.setRadius(3.5 + Math.min(9, Math.sqrt(count)));
      made.setStyle({ fillColor: colours[worst], color: colours[0] });
      if (!layer.hasLayer(made)) layer.addLayer(made);
    }
  }
}

/**
 * @param {Findings} findings
 * @param {any} found
 * @param {number} most
 */
function placesTable(findings, found, most) {
  const rows = [];
  for (let n = 0; n < findings.places.length; n++) {
    if (found.byPlace[n]) rows.push(n);
  }
  if (rows.length === 0) return nothing(t("history.none_left"));
  rows.sort((a, b) => found.byPlace[b] - found.byPlace[a]);
  const shown = table(
    t("history.by_place"),
    [
      [t("place"), (n) => placeLink(findings.places[n].id, findings.places[n].name ?? t("place.gone"))],
      [t("findings"), (n) => number(found.byPlace[n]), "number"],
      [t("worst"), (n) => severity(found.worst[n]), "narrow"],
      [t("last"), (n) => time(isoOf(found.lastDay[n])), "narrow"],
    ],
    rows.slice(0, most),
  );
  if (rows.length <= most) return shown;
  const more = h("button", { type: "button" }, t("more", { count: rows.length - most }));
  const both = h("div", { class: "body" }, shown, more);
  more.addEventListener("click", () => both.replaceWith(placesTable(findings, found, rows.length)));
  return both;
}

/** Give the places found as a file. @param {Findings} findings @param {any} found */
function saved(findings, found) {
  const cell = (/** @type {any} */ it) => {
    const text = String(it ?? "");
    // A spreadsheet would compute what begins so.
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const lines = [["id", "name", "territory", "findings", "worst_severity", "last_found_on"]];
  findings.places.forEach((/** @type {any} */ place, /** @type {number} */ n) => {
    if (!found.byPlace[n]) return;
    lines.push([place.id, place.name, place.territory, found.byPlace[n], found.worst[n], isoOf(found.lastDay[n])]);
  });
  const text = `\ufeff${lines.map((it) => it.map(cell).join(",")).join("\r\n")}\r\n`;
  const link = h("a", {
    href: URL.createObjectURL(new Blob([text], { type: "text/csv" })),
    download: `${t("page.history")}.csv`,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}
