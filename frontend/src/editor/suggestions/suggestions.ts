/** What an annotator does with suggestions: request, step through, keep, reject, correct.
 *
 * They are shown, and handle pointer and keys, while the tool is *suggest* and no object is open. Keeping one is a normal
 * operation of the outbox with the suggestion's uid, from which the server knows what became of it. So undo, conflicts
 * and lost connections need no code here.
 */

import type { Press } from "../editing/tools/types";
import type { Point } from "../lib/geometry";
import type { ValueStorage } from "../lib/storage";
import type { Store } from "../lib/store";
import { same } from "../mask/rle";
import { wire } from "../model/clicks";
import type { ObjectChange } from "../model/journal";
import { correct, recipeOf } from "../model/work";
import type { Api } from "../server/api";
import type { Boot } from "../server/types";
import type { State } from "../state";
import type { Drag } from "../view/pointer";
import type { SuggestionsContext } from "./context";
import { between, following, neighbour, smallestAt, together, type Suggestion } from "./offer";
import { Rejections } from "./rejections";
import { SuggestionRequests } from "./requests";
import { Search } from "./search";
import { SuggestionService } from "./service";
import { FIRST_THRESHOLD, pointedOf, suggestionsStore, type SuggestionsState } from "./state";
import { SuggestionList } from "./suggestionList";
import { count } from "./words";

/** How far the slider goes with a key. */
const STEP = 0.05;

export class Suggestions {
  readonly store: Store<SuggestionsState>;
  readonly requests: SuggestionRequests;
  readonly search: Search;
  private readonly list: SuggestionList;
  private readonly rejections: Rejections;
  private readonly boot: Boot;
  private readonly editor: Store<State>;
  private under: string | null = null;
  private stale = false;

  constructor(
    private readonly context: SuggestionsContext,
    private readonly around: { readonly storage: ValueStorage; readonly api: Api },
  ) {
    const { storage, api } = around;
    const { boot, store: editor } = context;
    [this.boot, this.editor] = [boot, editor];
    const service = new SuggestionService(api, boot.api);
    const key = `rejections:${boot.user.id}:${boot.image.id}`;
    this.rejections = new Rejections(service, storage, key, () => void this.requests.load());
    const above = storage.read<number>(this.thresholdKey) ?? FIRST_THRESHOLD;
    this.store = suggestionsStore(above, this.rejections.rejected);
    this.list = new SuggestionList(this.store, editor, boot.image);
    this.requests = new SuggestionRequests(this.list, service, boot, editor, context);
    this.search = new Search(this.list, service, boot, editor, context);
    editor.watch((state, before) => this.follow(state, before));
  }

  private get isOn(): boolean {
    return this.editor.get().tool === "suggest";
  }

  /** Whether pointer and keys are about suggestions: while an object is open they are about that. */
  private get isActive(): boolean {
    return this.isOn && !this.editor.get().open;
  }

  private get pointed(): Suggestion | null {
    return this.isActive ? pointedOf(this.store.get()) : null;
  }

  /** What the keys are about; objects that are chosen in the list come first. */
  private get addressed(): Suggestion | null {
    const { selected, selection } = this.editor.get();
    return selected || selection.length > 0 ? null : this.pointed;
  }

  /** Somebody turns to suggestions: no object is chosen any more. */
  private unchoose(): void {
    const { selected, selection } = this.editor.get();
    if (this.isActive && (selected || selection.length > 0)) this.editor.set({ selected: null, selection: [] });
  }

  private get onKey(): string {
    return `suggestions-on:${this.boot.project.id}`;
  }

  private get thresholdKey(): string {
    return `suggestions-above:${this.boot.project.id}`;
  }

  /** The socket is there, for the first time or again. */
  connected(): void {
    const first = this.store.get().load.kind === "loading";
    void this.requests.load();
    void this.rejections.tell();
    // Whoever looked at suggestions on the image before goes on so.
    if (first && this.around.storage.read<boolean>(this.onKey) && this.editor.get().tool === "click") {
      this.context.tools.choose("suggest");
    }
  }

