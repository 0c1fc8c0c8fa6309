/** Starts the editor on its page. */

import { render } from "preact";
import { Api } from "./api";
import { readBoot, socketUrl } from "./boot";
import { ClickConnection } from "./connection";
import { Editor } from "./editor";
import { App } from "./panels/App";
import { browserLocks, sessionName } from "./place";
import { IndexedRecords } from "./records";
import { LocalStorage } from "./storage";

const boot = readBoot(document);
const editor = new Editor(boot, {
  storage: new LocalStorage("interlabel:"),
  records: IndexedRecords.open("interlabel"),
  locks: browserLocks(),
  name: sessionName,
  api: new Api(boot.api),
  connect: (listener) => new ClickConnection(socketUrl(boot.socket, location), listener),
  go: (url) => location.assign(url),
});

render(<App editor={editor} />, document.getElementById("editor")!);
void editor.begin();

window.addEventListener("online", () => editor.retryNow());
document.addEventListener("visibilitychange", () => document.hidden || editor.retryNow());
window.addEventListener("beforeunload", (event) => {
  if (editor.outbox.operations.length > 0) event.preventDefault();
});

// The next pictures, while this one is worked on.
for (const { view } of boot.upcoming.slice(0, 3)) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "prefetch", as: "image", href: view });
  document.head.append(link);
}
