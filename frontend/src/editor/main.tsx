/** Starts the editor on its page. */

import { render } from "preact";
import { PicturesAhead } from "./view/picturePrefetch";
import { Api } from "./server/api";
import { readBoot, socketUrl, type Boot } from "./server/page";
import { ClickConnection } from "./server/connection";
import Decoder from "./view/decode.worker?worker&inline";
import { inWorker } from "./view/decoding";
import { SocketsAhead } from "./server/socketPrefetch";
import { Editor } from "./editor";
import { useKeys } from "./panels/keys";
import { App } from "./panels/App";
import { browserLocks, sessionName } from "./saving/tabScope";
import { IndexedRecords } from "./lib/indexedDb";
import { LocalStorage } from "./lib/storage";
import { Strip } from "./editing/filmstrip";
import { isEditor, Walk } from "./editing/navigator";

const boot = readBoot(document);
useKeys(boot.user.keys);
const storage = new LocalStorage("interlabel:");
const records = IndexedRecords.open("interlabel");
const locks = browserLocks();
const pictures = new PicturesAhead(inWorker(() => new Decoder()));
const sockets = new SocketsAhead();
const strip = new Strip(new Api(boot.api), storage, boot.project.id);
const place = document.getElementById("editor")!;

function make(boot: Boot, walk: Walk): Editor {
  return new Editor(boot, {
    storage,
    records,
    locks,
    name: sessionName,
    strip,
    pictures,
    api: new Api(boot.api),
    connect: (listener) => new ClickConnection(socketUrl(boot.socket, location), listener, (url) => sockets.open(url)),
    go: (url, how) => void walk.go(url, how),
    forget: () => walk.forget(),
  });
}

let opened = 0;
const walk = new Walk({
  make,
  show: (editor) => render(<App key={++opened} editor={editor} />, place),
  api: (boot) => new Api(boot.api),
  expect: (boots) => {
    pictures.expect(boots.map(({ image }) => image));
    sockets.expect(boots.slice(0, 1).map(({ socket }) => socketUrl(socket, location)));
  },
  load: (url) => location.assign(url),
  address: (url, { image, project }, how) => {
    if (how === "push") history.pushState(null, "", url);
    document.title = `${image.name} · ${project.name} · Interlabel`;
  },
});
walk.begin(boot);

const editor = () => walk.current!;
window.addEventListener("online", () => editor().retryNow());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) editor().clock.flush();
  else editor().retryNow();
});
for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  window.addEventListener(kind, () => editor().touch(), { capture: true, passive: true });
}
window.addEventListener("pagehide", () => editor().clock.flush());
window.addEventListener("beforeunload", (event) => {
  if (editor().outbox.unsaved.length > 0) event.preventDefault();
});
// The browser's back and forward buttons.
window.addEventListener("popstate", () => {
  const [from, to] = [`/images/${editor().boot.image.id}/`, location.pathname];
  if (!isEditor(to)) return location.reload();
  void editor()
    .journey.visit(to, "stay")
    .then((went) => went || history.pushState(null, "", from));
});
