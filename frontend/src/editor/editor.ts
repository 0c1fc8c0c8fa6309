/** What the annotator can do. Holds the connection, the outbox and the state together; knows nothing of pixels on screen. */

import { Api, Refused } from "./api";
import type { Boot, Category } from "./boot";
import { ClickConnection, type Answer, type Listener } from "./connection";
import { draftOf, revive, type Drafts, type Storage } from "./drafts";
import { KeptObjects, operationFor, type Kept } from "./kept";
import * as objects from "./object";
import type { OpenObject } from "./object";
import { Outbox } from "./outbox";
import type { AnnotationsMessage, Hello, StateMessage } from "./protocol";
import { covers } from "./rle";
import { initialState, type State } from "./state";
import { Store } from "./store";
import { Toasts } from "./toasts";
import type { Point } from "./viewport";

/** What the editor needs from the page around it. */
export interface Surroundings {
  readonly storage: Storage;
  readonly api: Api;
  readonly connect: (listener: Listener) => ClickConnection;
  readonly go: (url: string) => void;
}

export class Editor {
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
  private readonly connection: ClickConnection;
  private readonly shown: KeptObjects;
  private readonly draftKey: string;
  private afterFinishing: (() => void) | null = null;

  constructor(
    readonly boot: Boot,
    private readonly around: Surroundings,
  ) {
    const { image, project, user } = boot;
    const last = around.storage.read<number>(`category:${project.id}`);
    const remembered = project.categories.find(({ number }) => number === last);
    const active = user.can_label ? (remembered ?? project.categories[0]) : undefined;
    this.store = new Store(initialState(image.state, active?.number ?? null));
    this.toasts = new Toasts(this.store);
    this.shown = new KeptObjects(image);
    this.draftKey = `draft:${user.id}:${image.id}`;
    this.outbox = new Outbox(around.api, around.storage, `outbox:${user.id}:${image.id}`, () => this.showKept());
    this.connection = around.connect({
      connection: (connection) => {
        this.store.set({ connection });
        if (connection === "lost") void this.outbox.check();
      },
      hello: (hello) => this.greet(hello),
      encoding: (message) => this.showEncoding(message),
      annotations: (change) => this.meetOthers(change),
      mask: (answer) => this.receive(answer),
      refused: (object, code, message) => this.refuse(object, code, message),
    });
  }

  /** Load what is kept, restore what was open, and connect. */
  async begin(): Promise<void> {
    this.connection.connect();
    await this.outbox.load();
    if (this.canLabel) this.restore();
  }

  get canLabel(): boolean {
    return this.boot.user.can_label;
  }

  category(number: number | null): Category | undefined {
    return this.boot.project.categories.find((one) => one.number === number);
  }

  // Clicks

  /** A click at view coordinates. `twice`: on a kept object the second click refines it. */
  click(at: Point, positive: boolean, twice = false): void {
    const { width, height } = this.boot.image;
    if (at.x < 0 || at.y < 0 || at.x >= width || at.y >= height) return;
    if (!this.canLabel) {
      this.select(this.keptAt(at)?.uid ?? null);
      return;
    }
    this.afterFinishing = null;
    const { open } = this.store.get();
    const kept = twice && positive ? this.keptAt(at) : undefined;
    if (kept && open && open.source === null && open.clicks.length === 1) {
      this.drop(open);
      this.refine(kept.uid);
      return;
    }
    const click = objects.clickAt(at, positive);
    if (open) this.change(objects.addClick(open, click));
    else {
      this.toasts.next();
      this.change(objects.begin(objects.newUid(), this.store.get().activeCategory, click));
    }
    this.store.set({ selected: open?.source ?? null });
  }

  undo(): void {
    const { open, toast } = this.store.get();
    if (open) {
      const before = objects.undo(open);
      if (before) this.change(before);
    } else if (toast?.action) this.toasts.run();
  }

  redo(): void {
    const { open } = this.store.get();
    const after = open && objects.redo(open);
    if (after) this.change(after);
  }

  /** Keep the open object; one whose last click is not answered yet is kept as soon as it is. */
  keep(): void {
    const { open, finishing } = this.store.get();
    if (!open || (open.clicks.length === 0 && !open.source)) return;
    if (this.boot.project.categories.length === 0) {
      this.toasts.say("This project has no classes yet. A manager can add them in the project's settings.");
      return;
    }
    if (!open.settled || open.checking > 0) {
      this.store.set({ open: null, selected: null, finishing: [...finishing, open] });
      this.storeDrafts();
      return;
    }
    if (open.mask.runs.length === 0) {
      this.toasts.say("The mask is empty: click on the object first, or cancel with Esc.");
      return;
    }
    this.commit(open);
    this.drop(open);
  }

