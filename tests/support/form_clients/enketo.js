// A page that makes of a form of an OpenRosa server what Enketo shows: ?server=.
import { transform } from "enketo-transformer";

import { files, formXml } from "./open_rosa.js";

const made = await transform({ xform: formXml, media: files });
document.body.innerHTML = made.form;
window.languages = made.languageMap;
window.model = made.model;
