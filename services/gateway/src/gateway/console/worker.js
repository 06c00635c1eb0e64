// Keeps the files that a form is filled in with, for places without a network.

const KEPT = "console-1";
const ANY = { ignoreSearch: true, ignoreVary: true };
const FILES = [
  "./",
  "api.js",
  "app.js",
  "dom.js",
  "icon.svg",
  "labels.js",
  "pages/inspect.js",
  "pages/sign_in.js",
  "pages/visits.js",
  "parts.js",
  "sending.js",
  "session.js",
  "storage.js",
  "style.css",
  "vendor/leaflet.css",
  "words.js",
  "words/en.json",
  "words/fr.json",
];

/** @type {any} */
const worker = globalThis;

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)));
  worker.skipWaiting();
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const clear = async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(clear());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const isFile = request.method === "GET" && request.url.startsWith(worker.registration.scope);
  if (isFile) event.respondWith(answer(request));
});

/** Ask the server, so that nothing is out of date; answer what is kept when it is away. */
async function answer(/** @type {Request} */ request) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && (await cache.match(request, ANY))) {
      const address = new URL(request.url);
      address.search = "";
      await cache.put(address.href, fresh.clone());
    }
    return fresh;
  } catch (error) {
    const kept = await cache.match(request, ANY);
    if (kept) return kept;
    throw error;
  }
}
