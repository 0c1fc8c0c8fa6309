/** The comments on the image: threads with their pins, answers, and a field that completes names. */

import { useEffect, useRef, useState } from "preact/hooks";
import { shortTime } from "../../shared/time";
import { useStore } from "../lib/store";
import { candidates, completed, typedName } from "../review/mentions";
import { inOrder, placeOf } from "../review/pins";
import type { NewPin } from "../review/state";
import type { CommentData, PersonData, ThreadData } from "../server/types";
import { FoldTitle, useFold } from "./Fold";
import { useEditor, useEditorState } from "./context";
import { digit, keyOf } from "./keys";

/** A digit writes the reason into an empty field. */
const REASONS = ["Edge is off", "A part is missing", "Too much is selected", "Wrong class", "An object is missing"];
const LONGEST = 2000;

export function Comments() {
  const editor = useEditor();
  const { store } = editor.review;
  const data = useStore(store, (state) => state.data);
  const newPin = useStore(store, (state) => state.newPin);
  const fold = useFold("comments");
  const { mayWrite } = editor.review.comments;
  if (!data || (data.threads.length === 0 && !newPin && !(data.enabled && mayWrite))) return null;
  const { open, fixed, resolved } = inOrder(data.threads);
  const shown = !fold.folded || newPin !== null;
  return (
    <section class="panel comments" aria-labelledby="comments-title" data-testid="comments">
      <div class="panel-head">
        <FoldTitle id="comments-title" fold={fold}>
          Comments{" "}
          <span class="count" data-testid="comments-count">
            {open.length > 0 ? `${open.length} open` : data.threads.length > 0 ? "none open" : ""}
          </span>
        </FoldTitle>
        {mayWrite && (
          <button
            type="button"
            class="link-button"
            title={`Pin a comment at the pointer: ${keyOf("pin")}. This one is about the whole image.`}
            data-testid="comment-image"
            onClick={() => editor.review.comments.begin(null)}
          >
            Comment
          </button>
        )}
      </div>
      {newPin && <NewComment pin={newPin} />}
      {shown && (
        <>
          {data.threads.length === 0 && !newPin && (
            <p class="panel-empty">No comments. {keyOf("pin")} pins one at the pointer.</p>
          )}
          <Group threads={open} />
          <Group threads={fixed} title="Fixed" />
          <Group threads={resolved} title="Resolved" />
        </>
      )}
    </section>
  );
}

function Group({ threads, title }: { threads: readonly ThreadData[]; title?: string }) {
  if (threads.length === 0) return null;
  return (
    <>
      {title && (
        <h3 class="comments-group">
          {title} <span class="count">{threads.length}</span>
        </h3>
      )}
      <ol class="threads" role="list">
        {threads.map((one) => (
          <Thread key={one.id} thread={one} />
        ))}
      </ol>
    </>
  );
}

function NewComment({ pin }: { pin: NewPin }) {
  const { comments, store } = useEditor().review;
  const pinning = useStore(store, (state) => state.pinning);
  const about = !pin.at ? "the whole image" : pin.object !== null ? "this object" : "this point";
  return (
    <>
      <div class="comment-where">
        <button
          type="button"
          class="small"
          aria-pressed={pinning}
          data-testid="pin-to-point"
          onClick={() => comments.togglePinning()}
        >
          {pin.at ? "Move the pin" : "Pin to a point"}
        </button>
        <span class="muted" role="status">
          {pinning ? "Click in the picture to set the pin." : `About ${about}.`}
        </span>
      </div>
      <CommentField
        label={`Comment about ${about}`}
        send="Comment"
        reasons
        focus={pin}
        onSend={(text) => comments.write(text)}
        onCancel={() => comments.cancel()}
      />
    </>
  );
}

