/** The page for windows that are too small for labeling, such as phones. */

import { useEffect, useState } from "preact/hooks";
import type { Editor } from "../editor";
import { useEditor } from "./context";

/** Narrower or lower than this, tools, image and panels have no room beside each other. */
export const SMALL_WINDOW = "(max-width: 39.99rem), (max-height: 19.99rem)";

export type Choice = "view" | "label";

/** What to show: the editor as ever (null), or in a small window what somebody chose there; `ask` before they did. */
export function useSmallWindow(editor: Editor): {
  small: Choice | "ask" | null;
  choose: (choice: Choice | null) => void;
} {
  const [query] = useState(() => matchMedia(SMALL_WINDOW));
  const [matches, setMatches] = useState(query.matches);
  const [choice, setChoice] = useState<Choice | null>(() => editor.window.smallWindow);
  useEffect(() => {
    const changed = () => setMatches(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  const small = matches ? (choice ?? "ask") : null;
  useEffect(() => editor.window.viewOnly(small === "view" || small === "ask"), [editor, small]);
  const choose = (next: Choice | null) => {
    editor.window.smallWindow = next;
    setChoice(next);
  };
  return { small, choose };
}

export function SmallWindow({ choose }: { choose: (choice: Choice) => void }) {
  const editor = useEditor();
  const { image, project, user } = editor.boot;
  return (
    <main class="editor small-window" data-testid="small-window">
      <h1>This window is too small for labeling</h1>
      <p class="small-window-image" dir="auto">
        {image.name}
      </p>
      <p>
        Labeling needs a window at least 640 pixels wide: a computer, a tablet, or a phone in landscape orientation. In
        this window you can view the image and its objects, and follow the progress on the project page.
      </p>
      <div class="small-window-ways">
        <button type="button" class="primary" data-testid="small-view" onClick={() => choose("view")}>
          View the image
        </button>
        {user.can_label && (
          <button type="button" data-testid="small-label" onClick={() => choose("label")}>
            Open the editor anyway
          </button>
        )}
        <a href={project.url}>Back to the project</a>
      </div>
    </main>
  );
}
