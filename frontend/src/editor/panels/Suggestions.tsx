/** The panel of suggestions: request them, set the confidence threshold, keep or reject each. */

import { useEffect, useRef } from "preact/hooks";
import { useStore } from "../lib/store";
import type { MethodData } from "../server/types";
import { groups, percent, type Group, type Suggestion } from "../suggestions/offer";
import type { SuggestionsState } from "../suggestions/state";
import { buttonsOf, emptyWords, methodOf, whyNot } from "../suggestions/words";
import { FoldTitle, useFold } from "./Fold";
import { RowAction } from "./RowAction";
import { TextSearch } from "./TextSearch";
import { useEditor, useEditorState } from "./context";
import { keyOf } from "./keys";

function useSuggestions<Part>(select: (state: SuggestionsState) => Part): Part {
  return useStore(useEditor().suggestions.store, select);
}

export function Suggestions() {
  const editor = useEditor();
  const on = useEditorState((state) => state.tool === "suggest");
  const shown = useSuggestions((state) => state.shown);
  const load = useSuggestions((state) => state.load.kind);
  const panel = useRef<HTMLElement>(null);
  const fold = useFold("suggestions");
  // Who asks by key looks here for how it goes; in a low window it is below the classes.
  useEffect(() => {
    if (on) panel.current!.scrollIntoView({ block: "nearest" });
  }, [on, shown.length > 0]);
  return (
    <section
      ref={panel}
      class="panel suggest"
      aria-labelledby="suggestions-title"
      data-testid="suggestions"
      data-load={load}
      data-shown={shown.length}
    >
      <div class="panel-head">
        <FoldTitle id="suggestions-title" fold={fold}>
          Suggestions <span class="count">{shown.length > 0 && shown.length}</span>
        </FoldTitle>
        <button
          type="button"
          class="ghost small"
          aria-pressed={on}
          title={`${on ? "Hide" : "Show"} suggestions (${keyOf("suggest")})`}
          data-testid="show-suggestions"
          onClick={() => editor.suggestions.toggle()}
        >
          {on ? "Hide" : "Show"} <kbd>{keyOf("suggest")}</kbd>
        </button>
      </div>
      {!fold.folded && (
        <>
          {editor.permission.canLabel && <TextSearch />}
          {editor.permission.canLabel && <Ask />}
          <Progress />
          {on && <Listed />}
        </>
      )}
    </section>
  );
}

/** A button a method. One that can't be asked here says why when it is pressed. */
function Ask() {
  const editor = useEditor();
  const requested = useSuggestions((state) => state.requested);
  const tooltip = ({ method, about, can, head }: MethodData) => {
    if (!can) return whyNot(method, editor.boot);
    return head ? `${about} (${head})` : about;
  };
  return (
    <div class="suggest-ask" role="group" aria-label="Request suggestions">
      {buttonsOf(editor.boot).map((offer) => {
        const { method, title, can } = offer;
        const busy = requested.includes(method);
        return (
          <button
            key={method}
            type="button"
            class="small"
            aria-disabled={!can || busy}
            aria-busy={busy}
            title={tooltip(offer)}
            data-testid={`ask-${method}`}
            onClick={() => void editor.suggestions.requests.ask(method)}
          >
            {title}
          </button>
        );
      })}
    </div>
  );
}

function Progress() {
  const editor = useEditor();
  const requested = useSuggestions((state) => state.requested);
  const slow = useSuggestions((state) => state.slow);
  const failed = useSuggestions((state) => state.looked.filter((one) => one.state === "failed" && one.reason));
  const load = useSuggestions((state) => state.load);
  const ready = useEditorState((state) => state.encoding.state === "ready");
  const names = requested.map((method) => methodOf(method, editor.boot)?.title ?? method);
  return (
    <div role="status">
      {requested.length > 0 && (
        <div class="suggest-progress" data-testid="suggest-progress">
          <progress aria-label="Looking for suggestions" />
          <p class="suggest-said">
            {ready ? `Looking for suggestions: ${names.join(", ")}` : "Starts when the image is prepared"}
            {slow &&
              ". This is taking longer than usual: the worker is busy or not running. You can keep labeling; suggestions appear when they are ready."}
          </p>
        </div>
      )}
      {failed.map(({ method, reason }) => (
        <p key={method} class="suggest-said bad" data-testid="suggest-failed">
          {reason}
        </p>
      ))}
      {load.kind === "failed" && (
        <p class="suggest-said bad">
          {load.message}{" "}
          <button type="button" class="link-button" onClick={() => void editor.suggestions.requests.load()}>
            Try again{" "}
          </button>
        </p>
      )}
    </div>
  );
}