function Thread({ thread }: { thread: ThreadData }) {
  const editor = useEditor();
  const { comments, store } = editor.review;
  const pointed = useStore(store, (state) => state.thread === thread.id);
  const orphan = useEditorState((state) => state.loaded && placeOf(thread, state.kept) === "orphan");
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (pointed) row.current?.scrollIntoView({ block: "nearest" });
  }, [pointed]);
  const go = () => (pointed ? comments.point(null) : comments.go(thread));
  return (
    <li
      ref={row}
      class="thread"
      data-testid="thread"
      data-state={thread.state}
      data-draft={thread.draft || undefined}
      aria-current={pointed ? "true" : undefined}
    >
      <button type="button" class="row thread-head" aria-expanded={pointed} onClick={go}>
        <span class="pin-number" aria-hidden="true">
          {thread.number}
        </span>
        <span class="thread-text">
          {pointed ? aboutOf(thread) : thread.comments[0]?.text}
          {orphan && <span class="muted"> (its object was deleted)</span>}
        </span>
        {thread.comments.length > 1 && <span class="count">{thread.comments.length}</span>}
        {thread.draft && <span class="draft-mark">draft</span>}
      </button>
      {pointed && <Conversation thread={thread} />}
    </li>
  );
}

/** What a thread is about, above its comments. */
function aboutOf({ x, object }: ThreadData): string {
  return x === null ? "About the whole image" : object === null ? "About this point" : "About this object";
}

