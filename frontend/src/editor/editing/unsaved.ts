/** Changes that cannot be saved: correct, retry, download or discard each of them. */

import type { Database } from "../lib/indexedDb";
import type { Locks } from "../lib/locks";
import type { Store } from "../lib/store";
import type { Operation } from "../model/changes";
import { discard, leftOf, type Leftover } from "../saving/leftovers";
import type { Outbox } from "../saving/outbox";
import { unsavedFile, type About, type RefusedChange, type UnsavedFile } from "../saving/refused";
import { Refused, type Api } from "../server/api";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { Toasts } from "./toasts";

/** What they need of the page. */
interface Around {
  readonly api: Api;
  readonly database: Promise<Database> | Database;
  readonly locks: Locks;
}

/** What the commands need of the editor. */
export interface UnsavedContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
}

export class Unsaved {
  constructor(
    private readonly context: UnsavedContext,
    private readonly around: Around,
    /** Hands a file to the person. */
    private readonly save: (name: string, content: UnsavedFile) => void = saveFile,
  ) {}

  /** Try it once more with another class. */
  giveClass(one: RefusedChange, category: number): void {
    const { outbox, boot } = this.context;
    outbox.correct(one, category, new Set(boot.project.categories.map(({ number }) => number)));
  }

  retry(one: RefusedChange): void {
    this.context.outbox.retryRefused((other) => other === one);
  }

  drop(one: RefusedChange): void {
    const { outbox, toasts } = this.context;
    outbox.drop(one);
    toasts.say("1 change was discarded.", { label: "Restore", run: () => outbox.keepRefused(one) });
  }

  download(one: RefusedChange): void {
    this.write([one.operation], [one]);
  }

  /** Everything of this image that is not saved. */
  downloadAll(): void {
    const { outbox } = this.context;
    this.write(outbox.unsaved, outbox.refused);
  }

  dropAll(): void {
    this.context.outbox.dropAll();
  }

  private write(operations: readonly Operation[], refused: readonly RefusedChange[]): void {
    const { boot, outbox } = this.context;
    const { image, project } = boot;
    const about: About = {
      id: image.id,
      name: image.name,
      size: [image.height, image.width],
      project: { id: project.id, name: project.name },
      categories: project.categories,
    };
    const objects = [...outbox.set.annotations, ...refused.flatMap((one) => one.objects)];
    const reasons = refused.map(({ message }) => message);
    this.save(`unsaved-image-${image.id}.json`, unsavedFile(about, operations, objects, reasons));
  }

  // Other images

  /** Find out which of the images with left-over changes can still be opened. */
  async look(): Promise<void> {
    for (const { image } of this.context.store.get().elsewhere) {
      const there = await this.around.api.boot(`/images/${image}/`).then(
        () => true,
        (error: unknown) => (error instanceof Refused && error.status === 404 ? false : null),
      );
      const told = (one: Leftover) => (one.image === image ? { ...one, there } : one);
      this.context.store.set({ elsewhere: this.context.store.get().elsewhere.map(told) });
    }
  }

  async downloadLeft(image: number): Promise<void> {
    const { operations, refused = [], image: about } = await leftOf(await this.around.database, this.person, image);
    const size = about ? ([about.height, about.width] as const) : null;
    const all = [...refused.map(({ operation }) => operation), ...operations];
    const objects = refused.flatMap((one) => one.objects);
    const of: About = { id: image, name: about?.name ?? null, size, project: null, categories: [] };
    this.save(
      `unsaved-image-${image}.json`,
      unsavedFile(
        of,
        all,
        objects,
        refused.map(({ message }) => message),
      ),
    );
  }

  async discardLeft(image: number): Promise<void> {
    await discard(await this.around.database, this.around.locks, this.person, image);
    const { store } = this.context;
    store.set({ elsewhere: store.get().elsewhere.filter((one) => one.image !== image) });
  }

  private get person(): number {
    return this.context.boot.user.id;
  }
}

function saveFile(name: string, content: UnsavedFile): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
