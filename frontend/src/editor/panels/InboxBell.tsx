/** The bell: how many notices are unread, and the newest of them. */

import { useEffect, useState } from "preact/hooks";
import { saysNotice, type Notice } from "../../shared/inbox";
import { shortTime } from "../../shared/time";
import { useEditor } from "./context";
import { Icon } from "./icons";

const PANEL = "inbox-panel";

export function InboxBell() {
  const { inbox } = useEditor();
  const [state, setState] = useState(inbox.get());
  useEffect(() => inbox.watch(setState), [inbox]);
  const { unread, notices, trouble } = state;
  return (
    <>
      <button
        type="button"
        class="ghost inbox-bell"
        title="Inbox"
        aria-label={unread > 0 ? `Inbox, ${unread} unread` : "Inbox"}
        data-testid="inbox-bell"
        popovertarget={PANEL}
      >
        <Icon name="bell" />
        {unread > 0 && (
          <span class="inbox-badge" data-testid="inbox-unread">
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
      <div id={PANEL} class="inbox-panel" popover="auto" role="dialog" aria-label="Inbox" data-testid="inbox-panel">
        <header>
          <h2>Inbox</h2>
          {unread > 0 && (
            <button type="button" class="link-button" onClick={() => void inbox.readAll()}>
              Mark all as read
            </button>
          )}
        </header>
        {trouble && <p class="panel-empty">{trouble}</p>}
        {notices?.length === 0 && (
          <p class="panel-empty">Nothing yet. Work that comes back, answers and mentions are listed here.</p>
        )}
        <ul role="list">
          {notices?.map((one) => (
            <Row key={one.id} notice={one} />
          ))}
        </ul>
        <a href="/inbox/">Show all</a>
      </div>
    </>
  );
}

function Row({ notice }: { notice: Notice }) {
  const editor = useEditor();
  const go = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById(PANEL)?.hidePopover();
    void editor.nextImage.visit(notice.url);
  };
  return (
    <li data-unread={!notice.read || undefined}>
      <a href={notice.url} onClick={go}>
        <span>{saysNotice(notice)}</span>
        {notice.text && <span class="inbox-text">{notice.text}</span>}
        <time dateTime={notice.at}>{shortTime(notice.at)}</time>
      </a>
    </li>
  );
}
