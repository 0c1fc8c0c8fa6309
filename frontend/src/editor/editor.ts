/** The editor of one image: creates its parts and connects them. */

import type { Inbox } from "../shared/inbox";
import { ClassChoice, firstClass } from "./editing/classChoice";
import { ObjectCommands } from "./editing/commands";
import { DisplayControl } from "./editing/displayControl";
import type { Filmstrip } from "./editing/filmstrip";
import { History } from "./editing/history";
import { ImageCommands } from "./editing/image";
import { Keeping } from "./editing/keeping";
import { ProjectNews } from "./editing/news";
import { NextImage } from "./editing/nextImage";
import { ObjectMarks } from "./editing/objectMarks";
import { OpenObject } from "./editing/openObject";
import { Opening } from "./editing/opening";
import { KeySettings } from "./editing/ownKeys";
import { PanopticRule } from "./editing/panopticRule";
import { Permission } from "./editing/permission";
import { Presence } from "./editing/presence";
import { Preview } from "./editing/preview";
import { Prompts } from "./editing/prompts";
import { SaveStatus } from "./editing/saveStatus";
import { ObjectSelection } from "./editing/selection";
import { ServerEvents } from "./editing/serverEvents";
import { Toasts } from "./editing/toasts";
import { Toolbox } from "./editing/tools/toolbox";
import { Unsaved } from "./editing/unsaved";
import { WindowSettings } from "./editing/windowSettings";
import { WorkTimer } from "./editing/workTimer";
import { Workbench } from "./editing/workbench";
import type { Database } from "./lib/indexedDb";
import type { Locks } from "./lib/locks";
import type { ValueStorage } from "./lib/storage";
import { Store } from "./lib/store";
import { newUid } from "./lib/uid";
import { Review } from "./review/review";
import { DraftStore } from "./saving/draftStore";
import { Outbox } from "./saving/outbox";
import type { TabName } from "./saving/tabScope";
import type { Api } from "./server/api";
import type { ClickConnection, Listener } from "./server/connection";
import type { Boot } from "./server/types";
import { initialState, type State } from "./state";
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
  /** The person's inbox, on all images. */
  readonly inbox: Inbox;
  /** Pictures that are decoded already; without them each is when it is opened. */
  readonly pictures?: PicturePrefetch;
  readonly connect: (listener: Listener) => ClickConnection;
  /** What was prefetched for other images is out of date. */
  readonly forget?: () => void;
  /** `stay`: the browser's history is there already. */
  readonly go: (url: string, how: "push" | "stay") => void;
}

/** The parts know each other through this object, each by the few of its fields that it declares to need; they read them
 * when something happens, not while they are made. */
export class Editor {
  readonly store: Store<State>;
  readonly toasts: Toasts;
  readonly permission: Permission;
  readonly keys: KeySettings;
  readonly display: DisplayControl;
  readonly filmstrip: Filmstrip;
  /** Pictures that are decoded already, and who decodes them. */
  readonly pictures: PicturePrefetch | null;
  readonly drafts: DraftStore;
  readonly outbox: Outbox;
  readonly nextImage: NextImage;
  readonly connection: ClickConnection;
  readonly bench: Workbench;
  readonly history: History;
  readonly presence: Presence;
  readonly keeping: Keeping;
  readonly selection: ObjectSelection;
  readonly classes: ClassChoice;
  readonly marks: ObjectMarks;
  readonly panoptic: PanopticRule;
  readonly openObject: OpenObject;
  readonly prompts: Prompts;
  readonly objects: ObjectCommands;
  readonly image: ImageCommands;
  readonly unsaved: Unsaved;
  readonly news: ProjectNews;
  readonly preview: Preview;
  readonly tools: Toolbox;
  readonly window: WindowSettings;
  readonly suggestions: Suggestions;
  readonly workTimer: WorkTimer;
  readonly review: Review;
  readonly inbox: Inbox;
  readonly storage: ValueStorage;
  private readonly opening: Opening;

