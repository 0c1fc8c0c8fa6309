/** Fetches a picture, decodes it and makes its halved copies, away from the page's main thread. */

import { halved } from "./halving";

interface Scope {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data: url }) => {
  void load(url).then(
    (levels) => scope.postMessage({ url, levels }, levels),
    (error: unknown) => scope.postMessage({ url, error: String(error) }),
  );
};

async function load(url: string): Promise<ImageBitmap[]> {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const levels = [await createImageBitmap(await response.blob())];
  for (;;) {
    const next = await halved(levels.at(-1)!);
    if (!next) return levels;
    levels.push(next);
  }
}
