// How the list of images looks: masks over the pictures, whole pictures, a list. Remembered in the browser.

import type { ImageItem } from "../../shared/types";
import { all, need } from "../dom";

const KEY = "images-view";

export class ListView {
  private readonly on: Set<string>;

  constructor(
    private readonly list: HTMLElement,
    private readonly changed: () => void,
  ) {
    this.on = new Set((read() ?? "").split(" ").filter(Boolean));
    for (const box of all<HTMLInputElement>("[data-view]")) {
      const name = box.dataset["view"] ?? "";
      box.checked = this.on.has(name);
      box.addEventListener("change", () => this.set(name, box.checked));
    }
    this.show();
  }

  /** Load and show an image's masks, or hide them. They are loaded only where somebody wants to see them. */
  masks(item: ImageItem, card: HTMLElement): void {
    const picture = need<HTMLImageElement>("[data-slot=masks]", card);
    const wanted = this.on.has("masks") && item.overlay !== "";
    picture.hidden = !wanted;
    if (wanted && picture.getAttribute("src") !== item.overlay) picture.src = item.overlay;
  }

  private set(name: string, on: boolean): void {
    if (on) this.on.add(name);
    else this.on.delete(name);
    try {
      localStorage.setItem(KEY, Array.from(this.on).join(" "));
    } catch {
      // private windows may have none: the choice lasts as long as the page
    }
    this.show();
    this.changed();
  }

  private show(): void {
    this.list.classList.toggle("gallery--whole", this.on.has("whole"));
    this.list.classList.toggle("gallery--list", this.on.has("list"));
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
