/** The people who have the image open, and the notice that somebody else is editing it. */

import { useState } from "preact/hooks";
import { roughly } from "../editing/presence";
import type { Person } from "../server/protocol";
import { Banner } from "./Banner";
import { useEditor, useEditorState } from "./context";

/** More faces than this are a number. */
const MOST_FACES = 4;

export function People() {
  const editor = useEditor();
  const people = useEditorState((state) => state.people);
  const me = editor.boot.user.id;
  const others = people.filter(({ user }) => user !== me);
  const tabs = people.filter(({ user }) => user === me).length;
  if (others.length === 0 && tabs < 2) return null;
  const shown = people.length > MOST_FACES ? people.slice(0, MOST_FACES - 1) : people;
  return (
    <ul class="people-here" role="list" aria-label="Who has this image open" data-testid="people">
      {shown.map((one) => (
        <li
          key={one.tab}
          class="face"
          style={{ "--hue": String(one.hue) }}
          title={describe(one, me)}
          aria-label={describe(one, me)}
          data-name={one.name}
          data-holds={one.holds}
          data-away={one.away}
        >
          <span aria-hidden="true">{one.initials}</span>
        </li>
      ))}
      {people.length > shown.length && <li class="muted">+{people.length - shown.length}</li>}
    </ul>
  );
}

function describe({ user, name, holds, away }: Person, me: number): string {
  const who = user === me ? `${name} (you)` : name;
  return `${who}: ${holds ? "editing this image" : "viewing"}${away ? ", connection lost" : ""}`;
}

/** A short pause is still work: who is that busy is not stopped with one press. */
const BUSY_S = 120;

export function LeaseNotice() {
  const editor = useEditor();
  const lease = useEditorState((state) => state.lease);
  const open = useEditorState((state) => state.open !== null && state.open.at > 0);
  const [confirming, setConfirming] = useState(false);
  if (lease.kind === "mine") return null;
  const { by, lost } = lease;
  const own = by.user === editor.boot.user.id;
  const take = () => {
    setConfirming(false);
    editor.presence.take();
  };
  if (confirming) {
    return (
      <Banner id="lease" tone="warn">
        <span>
          {by.name} is editing this image right now. If you take over, they can only view it. None of their work is
          lost.
        </span>
        <button type="button" data-testid="take-over-now" onClick={take}>
          Take over
        </button>
        <button type="button" onClick={() => setConfirming(false)}>
          Cancel
        </button>
      </Banner>
    );
  }
  const busy = !own && !lost && !by.away && by.idle < BUSY_S;
  return (
    <Banner id="lease">
      <span>
        {words(by, own, lost)} {lost && open && "Your open object stays here."}
      </span>
      <button type="button" data-testid="take-over" onClick={() => (busy ? setConfirming(true) : take())}>
        {own ? "Edit here instead" : lost ? "Take over again" : "Take over"}
      </button>
      {!own && (
        <button type="button" onClick={() => void editor.nextImage.next()}>
          Next image
        </button>
      )}
    </Banner>
  );
}

function words({ name, away, idle }: Person, own: boolean, lost: boolean): string {
  if (own && lost) return "You are editing this image in another tab. Nothing is lost.";
  if (own) return "You are editing this image in another tab. View only.";
  if (lost) return `${name} took over this image. None of your work is lost.`;
  if (away) return `${name} was editing this image and lost the connection. View only.`;
  const since = idle >= BUSY_S ? `, idle for ${roughly(idle)}` : "";
  return `${name} is editing this image${since}. View only.`;
}
