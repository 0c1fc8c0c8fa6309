/** An editor for tests: an image, and what a page has around one, without a window. */

import { Inbox } from "../shared/inbox";
import { Filmstrip } from "./editing/filmstrip";
import type { Surroundings } from "./editor";
import { MemoryDatabase } from "./lib/indexedDb";
import type { ValueStorage } from "./lib/storage";
import { Api } from "./server/api";
import type { ClickConnection, Listener } from "./server/connection";
import type { Boot } from "./server/types";

const ENDPOINTS = {
  annotations: "/set",
  annotation: "/annotations/",
  changes: "/changes",
  status: "/status",
  retry: "/retry",
  note: "/note",
  time: "/time",
  images: "/images",
  next: "/next",
  keys: "/keys",
};

/** An annotator on the only image of a project with two classes. */
export function bootOf(view: { width: number; height: number }, more: Partial<Boot> = {}): Boot {
  return {
    image: { id: 1, name: "one.jpg", about: [], ...view, view: "", state: "ready", blocks: null, deep: null },
    project: {
      id: 1,
      name: "",
      instructions: "",
      url: "",
      next: "/next",
      categories: [1, 2].map((number) => ({
        number,
        name: `class ${number}`,
        color: "#123456",
        hotkey: String(number),
        kind: "thing",
      })),
      attributes: [],
      panoptic: false,
    },
    user: {
      id: 1,
      name: "me",
      role: "annotator",
      can_label: true,
      can_review: false,
      can_assign: false,
      can_export: false,
      can_manage: false,
      can_archive: false,
      keys: {},
    },
    socket: "/socket",
    methods: [],
    api: { ...ENDPOINTS, suggestions: "/suggestions", text: "/text", history: "/history" },
    position: { index: 1, total: 1 },
    previous: null,
    following: null,
    upcoming: [],
    ...more,
  };
}

/** A storage on a map; without one it forgets everything. */
export function storageOn(values?: Map<string, unknown>): ValueStorage {
  return {
    read: <T>(key: string) => (values?.get(key) as T | undefined) ?? null,
    write: (key, value) => void values?.set(key, value),
    remove: (key) => void values?.delete(key),
  };
}

/** A connection on which nothing happens. */
export function silent(): ClickConnection {
  const names = ["connect", "prefetch", "track", "release", "retryNow", "here", "dispose"];
  return Object.fromEntries(names.map((name) => [name, () => {}])) as unknown as ClickConnection;
}

/** A page in front of `service`, in a browser where no other tab was ever open. */
export function around(
  service: { readonly fetch: typeof fetch },
  more: Partial<Surroundings> & { listen?: (listener: Listener) => void } = {},
): Surroundings {
  const storage = more.storage ?? storageOn();
  const api = new Api(ENDPOINTS, service.fetch);
  const connect = (listener: Listener) => {
    more.listen?.(listener);
    return silent();
  };
  return {
    storage,
    database: new MemoryDatabase(),
    locks: { hold: () => Promise.resolve(() => {}) },
    name: { read: () => null, write: () => {} },
    inbox: new Inbox(service.fetch),
    filmstrip: new Filmstrip(api, storage, 1),
    api,
    connect,
    go: () => {},
    ...more,
  };
}
