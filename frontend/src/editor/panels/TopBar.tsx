import type { ComponentChildren } from "preact";
import { GONE } from "../editing/news";
import { useStore } from "../lib/store";
import type { SaveState } from "../saving/outbox";
import { InboxBell } from "./InboxBell";
import { People } from "./People";
import { ReviewBar, useReview } from "./Review";
import { useEditor, useEditorState } from "./context";
import { Icon } from "./icons";
import { keyOf } from "./keys";
import { nextTodo } from "./shortcuts";

interface TopBarProps {
  /** Stands in its middle. */
  children?: ComponentChildren;
  /** In a small window that only shows the image: how to label there all the same. */
  label: (() => void) | null;
}

export function TopBar({ children, label }: TopBarProps) {
  const editor = useEditor();
  const { project, image, position } = editor.boot;
  const judging = useEditorState((state) => state.judging);
  return (
    <header class="editor-bar">
      <a class="editor-bar-project" href={project.url} title="Back to the project">
        <Icon name="back" />
        <span>{project.name}</span>
      </a>
      <h1 class="editor-bar-image" title={[image.name, ...image.about].join("\n")}>
        {image.name}
        {image.about.length > 0 && <small data-testid="about-image"> {image.about.join(" ")}</small>}
      </h1>
      <Position index={position.index} total={position.total} />
      <div class="editor-bar-space">{children}</div>
      <People />
      {label && editor.boot.user.can_label ? <ViewOnly label={label} /> : <SaveIndicator />}
      <NextToDo />
      <div class="button-pair">
        <button
          type="button"
          title={`Previous image (${keyOf("previous")})`}
          aria-label="Previous image"
          onClick={() => void editor.nextImage.previous()}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          title={`Next image (${keyOf("next")})`}
          aria-label="Next image"
          onClick={() => void editor.nextImage.next()}
        >
          <Icon name="forward" />
        </button>
      </div>
      <button
        type="button"
        class="ghost"
        title={`Keyboard shortcuts (${keyOf("help")})`}
        aria-label="Keyboard shortcuts"
        onClick={() => editor.window.toggle("help")}
      >
        <Icon name="help" />
      </button>
      <InboxBell />
      <ReviewBar />
      {editor.permission.canLabel && !judging && <Finish />}
    </header>
  );
}

/** Beside the neighbours in the list: the next image that waits for this person. */
function NextToDo() {
  const editor = useEditor();
  const judging = useEditorState((state) => state.judging);
  const { can_label: labels, can_review: reviews } = editor.boot.user;
  if (!labels && !reviews) return null;
  const what = judging || !labels ? "Next image to review" : "Next image to label";
  return (
    <button
      type="button"
      class="ghost"
      title={`${what} (${keyOf("nextTodo")})`}
      aria-label={what}
      data-testid="next-todo"
      onClick={() => void nextTodo(editor)}
    >
      <Icon name="todo" />
    </button>
  );
}

/** Where in the project this is; opens the filmstrip. */
function Position({ index, total }: { index: number; total: number }) {
  const { filmstrip } = useEditor();
  const shown = useStore(filmstrip.store, (state) => state.shown);
  const filter = useStore(filmstrip.store, (state) => state.filter);
  return (
    <button
      type="button"
      class="ghost small editor-bar-position"
      data-testid="position"
      aria-pressed={shown}
      aria-label={`Image ${index} of ${total}: jump to another image`}
      title={`Jump to another image (${keyOf("strip")})`}
      onClick={() => filmstrip.toggle()}
    >
      {index} / {total}
      {filmstrip.filtered && <span class="filter-mark">{filter.which === "all" ? "one class" : filter.which}</span>}
    </button>
  );
}

function Finish() {
  const editor = useEditor();
  const done = useEditorState((state) => state.status === "done");
  const skipped = useEditorState((state) => (state.status === "skipped" ? state.reason : null));
  return (
    <>
      {done && (
        <button
          type="button"
          class="done-chip"
          data-testid="done"
          title="Done. Click to reopen the image."
          onClick={() => editor.image.resume()}
        >
          <Icon name="check" /> Done
        </button>
      )}
      {skipped !== null ? (
        <button
          type="button"
          class="done-chip skipped-chip"
          data-testid="skipped"
          title={`Skipped: ${skipped}. Click to reopen the image.`}
          onClick={() => editor.image.resume()}
        >
          Skipped
        </button>
      ) : (
        !done && (
          <button
            type="button"
            class="ghost"
            data-testid="ask-skip"
            title={`Skip this image (${keyOf("skip")})`}
            onClick={() => editor.image.askToSkip()}
          >
            Skip
          </button>
        )
      )}
      <button
        type="button"
        class="primary"
        data-testid="finish"
        title={`Mark the image as done and open the next one (${keyOf("finish")})`}
        onClick={() => void editor.image.finish()}
      >
        {done ? "Next to label" : "Finish image"}
      </button>
    </>
  );
}

const SAYS: Readonly<Record<SaveState["kind"], string>> = {
  loading: "Loading…",
  saved: "Saved",
  saving: "Saving…",
  offline: "Offline, retrying",
  conflict: "Changed by someone else",
  signed_out: "Signed out",
  refused: "Not saved",
  gone: "Image not available",
};

function ViewOnly({ label }: { label: () => void }) {
  return (
    <button
      type="button"
      class="small"
      data-testid="view-only"
      title="Open the editor in this small window"
      onClick={label}
    >
      View only · Edit
    </button>
  );
}

function SaveIndicator() {
  const editor = useEditor();
  const save = useEditorState((state) => state.save);
  const pending = useReview((state) => state.pending);
  const judging = useEditorState((state) => state.judging);
  if (judging === "review") {
    return (
      <span class="save-state read-only" data-testid="reviewing" title="It is your turn to review this image.">
        Reviewing
      </span>
    );
  }
  const { can_label, can_review, role } = editor.boot.user;
  if (!can_label && can_review && pending) {
    return <span class="save-state read-only">{SAYS.loading}</span>;
  }
  if (!can_label && judging === null) {
    const why = `You are a ${role} in this project: you can view objects but not change them.`;
    return (
      <span class="save-state read-only" data-testid="read-only" title={why}>
        View only · {role}
      </span>
    );
  }
  return (
    <span class="save-state" data-testid="save-state" data-state={save.kind} role="status">
      <span class="save-dot" aria-hidden="true" />
      {SAYS[save.kind]}
      {save.kind === "gone" && !Object.values(GONE).includes(save.message) && (
        <button type="button" class="link-button" onClick={() => editor.retryNow()}>
          Try now
        </button>
      )}
    </span>
  );
}
