/** A person's display settings of pictures and masks, stored in their browser. They never change annotations. */

export type Channel = "all" | "red" | "green" | "blue";

export interface DisplaySettings {
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
  /** Each object has a colour of its own, not that of its class. */
  readonly byObject: boolean;
}

export const PLAIN: DisplaySettings = {
  brightness: 0,
  contrast: 0,
  gamma: 1,
  channel: "all",
  fill: 0.35,
  outlines: false,
  blink: false,
  overlaps: true,
  minimap: true,
  byObject: false,
};

export const CHANNELS: readonly Channel[] = ["all", "red", "green", "blue"];

const RANGES = { brightness: [-1, 1], contrast: [-1, 1], gamma: [0.2, 5], fill: [0, 1] } as const;
export const SWITCHES = ["outlines", "blink", "overlaps", "minimap", "byObject"] as const;

/** What was stored, as far as it makes sense today. */
export function displaySettingsOf(stored: unknown): DisplaySettings {
  const found: Record<string, unknown> = typeof stored === "object" && stored !== null ? { ...stored } : {};
  const settings: { -readonly [Key in keyof DisplaySettings]: DisplaySettings[Key] } = { ...PLAIN };
  for (const [name, [least, most]] of Object.entries(RANGES) as [keyof typeof RANGES, readonly [number, number]][]) {
    const value = found[name];
    if (typeof value === "number" && Number.isFinite(value)) settings[name] = Math.min(most, Math.max(least, value));
  }
  // Earlier pages stored a multiple of the usual filling.
  const opacity = found["opacity"];
  if (found["fill"] === undefined && typeof opacity === "number" && Number.isFinite(opacity)) {
    settings.fill = Math.min(1, Math.max(0, Math.round(opacity * PLAIN.fill * 20) / 20));
  }
  for (const name of SWITCHES) if (typeof found[name] === "boolean") settings[name] = found[name];
  if (CHANNELS.includes(found["channel"] as Channel)) settings.channel = found["channel"] as Channel;
  return settings;
}

/** The filling of a mask that stands out: more than the usual one, and as much at both ends. */
export function strongerFill(fill: number, times: number): number {
  return 1 - (1 - fill) ** times;
}

/** Whether the picture's pixels are shown as they are. */
export function isPlainPicture({ brightness, contrast, gamma, channel }: DisplaySettings): boolean {
  return brightness === 0 && contrast === 0 && gamma === 1 && channel === "all";
}

/** An object's own colour, always the same; its neighbours in the list have others that differ clearly. */
export function objectColor(uid: string): string {
  let hash = 2166136261;
  for (const letter of uid) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  const mixed = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
  return `hsl(${mixed % 360} ${65 + ((mixed >>> 9) % 3) * 12}% ${45 + ((mixed >>> 12) % 3) * 9}%)`;
}
