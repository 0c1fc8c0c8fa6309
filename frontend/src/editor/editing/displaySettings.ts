/** How one person wants pictures and masks shown; remembered in their browser. Nothing of it changes what is kept. */

import type { Boot, Window } from "../server/page";
import type { State } from "../state";
import type { Storage } from "../lib/storage";
import type { Store } from "../lib/store";

export type Channel = "all" | "red" | "green" | "blue";

export interface Look {
  /** −1 to 1; 0 as it is. */
  readonly brightness: number;
  /** −1 (grey) to 1 (black and white); 0 as it is. */
  readonly contrast: number;
  /** 0.2 to 5; 1 as it is, more is brighter in the shadows. */
  readonly gamma: number;
  /** One channel in grey, or all in colour. */
  readonly channel: Channel;
  /** Of the kept masks' filling: 0 (outlines only) to 1 (nothing of the picture is seen through it). */
  readonly fill: number;
  /** Masks have no filling at all. */
  readonly outlines: boolean;
  /** Masks come and go, to see what is under them. */
  readonly blink: boolean;
  /** What belongs to two objects is hatched. */
  readonly overlaps: boolean;
  readonly minimap: boolean;
}

export const PLAIN: Look = {
  brightness: 0,
  contrast: 0,
  gamma: 1,
  channel: "all",
  fill: 0.35,
  outlines: false,
  blink: false,
  overlaps: true,
  minimap: true,
};

export const CHANNELS: readonly Channel[] = ["all", "red", "green", "blue"];

const RANGES = { brightness: [-1, 1], contrast: [-1, 1], gamma: [0.2, 5], fill: [0, 1] } as const;
const SWITCHES = ["outlines", "blink", "overlaps", "minimap"] as const;

/** What was stored, as far as it makes sense today. */
export function lookOf(stored: unknown): Look {
  const found: Record<string, unknown> = typeof stored === "object" && stored !== null ? { ...stored } : {};
  const look: { -readonly [Key in keyof Look]: Look[Key] } = { ...PLAIN };
  for (const [name, [least, most]] of Object.entries(RANGES) as [keyof typeof RANGES, readonly [number, number]][]) {
    const value = found[name];
    if (typeof value === "number" && Number.isFinite(value)) look[name] = Math.min(most, Math.max(least, value));
  }
  // Earlier pages stored a multiple of the usual filling.
  const opacity = found["opacity"];
  if (found["fill"] === undefined && typeof opacity === "number" && Number.isFinite(opacity)) {
    look.fill = Math.min(1, Math.max(0, Math.round(opacity * PLAIN.fill * 20) / 20));
  }
  for (const name of SWITCHES) if (typeof found[name] === "boolean") look[name] = found[name];
  if (CHANNELS.includes(found["channel"] as Channel)) look.channel = found["channel"] as Channel;
  return look;
}

/** The filling of a mask that stands out: more than the usual one, and as much at both ends. */
export function strongerFill(fill: number, times: number): number {
  return 1 - (1 - fill) ** times;
}

/** Whether the picture's pixels are shown as they are. */
export function isPlainPicture({ brightness, contrast, gamma, channel }: Look): boolean {
  return brightness === 0 && contrast === 0 && gamma === 1 && channel === "all";
}

/** Reads and changes the look of the editor's state. */
export class LookControl {
  private readonly key: string;
  private readonly windowKey: string;

  constructor(
    private readonly store: Pick<Store<State>, "get" | "set">,
    private readonly storage: Storage,
    { user, project, image }: Pick<Boot, "user" | "project" | "image">,
  ) {
    this.key = `look:${user.id}`;
    this.windowKey = `window:${user.id}:${project.id}`;
    const window = image.deep ? storage.read<Window>(this.windowKey) : null;
    store.set({ look: { ...lookOf(storage.read(this.key)), blink: false }, window });
  }

  /** Another window of the original's values, for all images of the project; null: the view's own. */
  setWindow(window: Window | null): void {
    this.store.set({ window });
    if (window) this.storage.write(this.windowKey, window);
    else this.storage.remove(this.windowKey);
  }

  set(change: Partial<Look>): void {
    const look = lookOf({ ...this.store.get().look, ...change });
    this.store.set({ look });
    this.storage.write(this.key, look);
  }

  toggle(name: (typeof SWITCHES)[number]): void {
    this.set({ [name]: !this.store.get().look[name] });
  }

  /** A step of the masks' opacity. */
  fade(steps: number): void {
    this.set({ fill: Math.round((this.store.get().look.fill + steps * 0.05) * 20) / 20, outlines: false });
  }

  nextChannel(): void {
    const { channel } = this.store.get().look;
    this.set({ channel: CHANNELS[(CHANNELS.indexOf(channel) + 1) % CHANNELS.length]! });
  }

  /** The picture as it is; masks stay as they are shown. */
  resetPicture(): void {
    const { brightness, contrast, gamma, channel } = PLAIN;
    this.set({ brightness, contrast, gamma, channel });
    this.setWindow(null);
  }
}
