// The suggestions panel. The server renders it; its buttons send requests, and news render it again.

import { all, need } from "../dom";
import { send } from "../http";
import { applyStyles } from "../styles";
import { toast } from "../toast";

/** Milliseconds between two looks at the server, however much happens. */
const PAUSE = 1500;

export class Suggestions {
  private readonly body: HTMLElement;
  private timer: number | undefined;

  /** Null on pages without the panel. */
  static on(): Suggestions | null {
    const root = document.querySelector<HTMLElement>("[data-suggestions]");
    return root && new Suggestions(root);
  }

  private constructor(private readonly root: HTMLElement) {
    this.body = need("[data-suggestions-body]", root);
    root.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("[data-send]");
      if (button) void this.press(button);
    });
    root.addEventListener("change", (event) => void this.change(event.target as HTMLElement));
  }

  /** Something happened: draw the panel again, soon and once. */
  changed(): void {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.draw();
    }, PAUSE);
  }

  private async press(button: HTMLButtonElement): Promise<void> {
    const [method = "POST", url = ""] = (button.dataset["send"] ?? "").split(" ");
    button.disabled = true;
    const body = JSON.parse(button.dataset["body"] ?? "{}") as unknown;
    if (await this.tell(method, url, body)) toast(button.dataset["said"] ?? "Done.", "success");
    button.disabled = false;
    await this.draw();
  }

  /** A setting or a word's class: sent at once; the panel shows what is so when it was refused. */
  private async change(field: HTMLElement): Promise<void> {
    if (field instanceof HTMLInputElement && field.dataset["setting"]) {
      const url = field.closest<HTMLElement>("[data-setting-url]")?.dataset["settingUrl"] ?? "";
      if (!(await this.tell("PATCH", url, { [field.dataset["setting"]]: field.checked }))) await this.draw();
    } else if (field instanceof HTMLSelectElement && field.dataset["word"]) {
      const url = field.closest<HTMLElement>("[data-mapping]")?.dataset["mapping"] ?? "";
      const mapping = { [field.dataset["word"]]: field.value ? Number(field.value) : null };
      if (!(await this.tell("PATCH", url, { mapping }))) await this.draw();
    }
  }

  private async tell(method: string, url: string, body: unknown): Promise<boolean> {
    try {
      await send(method, url, body);
      return true;
    } catch (error) {
      toast((error as Error).message, "error");
      return false;
    }
  }

  private async draw(): Promise<void> {
    if (this.body.contains(document.activeElement) && document.activeElement instanceof HTMLSelectElement) {
      this.changed(); // somebody is choosing: later
      return;
    }
    try {
      const answer = await fetch(this.root.dataset["suggestions"] ?? "");
      if (!answer.ok) return; // signed out, or the server is busy: the page says so elsewhere
      const open = new Set(all<HTMLDetailsElement>("details[open]", this.body).map((one) => one.id));
      this.body.innerHTML = await answer.text();
      applyStyles(this.body);
      for (const one of all<HTMLDetailsElement>("details", this.body)) one.open = open.has(one.id);
    } catch {
      this.changed(); // offline: try again
    }
  }
}
