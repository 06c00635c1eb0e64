// How people sign in here: with an account, at their provider, or as somebody of the demo.

import { fill, h } from "../dom.js";
import { trouble } from "../parts.js";
import * as session from "../session.js";
import { t } from "../words.js";

/**
 * @param {HTMLElement} main
 * @param {() => Promise<void>} enter called once somebody is signed in
 */
export async function show(main, enter) {
  document.title = `${t("sign_in")} – Ronde`;
  let options;
  try {
    options = await session.options();
  } catch (error) {
    fill(main, trouble(error, () => show(main, enter)));
    return;
  }
  fill(
    main,
    h(
      "div",
      { class: "sign-in" },
      h("h1", {}, t("sign_in")),
      options.demo_people.length > 0 && demo(options.demo_people, enter),
      Object.entries(options.providers).map(([issuer, client]) => provider(issuer, client)),
      options.accounts && account(enter),
    ),
  );
}

/** @param {string[]} people @param {() => Promise<void>} enter */
function demo(people, enter) {
  const choose = (/** @type {string} */ person) => async () => {
    await session.signInAs(person);
    await enter();
  };
  return h(
    "section",
    { class: "part" },
    h("h2", {}, t("demo")),
    h("p", {}, t("demo.invented")),
    h(
      "div",
      { class: "choices" },
      people.map((it) => h("button", { type: "button", on: { click: choose(it) } }, t(`person.${it}`))),
    ),
  );
}

/** @param {string} issuer @param {string} client */
function provider(issuer, client) {
  const leave = () => session.leaveFor(issuer, client);
  const text = t("sign_in.at", { provider: new URL(issuer).host });
  return h("button", { type: "button", class: "wide", on: { click: leave } }, text);
}

/** @param {() => Promise<void>} enter */
function account(enter) {
  const field = (/** @type {string} */ name, /** @type {Record<string, any>} */ more) =>
    h("label", {}, t(`sign_in.${name}`), h("input", { name, ...more }));
  const said = h("p", { class: "said", role: "alert" });
  const form = h(
    "form",
    { class: "part" },
    h("h2", {}, t("sign_in.account")),
    field("email", { type: "email", required: true, autocomplete: "username" }),
    field("password", { type: "password", required: true, autocomplete: "current-password" }),
    field("code", { inputmode: "numeric", pattern: "\\d{6}", autocomplete: "one-time-code" }),
    said,
    h("div", { class: "choices" }, h("button", { type: "submit", class: "first" }, t("sign_in")), h("button", { type: "button", on: { click: () => forgotten(form, said) } }, t("sign_in.forgotten"))),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    if (!given.code) delete given.code;
    const device_token = localStorage.getItem("device") ?? undefined;
    const answer = await fetch("../v1/sessions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...given, device_token }),
    }).catch(() => null);
    const told = await answer?.json().catch(() => ({}));
    if (!answer?.ok) {
      fill(said, told?.detail ?? t("trouble.network"));
      return;
    }
    if (told.device_token) localStorage.setItem("device", told.device_token);
    session.keep(told);
    await enter();
  });
  return form;
}

/** Ask for a link to choose another password. @param {HTMLFormElement} form @param {HTMLElement} said */
async function forgotten(form, said) {
  const email = /** @type {HTMLInputElement} */ (form.elements.namedItem("email"));
  if (!email.reportValidity()) return;
  const answer = await fetch("../v1/password-resets", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: email.value }),
  }).catch(() => null);
  const told = answer?.ok ? null : await answer?.json().catch(() => ({}));
  fill(said, answer?.ok ? t("sign_in.link_sent") : (told?.detail ?? t("trouble.network")));
}
