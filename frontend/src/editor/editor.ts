/** What the annotator can do. Holds the parts together: socket, outbox, open objects, journal, tools, state. */

import { ObjectCommands } from "./editing/commands";
import { DisplayControl } from "./editing/displayControl";
import type { Filmstrip } from "./editing/filmstrip";
import { cancelled, History } from "./editing/history";
import { ImageCommands } from "./editing/image";
import { Keeping } from "./editing/keeping";
import { ProjectNews } from "./editing/news";
import { NextImage } from "./editing/nextImage";
import { KeySettings } from "./editing/ownKeys";
import { Presence } from "./editing/presence";
import { Preview } from "./editing/preview";
import { Toasts } from "./editing/toasts";
import { Toolbox, type Pointing, type Target } from "./editing/tools/toolbox";
import { Unsaved } from "./editing/unsaved";
import { WorkTimer } from "./editing/workTimer";
import { Workbench } from "./editing/workbench";
import type { Point } from "./lib/geometry";
import type { Database } from "./lib/indexedDb";
import type { Locks } from "./lib/locks";
import type { ValueStorage } from "./lib/storage";
import { Store } from "./lib/store";
import { newUid } from "./lib/uid";
import { covers, same } from "./mask/rle";
import type { Spans } from "./mask/spans";
import { clickAt, isInside } from "./model/clicks";
import { sameAttributes } from "./model/journal";
import { KeptObjects, type Kept } from "./model/kept";
import { isShown } from "./model/marks";
import { operate, type Operator } from "./model/operators";
import * as works from "./model/work";
import { DraftStore } from "./saving/draftStore";
import { Outbox } from "./saving/outbox";
import { PendingStore, type PendingChanges } from "./saving/pendingStore";
import { takeScope, type TabScope, type TabName } from "./saving/tabScope";
import { type Api } from "./server/api";
import type { Answer, ClickConnection, Listener } from "./server/connection";
import type { AnnotationsMessage, Hello, PromptBox } from "./server/protocol";
import type { Category, Boot } from "./server/types";
import { initialState, type State, type Tool } from "./state";
import type { SuggestionsContext } from "./suggestions/context";
import { Suggestions } from "./suggestions/suggestions";
import type { PicturePrefetch } from "./view/picturePrefetch";

/** What the editor needs from the page around it. */
export interface Surroundings {
  readonly storage: ValueStorage;
  readonly database: Promise<Database> | Database;
  readonly locks: Locks;
  readonly name: TabName;
  readonly api: Api;
  /** The same for all images of the project. */
  readonly filmstrip: Filmstrip;
  /** Pictures that are decoded already; without them each is when it is opened. */
  readonly pictures?: PicturePrefetch;
  readonly connect: (listener: Listener) => ClickConnection;
  /** What was loaded ahead for other images is old. */
  readonly forget?: () => void;
  /** `stay`: the browser's history is there already. */
  readonly go: (url: string, how: "push" | "stay") => void;
}

