/** Finds an object by what somebody says of it. */

import type { Store } from "../lib/store";
import { wordsOf } from "../server/api";
import type { Boot, TextAnswer } from "../server/types";
import type { State } from "../state";
import { closeBlank, type SuggestionsContext } from "./context";
import { heatOf, type Heat } from "./heatMap";
import { suggestionOf } from "./offer";
import type { SuggestionService } from "./service";
import type { SuggestionList } from "./suggestionList";
import { answerWords, methodOf, whyNot } from "./words";

export class Search {
  constructor(
    private readonly list: SuggestionList,
    private readonly service: SuggestionService,
    private readonly boot: Boot,
    private readonly editor: Store<State>,
    private readonly context: SuggestionsContext,
    private readonly warm: (heat: TextAnswer["heat"]) => Promise<Heat> = heatOf,
  ) {}

  /** Where on the image is what the phrase means? The object is a suggestion, pointed at. */
  async find(text: string): Promise<void> {
    const phrase = text.trim();
    if (!phrase || !this.boot.user.can_label) return;
    const { store } = this.list;
    if (!methodOf("text", this.boot)?.can) {
      store.set({ text: { kind: "failed", phrase, message: whyNot("text", this.boot) } });
      return;
    }
    closeBlank(this.editor, this.context);
    const asking = { kind: "asking", phrase } as const;
    store.set({ text: asking });
    try {
      const found = await this.service.find(phrase);
      const heat = await this.warm(found.heat);
      if (store.get().text === asking) this.answer(phrase, found, heat);
    } catch (error) {
      if (store.get().text === asking) store.set({ text: { kind: "failed", phrase, message: wordsOf(error) } });
    }
  }

  /** Forget the phrase and its heat; false when there is none. */
  forget(): boolean {
    if (this.list.store.get().text.kind === "idle") return false;
    this.list.store.set({ text: { kind: "idle" } });
    this.list.takeFound(null);
    return true;
  }

  private answer(phrase: string, found: TextAnswer, heat: Heat): void {
    const one = found.suggestion && suggestionOf(found.suggestion, this.boot.image);
    const message = answerWords(one?.score ?? null, found.missing);
    this.list.store.set({ text: { kind: "answered", phrase, heat, uid: one?.uid ?? null, message } });
    this.list.takeFound(one);
    if (!this.editor.get().open) this.context.tools.choose("suggest");
    this.list.store.set({ pointed: one?.uid ?? null, stepped: true });
  }
}
