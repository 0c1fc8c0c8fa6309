/** A WebSocket whose server is the test: `vi.stubGlobal("WebSocket", FakeSocket)`. */
export class FakeSocket extends EventTarget {
  static readonly made: FakeSocket[] = [];

  constructor(readonly url: string) {
    super();
    FakeSocket.made.push(this);
  }

  say(message: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  end(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}
