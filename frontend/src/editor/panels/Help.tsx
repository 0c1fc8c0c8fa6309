/** The sheet of keys and gestures, where the keys can be changed, too. */

import { useLayoutEffect, useState } from "preact/hooks";
import { comboOf, isReserved, said } from "../lib/keyCombos";
import { Modal } from "./Modal";
import { useEditor, useEditorState } from "./context";
import { keysOf, takenBy, withKeys } from "./keys";
import { GESTURES, GROUPS, SHORTCUTS, type Action, type Shortcut } from "./shortcuts";

interface Clash {
  readonly action: Action;
  readonly combo: string;
  readonly with: Shortcut;
}

export function Help({ onClose }: { onClose: () => void }) {
  const editor = useEditor();
  const own = useEditorState((state) => state.keys);
  const [changing, setChanging] = useState(false);
  /** The action whose next key is being pressed. */
  const [asking, setAsking] = useState<Action | null>(null);
  const [clash, setClash] = useState<Clash | null>(null);
  const [told, setTold] = useState("");
  const give = (action: Action, combos: readonly string[]) => {
    setClash(null);
    void editor.keys.use(withKeys(action, combos, own));
    setTold(combos.length > 0 ? "" : "This action has no key.");
  };
  useAsking(asking, (combo) => {
    const action = asking!;
    setAsking(null);
    setTold("");
    if (combo === "Escape" && action !== "cancel") return;
    if (combo === "Backspace" && action !== "delete") return give(action, []);
    if (isReserved(combo))
      return setTold(`${said(combo)} is reserved for the browser or for the classes. Press another key.`);
    const other = takenBy(combo, action, own);
    if (other) setClash({ action, combo, with: other });
    else give(action, [combo]);
  });
  return (
    <Modal title="Keyboard shortcuts and gestures" id="help" onClose={() => (asking ? setAsking(null) : onClose())}>
      <div class="help-scroll" tabIndex={0} aria-label="All keys">
        <div class="help-columns">
          <HelpList title="Mouse, pen and touch">
            {GESTURES.map(({ shown, what }) => (
              <div key={shown}>
                <dt>{shown}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </HelpList>
          {GROUPS.map((group) => (
            <HelpList key={group} title={group}>
              {group === "Object" && (
                <div>
                  <dt>
                    <kbd>1 – 9</kbd>
                  </dt>
                  <dd>Select the class</dd>
                </div>
              )}
              {SHORTCUTS.filter((one) => one.group === group).map(({ action, what }) => (
                <div key={action} data-action={action} data-own={action in own}>
                  <dt>
                    {changing ? (
                      <button
                        type="button"
                        class="key-button"
                        aria-label={`${what}: ${keysOf(action, own).map(said).join(" or ") || "no key"}. Change key`}
                        aria-pressed={asking === action}
                        onClick={() => {
                          setClash(null);
                          setAsking(asking === action ? null : action);
                        }}
                      >
                        {asking === action ? "Press a key…" : <Keys combos={keysOf(action, own)} />}
                      </button>
                    ) : (
                      <Keys combos={keysOf(action, own)} />
                    )}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </HelpList>
          ))}
        </div>
      </div>
      <div class="key-news" role="status" aria-live="polite">
        {clash && <ClashNotice clash={clash} give={give} drop={() => setClash(null)} />}
        {!clash && (asking ? "Press the new key. Esc cancels, Backspace removes the key." : told)}
      </div>
      <div class="dialog-actions">
        {changing && (
          <button
            type="button"
            aria-disabled={Object.keys(own).length === 0}
            data-testid="keys-as-shipped"
            onClick={() => void editor.keys.use({})}
          >
            Reset to defaults
          </button>
        )}
        <button
          type="button"
          data-testid="change-keys"
          aria-pressed={changing}
          onClick={() => {
            setChanging(!changing);
            setAsking(null);
          }}
        >
          {changing ? "Done" : "Change keys"}
        </button>
        <button type="button" class="primary" autofocus onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
    </Modal>
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
        Cancel{" "}
      </button>
    </span>
  );
}

/** Hears the next key press before anybody else, while an action waits for its key. */
function useAsking(asking: Action | null, pressed: (combo: string) => void): void {
  useLayoutEffect(() => {
    if (!asking) return;
    const hear = (event: KeyboardEvent) => {
      const combo = comboOf(event);
      event.preventDefault();
      event.stopPropagation();
      if (combo) pressed(combo);
    };
    window.addEventListener("keydown", hear, { capture: true });
    return () => window.removeEventListener("keydown", hear, { capture: true });
  }, [asking]);
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
