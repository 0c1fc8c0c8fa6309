/** The list of keys and gestures, where keys can also be changed. */

import { useLayoutEffect, useState } from "preact/hooks";
import { comboOf, isReserved, said } from "../lib/keyCombos";
import type { OwnKeys } from "../server/types";
import { Modal } from "./Modal";
import { useEditor, useEditorState } from "./context";
import { keysOf, takenBy, withKeys } from "./keys";
import { GESTURES, GROUPS, SHORTCUTS, type Action, type Group, type Shortcut } from "./shortcuts";

interface Clash {
  readonly action: Action;
  readonly combo: string;
  readonly with: Shortcut;
}

export function Help({ onClose }: { onClose: () => void }) {
  const changes = useKeyChanges();
  const { waiting, waitFor } = changes;
  return (
    <Modal title="Keyboard shortcuts and gestures" id="help" onClose={() => (waiting ? waitFor(null) : onClose())}>
      <div class="help-scroll" tabIndex={0} aria-label="All keys">
        <div class="help-columns">
          <Gestures />
          {GROUPS.map((group) => (
            <KeyGroup key={group} group={group} changes={changes} />
          ))}
        </div>
      </div>
      <KeyNews changes={changes} />
      <HelpActions changes={changes} onClose={onClose} />
    </Modal>
  );
}

/** The keys of this person, and how they are changed. */
interface KeyChanges {
  readonly own: OwnKeys;
  readonly changing: boolean;
  /** The action whose next key is being pressed. */
  readonly waiting: Action | null;
  readonly clash: Clash | null;
  /** What the last change came to, in words. */
  readonly told: string;
  readonly change: (on: boolean) => void;
  /** The next key is for this action. */
  readonly waitFor: (action: Action | null) => void;
  readonly give: (action: Action, combos: readonly string[]) => void;
  readonly dropClash: () => void;
  readonly reset: () => void;
}

function useKeyChanges(): KeyChanges {
  const editor = useEditor();
  const own = useEditorState((state) => state.keys);
  const [changing, setChanging] = useState(false);
  const [waiting, setWaiting] = useState<Action | null>(null);
  const [clash, setClash] = useState<Clash | null>(null);
  const [told, setTold] = useState("");
  const give = (action: Action, combos: readonly string[]) => {
    setClash(null);
    void editor.keys.use(withKeys(action, combos, own));
    setTold(combos.length > 0 ? "" : "This action has no key.");
  };
  useNextKey(waiting, (combo) => {
    const action = waiting!;
    setWaiting(null);
    setTold("");
    if (combo === "Escape" && action !== "cancel") return;
    if (combo === "Backspace" && action !== "delete") return give(action, []);
    if (isReserved(combo))
      return setTold(`${said(combo)} is reserved for the browser or for the classes. Press another key.`);
    const other = takenBy(combo, action, own);
    if (other) setClash({ action, combo, with: other });
    else give(action, [combo]);
  });
  const change = (on: boolean) => {
    setChanging(on);
    setWaiting(null);
  };
  const dropClash = () => setClash(null);
  const reset = () => void editor.keys.use({});
  return { own, changing, waiting, clash, told, change, waitFor: setWaiting, give, dropClash, reset };
}