export class Editor implements Target, SuggestionsContext {
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
  readonly tools: Toolbox;
  readonly history: History;
  readonly suggestions: Suggestions;
  readonly objects: ObjectCommands;
  readonly image: ImageCommands;
  readonly keys: KeySettings;
  readonly unsaved: Unsaved;
  private readonly news: ProjectNews;
  private greeted = false;
  private readonly keeping: Keeping;
  readonly display: DisplayControl;
  private readonly connection: ClickConnection;
  readonly bench: Workbench;
  private readonly drafts: DraftStore;
  private readonly preview: Preview;
  private readonly shown: KeptObjects;
  readonly presence: Presence;
  readonly workTimer: WorkTimer;
  readonly nextImage: NextImage;
  private place: TabScope | null = null;
  private seated!: (pending: PendingChanges) => void;
  private disposed = false;

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
    this.keys = new KeySettings(this.store, around.api, this.toasts);
    const opening = newUid();
    this.workTimer = new WorkTimer((seconds) => void around.api.reportTime(opening, seconds).catch(() => {})); // the next tells more
    this.shown = new KeptObjects(image);
    this.drafts = new DraftStore(around.database);
    this.outbox = new Outbox(around.api, this.pending(), () => this.showKept());
    this.nextImage = new NextImage(boot, around, this.store, this.outbox, this.toasts);
    this.connection = around.connect({
      connection: (connection) => {
        this.store.set({ connection });
        if (connection !== "open") this.presence.forget();
        if (connection === "lost" || connection === "denied") void this.outbox.check();
      },
      hello: (hello) => this.greet(hello),
      encoding: (message) => this.image.showEncoding(message),
      annotations: (change) => this.meetOthers(change),
      presence: (message) => this.presence.receive(message),
      suggestions: (news) => void this.suggestions.requests.heard(news),
      project: () => void this.news.load(),
      gone: (what) => this.news.gone(what),
      mask: (answer) => this.receive(answer),
      refused: (object, code, message) => {
        if (!this.preview.refused(object)) this.bench.refused(object, code, message);
      },
    });
    this.bench = new Workbench(this.store, this.connection, this.drafts, image, {
      stepped: () => this.history.forgetRedo(),
      finished: (work) => this.keeping.finished(work),
      say: (message) => this.toasts.say(message),
    });
    this.history = new History(this.store, this.outbox, this.bench, this.drafts, this.toasts);
    this.presence = new Presence(this.store, this.connection, this.toasts, user.can_label, () => this.stopped());
    this.keeping = new Keeping(this);
    this.image = new ImageCommands(this, around.api);
    this.unsaved = new Unsaved(this, around);
    this.objects = new ObjectCommands(this, around.storage);
    this.news = new ProjectNews(this, around.api, () => around.forget?.());
    this.display = new DisplayControl(this.store, around.storage, boot);
    this.preview = new Preview(this.connection, (patch) => this.tools.showPreview(patch));
    const pointing = new Store<Pointing>({ sketch: null, dot: null });
    this.tools = new Toolbox(this.store, pointing, this, this.preview, image);
    this.suggestions = new Suggestions(boot, around, this.store, this);
    this.history.onRejected = (uids, rejected) => this.suggestions.decided(uids, rejected);
  }

  /** Load what is kept, restore what was open, and connect. */
  async begin(): Promise<void> {
    this.connection.connect();
    this.filmstrip.open(this.boot.image.id);
    if (!this.boot.user.can_label) {
      this.presence.begin(newUid());
      return this.outbox.load();
    }
    const { user, image } = this.boot;
    this.place = await takeScope(this.around, `${user.id}/${image.id}`);
    if (this.disposed) return this.place.leave();
    this.presence.begin(this.place.tab);
    this.store.set({ elsewhere: this.place.elsewhere });
    void this.unsaved.look();
    // Before there is anything to see: what undo would take back has to be known when somebody presses its key.
    const { open, finishing, others, journal } = await this.drafts.load(this.place.scope);
    this.history.restore(journal);
    const { name, width, height } = image;
    this.seated(new PendingStore(await this.around.database, this.place.scope, { name, width, height }));
    await this.outbox.load();
    if (this.disposed) return;
    const busy = this.bench.open !== null; // somebody was faster than their browser: theirs stays, the other can be had back
    for (const one of busy && open ? [...others, open] : others) this.history.note(cancelled(one));
    this.bench.restore(busy ? null : open, finishing, this.store.get().kept);
  }

  /** The image is left: end what goes on by itself. What is not saved stays stored. */
  dispose(): void {
    this.disposed = true;
    this.workTimer.flush();
    this.connection.dispose();
    this.outbox.dispose();
    this.suggestions.dispose();
    this.toasts.dispose();
    this.place?.leave();
  }

  /** Whether the person may change the image, now: not while somebody else works on it. */
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

  /** Somebody else has the image now. What is open stays as it is. */
  private stopped(): void {
    this.tools.peek(false);
    this.tools.choose("click");
  }

  /** Nothing can be kept here any more: what is in work becomes an unsaved change, which can be downloaded. */
  setAside(): void {
    const { open, finishing } = this.store.get();
    for (const work of open ? [...finishing, open] : finishing) {
      if (work.mask.runs.length > 0) this.keeping.commit(work);
      else this.bench.close(work.uid);
    }
    this.stopped();
  }

  /** Local copies of what is not saved; used as soon as this tab has its place. */
  private pending(): PendingChanges {
    const seated = new Promise<PendingChanges>((resolve) => (this.seated = resolve));
    return {
      read: async () => (this.boot.user.can_label ? (await seated).read() : null),
      write: (waiting) => void seated.then((pending) => pending.write(waiting)),
    };
  }

  category(number: number | null): Category | undefined {
    return this.boot.project.categories.find((one) => one.number === number);
  }

  // Prompts

  /** A click at view coordinates. */
  click(at: Point, positive: boolean): void {
    if (!isInside(at, this.boot.image)) return;
    if (!this.canLabel) {
      this.select(this.keptAt(at)?.uid ?? null);
      return;
    }
    this.ensureOpen();
    this.bench.take((work) => works.addClick(work, clickAt(at, positive)));
  }

  reopenAt(at: Point, clicked: boolean): boolean {
    const { open } = this.bench;
    const kept = this.canLabel ? this.keptAt(at) : undefined;
    if (!kept || kept.uid === open?.source) return false;
    const before = clicked && open ? works.withdrawn(open) : null;
    if (before && works.isBlank(before)) this.bench.close(before.uid);
    else if (before) this.bench.show(before);
    this.refine(kept.uid);
    return true;
  }

  moveClick(index: number, to: Point): void {
    this.bench.take((work) => works.moveClick(work, index, to));
  }

  removeClick(index: number): void {
    this.bench.take((work) => works.removeClick(work, index));
  }

  /** The object in a dragged box. */
  box(box: PromptBox): void {
    if (!this.canLabel) return;
    this.ensureOpen();
    this.bench.take((work) => works.promptBox(work, box));
  }

  // By hand

  /** Pixels drawn or cut off. Without an open object: a new one, or the kept one that it begins on is opened to be cut. */
  paint(did: works.Did, region: Spans, adding: boolean, from: Point): void {
    if (!this.canLabel || region.length === 0) return;
    if (adding) this.ensureOpen();
    else if (!this.bench.open) {
      const kept = this.keptAt(from);
      if (!kept) return this.toasts.say("Nothing to cut. Open an object first, or start on an object.");
      this.refine(kept.uid);
    }
    this.bench.take((work) => works.paint(work, did, region, adding));
  }

  /** Something done to the whole mask of the open object. */
  operate(operator: Operator): void {
    if (!this.may()) return;
    const { open } = this.bench;
    if (!open || open.mask.runs.length === 0) return this.toasts.say("Open an object first.");
    const after = operate(operator, open);
    if (after.mask.runs.length === 0) this.toasts.say("This would remove the whole object.");
    else if (!this.bench.take((work) => (work === open ? after : work)))
      this.toasts.say("Nothing to change in this mask.");
  }

  private ensureOpen(): void {
    this.nextImage.stay();
    if (this.bench.open) return;
    this.toasts.next();
    this.bench.begin(this.store.get().activeCategory);
  }

  // The open object

  undo(): void {
    if (!this.may() || this.tools.back()) return;
    const { open } = this.bench;
    if (open) {
      if (!this.bench.undo()) this.toasts.say("Nothing more to undo in this object. Press Esc to close it.");
      else if (works.undoable(open) === "class") this.objects.followCategory();
    } else if (!this.bench.takeBack()) this.history.undo();
  }

  redo(): void {
    if (!this.may()) return;
    const { open } = this.bench;
    if (!this.bench.redo()) this.history.redo();
    else if (open && works.redoable(open) === "class") this.objects.followCategory();
  }

  /** Enter: close the polygon in progress, keep the open object, or else open the chosen one. */
  enter(): void {
    const { open, selection, selected } = this.store.get();
    if (open || this.tools.busy) return this.keep();
    const chosen = selection.length > 0 ? selection : selected ? [selected] : [];
    if (chosen.length > 1) this.toasts.say("Several objects are selected. Select one to open it.");
    else if (chosen.length === 1 && this.may()) this.refine(chosen[0]!);
  }

  /** Close the polygon in progress, or keep the open object; one that is not answered yet is kept as soon as it is. */
  keep(): void {
    if (!this.may() || this.tools.finish()) return;
    const { open } = this.bench;
    if (!open || works.isBlank(open)) return;
    if (this.boot.project.categories.length === 0) {
      this.toasts.say("This project has no classes yet. A manager can add them in the project settings.");
    } else if (!works.isSettled(open)) this.bench.setAside();
    else if (open.mask.runs.length === 0) {
      this.toasts.say("The mask is empty. Click the object first, or press Esc to cancel.");
    } else this.keeping.commit(open);
  }

  cancel(): void {
    if (this.tools.abandon()) return;
    const open = this.canLabel ? this.bench.open : null;
    if (!open) {
      const { selected, selection } = this.store.get();
      if (selected || selection.length > 0) this.select(null);
      else this.tools.choose("click");
      return;
    }
    this.bench.close(open.uid);
    if (open.at === 0 || this.isAsKept(open)) return;
    this.history.note(cancelled(open));
    this.offerUndo("Object cancelled.", "Restore", true);
  }

  /** Whether closing a kept object that is open loses nothing. */
  private isAsKept({ source, mask, steps, at }: works.Work): boolean {
    const kept = source ? this.store.get().kept.find(({ uid }) => uid === source) : undefined;
    const attributes = steps[at]!.recipe.attributes ?? {};
    return !!kept && same(mask, kept.patch) && sameAttributes(attributes, kept.attributes);
  }

  /** End what is in progress with a tool, or with a suggestion. */
  settle(): void {
    this.tools.finish();
    this.suggestions.letGo();
  }

  // Kept objects

  /** Re-open a kept object to refine it. An open object is kept first. */
  refine(uid: string): void {
    if (!this.canLabel || this.bench.open?.source === uid) return;
    if (this.objects.isLocked(uid)) return this.toasts.say("This object is locked. Press Shift L to unlock it.");
    const kept = this.store.get().kept.find((one) => one.uid === uid);
    if (kept) this.openInstead(works.reopen(newUid(), kept, this.boot.image));
  }

  /** Make it the open object after the open one was kept; not when that can't be. */
  openInstead(work: works.Work): void {
    this.suggestions.letGo();
    if (this.bench.open) this.keep();
    if (this.bench.open?.at === 0) this.bench.close(this.bench.open.uid);
    if (!this.bench.open) this.bench.show(work);
  }

  select(selected: string | null): void {
    this.store.set({ selected, selection: [] });
  }

  hover(hovered: string | null): void {
    this.store.set({ hovered });
  }

  /** Delete what is nearest: a polygon's corner, the click under the pointer, the selected object. */
  removeSelected(): void {
    if (!this.may() || this.tools.back() || this.tools.removeDot()) return;
    if (this.store.get().selection.length > 0) return this.objects.remove();
    const uid = this.store.get().selected ?? this.bench.open?.source;
    if (uid) this.remove(uid);
  }

  remove(uid: string): void {
    if (!this.canLabel) return;
    if (this.objects.isLocked(uid)) return this.toasts.say("This object is locked. Press Shift L to unlock it.");
    if (this.store.get().selected === uid) this.select(null);
    this.keeping.remove(uid);
  }

  offerUndo(text: string, label: string, untilNext = false): void {
    this.keeping.offerUndo(text, label, untilNext);
  }

  /** The class for the open object, for the chosen ones or for the suggestion that is pointed at, and for those to come. */
  choose(number: number): void {
    if (!this.category(number) || !this.may()) return;
    this.store.set({ activeCategory: number });
    this.around.storage.write(`category:${this.boot.project.id}`, number);
    const { open, selection, selected } = this.store.get();
    if (open || selected || selection.length > 0) this.objects.setCategory(number);
    else this.suggestions.give(number);
  }

  chooseByHotkey(hotkey: number): void {
    const found = this.boot.project.categories.find((one) => one.hotkey === hotkey);
    if (found) this.choose(found.number);
  }

  /** The topmost kept object at a view point that is shown and may be changed. */
  keptAt({ x, y }: Point): Kept | undefined {
    const { kept, marks, hidden } = this.store.get();
    if (hidden) return undefined;
    const can = (uid: string) => isShown(marks, uid) && !marks.locked.has(uid);
    return kept.findLast(({ uid, patch }) => can(uid) && covers(patch, x, y));
  }

  // The window

  /** Nothing can be changed while `on`. */
  viewOnly(on: boolean): void {
    if (on === this.store.get().viewOnly) return;
    this.store.set({ viewOnly: on });
    if (on) this.stopped();
  }

  /** What this person does in windows that are too small to label in; null: they are asked. */
  get smallWindow(): "view" | "label" | null {
    return this.around.storage.read(`small-window:${this.boot.user.id}`);
  }

  set smallWindow(choice: "view" | "label" | null) {
    this.around.storage.write(`small-window:${this.boot.user.id}`, choice);
  }

  /** Whether a section of the panels is folded; null: nobody ever said. */
  isFolded(section: string): boolean | null {
    return this.around.storage.read<boolean>(`folded:${section}`);
  }

  fold(section: string, folded: boolean): void {
    this.around.storage.write(`folded:${section}`, folded);
  }

  takeOver(): void {
    if (this.boot.user.can_label && !this.canLabel) this.presence.take();
  }

  /** Their features come to the server's memory. */
  prefetch(images: readonly number[]): void {
    this.connection.prefetch(images);
  }

  /** Somebody does something. */
  touch(): void {
    if (this.canLabel) this.workTimer.touch();
  }

  /** Pictures that are decoded already, and who decodes them. */
  get pictures(): PicturePrefetch | null {
    return this.around.pictures ?? null;
  }

  get filmstrip(): Filmstrip {
    return this.around.filmstrip;
  }

  chooseTool(tool: Tool): void {
    if (this.canLabel) this.tools.choose(tool);
  }

  toggle(what: "hidden" | "help" | "cutting"): void {
    this.store.set({ [what]: !this.store.get()[what] });
  }

  /** The browser says it is online again, or the annotator does. */
  retryNow(): void {
    this.outbox.retryNow();
    this.connection.retryNow();
  }

  // From the server

  private greet(hello: Hello): void {
    this.presence.arrive();
    this.image.showEncoding({ type: "state", state: hello.state });
    this.prefetch(this.boot.upcoming.map(({ id }) => id));
    this.suggestions.connected();
    if (this.greeted) void this.news.load(); // what was told meanwhile was not heard
    this.greeted = true;
  }

  private meetOthers({ version, by }: AnnotationsMessage): void {
    if (by !== this.boot.user.name) this.store.set({ other: by });
    void this.outbox.refresh(version);
  }

  private receive(answer: Answer): void {
    if (this.preview.receive(answer)) return;
    this.store.set({ latency: answer.milliseconds });
    this.bench.receive(answer);
  }

  private showKept(): void {
    const { state, conflict, status, reason, note, refused, unsaved } = this.outbox;
    const kept = this.shown.of(this.outbox.shown);
    const before = this.store.get().save.kind;
    const back = before === "gone" && state.kind !== "gone";
    this.store.set({ kept, status, reason, note, save: state, conflict, refused, unsaved: unsaved.length });
    this.filmstrip.update(this.boot.image.id, { status, objects: kept.length, skipped: reason, note });
    if (state.kind === "saved") this.nextImage.saved();
    if (back) this.connection.retryNow(); // the person is a member again
    if (state.kind === "gone" && before !== "gone") this.setAside();
  }
}
