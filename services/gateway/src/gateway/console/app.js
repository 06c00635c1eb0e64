// The shell: who is signed in, which page is shown, in which language and light.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { trouble } from "./parts.js";
import { flush, news, waiting } from "./sending.js";
import * as session from "./session.js";
import { dropUnder, read, write } from "./storage.js";
import * as words from "./words.js";

const { t } = words;

/** @typedef {{show: (main: HTMLElement, asked: Asked) => Promise<void | (() => void)>}} Page */
/** @typedef {{path: string[], query: URLSearchParams, me: any}} Asked */

/** @type {[RegExp, () => Promise<Page>, string][]} */
const PAGES = [
  [/^$/, () => import("./pages/today.js"), "today"],
  [/^history$/, () => import("./pages/history.js"), "history"],
  [/^places\/([^/]+)$/, () => import("./pages/place.js"), "history"],
  [/^plans$/, () => import("./pages/plans.js"), "plans"],
  [/^plans\/([^/]+)$/, () => import("./pages/plan.js"), "plans"],
  [/^plans\/([^/]+)\/sheets\/([^/]+)$/, () => import("./pages/sheet.js"), "plans"],
  [/^visits$/, () => import("./pages/visits.js"), "visits"],
  [/^inspect\/([^/]+)$/, () => import("./pages/inspect.js"), "visits"],
  [/^territories$/, () => import("./pages/territories.js"), "territories"],
  [/^rules$/, () => import("./pages/rules.js"), "rules"],
  [/^admin$/, () => import("./pages/admin.js"), "admin"],
  [/^account$/, () => import("./pages/account.js"), "account"],
  [/^about$/, () => import("./pages/about.js"), "about"],
];
const LINKS = [
  ["", "today"],
  ["history", "history"],
  ["plans", "plans"],
  ["visits", "visits"],
  ["territories", "territories"],
  ["about", "about"],
  ["rules", "rules"],
  ["admin", "admin"],
];
/** What somebody has to be allowed for a page to be offered. @type {Record<string, string>} */
const ALLOWED = { rules: "change_register", admin: "administer_access" };

const main = h("main", { id: "main", tabindex: -1 });
/** @type {any} */
let me = null;
/** @type {void | (() => void)} */
let leave;
let shown = 0;

async function begin() {
  chooseLight(localStorage.getItem("light"));
  await words.speak(words.askedLanguage());
  if (new URLSearchParams(location.search).has("invitation")) return outside(await import("./pages/invitation.js"));
  api.whenSignedOut(signedOut);
  await session.comeBack().catch(() => false);
  addEventListener("hashchange", show);
  addEventListener("online", sendWaiting);
  news.addEventListener("change", tellWaiting);
  navigator.serviceWorker?.register("worker.js");
  await enter();
}

/** Send what was filled in while there was no network. */
async function sendWaiting() {
  if (me !== null && isSecureContext) await flush(me.subject);
}

async function tellWaiting() {
  const link = document.querySelector("nav.pages a[data-page=visits]");
  if (me === null || link === null) return;
  const { length } = await waiting(me.subject);
  fill(link, t("page.visits"), length > 0 && h("span", { class: "badge" }, words.number(length), h("span", { class: "unseen" }, t("sending.waits"))));
}

/** Show the page of who is signed in, or how to sign in. */
async function enter() {
  if (session.current() === null) return askToSignIn();
  try {
    me = await whoAmI();
  } catch (error) {
    if (session.current() === null) return undefined;
    frame();
    return fill(main, trouble(error, enter));
  }
  frame();
  sendWaiting();
  return show();
}

/** Ask who is signed in; without a network, it is who it was. */
async function whoAmI() {
  try {
    const told = await api.get("/me");
    // A browser that keeps nothing still shows pages.
    await write("me", told).catch(() => undefined);
    return told;
  } catch (error) {
    const known = error instanceof api.Unreachable ? await read("me") : undefined;
    if (known === undefined) throw error;
    return known;
  }
}