/** Slider, classes, rows. */
function Listed() {
  const editor = useEditor();
  const { suggestions } = editor;
  const state = useSuggestions((all) => all);
  const { shown, undecided, above } = state;
  useEditorState((all) => all.activeCategory); // what has no class is kept as that
  const found = groups(shown, editor.boot.project.categories);
  return (
    <>
      {undecided.length > 0 && (
        <label class="suggest-above" title="Lower (,) or raise (.) the threshold">
          <span>Confidence</span>
          <input
            type="range"
            min={0}
            max={100}
            step={1}
            value={Math.round(above * 100)}
            aria-valuetext={`${percent(above)}, ${shown.length} of ${undecided.length} shown`}
            data-testid="confidence"
            onInput={(event) => suggestions.threshold(Number(event.currentTarget.value) / 100)}
          />
          <output>{percent(above)}</output>
        </label>
      )}
      {shown.length === 0 && state.requested.length === 0 && state.load.kind === "ready" && (
        <p class="panel-empty">{emptyWords(state, editor.boot)}</p>
      )}
      {found.length > 0 && (
        <div class="suggest-list">
          {found.map((group) => (
            <GroupRows key={group.key} group={group} />
          ))}
        </div>
      )}
      {editor.permission.canLabel && found.length > 1 && (
        <button type="button" class="small suggest-all" data-testid="keep-all" onClick={() => suggestions.keepAll()}>
          Keep all {shown.length} shown <kbd>Shift</kbd> <kbd>A</kbd>
        </button>
      )}
    </>
  );
}

/** From so many rows on a group is folded at first. */
const MANY = 12;

function GroupRows({ group }: { group: Group }) {
  const editor = useEditor();
  const { suggestions } = editor;
  const given = editor.classes.category(suggestions.classOf(group.list[0]!));
  const as = group.category ? "" : given ? ` as ${given.name}` : "";
  return (
    <details open={group.list.length < MANY} data-testid="suggestion-group" data-group={group.key}>
      <summary>
        <span class="color-chip dashed" style={{ borderColor: group.category?.color }} />
        <span class="row-name">
          {group.name} <span class="count">{group.list.length}</span>
        </span>
        {editor.permission.canLabel && (
          <button
            type="button"
            class="ghost small"
            title={`Keep these ${group.list.length}${as}`}
            aria-label={`Keep ${group.list.length} of ${group.name}${as}`}
            data-testid="keep-group"
            onClick={(event) => {
              event.preventDefault(); // it stands in a summary, which would fold
              suggestions.keepAll(group.list);
            }}
          >
            Keep all
          </button>
        )}
      </summary>
      <ul role="list" onMouseLeave={() => suggestions.point(null)}>
        {group.list.map((one) => (
          <Row key={one.uid} one={one} name={group.name} />
        ))}
      </ul>
    </details>
  );
}

function Row({ one, name }: { one: Suggestion; name: string }) {
  const editor = useEditor();
  const { suggestions } = editor;
  const pointed = useSuggestions((state) => state.pointed === one.uid);
  const said = `${name}, confidence ${percent(one.score)}`;
  return (
    <li
      class="suggest-row"
      data-testid="suggestion"
      data-uid={one.uid}
      data-score={one.score}
      data-area={one.area}
      aria-current={pointed ? "true" : undefined}
      onMouseEnter={() => suggestions.point(one.uid)}
    >
      <button
        type="button"
        class="row"
        aria-label={`${said}: correct`}
        disabled={!editor.permission.canLabel}
        onFocus={() => suggestions.point(one.uid)}
        onClick={() => suggestions.correct(one.uid)}
      >
        <span class="row-name">{percent(one.score)}</span>
        <meter min={0} max={1} value={one.score} aria-hidden="true" />
      </button>
      {editor.permission.canLabel && (
        <>
          <RowAction
            icon="check"
            kind="keep"
            title="Keep (Enter)"
            name={`Keep ${said}`}
            testId="keep-suggestion"
            onClick={() => suggestions.keep([one.uid])}
          />
          <RowAction
            icon="close"
            title="Reject (Delete)"
            name={`Reject ${said}`}
            testId="reject-suggestion"
            onClick={() => suggestions.reject([one.uid])}
          />
        </>
      )}
    </li>
  );
}
