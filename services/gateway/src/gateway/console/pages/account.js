// Who is signed in, and what they may change of their own: the password, an authenticator.

import { send, sessionOver } from "../api.js";
import { fill, h } from "../dom.js";
import { field, form, secret } from "../forms.js";
import * as session from "../session.js";
import { t } from "../words.js";

const SHORTEST = 12;

/** @param {HTMLElement} page @param {import("../app.js").Asked} asked */
export async function show(page, { me }) {
  // Who comes from an identity provider, or from the demo, has no password here.
  const isOurs = session.isOfAccount();
  fill(
    page,
    h("div", { class: "title" }, h("h1", {}, t("page.account"))),
    h(
      "section",
      { class: "part" },
      h("p", {}, t("account.roles", { roles: me.roles.map((/** @type {string} */ it) => t(`role.${it}`)).join(", ") })),
      h("p", {}, t("account.territories", { territories: me.territories.join(", ") || t("all") })),
      !isOurs && h("p", { class: "explained" }, t("account.elsewhere")),
    ),
    isOurs && section("account.password", password()),
    isOurs && section("account.authenticator", authenticator()),
  );
}

/** @param {string} title @param {HTMLElement} content */
function section(title, content) {
  return h("section", { class: "part half" }, h("header", {}, h("h2", {}, t(title))), content);
}

function password() {
  return form(
    [
      field("account.current", { type: "password", autocomplete: "current-password" }),
      field("account.new", { type: "password", autocomplete: "new-password", minlength: SHORTEST }),
    ],
    t("account.change"),
    async (given) => {
      await send("POST", "/me/password", { current: given.get("account.current"), password: given.get("account.new") });
      return [h("p", {}, t("account.changed")), h("p", {}, h("button", { type: "button", on: { click: sessionOver } }, t("sign_in")))];
    },
  );
}

function authenticator() {
  return form(
    [h("p", {}, t("account.authenticator.why")), field("account.current", { type: "password", autocomplete: "current-password" })],
    t("account.begin"),
    async (given) => {
      const made = await send("POST", "/me/authenticator", { current: given.get("account.current") });
      return [
        h("p", {}, t("account.enter")),
        secret(made.secret),
        h("p", {}, h("a", { href: made.uri }, t("account.open_app"))),
        ...confirmation(),
      ];
    },
  );
}

function confirmation() {
  const code = h("input", { inputmode: "numeric", pattern: "\\d{6}", autocomplete: "one-time-code" });
  const told = h("p", { role: "status" });
  const confirm = async () => {
    try {
      await send("PUT", "/me/authenticator", { code: code.value });
      fill(told, t("account.confirmed"));
    } catch (error) {
      fill(told, error instanceof Error ? error.message : String(error));
    }
  };
  return [h("label", { class: "field" }, t("sign_in.code"), code), h("button", { type: "button", on: { click: confirm } }, t("account.confirm")), told];
}
