/** The keys that a person has chosen: only actions whose keys differ from the defaults. */

import type { Store } from "../lib/store";
import { Refused, type Api } from "../server/api";
import type { OwnKeys } from "../server/types";
import type { State } from "../state";
import type { Toasts } from "./toasts";

/** One set for the window, whichever image is open. */
let own: OwnKeys = {};

/** The window's keys from now on. */
export function useKeys(keys: OwnKeys): void {
  own = keys;
}

export function ownKeys(): OwnKeys {
  return own;
}

/** Changes them, here and on the server. */
export class KeySettings {
  constructor(
    private readonly store: Store<State>,
    private readonly api: Api,
    private readonly toasts: Toasts,
  ) {
    store.set({ keys: own });
  }

  async use(keys: OwnKeys): Promise<void> {
    useKeys(keys);
    this.store.set({ keys });
    try {
      await this.api.saveKeys(keys);
    } catch (error) {
      const why = error instanceof Refused ? error.message : "The server can't be reached.";
      this.toasts.say(`Your keys work until you leave this page but aren't saved. ${why}`);
    }
  }
}
