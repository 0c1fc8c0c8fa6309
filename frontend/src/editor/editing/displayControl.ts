/** Reads and changes a person's display settings of pictures and masks. */

import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import type { Boot, ValueWindow } from "../server/types";
import type { State } from "../state";
import { SWITCHES, PLAIN, displaySettingsOf, type DisplaySettings, CHANNELS } from "../view/displaySettings";

/** Reads and changes the look of the editor's state. */
export class DisplayControl {
  private readonly key: string;
  private readonly windowKey: string;

  constructor(
    private readonly store: Pick<Store<State>, "get" | "set">,
    private readonly storage: ValueStorage,
    { user, project, image }: Pick<Boot, "user" | "project" | "image">,
  ) {
    this.key = `look:${user.id}`;
    this.windowKey = `window:${user.id}:${project.id}`;
    const window = image.deep ? storage.read<ValueWindow>(this.windowKey) : null;
    store.set({ display: { ...displaySettingsOf(storage.read(this.key)), blink: false }, window });
  }

  /** Another window of the original's values, for all images of the project; null: the view's own. */
  setWindow(window: ValueWindow | null): void {
    this.store.set({ window });
    if (window) this.storage.write(this.windowKey, window);
    else this.storage.remove(this.windowKey);
  }

  set(change: Partial<DisplaySettings>): void {
    const display = displaySettingsOf({ ...this.store.get().display, ...change });
    this.store.set({ display });
    this.storage.write(this.key, display);
  }

  toggle(name: (typeof SWITCHES)[number]): void {
    this.set({ [name]: !this.store.get().display[name] });
  }

  /** A step of the masks' opacity. */
  fade(steps: number): void {
    this.set({ fill: Math.round((this.store.get().display.fill + steps * 0.05) * 20) / 20, outlines: false });
  }

  nextChannel(): void {
    const { channel } = this.store.get().display;
    this.set({ channel: CHANNELS[(CHANNELS.indexOf(channel) + 1) % CHANNELS.length]! });
  }

  /** The picture as it is; masks stay as they are shown. */
  resetPicture(): void {
    const { brightness, contrast, gamma, channel } = PLAIN;
    this.set({ brightness, contrast, gamma, channel });
    this.setWindow(null);
  }
}