  /** The kept objects, or the open one, are others: so is what is still to be decided. */
  private follow(state: State, before: State): void {
    const { kept, open, finishing, save, tool } = state;
    if (kept !== before.kept) {
      const there = new Set(kept.map(({ uid }) => uid));
      if (before.kept.some(({ uid }) => !there.has(uid))) this.stale = true;
    }
    if (kept !== before.kept || open?.uid !== before.open?.uid || finishing !== before.finishing) this.list.refresh();
    if (this.stale && (save.kind === "saved" || save.kind === "refused")) {
      this.stale = false; // what the deleted object covered is offered again
      void this.requests.load();
    }
    if (tool !== before.tool && tool !== "suggest") this.store.set({ pointed: null, gathered: [] });
    if ((tool === "suggest") !== (before.tool === "suggest")) this.around.storage.write(this.onKey, tool === "suggest");
  }

  /** The image is left: what waits for the server stays stored. */
  dispose(): void {
    this.requests.dispose();
    this.rejections.dispose();
  }

  // Looking

  /** Show suggestions, or go back to clicking; where there are none, find everything. */
  toggle(): void {
    if (this.isOn) return this.context.tools.choose("click");
    this.context.tools.choose("suggest");
    this.requests.askForAny();
  }

  /** How confident a suggestion has to be to be shown. */
  threshold(above: number): void {
    const rounded = Math.round(Math.min(1, Math.max(0, above)) * 100) / 100;
    this.around.storage.write(this.thresholdKey, rounded);
    this.store.set({ above: rounded });
    this.list.refresh();
  }

  stepThreshold(by: 1 | -1): void {
    this.threshold(this.store.get().above + by * STEP);
  }

  /** The next suggestion by confidence, or the one before. */
  step(by: 1 | -1): void {
    if (!this.isOn) this.toggle();
    if (!this.isActive) return;
    this.unchoose();
    const found = neighbour(this.store.get().shown, this.store.get().pointed, by);
    if (found) this.point(found.uid, true);
  }

  /** `stepped`: by a key, so that it has to come into sight, and the next one follows when it is decided. */
  point(uid: string | null, stepped = false): void {
    const { given } = this.store.get();
    this.store.set({ pointed: uid, stepped, given: uid === null || uid === given?.uid ? given : null });
  }

  /** This class for the suggestion that is pointed at, once it is kept; nothing is kept by that. */
  give(category: number): void {
    const { addressed } = this;
    if (addressed) this.store.set({ given: { uid: addressed.uid, category } });
  }

  /** The pointer is over a place of the picture; null: it left. What was stepped to stays until it is over another one. */
  hover(at: Point | null): void {
    const under = at && this.isActive ? (this.at(at)?.uid ?? null) : null;
    const gone = under !== null && this.store.get().pointed === null; // kept under the pointer, and then undone
    if (under === this.under && !gone) return;
    this.under = under;
    this.point(under);
  }

  private at(place: Point): Suggestion | null {
    return smallestAt(this.store.get().shown, place);
  }

  /** The pointer goes down while suggestions are shown and no object is open. */
  press({ at, secondary, shift, twice, reach }: Press): Drag | null {
    const first = this.at(at);
    if (first) this.point(first.uid);
    if (!this.context.permission.may()) return null;
    this.unchoose();
    if (secondary || shift) {
      if (first && secondary) this.reject([first.uid]);
      else if (first) this.correct(first.uid);
      return null;
    }
    if (first && twice) return null; // the second click of a double click is not about what lies beneath
    return this.gather(at, reach, () => (first ? this.keep([first.uid]) : this.context.prompts.click(at, true)));
  }

  /** A drag that keeps what it passes; one that went nowhere is a click. */
  private gather(from: Point, reach: number, click: () => void): Drag {
    let last = from;
    const passed = new Set<string>();
    let moved = false;
    const pass = (places: readonly Point[]) => {
      for (const place of places) {
        const found = this.at(place);
        if (found) passed.add(found.uid);
      }
      this.store.set({ gathered: [...passed] });
    };
    const end = () => this.store.set({ gathered: [] });
    return {
      move: (to) => {
        if (!moved && Math.hypot(to.x - from.x, to.y - from.y) < reach) return;
        if (!moved) pass([from]);
        moved = true;
        pass(between(last, to, reach / 2));
        last = to;
      },
      end: () => {
        end();
        if (moved) this.keep([...passed]);
        else click();
      },
      cancel: end,
    };
  }

  // Deciding

  /** Keep what is pointed at, or the opened one as it is. False when there is none. */
  keepPointed(): boolean {
    const { open } = this.editor.get();
    const opened = this.untouched();
    if (open && opened) {
      this.context.bench.close(opened.uid);
      this.keep([opened.uid], recipeOf(open).category);
      return true;
    }
    return this.decide(({ uid }) => this.keep([uid]));
  }