async function show() {
  if (me === null) return;
  const mine = ++shown;
  if (leave) leave();
  leave = undefined;
  main.setAttribute("aria-busy", "true");
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [pattern, load, name] = PAGES.find(([it]) => it.test(path)) ?? PAGES[0];
  for (const link of document.querySelectorAll("nav.pages a")) {
    const here = link.getAttribute("data-page") === name;
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  const found = (pattern.exec(path) ?? []).slice(1).map(decodeURIComponent);
  const page = h("div", { class: `page ${name}` });
  try {
    const { show: fillPage } = await load();
    if (mine !== shown) return;
    fill(main, page);
    scrollTo(0, 0);
    const left = await fillPage(page, { path: found, query: new URLSearchParams(search), me });
    if (mine === shown) leave = left;
    else if (left) left();
  } catch (error) {
    if (mine === shown) fill(main, trouble(error, show));
  }
  if (mine === shown) main.removeAttribute("aria-busy");
  const title = main.querySelector("h1")?.textContent;
  document.title = title ? `${title} – Ronde` : "Ronde";
}

function frame() {
  const page = (/** @type {string[]} */ [path, name]) =>
    h("a", { href: `#/${path}`, "data-page": name }, t(`page.${name}`));
  fill(
    document.body,
    h("a", { class: "skip", href: "#main", on: { click: skip } }, t("skip")),
    h(
      "header",
      { class: "top" },
      h("a", { class: "brand", href: "#/" }, h("img", { src: "icon.svg", alt: "", width: 26, height: 26 }), "Ronde"),
      h("nav", { class: "pages", "aria-label": t("pages") }, LINKS.filter(([, name]) => !ALLOWED[name] || me?.allowed_actions.includes(ALLOWED[name])).map(page)),
      search(),
      tools(),
    ),
    main,
    h(
      "footer",
      {},
      h("span", {}, "© OpenStreetMap contributors"),
      h("a", { href: "../docs" }, t("interface")),
    ),
  );
}

/** @param {Event} event the address stays, since it names the page */
function skip(event) {
  event.preventDefault();
  main.focus();
}

function search() {
  const list = h("ul", { class: "found", hidden: true });
  const field = h("input", {
    type: "search",
    name: "q",
    placeholder: t("search"),
    "aria-label": t("search"),
    autocomplete: "off",
  });
  const find = async () => {
    const q = field.value.trim();
    list.hidden = q.length < 2;
    if (list.hidden) return;
    const { items } = await api.get("/search", { q }).catch(() => ({ items: [] }));
    if (field.value.trim() !== q) return;
    const link = (/** @type {any} */ it) => {
      const [, kind, id] = it.href.split("/").slice(1);
      const path = kind === "weekly-plans" ? "plans" : "places";
      return kind === "weekly-plans" || kind === "accommodations"
        ? h("li", {}, h("a", { href: `#/${path}/${id}` }, it.title, it.told && h("small", {}, it.told)))
        : h("li", {}, h("span", {}, it.title, it.told && h("small", {}, it.told)));
    };
    fill(list, items.length ? items.slice(0, 8).map(link) : h("li", {}, h("span", {}, t("found.nothing"))));
  };
  /** @type {number} */
  let soon;
  field.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(find, 150);
  });
  list.addEventListener("click", () => {
    list.hidden = true;
    field.value = "";
  });
  const form = h("form", { class: "search", role: "search" }, field, list);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") list.hidden = true;
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(/** @type {Node} */ (event.relatedTarget))) list.hidden = true;
  });
  return form;
}

function tools() {
  const other = words.LANGUAGES.find((it) => it !== words.spoken()) ?? "fr";
  const speakOther = async () => {
    localStorage.setItem("language", other);
    await words.speak(other);
    me === null ? askToSignIn() : (frame(), show());
  };
  const otherLight = () => {
    const light = isDark() ? "light" : "dark";
    localStorage.setItem("light", light);
    chooseLight(light);
  };
  return h(
    "div",
    { class: "tools" },
    h("button", { type: "button", lang: other, on: { click: speakOther } }, other.toUpperCase(), h("span", { class: "unseen" }, other === "fr" ? " – français" : " – English")),
    h("button", { type: "button", "aria-label": t("light"), on: { click: otherLight } }, "◐"),
    me && h("a", { class: "button", href: "#/account" }, t("page.account")),
    me && h("button", { type: "button", on: { click: signOut } }, t("sign_out")),
  );
}

function isDark() {
  const chosen = document.documentElement.dataset.light;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {string | null} light */
function chooseLight(light) {
  if (light) document.documentElement.dataset.light = light;
}

async function signOut() {
  if (session.isOfAccount()) await api.send("DELETE", "/sessions/current").catch(() => null);
  // Forms that were begun or wait stay; what was fetched of places does not.
  await Promise.all(["me", "form:", "visits:"].map(dropUnder)).catch(() => undefined);
  const away = await session.farewell().catch(() => undefined);
  await signedOut();
  if (away) location.assign(away);
  if (away === undefined) document.querySelector("main")?.prepend(h("p", { class: "trouble", role: "alert" }, t("sign_out.not_there")));
}

function signedOut() {
  session.forget();
  me = null;
  if (leave) leave();
  leave = undefined;
  return askToSignIn();
}

async function askToSignIn() {
  await outside(await import("./pages/sign_in.js"));
}

/**
 * Show a page for who is not signed in.
 * @param {{show: (main: HTMLElement, enter: () => Promise<void>) => Promise<void>}} page
 */
async function outside({ show: fillPage }) {
  const place = h("main", { id: "main" });
  fill(document.body, h("header", { class: "top" }, h("span", { class: "brand" }, "Ronde"), tools()), place);
  await fillPage(place, enter);
}

begin().catch((error) => fill(document.body, h("main", {}, trouble(error, () => location.reload()))));
