/** Opens the sockets of images that are likely next, so that nobody waits for the handshake and the access checks. */

const OPENING_OR_OPEN = 1; // the largest `readyState` of a socket that can still be used

interface Prefetched {
  readonly socket: WebSocket;
  readonly heard: string[];
  readonly stop: AbortController;
}

export class SocketPrefetch {
  private readonly sockets = new Map<string, Prefetched>();

  constructor(private readonly connect: (url: string) => WebSocket = (url) => new WebSocket(url)) {}

  /** These are likely next; the others are closed. */
  expect(urls: readonly string[]): void {
    for (const [url, { socket }] of this.sockets) {
      if (urls.includes(url) && socket.readyState <= OPENING_OR_OPEN) continue;
      this.sockets.delete(url);
      socket.close();
    }
    for (const url of urls) if (!this.sockets.has(url)) this.sockets.set(url, this.listen(url));
  }

  /** A socket, that was expected or a new one; what was said on it already comes when the caller has begun to listen. */
  open(url: string): WebSocket {
    const prefetched = this.sockets.get(url);
    this.sockets.delete(url);
    if (!prefetched || prefetched.socket.readyState > OPENING_OR_OPEN) return this.connect(url);
    const { socket, heard, stop } = prefetched;
    stop.abort();
    queueMicrotask(() => {
      for (const data of heard) socket.dispatchEvent(new MessageEvent("message", { data }));
    });
    return socket;
  }

  private listen(url: string): Prefetched {
    const prefetched: Prefetched = { socket: this.connect(url), heard: [], stop: new AbortController() };
    const hear = ({ data }: MessageEvent) => void prefetched.heard.push(String(data));
    prefetched.socket.addEventListener("message", hear, { signal: prefetched.stop.signal });
    return prefetched;
  }
}