  cancel(): void {
    const { open, selected } = this.store.get();
    if (!open) {
      if (selected) this.select(null);
      return;
    }
    this.drop(open);
    if (open.source === null && open.clicks.length > 0) {
      const restore = () => this.change({ ...open, settled: false });
      this.toasts.say("Object cancelled.", { label: "Bring it back", run: restore }, true);
    }
  }

  // Kept objects

  /** Re-open a kept object to refine it by clicks. An open object is kept first. */
  refine(uid: string): void {
    const { open } = this.store.get();
    if (open?.source === uid) return;
    if (open) this.keep();
    const kept = this.store.get().kept.find((one) => one.uid === uid);
    if (!kept || this.store.get().open) return;
    this.change(objects.reopen(objects.newUid(), kept));
    this.store.set({ selected: uid });
  }

  select(selected: string | null): void {
    this.store.set({ selected });
  }

  hover(hovered: string | null): void {
    this.store.set({ hovered });
  }

  removeSelected(): void {
    const { selected, open } = this.store.get();
    const uid = selected ?? open?.source;
    if (uid) this.remove(uid);
  }

  remove(uid: string): void {
    const shown = this.outbox.shown.find((one) => one.uid === uid);
    if (!shown || !this.canLabel) return;
    const { open, selected } = this.store.get();
    if (open?.source === uid) this.drop(open);
    if (selected === uid) this.select(null);
    this.outbox.add({ kind: "delete", uid });
    const { category, counts, clicks } = shown;
    const restore = () => this.outbox.add({ kind: "create", uid, category, counts, clicks });
    this.toasts.say(`${this.category(category)?.name ?? "Object"} deleted.`, { label: "Undo", run: restore });
  }

  /** The class for the open object, and for those to come. */
  choose(number: number): void {
    if (!this.category(number) || !this.canLabel) return;
    const { open } = this.store.get();
    this.store.set({ activeCategory: number });
    this.around.storage.write(`category:${this.boot.project.id}`, number);
    if (open) {
      this.store.set({ open: { ...open, category: number } });
      this.storeDrafts();
    }
  }

  chooseByHotkey(hotkey: number): void {
    const found = this.boot.project.categories.find((one) => one.hotkey === hotkey);
    if (found) this.choose(found.number);
  }

  /** The topmost kept object at a view point. */
  keptAt({ x, y }: Point): Kept | undefined {
    return this.store.get().kept.findLast(({ patch }) => covers(patch, x, y));
  }

  // The image

  /** Mark the image done, and go to the next one when everything is saved. */
  async finish(): Promise<void> {
    if (!this.canLabel) return;
    const { open } = this.store.get();
    if (open && (open.clicks.length > 0 || open.source)) this.keep();
    if (this.store.get().open) return; // its mask is empty, and `keep` said so
    if (this.waitForObjects(() => void this.finish())) return;
    if (this.outbox.status !== "done") this.outbox.add({ kind: "status", status: "done" });
    await this.leave(this.boot.project.next);
  }

  /** Take “done” back. */
  resume(): void {
    if (this.canLabel && this.outbox.status === "done") this.outbox.add({ kind: "status", status: "in_progress" });
  }

  next(): Promise<void> {
    return this.leave(this.boot.upcoming[0]?.editor ?? this.boot.project.next);
  }

  async previous(): Promise<void> {
    if (this.boot.previous) await this.leave(this.boot.previous);
    else this.toasts.say("This is the first image.");
  }

  /** Go elsewhere once everything is saved; otherwise stay and say why. */
  private async leave(url: string): Promise<void> {
    if (this.waitForObjects(() => void this.leave(url))) return;
    if (await this.outbox.settled()) this.around.go(url);
    else if (!this.store.get().conflict) this.toasts.say("Your last change is not saved yet; this page waits for it.");
  }

  /** Whether kept objects still wait for their last mask; `then` is called when none does, unless work goes on. */
  private waitForObjects(then: () => void): boolean {
    if (this.store.get().finishing.length === 0) return false;
    this.afterFinishing = then;
    this.toasts.say("One moment: the last object's mask is on its way.");
    return true;
  }

  toggle(what: "hidden" | "help"): void {
    this.store.set(what === "hidden" ? { hidden: !this.store.get().hidden } : { help: !this.store.get().help });
  }

  async retryEncoding(): Promise<void> {
    try {
      await this.around.api.retryEncoding();
      this.showEncoding({ type: "state", state: "queued" });
    } catch (error) {
      this.toasts.say(error instanceof Refused ? error.message : "The server can't be reached. Try again in a moment.");
    }
  }

