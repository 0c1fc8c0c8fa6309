// The grid of images: loaded page by page while scrolling, updated by the project's events.

import type { ImageItem, EncodingState, Status } from "../../shared/types";
import { confirmed } from "../dialog";
import { copyOf, need, plural } from "../dom";
import { HttpError, send } from "../http";
import { toast } from "../toast";
import { Bulk } from "./bulk";
import { ListView } from "./listView";
import type { ImagesPage, ProjectData } from "./messages";
import { Query } from "./query";
import { Selection } from "./selection";

const STATES: Record<EncodingState, string> = {
  queued: "Waiting",
  encoding: "Preparing",
  ready: "Ready",
  failed: "Failed",
};

const WORK: Record<Exclude<ImageItem["status"], "new" | "in_progress">, [string, string]> = {
  done: ["done", "Done"],
  accepted: ["accepted", "Accepted"],
  sent_back: ["sent-back", "Sent back"],
  skipped: ["skipped", "Skipped"],
};

const DRAWS: Record<Exclude<ImageItem["draw"], "">, string> = { drawn: "waits for review", undrawn: "not drawn" };

/** Images that are asked for while one scrolls. */
const PAGE = 120;

/** The most images that are asked for at once when the shown ones are loaded anew. */
const LARGEST_PAGE = 500;

interface Card {
  item: ImageItem;
  element: HTMLElement;
}

export class Gallery {
  private readonly list = need("[data-images]");
  private readonly more = need("[data-more]");
  private readonly template = need<HTMLTemplateElement>("[data-card-template]");
  private readonly cards = new Map<number, Card>();
  private readonly query: Query;
  private readonly selection: Selection;
  private readonly bulk: Bulk | null;
  private readonly view: ListView;
  private next: number | null;
  private total: number | null;
  private loading = false;
  /** The highest id that an event has named. */
  private newest = 0;
  private soon: ReturnType<typeof setTimeout> | undefined;
  /** Raised by every change of what is shown: an answer to an older question is dropped. */
  private question = 0;

