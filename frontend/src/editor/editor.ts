/** What the annotator can do. Holds the connection, the outbox and the state together; knows nothing of pixels on screen. */

import { Api, Refused } from "./api";
import type { Boot, Category } from "./boot";
import { ClickConnection, type Answer, type Listener } from "./connection";
import { draftOf, type Draft, type Drafts, type Storage } from "./drafts";
import * as objects from "./object";
import type { OpenObject } from "./object";
import { Outbox } from "./outbox";
import type { AnnotationsMessage, Hello, StateMessage } from "./protocol";
import { area, covers, patchOfView, RleError, same, viewCounts, type Patch } from "./rle";
import { initialState, type Kept, type State, type Toast } from "./state";
import { Store } from "./store";
import type { Shown } from "./changes";
import type { Point } from "./viewport";

const TOAST_MS = 7_000;

/** What the editor needs from the page around it. */
export interface Surroundings {
  readonly storage: Storage;
  readonly api: Api;
  readonly connect: (listener: Listener) => ClickConnection;
  readonly go: (url: string) => void;
}

export class Editor {
  readonly store: Store<State>;
  private readonly outbox: Outbox;
  private readonly connection: ClickConnection;
  private readonly patches = new Map<string, { counts: string; kept: Kept }>();
  private readonly draftKey: string;
  private afterFinishing: (() => void) | null = null;
  private toastTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly boot: Boot,
    private readonly around: Surroundings,
  ) {
    const { image, project, user } = boot;
    const last = around.storage.read<number>(`category:${project.id}`);
    const remembered = project.categories.find(({ number }) => number === last);
    this.store = new Store(initialState(image.state, (remembered ?? project.categories[0])?.number ?? null));
    this.draftKey = `draft:${user.id}:${image.id}`;
    this.outbox = new Outbox(around.api, around.storage, `outbox:${user.id}:${image.id}`, () => this.showKept());
    this.connection = around.connect({
      connection: (connection) => this.store.set({ connection }),
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
    const click = { x: round(at.x), y: round(at.y), positive };
    if (open) this.change(objects.addClick(open, click));
    else {
      if (this.store.get().toast?.untilNext) this.store.set({ toast: null });
      this.change(objects.begin(newUid(), this.store.get().activeCategory, click));
    }
    this.store.set({ selected: open?.source ?? null });
  }

  undo(): void {
    const { open, toast } = this.store.get();
    if (open) {
      const before = objects.undo(open);
      if (before) this.change(before);
    } else if (toast?.action) this.runToast();
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
      this.say("This project has no classes yet. A manager can add them in the project's settings.");
      return;
    }
    if (!open.settled || open.checking > 0) {
      this.store.set({ open: null, selected: null, finishing: [...finishing, open] });
      this.storeDrafts();
      return;
    }
    if (open.mask.runs.length === 0) {
      this.say("The mask is empty: click on the object first, or cancel with Esc.");
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
      this.say("Object cancelled.", { label: "Bring it back", run: restore }, true);
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
    this.change(objects.reopen(newUid(), kept));
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
    this.say(`${this.category(category)?.name ?? "Object"} deleted.`, { label: "Undo", run: restore });
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
    else this.say("This is the first image.");
  }

  /** Go elsewhere once everything is saved; otherwise stay and say why. */
  private async leave(url: string): Promise<void> {
    if (this.waitForObjects(() => void this.leave(url))) return;
    if (await this.outbox.settled()) this.around.go(url);
    else if (!this.store.get().conflict) this.say("Your last change is not saved yet; this page waits for it.");
  }

  /** Whether kept objects still wait for their last mask; `then` is called when none does, unless work goes on. */
  private waitForObjects(then: () => void): boolean {
    if (this.store.get().finishing.length === 0) return false;
    this.afterFinishing = then;
    this.say("One moment: the last object's mask is on its way.");
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
      this.say(error instanceof Refused ? error.message : "The server can't be reached. Try again in a moment.");
    }
  }

  // Saving

  get unsaved(): boolean {
    return this.outbox.operations.length > 0;
  }

  /** The browser says it is online again, or the annotator does. */
  retryNow(): void {
    this.outbox.retryNow();
    this.connection.retryNow();
  }

  resolveConflict(whose: "mine" | "theirs"): void {
    this.outbox.resolve(whose);
  }

  discardRefused(): void {
    this.outbox.discardRefused();
  }

  // Toasts

  /** `untilNext`: what it offers is only possible until the next object is begun. */
  say(text: string, action: Toast["action"] = null, untilNext = false): void {
    clearTimeout(this.toastTimer);
    this.store.set({ toast: { text, action, untilNext } });
    this.toastTimer = setTimeout(() => this.store.set({ toast: null }), TOAST_MS);
  }

  runToast(): void {
    const action = this.store.get().toast?.action;
    this.store.set({ toast: null });
    action?.run();
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

  private receive({ object, patch, clicks, final, milliseconds }: Answer): void {
    const { open, finishing } = this.store.get();
    this.store.set({ latency: milliseconds });
    if (open?.uid === object) {
      const after = objects.answered(open, patch, clicks, final);
      this.change(after);
      return;
    }
    const waiting = finishing.find(({ uid }) => uid === object);
    if (!waiting) return;
    const after = objects.answered(waiting, patch, clicks, final);
    this.store.set({ finishing: finishing.map((one) => (one === waiting ? after : one)) });
    if (after.settled && after.checking === 0) this.finishObject(after);
    else this.track(after);
  }

  private refuse(object: string, code: string, message: string): void {
    const { open, finishing } = this.store.get();
    const waiting = finishing.find(({ uid }) => uid === object);
    this.say(message);
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
      this.say("An object's mask came out empty, so it was not kept.", { label: "Open it again", run: restore }, true);
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
    const { width, height } = this.boot.image;
    const category = this.category(object.category) ? object.category : this.store.get().activeCategory;
    if (category === null) return;
    const counts = viewCounts(object.mask, width, height);
    const clicks = object.clicks.map(objects.wire);
    const kept = this.store.get().kept.find(({ uid }) => uid === object.source);
    if (!kept) {
      this.outbox.add({ kind: "create", uid: object.source ?? object.uid, category, counts, clicks });
      return;
    }
    const changedMask = !same(kept.patch, object.mask);
    if (!changedMask && kept.category === category) return;
    this.outbox.add({
      kind: "change",
      uid: kept.uid,
      ...(kept.category !== category && { category }),
      ...(changedMask && { counts, clicks }),
    });
  }

  private showKept(): void {
    const { state, conflict, status } = this.outbox;
    const kept = this.outbox.shown.map((one) => this.keptOf(one)).filter((one) => one !== null);
    this.store.set({ kept, status, save: state, conflict });
  }

  /** The shown form; made once for each mask. Null for an RLE that does not fit the image. */
  private keptOf({ uid, category, counts, clicks }: Shown): Kept | null {
    const known = this.patches.get(uid);
    if (known?.counts === counts && known.kept.category === category && known.kept.clicks.length === clicks.length) {
      return known.kept;
    }
    let patch: Patch;
    try {
      patch =
        known?.counts === counts
          ? known.kept.patch
          : patchOfView(counts, this.boot.image.width, this.boot.image.height);
    } catch (error) {
      if (!(error instanceof RleError)) throw error;
      console.error(`interlabel: object ${uid} can't be shown`, error);
      return null;
    }
    const kept = { uid, category, patch, area: area(patch.runs), clicks: clicks.map(objects.unwire) };
    this.patches.set(uid, { counts, kept });
    return kept;
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
    const finishing = drafts.finishing.map((draft) => this.revive(draft)).filter((one) => one !== null);
    const open = this.store.get().open ?? (drafts.open && this.revive(drafts.open));
    this.store.set({ finishing, open, selected: open?.source ?? null });
    for (const object of open ? [...finishing, open] : finishing) this.track(object);
    this.storeDrafts();
  }

  /** The object of a draft. Null when it has been kept meanwhile, or what it refined is gone. */
  private revive({ uid, category, clicks, undone, source, onMask }: Draft): OpenObject | null {
    const { kept } = this.store.get();
    const refined = kept.find((one) => one.uid === source) ?? null;
    if (kept.some((one) => one.uid === uid) || (onMask && !refined)) return null;
    const previous = onMask && refined ? refined.patch : null;
    const fresh = objects.begin(uid, category, { x: 0, y: 0, positive: true });
    return {
      ...fresh,
      clicks,
      undone,
      source: refined?.uid ?? null,
      previous,
      mask: refined?.patch ?? fresh.mask,
      settled: clicks.length === 0,
    };
  }
}

/** A UUID. `crypto.randomUUID` exists on secure pages only, and a team may well use plain HTTP on its own network. */
function newUid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Clicks are sent and kept with a quarter pixel's precision: exact for the pixel, short on the wire. */
function round(value: number): number {
  return Math.floor(value * 4) / 4;
}