  constructor(
    readonly boot: Boot,
    around: Surroundings,
  ) {
    const { api, storage } = around;
    const { image, user } = boot;
    this.storage = storage;
    this.inbox = around.inbox;
    this.store = new Store(initialState(image.state, firstClass(boot, storage)));
    this.toasts = new Toasts(this.store);
    this.permission = new Permission(boot, this.store, this.toasts);
    this.keys = new KeySettings(this.store, api, this.toasts);
    this.display = new DisplayControl(this.store, storage, boot);
    this.filmstrip = around.filmstrip;
    this.pictures = around.pictures ?? null;
    this.workTimer = timerOf(api);
    this.opening = new Opening(this, around);
    this.drafts = new DraftStore(around.database);
    const saved = new SaveStatus(this);
    this.outbox = new Outbox(api, this.opening.pending, () => saved.show());
    this.nextImage = new NextImage(boot, around, this.store, this.outbox, this.toasts);
    this.connection = around.connect(new ServerEvents(this));
    this.bench = new Workbench(this.store, this.connection, this.drafts, image, {
      stepped: () => this.history.forgetRedo(),
      finished: (work) => this.keeping.finished(work),
      say: (message) => this.toasts.say(message),
    });
    this.history = new History(this.store, this.outbox, this.bench, this.drafts, this.toasts, {
      fit: (changes) => this.panoptic.fit(changes),
      rejected: (uids, rejected) => this.suggestions.decided(uids, rejected),
    });
    this.presence = new Presence(this.store, this.connection, this.toasts, user.can_label, () => this.tools.rest());
    this.keeping = new Keeping(this);
    this.selection = new ObjectSelection(this);
    this.classes = new ClassChoice(this, storage);
    this.marks = new ObjectMarks(this, storage);
    this.panoptic = new PanopticRule(this, storage);
    this.openObject = new OpenObject(this);
    this.prompts = new Prompts(this);
    this.objects = new ObjectCommands(this);
    this.image = new ImageCommands(this, api);
    this.unsaved = new Unsaved(this, around);
    this.news = new ProjectNews(this, api, () => around.forget?.());
    this.preview = new Preview(this.connection, (patch) => this.tools.showPreview(patch));
    this.tools = new Toolbox(this, image);
    this.window = new WindowSettings(this, storage);
    this.suggestions = new Suggestions(this, around);
    this.review = new Review(this, api);
  }

  /** Load what is kept, restore what was open, and connect. */
  async begin(): Promise<void> {
    this.connection.connect();
    this.filmstrip.open(this.boot.image.id);
    await this.opening.begin();
    const judged = !["new", "in_progress"].includes(this.outbox.set.status); // whose turn it is says what one may do
    if (!judged) await this.bench.answered();
    void this.review.load();
    void this.inbox.opened(this.boot.image.id);
  }

  /** The image is left: end what goes on by itself. What is not saved stays stored. */
  dispose(): void {
    this.workTimer.flush();
    this.review.dispose();
    this.connection.dispose();
    this.outbox.dispose();
    this.suggestions.dispose();
    this.toasts.dispose();
    this.opening.dispose();
  }

  /** The browser says it is online again, or the annotator does. */
  retryNow(): void {
    this.outbox.retryNow();
    this.connection.retryNow();
  }

  /** Their features come to the server's memory. */
  prefetch(images: readonly number[]): void {
    this.connection.prefetch(images);
  }

  /** Somebody does something. */
  touch(): void {
    if (this.permission.canLabel && !this.store.get().judging) this.workTimer.touch();
    this.review.touch();
  }
}

/** Counts the time on this opening of the image. A report that gets lost is made up for by the next. */
function timerOf(api: Api): WorkTimer {
  const opening = newUid();
  return new WorkTimer((seconds) => void api.reportTime(opening, seconds).catch(() => {}));
}
