/** Banners over the image, and the toast. */

import { Banner } from "./Banner";
import { LeaseNotice } from "./People";
import { ReviewNotices } from "./Review";
import { ElsewhereNotice, GoneNotice, UnsavedNotice } from "./Unsaved";
import { useEditor, useEditorState } from "./context";

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      <PictureNotice />
      <EncodingNotice />
      <ConnectionNotice />
      <LeaseNotice />
      <ReviewNotices />
      <ElsewhereNotice />
      <GoneNotice />
      <UnsavedNotice />
    </div>
  );
}

function PictureNotice() {
  const failed = useEditorState((state) => state.pictureFailed);
  const made = useEditorState((state) => state.pictureMade);
  if (made !== null && !failed) {
    return (
      <Banner id="cutting">
        <span>Preparing this large image for display. This happens only once.</span>
        <progress aria-label="Preparing the image for display" value={made} />
      </Banner>
    );
  }
  if (!failed) return null;
  return (
    <Banner id="picture" tone="bad">
      The image can't be loaded. <button onClick={() => location.reload()}>Reload</button>
    </Banner>
  );
}

function EncodingNotice() {
  const editor = useEditor();
  const encoding = useEditorState((state) => state.encoding);
  const lost = useEditorState((state) => state.connection === "lost"); // then nobody knows how far it is
  if (!editor.permission.canLabel || lost || encoding.state === "ready") return null;
  if (encoding.state === "failed") {
    return (
      <Banner id="failed" tone="bad">
        <span>This image couldn't be prepared{encoding.reason ? `: ${encoding.reason}` : "."}</span>
        <button type="button" onClick={() => void editor.image.retryEncoding()}>
          Retry
        </button>
      </Banner>
    );
  }
  const { ahead, aheadAtFirst } = encoding;
  const place = ahead === 0 ? ": next in the queue." : `: position ${(ahead ?? 0) + 1} in the queue.`;
  const total = aheadAtFirst ? aheadAtFirst + 1 : 0; // nothing to count when it was the first at once
  const passed = encoding.state === "encoding" ? total - 0.5 : total - 1 - (ahead ?? 0);
  return (
    <Banner id="preparing">
      <span>Preparing the image{encoding.state === "queued" && ahead !== null ? place : "…"}</span>
      <progress aria-label="Preparing the image" {...(total > 0 && { max: total, value: Math.max(0, passed) })} />
      <span class="muted">Your clicks take effect when it is ready.</span>
    </Banner>
  );
}

function ConnectionNotice() {
  const editor = useEditor();
  const connection = useEditorState((state) => state.connection);
  const signedOut = useEditorState((state) => state.save.kind === "signed_out");
  const offline = useEditorState((state) => state.save.kind === "offline");
  const unsaved = useEditorState((state) => state.unsaved);
  const gone = useEditorState((state) => state.save.kind === "gone");
  if (gone || connection === "ended") return null;
  if (connection === "signed_out" || connection === "denied" || signedOut) return <SignedOut />;
  if (connection !== "lost" && !offline) return null;
  return (
    <Banner id="lost" tone="warn">
      <span>
        Offline. Drawing tools still work; clicks resume when you reconnect.
        {unsaved > 0 && ` ${unsaved === 1 ? "1 change is" : `${unsaved} changes are`} waiting to be saved.`}
      </span>
      <button type="button" onClick={() => editor.retryNow()}>
        Try now
      </button>
    </Banner>
  );
}

function SignedOut() {
  const editor = useEditor();
  return (
    <Banner id="signed-out" tone="warn">
      <span>
        You are signed out or no longer a member of this project. Your work is kept in this browser:{" "}
        <a href="/sign-in" target="_blank" rel="noreferrer">
          sign in again in a new tab
        </a>
        , then press Continue.
      </span>
      <button type="button" onClick={() => editor.retryNow()}>
        Continue
      </button>
    </Banner>
  );
}

export function Toast() {
  const editor = useEditor();
  const toast = useEditorState((state) => state.toast);
  return (
    <div class="toast-place" role="status" aria-live="polite">
      {toast && (
        <div class="editor-toast" data-testid="toast">
          <span>{toast.text}</span>
          {toast.action && (
            <button type="button" class="link-button" onClick={() => editor.toasts.run()}>
              {toast.action.label}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
