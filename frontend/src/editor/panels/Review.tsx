/** A review in the window: the reviewer's bar, the sheet that sends back, and what the review says to everybody. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../lib/store";
import { counted, inWords } from "../review/diff";
import { inOrder } from "../review/pins";
import type { ReviewData, VerdictData } from "../server/types";
import { Banner } from "./Banner";
import { CommentField } from "./Comments";
import { Modal } from "./Modal";
import { useEditor, useEditorState } from "./context";
import { keyOf } from "./keys";

export function useReview<Part>(
  select: (state: ReturnType<ReturnType<typeof useEditor>["review"]["store"]["get"]>) => Part,
): Part {
  return useStore(useEditor().review.store, select);
}

/** In the bar on top, in place of the annotator's buttons. */
export function ReviewBar() {
  const editor = useEditor();
  const data = useReview((state) => state.data);
  const busy = useReview((state) => state.busy);
  const judging = useEditorState((state) => state.judging);
  if (!data?.enabled || !editor.boot.user.can_review) return null;
  const judges = judging !== null;
  const reopens = data.status === "accepted" && data.holder === null;
  const overrides = data.own_work && editor.boot.user.can_manage && data.status === "done" && data.waits;
  if (!judges && !reopens && !overrides) return <Waiting data={data} />;
  return (
    <div class="review-bar" data-testid="review-bar">
      <Waiting data={data} />
      {judges && data.may_correct && (
        <button
          type="button"
          class="ghost"
          aria-pressed={judging === "correct"}
          title={`Change the labels during the review (${keyOf("reviewCorrect")})`}
          data-testid="review-correct"
          onClick={() => void editor.review.toggleCorrect()}
        >
          Correct
        </button>
      )}
      {!overrides && (
        <button
          type="button"
          class="send-back"
          title={`Send the image back to its author (${keyOf("sendBack")})`}
          data-testid="send-back"
          disabled={busy}
          onClick={() => editor.review.askToSendBack()}
        >
          Send back
        </button>
      )}
      {!reopens && (
        <button
          type="button"
          class="primary"
          title={`Accept the labels and open the next image that waits (${keyOf("finish")})`}
          data-testid="accept"
          disabled={busy}
          onClick={() => void editor.review.accept()}
        >
          {overrides && !judges ? "Accept own work…" : "Accept"}
        </button>
      )}
    </div>
  );
}

/** “12 waiting · Ann · round 2”. */
function Waiting({ data }: { data: ReviewData }) {
  const words = [
    data.waiting !== undefined && data.waiting > 0 ? `${data.waiting} waiting` : null,
    data.author?.name ?? null,
    data.round > 0 ? `round ${data.round + 1}` : null,
  ].filter((part) => part !== null);
  if (words.length === 0) return null;
  return (
    <span class="review-waiting" data-testid="review-waiting">
      {words.join(" · ")}
    </span>
  );
}

export function ReviewNotices() {
  const editor = useEditor();
  const data = useReview((state) => state.data);
  const given = useReview((state) => state.given);
  const refused = useReview((state) => state.refused);
  const nothing = useReview((state) => state.nothingWaits);
  const pending = useReview((state) => state.pending);
  const judging = useEditorState((state) => state.judging);
  if (!data) return null;
  const { user } = editor.boot;
  if (nothing) return <NothingWaits data={data} />;
  if (data.holder) return <InReview data={data} />;
  if (data.status === "sent_back") return <SentBack data={data} />;
  if (data.status === "accepted") return <Accepted data={data} />;
  if (!data.enabled || !user.can_review || judging || pending) return null;
  if (data.status === "done" && data.own_work) return <OwnWork />;
  if (data.status === "done") {
    const why = data.waits ? "" : "This image wasn't drawn for review. ";
    return (
      <Banner id="review-turn">
        <span>
          {refused || (given && data.waits ? "You don't have the turn at this image." : `${why}You can review it.`)}
        </span>
        <button type="button" data-testid="take-turn" onClick={() => void editor.review.takeTurn()}>
          Review
        </button>
      </Banner>
    );
  }
  if (user.can_label) return null;
  return (
    <Banner id="review-not-finished">
      <span>
        {data.worker ? `${data.worker.name} is labeling this image.` : "This image isn't finished yet."} It can be
        reviewed once it is finished.
      </span>
      <NextToReview />
    </Banner>
  );
}

