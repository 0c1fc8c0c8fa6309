/** The labels as they were: at the last verdict, or when the person last looked. */

import type { Toasts } from "../editing/toasts";
import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import { KeptObjects } from "../model/kept";
import { wordsOf } from "../server/api";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { ReviewApi } from "./api";
import { differences, type Difference } from "./diff";
import type { Comparison, ReviewState } from "./state";

/** What comparing needs of the editor. */
export interface CompareContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly outbox: { readonly set: { readonly version: number } };
  readonly storage: ValueStorage;
}

const ORDER: readonly Comparison[] = ["now", "before", "changed"];

export class Compare {
  private readonly seen: number;
  private loading = false;
  private found: { old: ReviewState["old"]; kept: State["kept"]; all: readonly Difference[] } | null = null;

  constructor(
    private readonly context: CompareContext,
    private readonly store: Store<ReviewState>,
    private readonly api: ReviewApi,
  ) {
    this.seen = context.storage.read<number>(this.key) ?? 0;
  }

  /** The version to compare with; 0: there is none. */
  get version(): number {
    const last = this.store.get().data?.verdicts.at(-1)?.version ?? 0;
    return last > 0 ? last : this.seen;
  }

  /** Now, before, changed, and again. */
  async cycle(): Promise<void> {
    const { comparison } = this.store.get();
    await this.show(ORDER[(ORDER.indexOf(comparison) + 1) % ORDER.length]!);
  }

  async show(comparison: Comparison): Promise<void> {
    if (comparison !== "now" && !(await this.load())) return;
    this.store.set({ comparison });
  }

  async toggleSides(): Promise<void> {
    const { sideBySide } = this.store.get();
    if (!sideBySide && !(await this.load())) return;
    this.store.set({ sideBySide: !sideBySide });
  }

  /** The review was loaded: what was sent back shows what it was like then. */
  changed(): void {
    const { data, oldVersion, old } = this.store.get();
    if (old && oldVersion !== this.version) this.store.set({ old: null, comparison: "now", sideBySide: false });
    if (data && data.verdicts.length > 0 && data.status !== "accepted") void this.load(true);
  }

  /** What differs between before and now; nothing before the old labels are there. */
  get differences(): readonly Difference[] {
    const { old } = this.store.get();
    const { kept } = this.context.store.get();
    if (!old) return [];
    if (this.found?.old !== old || this.found.kept !== kept) {
      this.found = { old, kept, all: differences(old, kept, this.context.boot.image) };
    }
    return this.found.all;
  }

  /** The image is left: what was seen of it. */
  remember(): void {
    const { version } = this.context.outbox.set;
    if (version > 0) this.context.storage.write(this.key, version);
  }

  private async load(quietly = false): Promise<boolean> {
    const { version } = this;
    const { toasts, boot } = this.context;
    if (version === 0) {
      if (!quietly) toasts.say("Nothing to compare with: no verdict yet, and you see this image for the first time.");
      return false;
    }
    if (this.store.get().old && this.store.get().oldVersion === version) return true;
    if (this.loading) return false;
    this.loading = true;
    try {
      const { annotations } = await this.api.at(version);
      const shown = annotations.map((one) => ({ ...one, id: null, attributes: {} }));
      this.store.set({ old: new KeptObjects(boot.image).of(shown), oldVersion: version });
      return true;
    } catch (error) {
      if (!quietly) toasts.say(wordsOf(error));
      return false;
    } finally {
      this.loading = false;
    }
  }

  private get key(): string {
    return `seen:${this.context.boot.user.id}:${this.context.boot.image.id}`;
  }
}