  constructor(
    private readonly data: ProjectData,
    private readonly first: ImagesPage,
  ) {
    this.next = first.next ?? null;
    this.total = first.total ?? null;
    this.view = new ListView(this.list, () =>
      this.cards.forEach(({ item, element }) => this.view.masks(item, element)),
    );
    this.query = new Query(need<HTMLFormElement>("[data-filters]"), () => {
      this.selection.clear();
      void this.refresh();
    });
    this.selection = new Selection(() => this.showSelection());
    this.bulk = Bulk.on(`${data.api.images}/bulk`, this.selection, this.query, {
      versions: () => new Map(Array.from(this.cards.values(), ({ item }) => [item.id, item.version])),
      total: () => this.total,
      refresh: () => this.refresh(),
    });
    for (const item of first.results) this.put(item);
    document.addEventListener("keydown", (event) => {
      if (!this.bulk || event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey)) return;
      // Nobody is in a field or a dialog: it is the images that are meant.
      if (event.target !== document.body && !this.list.contains(event.target as Node)) return;
      event.preventDefault();
      this.selection.take(this.cards.keys());
    });
    const seen = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && void this.load(), {
      rootMargin: "1200px",
    });
    seen.observe(this.more);
    this.showEnds();
    void this.comeBack(Number(new URLSearchParams(location.search).get("at")));
  }

  /** An image came in, or its features got further. */
  imageChanged(id: number, state: EncodingState, reason: string): void {
    const card = this.cards.get(id);
    if (card) this.put({ ...card.item, state, reason });
    else void this.loadNew(id);
  }

  /** Somebody changed an image's objects. */
  annotationsChanged(id: number, status: Status, objects: number, version: number, by: string): void {
    const card = this.cards.get(id);
    if (!card) return;
    const skipped = status === "skipped" ? card.item.skipped : "";
    const overlay = objects ? `/images/${id}/overlay?v=${version}` : "";
    this.put({ ...card.item, status, objects, skipped, version, overlay, changed_by: by });
    if (status === "skipped" && !skipped) this.refreshSoon(); // the news has no reason
  }

  /** Load what is shown anew: events may have been missed. */
  async refresh(): Promise<void> {
    const question = ++this.question;
    const wanted = Math.min(Math.max(this.cards.size, this.first.results.length, 60), LARGEST_PAGE);
    const page = await this.ask(0, wanted);
    if (!page || question !== this.question) return;
    this.cards.clear();
    this.list.replaceChildren();
    this.take(page);
  }

  /** Back from the editor: load as far as the image at which the list was left, and go there. */
  private async comeBack(id: number): Promise<void> {
    if (!id) return;
    for (let pages = 0; !this.cards.has(id) && this.next !== null && pages < 20; pages++) {
      const page = await this.ask(this.next, LARGEST_PAGE);
      if (!page) return;
      this.take(page);
    }
    const card = this.cards.get(id)?.element;
    if (!card) return;
    card.scrollIntoView({ block: "center" });
    need("[data-slot=link]", card).focus({ preventScroll: true });
  }

  private refreshSoon(): void {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => void this.refresh(), 500);
  }

  private async load(): Promise<void> {
    if (this.loading || this.next === null) return;
    this.loading = true;
    const question = this.question;
    const page = await this.ask(this.next, PAGE);
    this.loading = false;
    if (!page || question !== this.question) return;
    this.take(page);
    // The end may still be in sight on a high screen; the observer only tells of changes.
    if (this.more.getBoundingClientRect().top < innerHeight + 1200) void this.load();
  }

  /** Images that come in while the end of the list is loaded are added there; `id` is the one that was told of. */
  private async loadNew(id: number): Promise<void> {
    this.newest = Math.max(this.newest, id);
    if (this.loading || this.next !== null || this.query.chosen || !this.query.asAdded) return;
    this.loading = true;
    const question = this.question;
    await new Promise((resolve) => setTimeout(resolve, 250)); // many come in at once: one question for all
    const last = Math.max(0, ...this.cards.keys());
    const page = await this.ask(last);
    this.loading = false;
    if (!page || question !== this.question) return;
    this.take(page);
    const found = Math.max(0, ...this.cards.keys());
    if (found > last && found < this.newest) void this.loadNew(this.newest);
  }

  private async ask(after: number, limit?: number): Promise<ImagesPage | null> {
    const query = this.query.params;
    query.set("after", String(after));
    if (limit) query.set("limit", String(limit));
    try {
      return await send<ImagesPage>("GET", `${this.data.api.images}?${query}`);
    } catch (error) {
      if (error instanceof HttpError && error.code === "gone") this.refreshSoon();
      else if (error instanceof HttpError) toast(error.message, "error");
      return null;
    }
  }

  private take(page: ImagesPage): void {
    for (const item of page.results) this.put(item);
    this.next = page.next ?? null;
    if (page.total !== undefined) this.total = page.total;
    this.showEnds();
  }

  private showEnds(): void {
    this.more.hidden = this.next === null;
    const [nothing, chosen] = [this.cards.size === 0, this.query.chosen];
    const empty = document.querySelector<HTMLElement>("[data-empty=project]"); // managers have the drop zone instead
    if (empty) empty.hidden = !nothing || chosen;
    need("[data-empty=filter]").hidden = !nothing || !chosen;
    need("[data-gallery-head]").hidden = nothing && !chosen;
    need("[data-total]").textContent = this.total === null ? "" : plural(this.total, "image");
    this.bulk?.draw();
  }

  private showSelection(): void {
    for (const [id, { element }] of this.cards) this.showSelected(id, element);
    this.list.classList.toggle("gallery--selecting", this.selection.all || this.selection.size > 0);
    this.bulk?.draw();
  }

  private showSelected(id: number, card: HTMLElement): void {
    const on = this.selection.has(id);
    card.classList.toggle("image-card--selected", on);
    const box = card.querySelector<HTMLInputElement>("[data-slot=select]");
    if (box) box.checked = on;
  }

  private put(item: ImageItem): void {
    const known = this.cards.get(item.id);
    const card = known ?? { item, element: this.make(item) };
    card.item = item;
    this.cards.set(item.id, card);
    if (!known) this.list.append(card.element);
    showState(card);
    this.view.masks(item, card.element);
    this.showSelected(item.id, card.element);
  }

  private make(item: ImageItem): HTMLElement {
    const card = copyOf(this.template);
    const link = need<HTMLAnchorElement>("[data-slot=link]", card);
    link.href = item.editor;
    link.addEventListener("click", (event) => this.open(event, item.id));
    const picture = need<HTMLImageElement>("[data-slot=thumbnail]", card);
    picture.src = item.thumbnail;
    const name = need("[data-slot=name]", card);
    name.textContent = item.name.split("/").at(-1) ?? item.name;
    name.title = `${item.name}, ${item.width} × ${item.height}`;
    const box = card.querySelector<HTMLInputElement>("[data-slot=select]");
    if (box) need("[data-slot=select-name]", card).textContent = `Select ${item.name}`;
    box?.addEventListener("click", (event) => this.toggle(item.id, event.shiftKey));
    card.querySelector("[data-slot=retry]")?.addEventListener("click", () => void this.retry(item.id));
    card.querySelector("[data-slot=delete]")?.addEventListener("click", () => void this.remove(item.id));
    return card;
  }

  /** A click on a picture opens it; with Ctrl or Shift it selects. */
  private open(event: MouseEvent, id: number): void {
    if (this.bulk && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      this.toggle(id, event.shiftKey);
    } else {
      this.query.leaveAt(id);
    }
  }

  private toggle(id: number, range: boolean): void {
    this.selection.toggle(id, range, Array.from(this.cards.keys()));
  }

  private async retry(id: number): Promise<void> {
    try {
      await send("POST", `/api/images/${id}/encode`);
      this.imageChanged(id, "queued", "");
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }

  private async remove(id: number): Promise<void> {
    const card = this.cards.get(id);
    if (!card) return;
    const { name, objects } = card.item;
    const kept = objects ? ` and its ${plural(objects, "object")}` : "";
    if (!(await confirmed(`Delete “${name}”${kept}? This can't be undone.`, "Delete"))) return;
    try {
      await send("DELETE", `/api/images/${id}`);
      this.forget(id);
    } catch (error) {
      toast((error as Error).message, "error");
    }
  }

  /** An image is gone. */
  forget(id: number): void {
    this.cards.get(id)?.element.remove();
    this.cards.delete(id);
    this.selection.forget(id);
    this.showEnds();
  }
}

