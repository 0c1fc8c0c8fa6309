// What the chosen format would lose of the chosen images, told before the click.

import type { LossesData } from "../../shared/server_types";
import { element, plural } from "../dom";
import { send } from "../http";

const WAIT_MS = 250;
/** While a worker counts what is not counted yet. */
const AGAIN_MS = 1500;

export class Losses {
  private asked = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly address: string,
  ) {}

  /** Show what an export with these options would lose. Only the latest question is answered. */
  ask(format: string, options: Record<string, unknown>): void {
    const question = ++this.asked;
    const look = async (): Promise<void> => {
      if (question !== this.asked) return;
      try {
        const found = await send<LossesData>("POST", this.address, { format, options });
        if (question !== this.asked) return;
        this.root.replaceChildren(...described(found));
        if (found.counted < found.images && found.objects !== undefined) setTimeout(() => void look(), AGAIN_MS);
      } catch (error) {
        if (question === this.asked) this.root.replaceChildren(element("p", "", (error as Error).message));
      }
    };
    setTimeout(() => void look(), WAIT_MS);
  }
}

function described(found: LossesData): HTMLElement[] {
  const { images, objects, counted, lost } = found;
  const size =
    objects === undefined ? plural(images, "image") : `${plural(images, "image")}, ${plural(objects, "object")}`;
  const parts: HTMLElement[] = [element("p", "", `${size}.`)];
  const known = objects !== undefined;
  if (images === 0) return parts;
  if (lost.length > 0) {
    parts.push(element("p", "", known ? "This format would lose:" : "This format can't say:"));
    const list = element("ul", "losses__list");
    list.append(...lost.map((one) => element("li", "", one.text)));
    parts.push(list);
  } else if (counted >= images) parts.push(element("p", "", "This format can say all of it."));
  if (known && counted < images)
    parts.push(
      element("p", "", `Counted on ${counted.toLocaleString("en")} of ${images.toLocaleString("en")} images so far.`),
    );
  return parts;
}
