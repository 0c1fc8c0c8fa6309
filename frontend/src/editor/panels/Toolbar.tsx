/** The toolbar at the left: tools, mask operations, undo and redo. */

import { useRef } from "preact/hooks";
import { nextSteps } from "../editing/history";
import type { Operator } from "../model/operators";
import type { Tool } from "../state";
import { useEditor, useEditorState } from "./context";
import { Icon, type IconName } from "./icons";
import { keyOf } from "./keys";
import type { Action } from "./shortcuts";
import { wordFor } from "./words";

const TOOLS: readonly (readonly [tool: Tool, name: string])[] = [
  ["click", "Click"],
  ["box", "Box"],
  ["brush", "Brush"],
  ["eraser", "Eraser"],
  ["polygon", "Polygon"],
  ["lasso", "Lasso"],
  ["suggest", "Suggestions"],
];

const OPERATORS: readonly (readonly [operator: Operator, name: string])[] = [
  ["fillHoles", "Fill holes"],
  ["largest", "Keep only the largest part"],
  ["grow", "Grow by one pixel"],
  ["shrink", "Shrink by one pixel"],
  ["smooth", "Smooth the outline"],
];

export function Toolbar() {
  const editor = useEditor();
  const bar = useRef<HTMLDivElement>(null);
  const tool = useEditorState((state) => state.tool);
  const open = useEditorState((state) => state.open !== null && state.open.mask.runs.length > 0);
  if (!editor.permission.canLabel) return <div class={editor.boot.user.can_label ? "toolbar resting" : "toolbar"} />;
  return (
    <div
      ref={bar}
      class="toolbar"
      role="toolbar"
      aria-label="Tools"
      aria-orientation="vertical"
      onKeyDown={(event) => moveFocus(bar.current!, event)}
    >
      {TOOLS.map(([one, name]) => (
        <ToolButton
          key={one}
          action={one}
          name={name}
          pressed={tool === one}
          onClick={() => (one === "suggest" ? editor.suggestions.toggle() : editor.tools.pick(one))}
          first={tool === one}
        />
      ))}
      <hr />
      {OPERATORS.map(([one, name]) => (
        <ToolButton
          key={one}
          action={one}
          name={name}
          disabled={!open}
          why="open an object first"
          onClick={() => editor.prompts.operate(one)}
        />
      ))}
      <hr />
      <Steps />
    </div>
  );
}

function Steps() {
  const editor = useEditor();
  const undo = useEditorState((state) => nextSteps(state).undo);
  const redo = useEditorState((state) => nextSteps(state).redo);
  const name = (verb: string, what: string | null) => (what ? `${verb} ${wordFor(what)}` : verb);
  return (
    <>
      <ToolButton
        action="undo"
        name={name("Undo", undo)}
        disabled={!undo}
        why="nothing to undo"
        onClick={() => editor.openObject.undo()}
      />
      <ToolButton
        action="redo"
        name={name("Redo", redo)}
        disabled={!redo}
        why="nothing to redo"
        onClick={() => editor.openObject.redo()}
      />
    </>
  );
}

interface ToolButtonProps {
  action: Action & IconName;
  name: string;
  pressed?: boolean;
  disabled?: boolean;
  /** Said where it is disabled. */
  why?: string;
  /** Where Tab enters the toolbar; within it the arrow keys lead on. */
  first?: boolean;
  onClick: () => void;
}

function ToolButton({ action, name, pressed, disabled = false, why, first = false, onClick }: ToolButtonProps) {
  return (
    <button
      type="button"
      class="tool"
      title={`${name} (${keyOf(action)})${disabled && why ? `: ${why}` : ""}`}
      aria-label={name}
      {...(pressed !== undefined && { "aria-pressed": pressed })}
      aria-disabled={disabled}
      tabIndex={first ? 0 : -1}
      data-testid={`tool-${action}`}
      onClick={() => !disabled && onClick()}
    >
      <Icon name={action} />
    </button>
  );
}

function moveFocus(bar: HTMLElement, event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const buttons = [...bar.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons.at((at + by) % buttons.length)?.focus();
}

/** What the present tool can be set to: size of the brush; add or cut. */
export function ToolOptions() {
  const editor = useEditor();
  const tool = useEditorState((state) => state.tool);
  const brush = useEditorState((state) => state.brush);
  const cutting = useEditorState((state) => state.cutting);
  useEditorState((state) => state.save.kind === "gone");
  if (!editor.permission.canLabel) return null;
  if (tool === "brush" || tool === "eraser") {
    const { brushes } = editor.tools;
    const place = brushes.findLastIndex((size) => size <= brush);
    return (
      <div class="tool-options">
        <label>
          <span>Size</span>
          <input
            type="range"
            min={0}
            max={brushes.length - 1}
            value={place}
            aria-valuetext={`${brush} pixels`}
            onInput={(event) => editor.tools.resize(Number(event.currentTarget.value) - place)}
          />
        </label>
        <output data-testid="brush-size">{brush} px</output>
        <kbd>{keyOf("smaller")}</kbd>
        <kbd>{keyOf("larger")}</kbd>
      </div>
    );
  }
  if (tool === "polygon" || tool === "lasso" || tool === "click" || tool === "box") {
    // Who clicks with a mouse has its right button for that.
    const rare = (tool === "click" || tool === "box") && !cutting ? "touch-only" : "";
    return (
      <div class={`tool-options ${rare}`} role="group" aria-label="Add or cut">
        <button
          type="button"
          class="small"
          aria-pressed={!cutting}
          onClick={() => cutting && editor.window.toggle("cutting")}
        >
          Add
        </button>
        <button
          type="button"
          class="small"
          aria-pressed={cutting}
          onClick={() => cutting || editor.window.toggle("cutting")}
        >
          Cut
        </button>
        <kbd>{keyOf("cutting")}</kbd>
      </div>
    );
  }
  return null;
}
