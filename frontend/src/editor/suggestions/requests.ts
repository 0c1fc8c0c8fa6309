/** Asks methods for suggestions and follows their progress, by messages on the socket or else by asking again. */

import type { Store } from "../lib/store";
import { wordsOf } from "../server/api";
import type { SuggestionsMessage } from "../server/protocol";
import type { Method, Boot } from "../server/types";
import type { State } from "../state";
import { closeBlank, type SuggestionsContext } from "./context";
import { suggestionOf, type Suggestion } from "./offer";
import type { SuggestionService } from "./service";
import type { SuggestionList } from "./suggestionList";
import { automaticOf, emptyWords, foundWords, methodOf, whyNot } from "./words";

/** When an answer is overdue, and how often is looked for it meanwhile. */
const SLOW_MS = 25_000;
const LOOK_AGAIN_MS = 8_000;

export class SuggestionRequests {
  /** Methods that this page asked: how they end is told. */
  private readonly mine = new Set<Method>();
  private loads = 0;
  private wantsAny = false;
  private askedAt = 0;
  private disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly list: SuggestionList,
    private readonly service: SuggestionService,
    private readonly boot: Boot,
    private readonly editor: Store<State>,
    private readonly context: SuggestionsContext,
  ) {}

  dispose(): void {
    clearTimeout(this.timer);
    this.loads += 1; // whatever is on its way comes too late
    this.disposed = true;
  }

  private get state() {
    return this.list.store.get();
  }

  /** Fetch what is offered now. */
  async load(): Promise<void> {
    const turn = ++this.loads;
    try {
      const { results, running, looked } = await this.service.load();
      if (turn !== this.loads) return; // a newer one is on its way
      // What a phrase found belongs to the page that asked for it.
      const offered = results.filter(({ method }) => method !== "text");
      this.list.take(offered.flatMap((one) => suggestionOf(one, this.boot.image) ?? []));
      this.list.store.set({ load: { kind: "ready" }, looked });
      this.waitFor(running);
    } catch (error) {
      if (turn !== this.loads) return;
      this.list.store.set({ load: { kind: "failed", message: wordsOf(error) } });
      this.waitFor(this.state.requested);
      return;
    }
    if (this.wantsAny && this.editor.get().tool === "suggest") this.askForAny();
    this.wantsAny = false;
  }

  /** A method has looked at this image, or could not. */
  async heard({ method, found, reason }: SuggestionsMessage): Promise<void> {
    const waited = this.mine.delete(method);
    await this.load();
    this.waitFor(this.state.requested.filter((one) => one !== method));
    if (!waited) return;
    if (reason) this.context.toasts.say(reason);
    else this.present(method, found);
  }

  /** Have the automatic method look where nothing is suggested yet, or say why there is nothing. */
  askForAny(): void {
    const { load, undecided, shown, requested, looked } = this.state;
    if (load.kind === "loading") {
      this.wantsAny = true;
      return;
    }
    const first = automaticOf(this.boot);
    const seen = looked.some(({ method, state }) => method === first?.method && state === "ready");
    if (requested.length > 0 || shown.length > 0) return;
    if (undecided.length === 0 && this.boot.user.can_label && first?.can && !seen) void this.ask(first.method);
    else this.context.toasts.say(emptyWords(this.state, this.boot));
  }

  async ask(method: Method): Promise<void> {
    if (!this.boot.user.can_label || this.state.requested.includes(method)) return;
    if (!methodOf(method, this.boot)?.can) {
      this.context.toasts.say(whyNot(method, this.boot));
      return;
    }
    closeBlank(this.editor, this.context);
    this.mine.add(method);
    this.waitFor([...this.state.requested, method]);
    const looked = this.state.looked.filter((one) => one.method !== method);
    this.list.store.set({ looked });
    try {
      await this.service.ask(method);
    } catch (error) {
      this.mine.delete(method);
      this.waitFor(this.state.requested.filter((one) => one !== method));
      const failed = { method, state: "failed", found: 0, reason: wordsOf(error) } as const;
      this.list.store.set({ looked: [...looked, failed] });
    }
  }

  /** What somebody on this page waited for is there. */
  private present(method: Method, found: number): void {
    const count = (list: readonly Suggestion[]) => list.filter((one) => one.method === method).length;
    const [all, shown] = [count(this.state.undecided), count(this.state.shown)];
    const words = foundWords(methodOf(method, this.boot)?.title ?? method, found, all, shown);
    if (this.editor.get().open && all > 0) {
      this.context.toasts.say(words, { label: "Show", run: () => this.context.tools.choose("suggest") });
      return;
    }
    if (all > 0) this.context.tools.choose("suggest");
    if (shown === 0) this.context.toasts.say(words);
  }

  private waitFor(requested: readonly Method[]): void {
    clearTimeout(this.timer);
    if (requested.length === 0) this.askedAt = 0;
    else this.askedAt ||= Date.now();
    const slow = requested.length > 0 && Date.now() - this.askedAt > SLOW_MS;
    this.list.store.set({ requested, slow });
    if (requested.length > 0 && !this.disposed) this.timer = setTimeout(() => void this.lookAgain(), LOOK_AGAIN_MS);
  }

  private async lookAgain(): Promise<void> {
    const waited = this.state.requested.filter((method) => this.mine.has(method));
    await this.load();
    if (this.state.load.kind === "failed") return;
    for (const method of waited) {
      const look = this.state.looked.find((one) => one.method === method);
      if (this.state.requested.includes(method) || !look) continue;
      await this.heard({ type: "suggestions", method, found: look.found, ...(look.reason && { reason: look.reason }) });
    }
  }
}
