/** Goes from image to image within one page, and prefetches the images that are likely next. */

import { Api, Refused } from "../server/api";
import type { Boot } from "../server/types";
import type { NextImage } from "./nextImage";
import type { Toasts } from "./toasts";

/** The editor of one image, as far as going from image to image needs it. */
export interface OpenImage {
  readonly boot: Boot;
  readonly toasts: Toasts;
  readonly nextImage: NextImage;
  readonly bench: { answered(): Promise<void> };
  begin(): Promise<void>;
  dispose(): void;
  prefetch(images: readonly number[]): void;
}

export interface Page<Editor extends OpenImage> {
  /** The editor of an image; it is begun by the navigator. */
  make(boot: Boot, navigator: ImageNavigator<Editor>): Editor;
  show(editor: Editor): void;
  api(boot: Boot): Api;
  /** What these images need is prefetched, the likeliest first. */
  expect(boots: readonly Boot[]): void;
  /** Leave this page. */
  load(url: string): void;
  /** The address bar: another entry of the browser's history, or a corrected one. */
  address(url: string, boot: Boot, how: "push" | "stay"): void;
}

/** The first clicks come before what may be next. */
const SETTLE_MS = 250;
/** What was prefetched is not trusted for longer. */
const FRESH_MS = 45_000;

export class ImageNavigator<Editor extends OpenImage> {
  private editor: Editor | null = null;
  private readonly boots = new Map<string, { at: number; boot: Promise<Boot> }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private going = false;
  /** The editor whose neighbours are known. */
  private prepared: Editor | null = null;

  constructor(
    private readonly page: Page<Editor>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get current(): Editor | null {
    return this.editor;
  }

  begin(boot: Boot): void {
    this.open(boot);
  }

  /** What was prefetched is out of date: the project changed. */
  forget(): void {
    this.boots.clear();
  }

  /** What an editor does when it is left for another address. `how`: `stay` when the browser has gone there already. */
  async go(url: string, how: "push" | "stay" = "push"): Promise<void> {
    const { editor } = this;
    if (!editor || this.going) return;
    this.going = true;
    try {
      const target = url === editor.boot.project.next ? await this.nextOffered(editor) : url;
      if (target === null || !isEditor(target)) return this.page.load(target ?? url);
      const boot = await this.bootOf(target, editor);
      this.page.address(target, boot, how);
      this.open(boot);
    } catch (error) {
      if (error instanceof Refused) {
        if (error.status !== 404 || !(await this.around(editor))) return this.page.load(url); // it says what is wrong
        editor.toasts.say("The other image was deleted. This image stays open.");
      } else {
        editor.toasts.say("The server can't be reached, so the other image can't be opened. This image stays open.");
      }
      if (how === "stay") this.page.address(`/images/${editor.boot.image.id}/`, editor.boot, "push");
    } finally {
      this.going = false;
    }
  }

  /** Ask anew which images are around this one; false when it can't be opened itself. */
  private async around(editor: Editor): Promise<boolean> {
    this.boots.clear();
    const boot = await this.page
      .api(editor.boot)
      .boot(`/images/${editor.boot.image.id}/`)
      .catch(() => null);
    if (boot) editor.nextImage.neighbours = boot;
    return boot !== null;
  }

  private open(boot: Boot): void {
    const before = this.editor;
    this.editor = this.page.make(boot, this);
    before?.dispose();
    void this.editor.begin(); // the connection is on its way while the window is drawn
    this.page.show(this.editor);
    this.boots.clear();
    this.schedulePrefetch(SETTLE_MS);
  }

  /** Soon, and again and again: who is next changes when others work, too. */
  private schedulePrefetch(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!isHidden()) void this.prepare().catch(() => {}); // without a connection: later
      this.schedulePrefetch(FRESH_MS);
    }, wait);
  }

  private async prepare(): Promise<void> {
    const { editor } = this;
    if (!editor) return;
    await editor.bench.answered();
    if (editor !== this.editor) return;
    if (this.boots.size > 0 || this.prepared === editor)
      editor.nextImage.neighbours = await this.page.api(editor.boot).boot(`/images/${editor.boot.image.id}/`);
    this.prepared = editor;
    if (editor !== this.editor) return;
    const urls = await editor.nextImage.likely();
    const found: Boot[] = [];
    // One after the other, and none while a click waits: the server has the annotator's answer to compute.
    for (const url of urls) {
      await editor.bench.answered();
      if (editor !== this.editor) return;
      const boot = await this.bootOf(url, editor).catch(() => null);
      if (boot) found.push(boot);
    }
    if (editor !== this.editor) return;
    this.page.expect(found);
    editor.prefetch(found.map(({ image }) => image.id));
  }

  private bootOf(url: string, editor: Editor): Promise<Boot> {
    const known = this.boots.get(url);
    if (known && this.now() - known.at < FRESH_MS) return known.boot;
    const boot = this.page.api(editor.boot).boot(url);
    this.boots.set(url, { at: this.now(), boot });
    boot.catch(() => this.boots.delete(url));
    return boot;
  }

  /** The image that the project offers next; null when there is none. */
  private async nextOffered(editor: Editor): Promise<string | null> {
    const { image } = await this.page.api(editor.boot).next(editor.boot.image.id);
    return image === null ? null : `/images/${image}/`;
  }
}

/** Whether nobody looks at the page. Tests have none. */
function isHidden(): boolean {
  return (globalThis.document as Document | undefined)?.hidden ?? false;
}

export function isEditor(url: string): boolean {
  return /^\/images\/\d+\/$/.test(url);
}
