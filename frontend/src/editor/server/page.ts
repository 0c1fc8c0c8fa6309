/** The data that the page gives the editor, and the address of its socket. */

import type { Boot } from "./types";

export function readBoot(page: Document): Boot {
  const element = page.getElementById("editor-data");
  if (!element?.textContent) throw new Error("The page has no editor data.");
  return JSON.parse(element.textContent) as Boot;
}

/** The absolute `ws(s)` address of a path on this host. */
export function socketUrl(path: string, location: Location): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
