// A page that fills in a form of an OpenRosa server in the browser, as its address says: ?server=.
import { OdkWebForm, webFormsPlugin } from "@getodk/web-forms";
import { createApp, h } from "vue";

import { files, formXml, headers, server } from "./open_rosa.js";

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
      fetchFormAttachment: (url) => fetch(files[String(url).split("/").pop()], { headers }),
      onSubmit: async (payload) => {
        window.sent = payload.data;
        await window.send();
      },
    }),
})
  .use(webFormsPlugin)
  .mount("#form");
