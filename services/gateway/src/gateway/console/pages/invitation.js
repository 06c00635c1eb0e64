// How somebody who was invited chooses a password; the link carries what allows it behind its #.

import { Refused, send } from "../api.js";
import { fill, h } from "../dom.js";
import { t } from "../words.js";

const SHORTEST = 12;

/** @param {HTMLElement} main */
export async function show(main) {
  document.title = `${t("invitation")} – Ronde`;
  const token = location.hash.slice(1);
  const password = h("input", { type: "password", required: true, minlength: SHORTEST, autocomplete: "new-password" });
  const told = h("p", { class: "said", role: "alert" });
  const form = h(
    "form",
    { class: "part" },
    h("p", {}, t("invitation.told", { count: SHORTEST })),
    h("label", {}, t("sign_in.password"), password),
    told,
    h("button", { type: "submit", class: "first" }, t("invitation.choose")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await send("POST", "/invitation-acceptances", { token, password: password.value });
    } catch (error) {
      fill(told, error instanceof Refused ? error.message : t("trouble.network"));
      return;
    }
    fill(main, h("div", { class: "sign-in" }, h("h1", {}, t("invitation")), h("p", { role: "status" }, t("invitation.done")), h("p", {}, h("a", { href: "./" }, t("sign_in")))));
  });
  fill(main, h("div", { class: "sign-in" }, h("h1", {}, t("invitation")), form));
}
