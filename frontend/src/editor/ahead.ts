/** Pictures that are decoded before their image is opened: the browser's cache has the file, but not its pixels. */

export interface Expected {
  readonly view: string;
  readonly width: number;
  readonly height: number;
}

/** Pixels that are kept ready at most; 4 bytes each. A larger picture is decoded when it is opened. */
const MOST_PIXELS = 60_000_000;

export class PicturesAhead {
  private readonly ready = new Map<string, Promise<ImageBitmap>>();

  constructor(private readonly decode: (view: string) => Promise<ImageBitmap> = fetched) {}

  /** These are likely next, the likeliest first; what was expected before and is not any more is dropped. */
  expect(pictures: readonly Expected[]): void {
    let pixels = 0;
    const wanted = new Set<string>();
    for (const { view, width, height } of pictures) {
      pixels += width * height;
      if (pixels <= MOST_PIXELS) wanted.add(view);
    }
    for (const view of this.ready.keys()) if (!wanted.has(view)) this.drop(view);
    for (const view of wanted) {
      if (this.ready.has(view)) continue;
      const bitmap = this.decode(view);
      this.ready.set(view, bitmap);
      bitmap.catch(() => this.ready.delete(view)); // it is tried again when it is opened
    }
  }

  /** The picture, which is the caller's now; null for one that was not expected. */
  take(view: string): Promise<ImageBitmap> | null {
    const bitmap = this.ready.get(view) ?? null;
    this.ready.delete(view);
    return bitmap;
  }

  private drop(view: string): void {
    const bitmap = this.ready.get(view);
    this.ready.delete(view);
    bitmap?.then(
      (one) => one.close(),
      () => {},
    );
  }
}

async function fetched(view: string): Promise<ImageBitmap> {
  const response = await fetch(view, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${view}: ${response.status}`);
  return createImageBitmap(await response.blob());
}

/** The window's. */
export const picturesAhead = new PicturesAhead();
