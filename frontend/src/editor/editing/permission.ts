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
    const { lease, save, viewOnly, judging, closed } = this.store.get();
    const may = judging ? judging === "correct" : this.boot.user.can_label && closed === null;
    return may && lease.kind === "mine" && !viewOnly && save.kind !== "gone";
  }

  /** The same; says why not. */
  may(): boolean {
    const { lease, viewOnly, judging, closed } = this.store.get();
    if (judging === "review") this.toasts.say("You are reviewing this image. Turn on Correct to change its labels.");
    else if (closed === "accepted") {
      const ask = this.boot.user.can_label ? " Ask the reviewer to re-open it." : "";
      this.toasts.say(`This image is accepted.${ask}`);
    } else if (closed === "in_review") this.toasts.say("Somebody is reviewing this image. Wait for the verdict.");
    else if (viewOnly) this.toasts.say("This window is too small for labeling. You can only view the image.");
    else if (lease.kind === "theirs") {
      const own = lease.by.user === this.boot.user.id;
      const who = own ? "You are editing this image in another tab" : `${lease.by.name} is editing this image`;
      this.toasts.say(`${who}. Press ${own ? "Edit here instead" : "Take over"} to edit it here.`);
    }
    return this.canLabel;
  }
}
