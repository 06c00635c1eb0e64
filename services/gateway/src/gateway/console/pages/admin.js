// Who has access: people and their roles, keys of programs, addresses that need no header.

import { all, send } from "../api.js";
import { fill, h } from "../dom.js";
import { button, field, form, secret } from "../forms.js";
import { nothing, part, table } from "../parts.js";
import { t, time } from "../words.js";

const ROLES = ["reader", "inspector", "planner", "manager", "admin", "auditor", "keeper", "reporter"];
const SERVICES = ["inspections", "scoring", "routing", "gateway"];
const DAY_MS = 86_400_000;

/** @param {HTMLElement} page */
export async function show(page) {
  const lists = h("div", { class: "page inner" });
  const again = () =>
    fill(
      lists,
      part(t("admin.people"), () => people(again)),
      part(t("admin.keys"), () => keys("/keys", again)),
      part(t("admin.addresses"), () => keys("/url-tokens", again)),
    );
  again();
  fill(
    page,
    h("div", { class: "title" }, h("h1", {}, t("page.admin"))),
    h("section", { class: "part half" }, h("header", {}, h("h2", {}, t("admin.invite"))), invite(again)),
    h("section", { class: "part half" }, h("header", {}, h("h2", {}, t("admin.new_key"))), newKey(again)),
    lists,
  );
}

/** @param {() => void} again */
async function people(again) {
  const accounts = await all("/accounts");
  if (accounts.length === 0) return nothing(t("admin.nobody"));
  const change = (/** @type {any} */ it) => {
    const state = it.state === "disabled" ? "active" : "disabled";
    return button(t(state === "active" ? "admin.to_active" : "admin.to_disabled"), () => send("PATCH", `/accounts/${it.id}`, { state }), again);
  };
  return table(
    t("admin.people"),
    [
      [t("name"), (it) => [it.name, h("div", { class: "explained" }, it.email)]],
      [t("roles"), (it) => it.roles.map((/** @type {string} */ role) => t(`role.${role}`)).join(", ")],
      [t("territories"), (it) => it.territories.join(", ") || t("all")],
      [t("state"), (it) => t(`account.${it.state}`)],
      [t("signed_in"), (it) => time(it.signed_in_at, "moment"), "narrow"],
      [t("change"), (it) => (it.state === "invited" ? null : change(it))],
    ],
    accounts,
  );
}

/** @param {() => void} again */
function invite(again) {
  return form(
    [field("name", { maxlength: 200 }), field("email", { type: "email" }), roles(["reader"]), field("territories", { required: false, placeholder: "75, 93" })],
    t("admin.invite"),
    async (given) => {
      const made = await send("POST", "/invitations", {
        name: given.get("name"),
        email: given.get("email"),
        roles: given.getAll("role"),
        territories: listed(given.get("territories")),
      });
      again();
      return made.mailed ? t("admin.mailed") : [t("admin.hand_over"), secret(made.link)];
    },
  );
}

/** @param {() => void} again */
function newKey(again) {
  const inAYear = new Date(Date.now() + 365 * DAY_MS).toISOString().slice(0, 10);
  const scopes = SERVICES.flatMap((service) => ["read", "write"].map((it) => `${service}:${it}`));
  const boxes = scopes.map((it) => h("label", {}, h("input", { type: "checkbox", name: "scope", value: it, checked: it.endsWith("read") }), h("span", {}, it)));
  return form(
    [field("name", { maxlength: 200 }), roles(["reader"]), h("fieldset", {}, h("legend", {}, t("scopes")), boxes), field("expires_on", { type: "date", value: inAYear })],
    t("admin.make_key"),
    async (given) => {
      const made = await send("POST", "/keys", {
        name: given.get("name"),
        roles: given.getAll("role"),
        scopes: given.getAll("scope"),
        expires_at: `${given.get("expires_on")}T23:59:59Z`,
      });
      again();
      return [t("admin.key_once"), secret(made.key)];
    },
  );
}

/** @param {string} path @param {() => void} again */
async function keys(path, again) {
  const known = (await all(path)).filter((it) => it.revoked_at === null);
  if (known.length === 0) return nothing(t("admin.no_keys"));
  return table(
    t("admin.keys"),
    [
      [t("name"), (it) => it.name],
      [t("opens"), (it) => [...it.scopes, ...it.paths].join(", ")],
      [t("expires_on"), (it) => time(it.expires_at), "narrow"],
      [t("used"), (it) => time(it.last_used_at, "moment"), "narrow"],
      [t("change"), (it) => button(t("admin.revoke"), () => send("DELETE", `${path}/${it.id}`), again)],
    ],
    known,
  );
}

/** @param {string[]} chosen */
function roles(chosen) {
  const box = (/** @type {string} */ it) => h("label", {}, h("input", { type: "checkbox", name: "role", value: it, checked: chosen.includes(it) }), h("span", {}, t(`role.${it}`)));
  return h("fieldset", {}, h("legend", {}, t("roles")), ROLES.map(box));
}

/** @param {FormDataEntryValue | null} text codes, with commas between */
function listed(text) {
  return String(text ?? "").split(/[\s,;]+/).filter(Boolean);
}
