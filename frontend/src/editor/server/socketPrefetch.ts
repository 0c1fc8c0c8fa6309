/** Sockets that are opened before their image is: a handshake with all its questions to the server is not waited for. */

const OPENING_OR_OPEN = 1; // the largest `readyState` of a socket that can still be used

interface Early {
  readonly socket: WebSocket;
  readonly heard: string[];
  readonly stop: AbortController;
}

export class SocketPrefetch {
  private readonly early = new Map<string, Early>();

  constructor(private readonly connect: (url: string) => WebSocket = (url) => new WebSocket(url)) {}

  /** These are likely next; the others are closed. */
  expect(urls: readonly string[]): void {
    for (const [url, { socket }] of this.early) {
      if (urls.includes(url) && socket.readyState <= OPENING_OR_OPEN) continue;
      this.early.delete(url);
      socket.close();
    }
    for (const url of urls) if (!this.early.has(url)) this.early.set(url, this.listen(url));
  }

  /** A socket, that was expected or a new one; what was said on it already comes when the caller has begun to listen. */
  open(url: string): WebSocket {
    const early = this.early.get(url);
    this.early.delete(url);
    if (!early || early.socket.readyState > OPENING_OR_OPEN) return this.connect(url);
    const { socket, heard, stop } = early;
    stop.abort();
    queueMicrotask(() => {
      for (const data of heard) socket.dispatchEvent(new MessageEvent("message", { data }));
    });
    return socket;
  }

  private listen(url: string): Early {
    const early: Early = { socket: this.connect(url), heard: [], stop: new AbortController() };
    const hear = ({ data }: MessageEvent) => void early.heard.push(String(data));
    early.socket.addEventListener("message", hear, { signal: early.stop.signal });
    return early;
  }
}
