/** Decoded blocks: fetches the wanted ones, the nearest first, cancels those no longer wanted, and keeps the most recently
 * used ones up to a number of bytes. */

/** Requests at a time. A browser has six connections to a server: some are left for clicks and saving. */
const PARALLEL = 4;
const RETRY_MS = 3_000;
export const MOST_BYTES = 256 * 2 ** 20;

export type Load = (url: string, signal: AbortSignal) => Promise<ImageBitmap>;

export class BlockStore {
  /** In the order of their last use. */
  private readonly held = new Map<string, ImageBitmap>();
  private readonly coming = new Map<string, AbortController>();
  private readonly refused = new Set<string>();
  private readonly retries = new Set<ReturnType<typeof setTimeout>>();
  private wanted: readonly string[] = [];
  /** Not in sight: they come one by one, when nothing else does. */
  private readonly aside = new Map<string, (() => void)[]>();
  private used = 0;

  /** `base` stays; `changed` is called when a block has come. */
  constructor(
    private readonly base: ReadonlyMap<string, ImageBitmap>,
    private readonly load: Load,
    private readonly changed: () => void,
    private readonly most = MOST_BYTES,
  ) {
    for (const bitmap of base.values()) this.used += bytesOf(bitmap);
  }

  /** Of all decoded blocks. */
  get bytes(): number {
    return this.used;
  }

  get(url: string): ImageBitmap | null {
    const known = this.base.get(url);
    if (known) return known;
    const bitmap = this.held.get(url);
    if (!bitmap) return null;
    this.held.delete(url);
    this.held.set(url, bitmap);
    return bitmap;
  }

  /** From now on these are wanted, the first one first, and no others; at most as many as there is room for. */
  want(urls: readonly string[], bytesEach: number): void {
    this.wanted = urls.slice(0, Math.max(1, Math.floor(this.most / bytesEach) - this.base.size));
    const still = new Set(this.wanted);
    for (const [url, controller] of this.coming) if (!still.has(url) && !this.aside.has(url)) controller.abort();
    this.fetchNext();
  }

  /** Brings a block that is not in sight, some time. */
  bring(url: string): Promise<void> {
    if (this.held.has(url) || this.base.has(url)) return Promise.resolve();
    return new Promise((resolve) => {
      this.aside.set(url, [...(this.aside.get(url) ?? []), resolve]);
      this.fetchNext();
    });
  }

  dispose(): void {
    this.wanted = [];
    this.aside.clear();
    for (const controller of this.coming.values()) controller.abort();
    for (const timer of this.retries) clearTimeout(timer);
    for (const bitmap of [...this.held.values(), ...this.base.values()]) bitmap.close();
    this.held.clear();
    this.used = 0;
  }

  private fetchNext(): void {
    const canCome = (url: string) =>
      !this.held.has(url) && !this.base.has(url) && !this.coming.has(url) && !this.refused.has(url);
    for (const url of this.wanted) {
      if (this.coming.size >= PARALLEL) return;
      if (canCome(url)) void this.fetch(url);
    }
    if (this.coming.size > 0) return;
    const next = [...this.aside.keys()].find(canCome);
    if (next !== undefined) void this.fetch(next);
  }

  private async fetch(url: string): Promise<void> {
    const controller = new AbortController();
    this.coming.set(url, controller);
    let bitmap: ImageBitmap | null = null;
    try {
      bitmap = await this.load(url, controller.signal);
    } catch {
      if (!controller.signal.aborted) this.retryLater(url);
    }
    this.coming.delete(url);
    if (controller.signal.aborted) bitmap?.close();
    else if (bitmap) this.keep(url, bitmap);
    this.fetchNext();
  }

  private keep(url: string, bitmap: ImageBitmap): void {
    this.held.set(url, bitmap);
    this.used += bytesOf(bitmap);
    const wanted = new Set(this.wanted);
    for (const [other, old] of this.held) {
      if (this.used <= this.most) break;
      if (wanted.has(other)) continue;
      this.held.delete(other);
      this.used -= bytesOf(old);
      old.close();
    }
    if (wanted.has(url)) this.changed();
    const told = this.aside.get(url) ?? [];
    this.aside.delete(url);
    for (const tell of told) tell();
  }

  /** The server may be away for a while. */
  private retryLater(url: string): void {
    this.refused.add(url);
    const timer = setTimeout(() => {
      this.retries.delete(timer);
      this.refused.delete(url);
      this.fetchNext();
    }, RETRY_MS);
    this.retries.add(timer);
  }
}

function bytesOf({ width, height }: ImageBitmap): number {
  return 4 * width * height;
}
