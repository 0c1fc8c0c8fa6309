// The bell on top of every page: how many notices are unread, and the newest of them. Without a script it is a link.

import { Inbox, saysNotice, type InboxState, type Notice } from "../shared/inbox";
import { shortTime } from "../shared/time";
import { element } from "./dom";

/** Heard on the document when the server says that the inbox changed. */
export const INBOX_CHANGED = "interlabel:inbox";

export function setUpInbox(): void {
  const zone = document.querySelector<HTMLInputElement>("[data-own-zone]");
  if (zone?.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const bell = document.querySelector<HTMLAnchorElement>("[data-inbox]");
  if (bell) new Bell(bell).start();
}

class Bell {
  private readonly inbox = new Inbox();
  private readonly panel = element("div", "inbox-panel");
  private readonly list = element("ul");
  private readonly readAll = element("button", "button button--small button--ghost", "Mark all as read");

  constructor(private readonly bell: HTMLAnchorElement) {
    this.panel.popover = "auto";
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-label", "Inbox");
    this.list.setAttribute("role", "list");
    this.readAll.type = "button";
    const head = element("header");
    head.append(element("h2", "", "Inbox"), this.readAll);
    const all = element("a", "", "Show all");
    all.href = bell.href;
    this.panel.append(head, this.list, all);
    document.body.append(this.panel);
  }

  start(): void {
    this.inbox.watch((state) => this.show(state));
    this.readAll.addEventListener("click", () => void this.inbox.readAll());
    this.bell.setAttribute("aria-haspopup", "dialog");
    this.bell.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.panel.togglePopover();
      void this.inbox.load();
    });
    document.addEventListener(INBOX_CHANGED, () => void this.inbox.load());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.inbox.load();
    });
    void this.inbox.load();
  }

  private show({ unread, notices, trouble }: InboxState): void {
    const badge = this.bell.querySelector<HTMLElement>("[data-inbox-unread]");
    if (badge) {
      badge.hidden = unread === 0;
      badge.textContent = unread > 99 ? "99+" : String(unread);
    }
    this.bell.setAttribute("aria-label", unread > 0 ? `Inbox, ${unread} unread` : "Inbox");
    this.readAll.hidden = unread === 0;
    const nothing = trouble || "Nothing yet. Work that comes back, answers and mentions are listed here.";
    const rows = notices?.length ? notices.map(rowOf) : [element("li", "text-muted", nothing)];
    this.list.replaceChildren(...rows);
  }
}

function rowOf(notice: Notice): HTMLLIElement {
  const row = element("li");
  row.toggleAttribute("data-unread", !notice.read);
  const link = element("a");
  link.href = notice.url;
  link.append(element("span", "", saysNotice(notice)));
  if (notice.text) link.append(element("span", "inbox-text", notice.text));
  const at = element("time", "", shortTime(notice.at));
  at.dateTime = notice.at;
  link.append(at);
  row.append(link);
  return row;
}
