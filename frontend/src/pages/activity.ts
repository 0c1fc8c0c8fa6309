// The newest page of a project's activity: it loads its list again when somebody did something.

import { ProjectSocket } from "./project/socket";
import { applyStyles } from "./styles";

const WAIT_MS = 1000;

/** Keep the list up to date, if this is that page. */
export function setUpActivity(): void {
  const socket = document.querySelector<HTMLElement>("[data-activity][data-live]")?.dataset["live"];
  if (!socket) return;
  let waiting = false;
  let connected = false;
  const changed = (): void => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      void refresh();
    }, WAIT_MS);
  };
  new ProjectSocket(
    socket,
    (message) => {
      if (message.type === "snapshot" && connected) changed(); // something may have been missed
      connected ||= message.type === "snapshot";
      if (message.type === "annotations" || message.type === "progress") changed();
    },
    () => undefined,
  );
}

async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector("[data-activity]");
  const list = document.querySelector("[data-activity]");
  if (!next || !list || list.contains(document.activeElement)) return; // not under somebody's fingers
  list.replaceChildren(...next.childNodes);
  applyStyles(list);
}
