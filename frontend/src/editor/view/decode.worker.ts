/** The worker that fetches and decodes pictures and makes their mipmaps. */

import type { FromWorker, Job, ToWorker } from "./decoding";
import { halved } from "./mipmaps";

interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as Scope;
const running = new Map<number, AbortController>();

scope.onmessage = ({ data }) => {
  if ("cancel" in data) return running.get(data.cancel)?.abort();
  const { id } = data;
  const controller = new AbortController();
  running.set(id, controller);
  void load(data, controller.signal)
    .then(
      (levels) => scope.postMessage({ id, levels }, levels),
      (error: unknown) => scope.postMessage({ id, error: String(error) }),
    )
    .finally(() => running.delete(id));
};

async function load({ urls, halve }: Job, signal: AbortSignal): Promise<ImageBitmap[]> {
  const levels = await Promise.all(urls.map((url) => decoded(url, signal)));
  while (halve) {
    const next = await halved(levels.at(-1)!);
    if (!next) break;
    levels.push(next);
  }
  return levels;
}

async function decoded(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(url, { credentials: "same-origin", signal });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return createImageBitmap(await response.blob());
}