  /** The browser says it is online again, or the annotator does. */
  retryNow(): void {
    this.outbox.retryNow();
    this.connection.retryNow();
  }

  // From the server

  private greet(hello: Hello): void {
    this.showEncoding({ type: "state", state: hello.state });
    this.connection.prefetch(this.boot.upcoming.map(({ id }) => id));
  }

  private meetOthers({ version, by }: AnnotationsMessage): void {
    if (by !== this.boot.user.name) this.store.set({ other: by });
    void this.outbox.refresh(version);
  }

  private showEncoding({ state, reason, ahead }: StateMessage): void {
    const before = this.store.get().encoding;
    const waiting = ahead ?? (state === "queued" ? before.ahead : null);
    const aheadAtFirst = before.aheadAtFirst ?? waiting;
    this.store.set({ encoding: { state, reason: reason ?? null, ahead: waiting, aheadAtFirst } });
  }

  private receive({ object, patch, clicks, final, tiles, milliseconds }: Answer): void {
    const { open, finishing } = this.store.get();
    this.store.set({ latency: milliseconds });
    if (open?.uid === object) {
      const after = objects.answered(open, patch, clicks, final, tiles);
      this.change(after);
      return;
    }
    const waiting = finishing.find(({ uid }) => uid === object);
    if (!waiting) return;
    const after = objects.answered(waiting, patch, clicks, final, tiles);
    this.store.set({ finishing: finishing.map((one) => (one === waiting ? after : one)) });
    if (after.settled && after.checking === 0) this.finishObject(after);
    else this.track(after);
  }

  private refuse(object: string, code: string, message: string): void {
    const { open, finishing } = this.store.get();
    const waiting = finishing.find(({ uid }) => uid === object);
    this.toasts.say(message);
    if (waiting && !open) {
      this.store.set({ open: waiting, finishing: finishing.filter((one) => one !== waiting) });
    } else if (open?.uid === object && (code === "too_many_clicks" || code === "out_of_image")) {
      const before = objects.undo(open);
      if (before) this.change({ ...before, undone: open.undone });
    }
  }

  // The open object

  /** Show it, remember it, and make the server's session the same. */
  private change(open: OpenObject): void {
    this.store.set({ open });
    this.storeDrafts();
    this.track(open);
  }

  private track(object: OpenObject): void {
    this.connection.track({ object: object.uid, clicks: objects.wireClicks(object), previous: object.previous });
  }

  private drop(object: OpenObject): void {
    const { open, finishing } = this.store.get();
    this.store.set({
      open: open?.uid === object.uid ? null : open,
      finishing: finishing.filter(({ uid }) => uid !== object.uid),
    });
    this.connection.release(object.uid);
    this.storeDrafts();
  }

  private finishObject(object: OpenObject): void {
    if (object.mask.runs.length === 0) {
      this.drop(object);
      const restore = () => this.change({ ...object, settled: false });
      this.toasts.say(
        "An object's mask came out empty, so it was not kept.",
        { label: "Open it again", run: restore },
        true,
      );
      return;
    }
    this.commit(object);
    this.drop(object);
    if (this.store.get().finishing.length > 0) return;
    const then = this.afterFinishing;
    this.afterFinishing = null;
    then?.();
  }

  /** Into the outbox: a new object, or what is different about a kept one. */
  private commit(object: OpenObject): void {
    const category = this.category(object.category) ? object.category : this.store.get().activeCategory;
    if (category === null) return;
    const kept = this.store.get().kept.find(({ uid }) => uid === object.source);
    const operation = operationFor(object, kept, category, this.boot.image);
    if (operation) this.outbox.add(operation);
  }

  private showKept(): void {
    const { state, conflict, status } = this.outbox;
    this.store.set({ kept: this.shown.of(this.outbox.shown), status, save: state, conflict });
  }

  // Drafts

  private storeDrafts(): void {
    const { open, finishing } = this.store.get();
    if (!open && finishing.length === 0) {
      this.around.storage.remove(this.draftKey);
      return;
    }
    const drafts: Drafts = { open: open && draftOf(open), finishing: finishing.map(draftOf) };
    this.around.storage.write(this.draftKey, drafts);
  }

  private restore(): void {
    const drafts = this.around.storage.read<Drafts>(this.draftKey);
    if (!drafts) return;
    const { kept } = this.store.get();
    const finishing = drafts.finishing.map((draft) => revive(draft, kept)).filter((one) => one !== null);
    const open = this.store.get().open ?? (drafts.open && revive(drafts.open, kept));
    this.store.set({ finishing, open, selected: open?.source ?? null });
    for (const object of open ? [...finishing, open] : finishing) this.track(object);
    this.storeDrafts();
  }
}