function Conversation({ thread }: { thread: ThreadData }) {
  const editor = useEditor();
  const { comments } = editor.review;
  const { can_label, can_review } = editor.boot.user;
  const [answering, setAnswering] = useState(false);
  const set = (state: ThreadData["state"]) => void comments.setState(thread, state);
  return (
    <div class="thread-body">
      {thread.comments.map((one) => (
        <Comment key={one.id} comment={one} />
      ))}
      {answering && (
        <CommentField
          label="Answer"
          send="Answer"
          onSend={async (text) => {
            const sent = await comments.reply(thread, text);
            if (sent) setAnswering(false);
            return sent;
          }}
          onCancel={() => setAnswering(false)}
        />
      )}
      {comments.mayWrite && (
        <div class="thread-actions">
          {!answering && (
            <button type="button" class="small" data-testid="thread-reply" onClick={() => setAnswering(true)}>
              Answer
            </button>
          )}
          {thread.state === "open" && can_label && !can_review && (
            <button type="button" class="small" data-testid="thread-fixed" onClick={() => set("fixed")}>
              Mark as fixed
            </button>
          )}
          {thread.state !== "resolved" && (can_review || comments.isMine(thread)) && (
            <button type="button" class="small" data-testid="thread-resolve" onClick={() => set("resolved")}>
              Resolve
            </button>
          )}
          {thread.state !== "open" && (
            <button type="button" class="small" data-testid="thread-open" onClick={() => set("open")}>
              Open again
            </button>
          )}
          {thread.draft && comments.isMine(thread) && (
            <button
              type="button"
              class="small"
              data-testid="thread-remove"
              onClick={() => void comments.remove(thread)}
            >
              Delete draft
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Comment({ comment }: { comment: CommentData }) {
  const editor = useEditor();
  const [editing, setEditing] = useState(false);
  const mine = editor.review.comments.mayWrite && comment.author?.id === editor.boot.user.id;
  if (editing) {
    return (
      <CommentField
        label="Change the comment"
        send="Save"
        text={comment.text}
        onSend={async (text) => {
          const sent = await editor.review.comments.edit(comment.id, text);
          if (sent) setEditing(false);
          return sent;
        }}
        onCancel={() => setEditing(false)}
      />
    );
  }
  return (
    <article class="comment" data-testid="comment">
      <p class="comment-head">
        <strong>{comment.author?.name ?? "Former member"}</strong>{" "}
        <time dateTime={comment.at}>{shortTime(comment.at)}</time>
        {comment.changed && <span class="muted">changed</span>}
        {mine && (
          <button type="button" class="link-button" onClick={() => setEditing(true)}>
            Edit
          </button>
        )}
      </p>
      <p class="comment-text" dir="auto">
        {comment.text}
      </p>
    </article>
  );
}

interface FieldProps {
  label: string;
  send: string;
  text?: string;
  /** Digits write the usual reasons while it is empty. */
  reasons?: boolean;
  /** It takes the focus again when this changes. */
  focus?: unknown;
  /** True: it was sent. */
  onSend: (text: string) => Promise<boolean>;
  onCancel: () => void;
}

/** What is typed into a comment, with names completed after @. */
function useComment(
  { text: first = "", reasons = false, focus, onCancel }: FieldProps,
  submit: (text: string) => void,
) {
  const editor = useEditor();
  const people = useStore(editor.review.store, (state) => state.people) ?? [];
  const [{ text, cursor }, setTyped] = useState({ text: first, cursor: first.length });
  const [selected, setSelected] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    void editor.review.comments.meet();
  }, []);
  useEffect(() => field.current?.focus(), [focus]);
  const typed = typedName(text, cursor);
  const found = typed === null ? [] : candidates(people, typed);
  const write = (after: { text: string; cursor: number }) => {
    setTyped(after);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(after.cursor, after.cursor);
    });
  };
  const complete = (person: PersonData) => write(completed(text, cursor, person));
  const press = (event: KeyboardEvent) => {
    event.stopPropagation();
    const reason = reasons && text === "" ? REASONS[(digit(event) ?? 0) - 1] : undefined;
    const completes = found.length > 0 && !event.ctrlKey;
    if (reason) write({ text: reason, cursor: reason.length });
    else if (event.key === "Escape") onCancel();
    else if (completes && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setSelected((selected + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length);
    } else if (completes && (event.key === "Tab" || event.key === "Enter")) {
      complete(found[Math.min(selected, found.length - 1)]!);
    } else if (event.key === "Enter" && !event.shiftKey) submit(text);
    else return;
    event.preventDefault();
  };
  const input = (event: { currentTarget: HTMLTextAreaElement }) => {
    setTyped({ text: event.currentTarget.value, cursor: event.currentTarget.selectionStart });
    setSelected(0);
  };
  return { field, text, found, selected, complete, write, press, input };
}

/** A text with names completed after @. Enter sends, Shift + Enter is a new line, Esc leaves it. */
export function CommentField(props: FieldProps) {
  const { label, send, reasons = false, onSend, onCancel } = props;
  const [busy, setBusy] = useState(false);
  const submit = async (text: string) => {
    if (busy || !text.trim()) return;
    setBusy(true);
    await onSend(text.trim()).finally(() => setBusy(false));
  };
  const typing = useComment(props, (text) => void submit(text));
  const { text } = typing;
  return (
    <div class="comment-field">
      <textarea
        ref={typing.field}
        rows={2}
        maxLength={LONGEST}
        value={text}
        readOnly={busy}
        aria-label={label}
        placeholder={`${label}; @ names somebody`}
        data-testid="comment-field"
        onInput={typing.input}
        onKeyDown={typing.press}
      />
      <Mentions found={typing.found} selected={typing.selected} choose={typing.complete} />
      {reasons && text === "" && <Reasons choose={(one) => typing.write({ text: one, cursor: one.length })} />}
      <div class="thread-actions">
        <button type="button" class="small" onClick={onCancel}>
          Cancel
        </button>
        <button
          type="button"
          class="small primary"
          disabled={busy || !text.trim()}
          data-testid="comment-send"
          onClick={() => void submit(text)}
        >
          {busy ? "Sending…" : send}
        </button>
      </div>
    </div>
  );
}

interface MentionsProps {
  found: readonly PersonData[];
  selected: number;
  choose: (person: PersonData) => void;
}

function Mentions({ found, selected, choose }: MentionsProps) {
  if (found.length === 0) return null;
  return (
    <ul class="mentions" role="listbox" aria-label="People">
      {found.map((one, index) => (
        <li key={one.id} role="option" aria-selected={index === selected}>
          <button type="button" class="row" data-testid="mention" onClick={() => choose(one)}>
            <span class="face" style={{ "--hue": String(one.hue) }} aria-hidden="true">
              {one.initials}
            </span>
            <span class="row-name">{one.name}</span>
            <span class="muted">@{one.username}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Reasons({ choose }: { choose: (reason: string) => void }) {
  return (
    <ol class="reasons" role="list">
      {REASONS.map((one, index) => (
        <li key={one}>
          <button type="button" class="small" onClick={() => choose(one)}>
            <kbd>{index + 1}</kbd> {one}
          </button>
        </li>
      ))}
    </ol>
  );
}
