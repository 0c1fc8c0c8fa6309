/** Handles news of the project: changed classes, attributes, settings or role, and deleted images. */

import type { Store } from "../lib/store";
import type { Outbox } from "../saving/outbox";
import { canBeSaved } from "../saving/refused";
import { Refused, type Api } from "../server/api";
import type { Abilities, ProjectData, Boot } from "../server/types";
import type { State } from "../state";
import type { Toasts } from "./toasts";

export const GONE: Readonly<Record<"image" | "project", string>> = {
  image: "This image was deleted.",
  project: "This project was deleted or moved to the bin.",
};

/** What the news need of the editor. */
export interface NewsContext {
  readonly boot: Boot;
  readonly store: Store<State>;
  readonly outbox: Outbox;
  readonly toasts: Toasts;
  readonly panoptic: { on: boolean };
  readonly keeping: { setAside(): void };
}

export class ProjectNews {
  constructor(
    private readonly context: NewsContext,
    private readonly api: Api,
    /** What was prefetched for other images is out of date. */
    private readonly forget: () => void,
  ) {}

  /** Load the project again. Without an answer: at the next news, or when the connection is back. */
  async load(): Promise<void> {
    const { boot, outbox } = this.context;
    try {
      this.take(await this.api.project(boot.project.id));
    } catch (error) {
      if (error instanceof Refused) await outbox.check(); // it says whether the person is signed out, or no member
    }
  }

  gone(what: "image" | "project"): void {
    this.context.outbox.end(GONE[what]);
  }

  private take({
    role,
    state,
    can_label,
    can_review,
    can_export,
    can_manage,
    can_archive,
    merged,
    ...news
  }: ProjectData): void {
    const { boot, store, outbox, toasts } = this.context;
    this.forget();
    const { name, instructions, categories, attributes, panoptic } = boot.project;
    const before = JSON.stringify([name, instructions, categories, attributes, panoptic]);
    const { name: title, instructions: text, categories: classes, attributes: asked, panoptic: rule } = news;
    const after = { name: title, instructions: text, categories: classes, attributes: asked, panoptic: rule };
    const changed = before !== JSON.stringify(Object.values(after));
    Object.assign(boot.project, after);
    this.context.panoptic.on = rule;
    const { activeCategory } = store.get();
    const there = classes.some(({ number }) => number === activeCategory);
    const into = merged.find(({ number }) => number === activeCategory)?.into;
    const instead = classes.find(({ number }) => number === into) ?? classes[0];
    const active = there ? activeCategory : boot.user.can_label ? (instead?.number ?? null) : null;
    store.set({ project: { ...boot.project }, activeCategory: active });
    if (changed) toasts.say("The project's settings were changed.");
    this.takeAbilities(role, state === "archived", { can_label, can_review, can_export, can_manage, can_archive });
    const known = new Set(classes.map(({ number }) => number));
    outbox.retryRefused((one) => canBeSaved(one, known, boot.user.can_label));
  }

  /** What the person may do now, by another role or because the project is archived or restored. */
  private takeAbilities(role: Boot["user"]["role"], archived: boolean, abilities: Abilities): void {
    const { boot, toasts } = this.context;
    const { can_label: can, ...others } = abilities;
    const could = boot.user.can_label;
    const why = role === boot.user.role ? "The project was restored." : `Your role is now ${role}.`;
    Object.assign(boot.user, { role, ...others });
    if (can && !could) {
      const action = { label: "Reload", run: () => location.reload() };
      toasts.say(`${why} Reload the page to label.`, action);
    } else if (could && !can) {
      this.context.keeping.setAside();
      boot.user.can_label = false;
      toasts.say(
        archived
          ? "The project was archived: you can view objects but not change them."
          : `Your role is now ${role}: you can view objects but not change them.`,
      );
    }
  }
}
