/** Finds an object by a text that describes it. */

import type { Store } from "../lib/store";
import { wordsOf } from "../server/api";
import type { Boot, TextAnswer } from "../server/types";
import type { State } from "../state";
import { closeBlank, type SuggestionsContext } from "./context";
import { heatMapOf, type HeatMap } from "./heatMap";
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
    private readonly draw: (heat: TextAnswer["heat"]) => Promise<HeatMap> = heatMapOf,
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
    const searching = { kind: "searching", phrase } as const;
    store.set({ text: searching });
    try {
      const found = await this.service.find(phrase);
      const heat = await this.draw(found.heat);
      if (store.get().text === searching) this.answer(phrase, found, heat);
    } catch (error) {
      if (store.get().text === searching) store.set({ text: { kind: "failed", phrase, message: wordsOf(error) } });
    }
  }

  /** Forget the phrase and its heat; false when there is none. */
  forget(): boolean {
    if (this.list.store.get().text.kind === "idle") return false;
    this.list.store.set({ text: { kind: "idle" } });
    this.list.takeFound(null);
    return true;
  }

  private answer(phrase: string, found: TextAnswer, heat: HeatMap): void {
    const one = found.suggestion && suggestionOf(found.suggestion, this.boot.image);
    const message = answerWords(one?.score ?? null, found.missing);
    this.list.store.set({ text: { kind: "answered", phrase, heat, uid: one?.uid ?? null, message } });
    this.list.takeFound(one);
    if (!this.editor.get().open) this.context.tools.choose("suggest");
    this.list.store.set({ pointed: one?.uid ?? null, stepped: true });
  }
}
