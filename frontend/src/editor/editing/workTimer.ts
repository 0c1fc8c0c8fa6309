/** Time on task: counts the seconds in which the person is active. Pure. */

/** A longer pause is not work. */
const PAUSE_MS = 60_000;
/** The server is told again after so much more work. */
const REPORT_MS = 20_000;

export class WorkTimer {
  private worked = 0;
  private reported = 0;
  private last: number | null = null;

  /** `report` gets the whole seconds so far. */
  constructor(
    private readonly report: (seconds: number) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Somebody moved, pressed or typed something. */
  touch(): void {
    const now = this.now();
    const since = this.last === null ? 0 : now - this.last;
    this.last = now;
    if (since < PAUSE_MS) this.worked += since;
    if (this.worked - this.reported >= REPORT_MS) this.tell();
  }

  /** The image is left, or the page: tell what was not told yet. */
  flush(): void {
    if (Math.round(this.worked / 1000) > Math.round(this.reported / 1000)) this.tell();
  }

  private tell(): void {
    this.reported = this.worked;
    this.report(Math.round(this.worked / 1000));
  }
}
