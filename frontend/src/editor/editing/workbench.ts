/** The open object, and the objects that were kept before their last click was answered.
 *
 * Every change of them is shown, stored locally, and sent to the server's session (`connection.track`).
 */

import type { Size } from "../lib/geometry";
import type { Store } from "../lib/store";
import { newUid } from "../lib/uid";
import type { Kept } from "../model/kept";
import * as works from "../model/work";
import type { Work } from "../model/work";
import type { DraftStore } from "../saving/draftStore";
import type { Answer, ClickConnection } from "../server/connection";
import type { State } from "../state";

export interface WorkbenchListener {
  /** The open object was changed by the annotator, not by undo or redo. */
  stepped(): void;
  /** An object that was kept early has its mask now. */
  finished(work: Work): void;
  say(message: string): void;
}

/** What nobody waits for is held back for a click no longer than this. */
const ANSWERED_MS = 2_000;

export class Workbench {
  constructor(
    private readonly store: Store<State>,
    private readonly connection: ClickConnection,
    private readonly drafts: DraftStore,
    private readonly view: Size,
    private readonly listener: WorkbenchListener,
  ) {}

  get open(): Work | null {
    return this.store.get().open;
  }

  /** When no click waits for its mask: what nobody waits for is asked then. It is not waited for an answer that fails to
   * come. */
  async answered(): Promise<void> {
    const waits = ({ open, finishing }: State) => finishing.length > 0 || (open !== null && !works.isSettled(open));
    if (!waits(this.store.get())) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, ANSWERED_MS);
      const stop = this.store.watch((state) => waits(state) || done());
    });
  }

  /** Open a new object. */
  begin(category: number | null): void {
    this.show(works.begin(newUid(), category, this.view));
  }

  /** Make this the open object. */
  show(work: Work): void {
    this.store.set({ open: work, selected: work.source });
    this.settle(work);
  }

  /** Take a step with the open object; false when it changes nothing. */
  take(step: (work: Work) => Work): boolean {
    const before = this.open;
    const after = before && step(before);
    if (!after || after === before) return false;
    this.show(after);
    this.listener.stepped();
    return true;
  }

  /** False when there is nothing to undo. */
  undo(): boolean {
    return this.goTo(this.open && works.undo(this.open));
  }

  redo(): boolean {
    return this.goTo(this.open && works.redo(this.open));
  }

  /** Keep the open object as soon as its mask is there. */
  setAside(): void {
    const { open, finishing } = this.store.get();
    if (!open) return;
    this.store.set({ open: null, selected: null, finishing: [...finishing, open] });
    this.remember();
  }

  /** Open the object again that was set aside last; false when there is none. */
  takeBack(): boolean {
    const last = this.store.get().finishing.at(-1);
    if (!last) return false;
    this.store.set({ finishing: this.store.get().finishing.slice(0, -1) });
    this.show(last);
    return true;
  }

  /** It could not be kept: it is the open object again. */
  reject(work: Work): void {
    this.store.set({ finishing: this.store.get().finishing.filter((one) => one !== work) });
    this.show(work);
  }

  /** The object is kept or cancelled. */
  close(uid: string): void {
    const { open, finishing, selected } = this.store.get();
    const isOpen = open?.uid === uid;
    this.store.set({
      open: isOpen ? null : open,
      selected: isOpen ? null : selected,
      finishing: finishing.filter((one) => one.uid !== uid),
    });
    this.connection.release(uid);
    this.remember();
  }

  receive({ object, patch, clicks, final, tiles, coarse }: Answer): void {
    const { open, finishing } = this.store.get();
    if (open?.uid === object) {
      const after = works.answered(open, patch, clicks, final, tiles, coarse);
      this.store.set({ open: after });
      this.settle(after);
      return;
    }
    const waiting = finishing.find(({ uid }) => uid === object);
    if (!waiting) return;
    const after = works.answered(waiting, patch, clicks, final, tiles, coarse);
    this.store.set({ finishing: finishing.map((one) => (one === waiting ? after : one)) });
    if (works.isSettled(after)) this.listener.finished(after);
    else this.settle(after);
  }

  /** The server did not take the last step. */
  refused(object: string, code: string, message: string): void {
    const { open, finishing } = this.store.get();
    this.listener.say(message);
    const waiting = finishing.find(({ uid }) => uid === object);
    if (waiting && !open) {
      this.store.set({ finishing: finishing.filter((one) => one !== waiting) });
      this.show(waiting);
    } else if (open?.uid === object && (code === "too_many_clicks" || code === "out_of_image")) {
      const before = works.withdrawn(open);
      if (before) this.show(before);
    }
  }

  /** Go on with what an earlier page left. An object that was kept meanwhile is done; one whose kept object is gone is new. */
  restore(open: Work | null, finishing: readonly Work[], kept: readonly Kept[]): void {
    const there = new Set(kept.map(({ uid }) => uid));
    const revived = (work: Work): Work[] => {
      if (there.has(work.uid)) return [];
      return [work.source && !there.has(work.source) ? { ...work, source: null } : work];
    };
    const waiting = finishing.flatMap(revived);
    this.store.set({ finishing: waiting });
    for (const work of waiting) this.settle(work);
    for (const work of open ? revived(open) : []) this.show(work);
    this.remember();
  }

  private goTo(work: Work | null): boolean {
    if (!work) return false;
    this.show(work);
    const { category } = works.recipeOf(work);
    if (category !== null) this.store.set({ activeCategory: category });
    return true;
  }

  private settle(work: Work): void {
    this.remember();
    this.connection.track(works.tracked(work));
  }

  private remember(): void {
    const { open, finishing } = this.store.get();
    this.drafts.saveWork(open, finishing);
  }
}