  /** Reject what is pointed at; false when there is none. */
  rejectPointed(): boolean {
    return this.decide(({ uid }) => this.reject([uid]));
  }

  /** Open what is pointed at; false when there is none. */
  correctPointed(): boolean {
    const { addressed } = this;
    if (addressed) this.correct(addressed.uid);
    return addressed !== null;
  }

  /** Do it to the one that is pointed at; after stepping, the next one is pointed at then. */
  private decide(how: (one: Suggestion) => void): boolean {
    const { addressed } = this;
    if (!addressed || !this.context.permission.canLabel) return false;
    const { stepped, shown } = this.store.get();
    const next = stepped ? following(shown, addressed.uid) : null;
    how(addressed);
    const left = next && this.store.get().shown.includes(next) ? next : null;
    this.point((stepped && (left ?? this.store.get().shown[0])?.uid) || null, stepped);
    return true;
  }

  /** Keep all of a list: what is shown, or of it one class. */
  keepAll(list: readonly Suggestion[] = this.store.get().shown): void {
    if (this.isOn) this.keep(list.map(({ uid }) => uid));
  }

  /** Keep these as they are, in one step of undo. `give`: another class than the suggested one. */
  keep(uids: readonly string[], give: number | null = null): void {
    const { categories } = this.boot.project;
    const found = uids.flatMap((uid) => this.store.get().undecided.find((one) => one.uid === uid) ?? []);
    const wanted = together(found, this.boot.image);
    if (wanted.length === 0 || !this.context.permission.may()) return;
    if (categories.length === 0) {
      return this.context.toasts.say(
        "This project has no classes yet. A manager can add them in the project settings.",
      );
    }
    const changes = wanted.map((one): ObjectChange => {
      const category = give ?? this.classOf(one);
      return { uid: one.uid, before: null, after: { category, counts: one.counts, clicks: one.clicks.map(wire) } };
    });
    const done = this.context.history.commit("accept", changes[0]!.after!.category, changes);
    if (done && wanted.length > 1)
      this.context.keeping.offerUndo(`${count(wanted.length, "suggestion")} kept.`, "Undo");
  }

  /** The class that keeping it gives: the one chosen for it, else the suggested one, or where it has none the present one. */
  classOf({ uid, category }: Suggestion): number {
    const { categories } = this.boot.project;
    const { given } = this.store.get();
    const known = (number: number | null) => categories.find((one) => one.number === number)?.number;
    return (
      known(given?.uid === uid ? given.category : null) ??
      known(category) ??
      known(this.editor.get().activeCategory) ??
      categories[0]?.number ??
      0
    );
  }

  /** No object, or not one to label; remembered, so that no later run proposes it again. */
  reject(uids: readonly string[]): void {
    if (uids.length === 0 || !this.context.permission.may()) return;
    this.decided(uids, true);
    this.context.history.note({ what: "reject", category: null, changes: [], work: null, rejected: uids });
    if (uids.length > 1) this.context.keeping.offerUndo(`${count(uids.length, "suggestion")} rejected.`, "Undo");
  }

  /** Rejected, or that was taken back: by a step, by undo or by redo. */
  decided(uids: readonly string[], rejected: boolean): void {
    const all = new Set(this.store.get().rejected);
    for (const uid of uids) all[rejected ? "add" : "delete"](uid);
    this.store.set({ rejected: all });
    this.list.refresh();
    this.rejections.add(rejected ? "reject" : "reopen", uids);
  }

  /** Make it the open object: clicks refine it, and keeping it then counts as an edit. */
  correct(uid: string): void {
    const found = this.store.get().undecided.find((one) => one.uid === uid);
    if (!found || !this.context.permission.may()) return;
    this.context.openObject.openInstead(correct({ ...found, category: this.classOf(found) || null }, this.boot.image));
  }

  /** Close an opened suggestion that nobody touched: it stays one. */
  letGo(): void {
    const opened = this.untouched();
    if (opened) this.context.bench.close(opened.uid);
  }

  /** The suggestion that is open and as it was suggested. */
  private untouched(): Suggestion | null {
    const { open } = this.editor.get();
    const found = open && this.store.get().all.find(({ uid }) => uid === open.uid);
    if (!found || !same(open.mask, found.patch)) return null;
    return found.category === null || recipeOf(open).category === found.category ? found : null;
  }
}
