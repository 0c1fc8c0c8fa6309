/** Fetches and decodes pictures in a worker, off the page's main thread. */

/** A picture to be decoded with its halved copies, or blocks of a large one. */
export interface Job {
  readonly urls: readonly string[];
  readonly halve: boolean;
}

/** A picture with its halved copies, the whole one first; or blocks, in the order of their addresses. */
export type Levels = readonly ImageBitmap[];

/** Once the signal is aborted nothing is fetched any more, and the promise is rejected. */
export type Decode = (job: Job, signal?: AbortSignal) => Promise<Levels>;

/** What the worker is sent, and what it sends back. */
export type ToWorker = (Job & { readonly id: number }) | { readonly cancel: number };
export interface FromWorker {
  readonly id: number;
  readonly levels?: Levels;
  readonly error?: string;
}

/** Has a worker decode; it is started with the first job. */
export function inWorker(start: () => Worker): Decode {
  let worker: Worker | null = null;
  let last = 0;
  const waiting = new Map<number, { resolve: (levels: Levels) => void; reject: (error: Error) => void }>();
  const begin = () => {
    const started = start();
    started.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const one = waiting.get(data.id);
      waiting.delete(data.id);
      if (!one)
        data.levels?.forEach((level) => level.close()); // it was not wanted any more
      else if (data.levels) one.resolve(data.levels);
      else one.reject(new Error(data.error));
    };
    started.onerror = () => {
      for (const { reject } of waiting.values()) reject(new Error("The worker can't decode."));
      waiting.clear();
    };
    return started;
  };
  return ({ urls, halve }, signal) =>
    new Promise((resolve, reject) => {
      worker ??= begin();
      const id = ++last;
      // A worker of a blob has no address that others are relative to.
      const message: ToWorker = { id, urls: urls.map((url) => new URL(url, location.href).href), halve };
      waiting.set(id, { resolve, reject });
      worker.postMessage(message);
      signal?.addEventListener("abort", () => {
        if (!waiting.delete(id)) return;
        worker?.postMessage({ cancel: id } satisfies ToWorker);
        reject(new DOMException("No longer needed.", "AbortError"));
      });
    });
}