function Gestures() {
  return (
    <HelpList title="Mouse, pen and touch">
      {GESTURES.map(({ shown, what }) => (
        <div key={shown}>
          <dt>{shown}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </HelpList>
  );
}

/** One key, and where the project has classes with several: how these are pressed. */
function ClassKeysHelp() {
  const several = useEditor().boot.project.categories.some(({ hotkey }) => hotkey !== null && hotkey.length > 1);
  return (
    <>
      <div>
        <dt>
          <kbd>1 – 9</kbd>
        </dt>
        <dd>Select the class</dd>
      </div>
      {several && (
        <div data-testid="class-sequences">
          <dt>
            <kbd>0</kbd> …
          </dt>
          <dd>Select a class by the keys beside it in the list, one after the other (twice: zoom to 100 %)</dd>
        </div>
      )}
    </>
  );
}

function KeyGroup({ group, changes }: { group: Group; changes: KeyChanges }) {
  return (
    <HelpList title={group}>
      {group === "Object" && <ClassKeysHelp />}
      {SHORTCUTS.filter((one) => one.group === group).map((shortcut) => (
        <div key={shortcut.action} data-action={shortcut.action} data-own={shortcut.action in changes.own}>
          <dt>
            {changes.changing ? (
              <KeyButton shortcut={shortcut} changes={changes} />
            ) : (
              <Keys combos={keysOf(shortcut.action, changes.own)} />
            )}
          </dt>
          <dd>{shortcut.what}</dd>
        </div>
      ))}
    </HelpList>
  );
}

/** An action's keys while keys are being changed: press it, then the new key. */
function KeyButton({ shortcut: { action, what }, changes }: { shortcut: Shortcut; changes: KeyChanges }) {
  const { waiting, own } = changes;
  return (
    <button
      type="button"
      class="key-button"
      aria-label={`${what}: ${keysOf(action, own).map(said).join(" or ") || "no key"}. Change key`}
      aria-pressed={waiting === action}
      onClick={() => {
        changes.dropClash();
        changes.waitFor(waiting === action ? null : action);
      }}
    >
      {waiting === action ? "Press a key…" : <Keys combos={keysOf(action, own)} />}
    </button>
  );
}

function KeyNews({ changes: { clash, waiting, told, give, dropClash } }: { changes: KeyChanges }) {
  return (
    <div class="key-news" role="status" aria-live="polite">
      {clash && <ClashNotice clash={clash} give={give} drop={dropClash} />}
      {!clash && (waiting ? "Press the new key. Esc cancels, Backspace removes the key." : told)}
    </div>
  );
}

function HelpActions({ changes, onClose }: { changes: KeyChanges; onClose: () => void }) {
  const { changing, own } = changes;
  return (
    <div class="dialog-actions">
      {changing && (
        <button
          type="button"
          aria-disabled={Object.keys(own).length === 0}
          data-testid="keys-as-shipped"
          onClick={changes.reset}
        >
          Reset to defaults
        </button>
      )}
      <button type="button" data-testid="change-keys" aria-pressed={changing} onClick={() => changes.change(!changing)}>
        {changing ? "Done" : "Change keys"}
      </button>
      <button type="button" class="primary" autofocus onClick={onClose}>
        Close <kbd>Esc</kbd>
      </button>
    </div>
  );
}

function ClashNotice(props: {
  clash: Clash;
  give: (action: Action, combos: readonly string[]) => void;
  drop: () => void;
}) {
  const { action, combo, with: other } = props.clash;
  return (
    <span data-testid="key-clash">
      <kbd>{said(combo)}</kbd> is already the key for “{other.what}”.{" "}
      <button type="button" class="small" data-testid="key-take" onClick={() => props.give(action, [combo])}>
        Reassign
      </button>{" "}
      <button type="button" class="small" onClick={props.drop}>
        Cancel
      </button>
    </span>
  );
}

/** Hears the next key press before anybody else, while an action waits for its key. */
function useNextKey(waiting: Action | null, pressed: (combo: string) => void): void {
  useLayoutEffect(() => {
    if (!waiting) return;
    const hear = (event: KeyboardEvent) => {
      const combo = comboOf(event);
      event.preventDefault();
      event.stopPropagation();
      if (combo) pressed(combo);
    };
    window.addEventListener("keydown", hear, { capture: true });
    return () => window.removeEventListener("keydown", hear, { capture: true });
  }, [waiting]);
}

function HelpList({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Keys({ combos }: { combos: readonly string[] }) {
  if (combos.length === 0) return <span class="muted">no key</span>;
  return (
    <>
      {combos.map((combo, index) => (
        <span key={combo}>
          {index > 0 && " or "}
          {said(combo)
            .split(" ")
            .map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
        </span>
      ))}
    </>
  );
}
