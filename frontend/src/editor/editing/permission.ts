/** Whether the person may change the image now. While somebody else edits it, they may only view it. */

import type { Store } from "../lib/store";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { Toasts } from "./toasts";

export class Permission {
  constructor(
    private readonly boot: Boot,
    private readonly store: Store<State>,
    private readonly toasts: Toasts,
  ) {}

  get canLabel(): boolean {
    const { lease, save, viewOnly } = this.store.get();
    return this.boot.user.can_label && lease.kind === "mine" && !viewOnly && save.kind !== "gone";
  }

  /** The same; says why not. */
  may(): boolean {
    const { lease, viewOnly } = this.store.get();
    if (viewOnly) this.toasts.say("This window is too small for labeling. You can only view the image.");
    else if (lease.kind === "theirs") {
      const own = lease.by.user === this.boot.user.id;
      const who = own ? "You are editing this image in another tab" : `${lease.by.name} is editing this image`;
      this.toasts.say(`${who}. Press ${own ? "Edit here instead" : "Take over"} to edit it here.`);
    }
    return this.canLabel;
  }
}
