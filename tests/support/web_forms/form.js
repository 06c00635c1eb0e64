// A page that fills in a form of an OpenRosa server in the browser, as its address says: ?server=.
import { OdkWebForm, webFormsPlugin } from "@getodk/web-forms";
import { createApp, h } from "vue";

const server = new URLSearchParams(location.search).get("server");
const headers = { "X-OpenRosa-Version": "1.0" };
const told = (await (await fetch(`${server}/formList`, { headers })).text());
const listed = new DOMParser().parseFromString(told, "text/xml");
const address = (document, name) => document.querySelector(name).textContent;
const formXml = await (await fetch(address(listed, "downloadUrl"), { headers })).text();
const manifest = new DOMParser().parseFromString(
  await (await fetch(address(listed, "manifestUrl"), { headers })).text(),
  "text/xml",
);
const files = new Map(
  [...manifest.querySelectorAll("mediaFile")].map((file) => [
    address(file, "filename"),
    address(file, "downloadUrl"),
  ]),
);

window.answers = [];
window.send = async () => {
  for (const body of window.sent) {
    const answer = await fetch(`${server}/submission`, { method: "POST", headers, body });
    window.answers.push(answer.status);
  }
};

createApp({
  render: () =>
    h(OdkWebForm, {
      formXml,
      fetchFormAttachment: (url) => fetch(files.get(String(url).split("/").pop()), { headers }),
      onSubmit: async (payload) => {
        window.sent = payload.data;
        await window.send();
      },
    }),
})
  .use(webFormsPlugin)
  .mount("#form");
