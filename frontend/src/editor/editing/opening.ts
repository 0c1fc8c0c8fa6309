/** Opens an image: takes a scope for this tab in the local store, restores what an earlier page left, loads the set. */

import type { Database } from "../lib/indexedDb";
import type { Locks } from "../lib/locks";
import type { Store } from "../lib/store";
import { newUid } from "../lib/uid";
import type { DraftStore } from "../saving/draftStore";
import type { Outbox } from "../saving/outbox";
import { PendingStore, type PendingChanges } from "../saving/pendingStore";
import { takeScope, type TabName, type TabScope } from "../saving/tabScope";
import type { Boot } from "../server/types";
import type { State } from "../state";
import { cancelled, type History } from "./history";
import type { Presence } from "./presence";
import type { Unsaved } from "./unsaved";
import type { Workbench } from "./workbench";

/** What opening needs of the editor. */
export interface OpeningContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly bench: Workbench;
  readonly history: History;
  readonly drafts: DraftStore;
  readonly presence: Presence;
  readonly unsaved: Unsaved;
}

/** Whether the person may change labels now or in a review: then what is not saved is stored. */
function changesLabels({ user }: Boot): boolean {
  return user.can_label || user.can_review;
}

export class Opening {
  /** Local copies of what is not saved; used as soon as this tab has its scope. */
  readonly pending: PendingChanges;
  private scope: TabScope | null = null;
  private disposed = false;
  private readonly seated: Promise<PendingChanges>;
  private seat: (pending: PendingChanges) => void = () => {};

  constructor(
    private readonly context: OpeningContext,
    private readonly around: {
      readonly database: Promise<Database> | Database;
      readonly locks: Locks;
      readonly name: TabName;
    },
  ) {
    this.seated = new Promise((resolve) => (this.seat = resolve));
    const labels = changesLabels(context.boot);
    this.pending = {
      read: async () => (labels ? (await this.seated).read() : null),
      write: (waiting) => void this.seated.then((pending) => pending.write(waiting)),
    };
  }

  /** Load what is kept, and restore what was open. */
  async begin(): Promise<void> {
    const { boot, outbox, presence } = this.context;
    if (changesLabels(boot)) return this.restore();
    presence.begin(newUid());
    return outbox.load();
  }

  private async restore(): Promise<void> {
    const { boot, store, outbox, bench, history, drafts, presence, unsaved } = this.context;
    const { user, image } = boot;
    const scope = await takeScope(this.around, `${user.id}/${image.id}`);
    if (this.disposed) return scope.leave();
    this.scope = scope;
    presence.begin(scope.tab);
    store.set({ elsewhere: scope.elsewhere });
    void unsaved.look();
    // Before there is anything to see: what undo would take back has to be known when somebody presses its key.
    const { open, finishing, others, journal } = await drafts.load(scope.scope);
    history.restore(journal);
    const { name, width, height } = image;
    this.seat(new PendingStore(await this.around.database, scope.scope, { name, width, height }));
    await outbox.load();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it was left meanwhile
    if (this.disposed) return;
    const busy = bench.open !== null; // somebody was faster than their browser: theirs stays, the other can be had back
    for (const one of busy && open ? [...others, open] : others) history.note(cancelled(one));
    bench.restore(busy ? null : open, finishing, store.get().kept);
  }

  /** The image is left. What is not saved stays stored. */
  dispose(): void {
    this.disposed = true;
    this.scope?.leave();
  }
}
