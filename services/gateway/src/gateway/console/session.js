// Who is signed in: by the demo, by an account of the gateway, or by an identity provider.

const KEPT = "session";

/** @typedef {{issuer: string, client: string, id_token?: string}} Provider who signed somebody in */
/** @typedef {{access_token: string, refresh_token?: string, expires_at: number, provider?: Provider}} Session */

/** @returns {Session | null} */
export function current() {
  const text = sessionStorage.getItem(KEPT);
  return text === null ? null : JSON.parse(text);
}

/**
 * @param {{access_token: string, refresh_token?: string, expires_in: number}} tokens
 * @param {Provider} [provider]
 */
export function keep(tokens, provider) {
  const { access_token, refresh_token, expires_in } = tokens;
  const expires_at = Date.now() + expires_in * 1000;
  sessionStorage.setItem(KEPT, JSON.stringify({ access_token, refresh_token, expires_at, provider }));
}

export function forget() {
  sessionStorage.removeItem(KEPT);
}

export async function options() {
  return (await fetch("../v1/sign-in-options")).json();
}

/** @param {string} person */
export async function signInAs(person) {
  const answer = await fetch("../demo/token", {
    method: "POST",
    body: new URLSearchParams({ person }),
  });
  keep(await answer.json());
}

/** @type {Promise<boolean> | null} */
let renewing = null;

/** Get new tokens with those we have, once for all who ask: a refresh token is used up. */
export function renew() {
  renewing ??= renewed().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function renewed() {
  const { refresh_token, provider } = current() ?? {};
  if (!refresh_token) return false;
  if (provider) return taken(provider, { grant_type: "refresh_token", refresh_token });
  const answer = await fetch("../v1/session-renewals", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token }),
  });
  if (!answer.ok) return false;
  keep(await answer.json());
  return true;
}

/**
 * Take tokens from a provider for what it gave before.
 * @param {Provider} provider
 * @param {Record<string, string>} given
 */
async function taken(provider, given) {
  const { token_endpoint } = await discovered(provider.issuer);
  const answer = await fetch(token_endpoint, {
    method: "POST",
    body: new URLSearchParams({ client_id: provider.client, ...given }),
  });
  if (!answer.ok) return false;
  const tokens = await answer.json();
  // A provider need not give another refresh token, nor say again who it is.
  keep({ refresh_token: given.refresh_token, ...tokens }, { ...provider, id_token: tokens.id_token ?? provider.id_token });
  return true;
}

/** Whether who is signed in has an account here, which the server can end. */
export function isOfAccount() {
  const known = current();
  return known?.refresh_token !== undefined && !known.provider;
}

/** Leave for an identity provider's page, to come back with a code (OpenID Connect, PKCE). */
export async function leaveFor(/** @type {string} */ issuer, /** @type {string} */ client) {
  const verifier = random();
  const state = random();
  sessionStorage.setItem("leaving", JSON.stringify({ issuer, client, verifier, state }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const found = await discovered(issuer);
  location.assign(
    `${found.authorization_endpoint}?${new URLSearchParams({
      client_id: client,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: "S256",
      redirect_uri: returnTo(),
      response_type: "code",
      scope: "openid",
      state,
    })}`,
  );
}

/** Take the code that a provider sent us back with; tell whether there was one. */
export async function comeBack() {
  const given = new URLSearchParams(location.search);
  const text = sessionStorage.getItem("leaving");
  const code = given.get("code");
  if (code === null || text === null) return false;
  sessionStorage.removeItem("leaving");
  const { issuer, client, verifier, state } = JSON.parse(text);
  history.replaceState(null, "", location.pathname + location.hash);
  if (given.get("state") !== state) return false;
  return taken({ issuer, client }, { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: returnTo() });
}

/**
 * Give the page at which a provider ends its own session, so that nobody else at this computer
 * is let in by it; null for who was signed in here. Throws where the provider has none, or is away.
 */
export async function farewell() {
  const provider = current()?.provider;
  if (!provider) return null;
  const { end_session_endpoint } = await discovered(provider.issuer);
  if (!end_session_endpoint) throw new Error("the provider ends no session");
  const asked = { client_id: provider.client, id_token_hint: provider.id_token ?? "", post_logout_redirect_uri: returnTo() };
  return `${end_session_endpoint}?${new URLSearchParams(asked)}`;
}

/** @param {string} issuer */
async function discovered(issuer) {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  return (await fetch(address)).json();
}

function returnTo() {
  return location.origin + location.pathname;
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
