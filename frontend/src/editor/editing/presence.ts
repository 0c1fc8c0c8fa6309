/** Who has the image open. One editor holds the image's lease and may change it; the others view it. */

import type { Store } from "../lib/store";
import type { Person, PresenceMessage } from "../server/protocol";
import type { State } from "../state";
import type { Toasts } from "./toasts";

interface Teller {
  here(tab: string, take: boolean): void;
}

export class Presence {
  private tab: string | null = null;
  /** The server has said that we have it; until then we only behave so. */
  private confirmed = false;
  private asked = false;

  constructor(
    private readonly store: Store<State>,
    private readonly connection: Teller,
    private readonly toasts: Toasts,
    private readonly canLabel: boolean,
    /** The lease went to somebody else. */
    private readonly lost: () => void,
  ) {}

  /** This tab's name is known. */
  begin(tab: string): void {
    this.tab = tab;
    this.arrive();
  }

  /** The socket is open (again). */
  arrive(): void {
    if (this.tab) this.connection.here(this.tab, false);
  }

  /** Work here, whoever does now. */
  take(): void {
    this.asked = true;
    if (this.tab) this.connection.here(this.tab, true);
  }

  /** The socket is gone: who is there now, nobody knows. */
  forget(): void {
    this.store.set({ people: [] });
  }

  receive({ you, people }: PresenceMessage): void {
    this.store.set({ people });
    if (!this.canLabel) return;
    const before = this.store.get().lease;
    const holder = people.find(({ holds }) => holds);
    if (holder?.tab === you) {
      if (before.kind === "theirs") this.regained(before.by);
      [this.confirmed, this.asked] = [true, false];
      if (before.kind !== "mine") this.store.set({ lease: { kind: "mine" } });
    } else if (holder) {
      const lost = this.confirmed || (before.kind === "theirs" && before.lost);
      this.confirmed = false;
      this.store.set({ lease: { kind: "theirs", by: holder, lost } });
      if (before.kind === "mine") this.lost();
    } else if (people.some(({ tab }) => tab === you)) this.arrive(); // it is free: who asks first has it
  }

  private regained(from: Person): void {
    if (!this.asked) this.toasts.say(`${from.name} left this image. You can edit it now.`);
  }
}

/** Seconds as people say them: “12 minutes”. */
export function roughly(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return minutes === 1 ? "a minute" : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? "an hour" : `${hours} hours`;
}
