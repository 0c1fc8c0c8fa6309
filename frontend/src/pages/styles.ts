// Styles that a template gives single elements (`data-style="--part: 40%"`): the pages' Content-Security-Policy takes
// none from the HTML, only from a script.

import { all } from "./dom";

export function applyStyles(root: ParentNode = document): void {
  for (const element of all("[data-style]", root)) {
    for (const one of (element.dataset["style"] ?? "").split(";")) {
      const colon = one.indexOf(":");
      if (colon > 0) element.style.setProperty(one.slice(0, colon).trim(), one.slice(colon + 1).trim());
    }
  }
}
