/** Whose work the image is, and how far: state, who labels it, who reviews it. */

import { useReview } from "./Review";
import { useEditor, useEditorState } from "./context";

const STATES = {
  new: "New",
  in_progress: "In progress",
  done: "Done",
  accepted: "Accepted",
  sent_back: "Sent back",
  skipped: "Skipped",
} as const;

export function WorkPanel() {
  const editor = useEditor();
  const status = useEditorState((state) => state.status);
  const judging = useEditorState((state) => state.judging);
  const loading = useEditorState((state) => !state.loaded);
  const data = useReview((state) => state.data);
  if (loading || !data) return null;
  const last = data.verdicts.at(-1);
  const reviewer = judging ? "You" : (data.holder ?? (data.status === "done" ? null : (last?.by?.name ?? null)));
  const waits = data.enabled && status === "done" && !data.holder && !judging;
  const rows: (readonly [string, string])[] = [
    ["State", STATES[status] + (data.round > 0 ? `, round ${data.round + 1}` : "")],
  ];
  const labels = data.author ?? data.worker;
  if (labels)
    rows.push([data.author ? "Labeled by" : "Assigned to", labels.id === editor.boot.user.id ? "You" : labels.name]);
  if (data.author && data.worker && data.worker.id !== data.author.id) rows.push(["Assigned to", data.worker.name]);
  if (reviewer) rows.push(["Reviewer", reviewer]);
  else if (waits) rows.push(["Reviewer", data.waits ? "waits for one" : "not drawn for review"]);
  return (
    <dl class="panel work-panel" data-testid="work-panel">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>History</dt>
        <dd>
          <a class="link" href={editor.boot.api.history}>
            Who changed what
          </a>
        </dd>
      </div>
    </dl>
  );
}
