// Forms that say what became of what was entered, and buttons that say why not.

import { fill, h } from "./dom.js";
import { trouble } from "./parts.js";
import { t } from "./words.js";

/** @typedef {import("./dom.js").Child} Child */

/**
 * @param {Child[]} fields
 * @param {string} action what its button says
 * @param {(given: FormData) => Promise<Child | Child[]>} act gives what is to be said
 */
export function form(fields, action, act) {
  const told = h("div", { class: "body", role: "status" });
  const made = h("form", { class: "filters" }, ...fields, h("button", { type: "submit", class: "first" }, action), told);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      fill(told, ...[await act(new FormData(made, event.submitter))].flat());
    } catch (error) {
      fill(told, trouble(error));
    }
  });
  return made;
}

/** @param {string} name of the field, and of its word @param {Record<string, any>} more */
export function field(name, more = {}) {
  return h("label", { class: "field" }, t(name), h("input", { name, required: true, ...more }));
}

/** @param {string} text @param {() => Promise<any>} act @param {() => void} again */
export function button(text, act, again) {
  const made = h("button", { type: "button" }, text);
  made.addEventListener("click", async () => {
    try {
      await act();
      again();
    } catch (error) {
      made.after(trouble(error));
    }
  });
  return made;
}

/** Show a secret that is told once. @param {string} text */
export function secret(text) {
  const select = (/** @type {any} */ event) => event.target.select();
  return h("input", { readonly: true, class: "secret", value: text, "aria-label": t("admin.secret"), on: { focus: select } });
}
