/** Copies the outbox to the state: the kept objects, whether they are saved, and the image's status. */

import type { Store } from "../lib/store";
import { KeptObjects } from "../model/kept";
import type { Outbox } from "../saving/outbox";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { Filmstrip } from "./filmstrip";
import type { Keeping } from "./keeping";
import type { NextImage } from "./nextImage";

/** What it needs of the editor. */
export interface SaveContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly filmstrip: Filmstrip;
  readonly nextImage: NextImage;
  readonly keeping: Keeping;
  readonly connection: { retryNow(): void };
}

export class SaveStatus {
  private readonly kept: KeptObjects;

  constructor(private readonly context: SaveContext) {
    this.kept = new KeptObjects(context.boot.image);
  }

  /** The outbox is in another state. */
  show(): void {
    const { boot, store, outbox, filmstrip, nextImage, keeping, connection } = this.context;
    const { state, conflict, status, reason, note, refused, unsaved } = outbox;
    const kept = this.kept.of(outbox.shown);
    const before = store.get().save.kind;
    const back = before === "gone" && state.kind !== "gone";
    store.set({
      kept,
      loaded: outbox.loaded,
      status,
      reason,
      note,
      save: state,
      conflict,
      refused,
      unsaved: unsaved.length,
    });
    filmstrip.update(boot.image.id, { status, objects: kept.length, skipped: reason, note });
    if (state.kind === "saved") nextImage.saved();
    if (back) connection.retryNow(); // the person is a member again
    if (state.kind === "gone" && before !== "gone") keeping.setAside();
  }
}