/** The colour and the words of an image's state: how far its labels are, or the preparation as long as there are none. */
function shownState(item: ImageItem): [string, string] {
  if (item.status === "new") return [item.state, STATES[item.state]];
  if (item.status === "in_progress")
    return item.state === "ready" ? ["begun", "In progress"] : [item.state, STATES[item.state]];
  const [name, text] = WORK[item.status];
  return [name, item.status === "done" && item.draw ? `${text} · ${DRAWS[item.draw]}` : text];
}

function showState({ item, element }: Card): void {
  const skipped = item.status === "skipped";
  const state = need("[data-slot=state]", element);
  const [name, text] = shownState(item);
  state.className = `state state--${name}`;
  state.textContent = text;
  need("[data-slot=objects]", element).textContent = item.objects ? plural(item.objects, "object") : "";
  need("[data-slot=golden]", element).hidden = !item.golden;
  const reason = need("[data-slot=reason]", element);
  const why = item.state === "failed" ? item.reason : skipped ? item.skipped : "";
  reason.hidden = !why;
  reason.textContent = reason.title = why;
  const facts = need("[data-slot=facts]", element);
  const words = [...item.people.map((name) => `For ${name}`), ...item.tags.map((tag) => `#${tag}`)];
  if (item.lot && document.querySelector("[data-filters] [name=lot]")) words.unshift(item.lot); // several lots
  if (item.round) words.push(`round ${item.round + 1}`);
  facts.hidden = words.length === 0;
  facts.textContent = facts.title = words.join(" · ");
  const note = need("[data-slot=note]", element);
  note.hidden = !item.note;
  note.textContent = note.title = item.note;
  const retry = element.querySelector<HTMLElement>("[data-slot=retry]");
  if (retry) retry.hidden = item.state !== "failed";
}