function NextToReview() {
  const editor = useEditor();
  return (
    <button type="button" data-testid="next-review" onClick={() => void editor.review.onward()}>
      Next to review
    </button>
  );
}

function NothingWaits({ data }: { data: ReviewData }) {
  const { project } = useEditor().boot;
  const more = data.on_the_way ?? 0;
  return (
    <Banner id="review-empty">
      <span>
        {more > 0
          ? `Nothing to review; ${more} ${more === 1 ? "is" : "are"} on the way.`
          : "Nothing to review. Images wait here once somebody finishes them."}
      </span>
      <a href={project.url}>Back to the project</a>
    </Banner>
  );
}

function InReview({ data }: { data: ReviewData }) {
  const editor = useEditor();
  return (
    <Banner id="in-review" tone="warn">
      <span>
        {data.holder} is reviewing this image. {editor.boot.user.can_label && "Your changes wait until the verdict."}
      </span>
      {editor.boot.user.can_review ? (
        <NextToReview />
      ) : (
        <button type="button" onClick={() => void editor.nextImage.onward()}>
          Next to label
        </button>
      )}
    </Banner>
  );
}

function OwnWork() {
  const editor = useEditor();
  return (
    <Banner id="own-work">
      <span>You labeled this image yourself, so somebody else has to review it.</span>
      {!editor.boot.user.can_label && <NextToReview />}
    </Banner>
  );
}

function SentBack({ data }: { data: ReviewData }) {
  const editor = useEditor();
  const pointed = useReview((state) => state.thread);
  const verdict = lastOf(data, "sent_back");
  const { open } = inOrder(data.threads);
  const at = open.findIndex(({ id }) => id === pointed);
  const mine = editor.boot.user.can_label;
  return (
    <Banner id="sent-back" tone="warn">
      <span>
        <strong>Sent back{verdict?.by ? ` by ${verdict.by.name}` : ""}.</strong> {verdict?.summary}
      </span>
      {open.length > 0 && (
        <button
          type="button"
          title={`Go to the next open comment (${keyOf("nextThread")})`}
          data-testid="next-thread"
          onClick={() => editor.review.comments.next()}
        >
          {at < 0 ? `${open.length} open` : `${at + 1} of ${open.length}`} <kbd>{keyOf("nextThread")}</kbd>
        </button>
      )}
      {mine && <span class="muted">Dashed: the masks as they were. Finish the image to submit it again.</span>}
    </Banner>
  );
}

function Accepted({ data }: { data: ReviewData }) {
  const editor = useEditor();
  const [asking, setAsking] = useState(false);
  const verdict = data.verdicts.findLast(({ kind }) => kind !== "sent_back");
  const by = verdict?.by;
  const { user } = editor.boot;
  const ask = async (words: string) => {
    const name = by && by.id !== user.id ? `@${by.username} ` : "";
    if (!(await editor.review.comments.say(`${name}Please re-open this image: ${words}`))) return false;
    setAsking(false);
    editor.toasts.say("Asked. The reviewer finds it in their inbox.");
    return true;
  };
  return (
    <Banner id="accepted">
      <span>
        {verdict?.kind === "corrected" ? "Corrected and accepted" : "Accepted"}
        {by ? ` by ${by.name}` : ""}. The labels can't be changed. {verdict?.summary}
      </span>
      {user.can_label && !user.can_review && !asking && (
        <button type="button" data-testid="ask-reopen" onClick={() => setAsking(true)}>
          Ask to re-open
        </button>
      )}
      {asking && (
        <CommentField label="Why it should be re-opened" send="Ask" onSend={ask} onCancel={() => setAsking(false)} />
      )}
    </Banner>
  );
}

function lastOf(data: ReviewData, kind: VerdictData["kind"]): VerdictData | undefined {
  return data.verdicts.findLast((one) => one.kind === kind);
}

