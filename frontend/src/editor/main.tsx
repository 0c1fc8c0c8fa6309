/** Starts the editor on its page. */

import { render } from "preact";
import { Inbox } from "../shared/inbox";
import { Filmstrip } from "./editing/filmstrip";
import { isEditor, ImageNavigator } from "./editing/navigator";
import { useKeys } from "./editing/ownKeys";
import { Editor } from "./editor";
import { IndexedDatabase } from "./lib/indexedDb";
import { browserLocks } from "./lib/locks";
import { LocalStorage } from "./lib/storage";
import { App } from "./panels/App";
import { sessionName } from "./saving/tabScope";
import { Api } from "./server/api";
import { ClickConnection } from "./server/connection";
import { readBoot, socketUrl } from "./server/page";
import { SocketPrefetch } from "./server/socketPrefetch";
import type { Boot } from "./server/types";
import Decoder from "./view/decode.worker?worker&inline";
import { inWorker } from "./view/decoding";
import { PicturePrefetch } from "./view/picturePrefetch";

const boot = readBoot(document);
useKeys(boot.user.keys);
const storage = new LocalStorage("interlabel:");
const database = IndexedDatabase.open("interlabel");
const locks = browserLocks();
const pictures = new PicturePrefetch(inWorker(() => new Decoder()));
const sockets = new SocketPrefetch();
const filmstrip = new Filmstrip(new Api(boot.api), storage, boot.project.id);
const inbox = new Inbox();
const place = document.getElementById("editor")!;

function make(boot: Boot, navigator: ImageNavigator<Editor>): Editor {
  return new Editor(boot, {
    storage,
    database,
    locks,
    name: sessionName,
    filmstrip,
    inbox,
    pictures,
    api: new Api(boot.api),
    connect: (listener) => new ClickConnection(socketUrl(boot.socket, location), listener, (url) => sockets.open(url)),
    go: (url, how) => void navigator.go(url, how),
    forget: () => navigator.forget(),
  });
}

let opened = 0;
const navigator = new ImageNavigator({
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
navigator.begin(boot);

const editor = () => navigator.current!;
window.addEventListener("online", () => editor().retryNow());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) editor().workTimer.flush();
  else editor().retryNow();
});
for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  window.addEventListener(kind, () => editor().touch(), { capture: true, passive: true });
}
window.addEventListener("pagehide", () => {
  editor().workTimer.flush();
  editor().review.letGo();
});
window.addEventListener("pageshow", (event) => event.persisted && void editor().review.load());
window.addEventListener("beforeunload", (event) => {
  if (editor().outbox.unsaved.length > 0) event.preventDefault();
});
// The browser's back and forward buttons.
window.addEventListener("popstate", () => {
  const [from, to] = [`/images/${editor().boot.image.id}/`, location.pathname];
  if (!isEditor(to)) return location.reload();
  void editor()
    .nextImage.visit(to, "stay")
    .then((went) => went || history.pushState(null, "", from));
});
