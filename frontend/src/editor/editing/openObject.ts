/** The open object: opening, keeping, cancelling and deleting it, and undo while it is open. */

import type { Store } from "../lib/store";
import { newUid } from "../lib/uid";
import { same } from "../mask/rle";
import { sameAttributes } from "../model/journal";
import * as works from "../model/work";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { ObjectCommands } from "./commands";
import { cancelled, type History } from "./history";
import type { Keeping } from "./keeping";
import type { ObjectMarks } from "./objectMarks";
import type { Permission } from "./permission";
import type { ObjectSelection } from "./selection";
import type { Toasts } from "./toasts";
import type { Toolbox } from "./tools/toolbox";
import type { Workbench } from "./workbench";

const LOCKED = "This object is locked. Press Shift L to unlock it.";

/** What the open object needs of the editor. */
export interface OpenObjectContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly history: History;
  readonly keeping: Keeping;
  readonly permission: Permission;
  readonly selection: ObjectSelection;
  readonly marks: ObjectMarks;
  readonly objects: ObjectCommands;
  readonly tools: Toolbox;
  /** Closes an opened suggestion that nobody touched. */
  readonly suggestions: { letGo(): void };
}

export class OpenObject {
  constructor(private readonly context: OpenObjectContext) {}

  undo(): void {
    const { bench, history, objects, permission, toasts, tools } = this.context;
    if (!permission.may() || tools.back()) return;
    const { open } = bench;
    if (open) {
      if (!bench.undo()) toasts.say("Nothing more to undo in this object. Press Esc to close it.");
      else if (works.undoable(open) === "class") objects.followCategory();
    } else if (!bench.takeBack()) history.undo();
  }

  redo(): void {
    const { bench, history, objects, permission } = this.context;
    if (!permission.may()) return;
    const { open } = bench;
    if (!bench.redo()) history.redo();
    else if (open && works.redoable(open) === "class") objects.followCategory();
  }

  /** Enter: close the polygon in progress, keep the open object, or else open the chosen one. */
  enter(): void {
    const { permission, store, toasts, tools } = this.context;
    const { open, selection, selected } = store.get();
    if (open || tools.busy) return this.keep();
    const chosen = selection.length > 0 ? selection : selected ? [selected] : [];
    if (chosen.length > 1) toasts.say("Several objects are selected. Select one to open it.");
    else if (chosen.length === 1 && permission.may()) this.refine(chosen[0]!);
  }

  /** Close the polygon in progress, or keep the open object; one that is not answered yet is kept as soon as it is. */
  keep(): void {
    const { bench, boot, keeping, permission, toasts, tools } = this.context;
    if (!permission.may() || tools.finish()) return;
    const { open } = bench;
    if (!open || works.isBlank(open)) return;
    if (boot.project.categories.length === 0) {
      toasts.say("This project has no classes yet. A manager can add them in the project settings.");
    } else if (!works.isSettled(open)) bench.setAside();
    else if (open.mask.runs.length === 0) {
      toasts.say("The mask is empty. Click the object first, or press Esc to cancel.");
    } else keeping.commit(open);
  }

  cancel(): void {
    const { bench, history, keeping, permission, tools } = this.context;
    if (tools.abandon()) return;
    const open = permission.canLabel ? bench.open : null;
    if (!open) return this.deselect();
    bench.close(open.uid);
    if (open.at === 0 || this.isAsKept(open)) return;
    history.note(cancelled(open));
    keeping.offerUndo("Object cancelled.", "Restore", true);
  }

  /** Nothing is chosen any more; where nothing was, the click tool is. */
  private deselect(): void {
    const { selection, store, tools } = this.context;
    const { selected, selection: chosen } = store.get();
    if (selected || chosen.length > 0) selection.select(null);
    else tools.choose("click");
  }

  /** Whether closing a kept object that is open loses nothing. */
  private isAsKept({ source, mask, steps, at }: works.Work): boolean {
    const kept = source ? this.context.store.get().kept.find(({ uid }) => uid === source) : undefined;
    const attributes = steps[at]!.recipe.attributes ?? {};
    return !!kept && same(mask, kept.patch) && sameAttributes(attributes, kept.attributes);
  }

  /** End what is in progress with a tool, or with a suggestion. */
  settle(): void {
    this.context.tools.finish();
    this.context.suggestions.letGo();
  }

  /** Re-open a kept object to refine it. An open object is kept first. */
  refine(uid: string): void {
    const { bench, boot, marks, permission, store, toasts } = this.context;
    if (!permission.canLabel || bench.open?.source === uid) return;
    if (marks.isLocked(uid)) return toasts.say(LOCKED);
    const kept = store.get().kept.find((one) => one.uid === uid);
    if (kept) this.openInstead(works.reopen(newUid(), kept, boot.image));
  }

  /** Make it the open object after the open one was kept; not when that can't be. */
  openInstead(work: works.Work): void {
    const { bench, suggestions } = this.context;
    suggestions.letGo();
    if (bench.open) this.keep();
    if (bench.open?.at === 0) bench.close(bench.open.uid);
    if (!bench.open) bench.show(work);
  }

  /** Delete what is nearest: a polygon's corner, the click under the pointer, the selected object. */
  removeSelected(): void {
    const { bench, objects, permission, store, tools } = this.context;
    if (!permission.may() || tools.back() || tools.removeDot()) return;
    if (store.get().selection.length > 0) return objects.remove();
    const uid = store.get().selected ?? bench.open?.source;
    if (uid) this.remove(uid);
  }

  remove(uid: string): void {
    const { keeping, marks, permission, selection, store, toasts } = this.context;
    if (!permission.canLabel) return;
    if (marks.isLocked(uid)) return toasts.say(LOCKED);
    if (store.get().selected === uid) selection.select(null);
    keeping.remove(uid);
  }
}