/** Lists what the author is sent, and asks for words where no comment says what to do. */
export function SendBackSheet() {
  const editor = useEditor();
  const data = useReview((state) => state.data);
  const busy = useReview((state) => state.busy);
  const [summary, setSummary] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { open } = inOrder(data?.threads ?? []);
  const accepted = data?.status === "accepted";
  const needed = open.length === 0 || accepted;
  const ready = !busy && (!needed || summary.trim() !== "");
  const close = () => editor.store.set({ dialog: null });
  const send = () => void (ready && editor.review.judge({ verdict: "sent_back", summary: summary.trim() }));
  return (
    <Modal
      title={accepted ? "Send the accepted image back" : "Send the image back"}
      id="send-back-sheet"
      onClose={close}
    >
      {open.length > 0 ? (
        <ul class="send-back-list" role="list">
          {open.map((one) => (
            <li key={one.id}>
              <span class="pin-number">{one.number}</span>
              <span>{one.comments.at(-1)?.text}</span>
              {one.draft && <span class="draft-mark">draft</span>}
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">
          No comment is pinned to the picture ({keyOf("pin")} pins one at the pointer). Say here what has to change.
        </p>
      )}
      <textarea
        ref={field}
        rows={3}
        maxLength={2000}
        value={summary}
        placeholder={needed ? "What has to change" : "Summary (optional)"}
        aria-label="Summary"
        aria-required={needed}
        onInput={(event) => setSummary(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          send();
        }}
      />
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
        <button type="button" class="primary" data-testid="send-back-now" disabled={!ready} onClick={send}>
          Send back <kbd>Ctrl Enter</kbd>
        </button>
      </div>
    </Modal>
  );
}

/** A manager judges their own work: with a reason that stays in the log. */
export function OverrideSheet() {
  const editor = useEditor();
  const busy = useReview((state) => state.busy);
  const [why, setWhy] = useState("");
  const close = () => editor.store.set({ dialog: null });
  return (
    <Modal title="Accept your own work" id="override-sheet" onClose={close}>
      <p class="muted">You labeled this image yourself. If nobody else can review it, say why you accept it.</p>
      <textarea
        rows={2}
        maxLength={300}
        value={why}
        aria-label="Reason"
        placeholder="Reason"
        onInput={(event) => setWhy(event.currentTarget.value)}
      />
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          Cancel <kbd>Esc</kbd>
        </button>
        <button
          type="button"
          class="primary"
          disabled={busy || !why.trim()}
          onClick={() => void editor.review.judge({ verdict: "accepted", override: why.trim() })}
        >
          Accept
        </button>
      </div>
    </Modal>
  );
}

const COMPARISONS = [
  ["before", "Before"],
  ["now", "Now"],
  ["changed", "Changed"],
] as const;

/** Before, now, changed: over the foot of the image, where there is something to compare with. */
export function CompareBar() {
  const editor = useEditor();
  const comparison = useReview((state) => state.comparison);
  const sides = useReview((state) => state.sideBySide);
  const old = useReview((state) => state.old);
  const version = useReview((state) => state.data && editor.review.compare.version);
  useEditorState((state) => state.kept);
  if (!version) return null;
  const counts = counted(editor.review.compare.differences);
  const { added, removed, changed } = counts;
  return (
    <div class="compare-bar" role="group" aria-label="Compare with the labels before" data-testid="compare">
      {COMPARISONS.map(([name, title]) => (
        <button
          key={name}
          type="button"
          class="ghost small"
          aria-pressed={comparison === name}
          title={`Before, now, changed (${keyOf("compare")})`}
          data-testid={`compare-${name}`}
          onClick={() => void editor.review.compare.show(name)}
        >
          {title}
        </button>
      ))}
      <button
        type="button"
        class="ghost small"
        aria-pressed={sides}
        data-testid="compare-sides"
        onClick={() => void editor.review.compare.toggleSides()}
      >
        Side by side
      </button>
      {old && added + removed + changed > 0 && (
        <span
          class="muted"
          role="img"
          title={inWords(counts)}
          aria-label={inWords(counts)}
          data-testid="compare-counts"
        >
          +{added} ~{changed} −{removed}
        </span>
      )}
    </div>
  );
}
