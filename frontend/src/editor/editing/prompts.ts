/** What the tools do to objects: clicks, boxes and drawn areas. */

import type { Point } from "../lib/geometry";
import type { Store } from "../lib/store";
import type { Spans } from "../mask/spans";
import { clickAt, isInside } from "../model/clicks";
import { operate, type Operator } from "../model/operators";
import * as works from "../model/work";
import type { PromptBox } from "../server/protocol";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { NextImage } from "./nextImage";
import type { Permission } from "./permission";
import type { ObjectSelection } from "./selection";
import type { Toasts } from "./toasts";
import type { Target } from "./tools/types";
import type { Workbench } from "./workbench";

/** What prompts need of the editor. */
export interface PromptsContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly bench: Workbench;
  readonly nextImage: NextImage;
  readonly permission: Permission;
  readonly selection: ObjectSelection;
  readonly openObject: { refine(uid: string): void };
}

export class Prompts implements Target {
  constructor(private readonly context: PromptsContext) {}

  /** A click at view coordinates. */
  click(at: Point, positive: boolean): void {
    const { boot, bench, permission, selection } = this.context;
    if (!isInside(at, boot.image)) return;
    if (!permission.canLabel) {
      selection.select(selection.keptAt(at)?.uid ?? null);
      return;
    }
    this.ensureOpen();
    bench.take((work) => works.addClick(work, clickAt(at, positive)));
  }

  reopenAt(at: Point, clicked: boolean): boolean {
    const { bench, permission, selection, openObject } = this.context;
    const { open } = bench;
    const kept = permission.canLabel ? selection.keptAt(at) : undefined;
    if (!kept || kept.uid === open?.source) return false;
    const before = clicked && open ? works.withdrawn(open) : null;
    if (before && works.isBlank(before)) bench.close(before.uid);
    else if (before) bench.show(before);
    openObject.refine(kept.uid);
    return true;
  }

  moveClick(index: number, to: Point): void {
    this.context.bench.take((work) => works.moveClick(work, index, to));
  }

  removeClick(index: number): void {
    this.context.bench.take((work) => works.removeClick(work, index));
  }

  /** The object in a dragged box. */
  box(box: PromptBox): void {
    if (!this.context.permission.canLabel) return;
    this.ensureOpen();
    this.context.bench.take((work) => works.promptBox(work, box));
  }

  /** Pixels drawn or cut off. Without an open object: a new one, or the kept one that it begins on is opened to be cut. */
  paint(did: works.Did, region: Spans, adding: boolean, from: Point): void {
    const { bench, permission, selection, toasts, openObject } = this.context;
    if (!permission.canLabel || region.length === 0) return;
    if (adding) this.ensureOpen();
    else if (!bench.open) {
      const kept = selection.keptAt(from);
      if (!kept) return toasts.say("Nothing to cut. Open an object first, or start on an object.");
      openObject.refine(kept.uid);
    }
    bench.take((work) => works.paint(work, did, region, adding));
  }

  repaint(did: works.Did, region: Spans, adding: boolean): void {
    this.context.bench.take((work) => works.repaint(work, did, region, adding));
  }

  /** Something done to the whole mask of the open object. */
  operate(operator: Operator): void {
    const { bench, permission, toasts } = this.context;
    if (!permission.may()) return;
    const { open } = bench;
    if (!open || open.mask.runs.length === 0) return toasts.say("Open an object first.");
    const after = operate(operator, open);
    if (after.mask.runs.length === 0) toasts.say("This would remove the whole object.");
    else if (!bench.take((work) => (work === open ? after : work))) toasts.say("Nothing to change in this mask.");
  }

  private ensureOpen(): void {
    const { bench, nextImage, store, toasts } = this.context;
    nextImage.stay();
    if (bench.open) return;
    toasts.next();
    bench.begin(store.get().activeCategory);
  }
}
