// What a field app asks an OpenRosa server for: its first form and the files this form needs.
export const server = new URLSearchParams(location.search).get("server");
export const headers = { "X-OpenRosa-Version": "1.0" };

const asked = async (url) => (await fetch(url, { headers })).text();
const parsed = (text) => new DOMParser().parseFromString(text, "text/xml");
const told = (element, name) => element.querySelector(name).textContent;

const listed = parsed(await asked(`${server}/formList`));
const manifest = parsed(await asked(told(listed, "manifestUrl")));

export const formXml = await asked(told(listed, "downloadUrl"));
export const files = Object.fromEntries(
  [...manifest.querySelectorAll("mediaFile")].map((file) => [
    told(file, "filename"),
    told(file, "downloadUrl"),
  ]),
);
