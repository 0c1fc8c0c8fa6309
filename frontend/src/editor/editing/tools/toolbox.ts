/** The tools: which one handles the pointer, and what they share. */

import type { Point, Size } from "../../lib/geometry";
import { Store } from "../../lib/store";
import type { Patch } from "../../mask/rle";
import { clickAt, isInside } from "../../model/clicks";
import type { State, Tool } from "../../state";
import type { Drag } from "../../view/pointer";
import type { Preview } from "../preview";
import { BoxTool } from "./box";
import { BrushTool, brushSizes } from "./brush";
import { ClickTool } from "./click";
import { ToolContext } from "./context";
import { LassoTool } from "./lasso";
import { PolygonTool } from "./polygon";
import type { Pointing, Press, SuggestionTarget, Target } from "./types";

/** What the tools need of the editor. */
export interface ToolboxContext {
  readonly store: Store<State>;
  readonly preview: Preview;
  readonly prompts: Target;
  readonly permission: { readonly canLabel: boolean };
  readonly suggestions: SuggestionTarget;
}

export class Toolbox {
  readonly pointing = new Store<Pointing>({ sketch: null, dot: null, corners: [] });
  /** The sizes that a brush may have here. */
  readonly brushes: readonly number[];
  private readonly context: ToolContext;
  private readonly click: ClickTool;
  private readonly box: BoxTool;
  private readonly brush: BrushTool;
  private readonly lasso: LassoTool;
  private readonly polygon: PolygonTool;
  private pointer: Point | null = null;
  private peeking = false;

  constructor(
    private readonly editor: ToolboxContext,
    private readonly view: Size,
  ) {
    this.brushes = brushSizes(view);
    this.context = new ToolContext(editor.store, this.pointing, editor.prompts, view);
    this.click = new ClickTool(this.context);
    this.box = new BoxTool(this.context, this.click);
    this.brush = new BrushTool(this.context);
    this.lasso = new LassoTool(this.context);
    this.polygon = new PolygonTool(this.context);
    editor.store.watch((state, before) => {
      if (state.open !== before.open) this.askPreview();
      if (state.open !== before.open || state.tool !== before.tool) this.polygon.forgetClosed();
    });
  }

  choose(tool: Tool): void {
    this.abandon();
    this.editor.store.set({ tool, ...(tool === "click" && { cutting: false }) });
  }

  /** Somebody wants this tool; in vain where nothing can be changed. */
  pick(tool: Tool): void {
    if (this.editor.permission.canLabel) this.choose(tool);
  }

  /** Nothing can be changed from now on. */
  rest(): void {
    this.peek(false);
    this.choose("click");
  }

  /** The brush, by steps of its sizes. */
  resize(steps: number): void {
    const { brush } = this.context.state;
    const nearest = this.brushes.findLastIndex((size) => size <= brush);
    const index = Math.min(this.brushes.length - 1, Math.max(0, nearest + steps));
    this.editor.store.set({ brush: this.brushes[index]! });
  }

  /** Whether one finger draws, rather than moves the picture. */
  get draws(): boolean {
    const { tool } = this.context.state;
    return tool !== "click" && tool !== "suggest";
  }

  press(press: Press): Drag | null {
    const { tool, cutting } = this.context.state;
    this.editor.preview.at(null);
    this.click.remember(press);
    switch (tool) {
      case "click":
        return this.click.press(press);
      case "suggest":
        return this.context.clicks ? this.click.press(press) : this.editor.suggestions.press(press);
      case "box":
        return this.box.press(press);
      case "brush":
      case "eraser":
        return this.brush.press(press, (tool === "brush") !== press.secondary);
      case "lasso":
        return this.lasso.press(press, cutting === press.secondary);
      case "polygon":
        return this.polygon.press(press, cutting === press.secondary);
    }
  }

  /** The pointer is over a place without a button; null: it left. */
  hover(at: Point | null, reach: number): void {
    this.pointer = at;
    const dot = at ? this.context.dotAt(at, reach) : null;
    if (this.pointing.get().dot !== dot) this.pointing.set({ dot });
    if (this.busy && at) this.polygon.show(at, reach);
    this.editor.suggestions.hover(at);
    this.askPreview();
  }

  /** Show what a click here would select, while `on`. */
  peek(on: boolean): void {
    this.peeking = on;
    this.askPreview();
  }

  /** Where the pointer is over the picture; null: it is elsewhere. */
  get at(): Point | null {
    return this.pointer;
  }

  /** Close the polygon in progress; false when there is none. */
  finish(): boolean {
    return this.polygon.finish();
  }

  /** Whether a polygon is in progress. */
  get busy(): boolean {
    return this.polygon.busy;
  }

  /** Take the polygon's last corner back; false when there is none. */
  back(): boolean {
    return this.polygon.back(this.pointer);
  }

  /** Drop what is in progress; false when nothing is. */
  abandon(): boolean {
    return this.polygon.abandon();
  }

  /** Delete the click under the pointer; false when there is none. */
  removeDot(): boolean {
    return this.click.removeDot();
  }

  /** Show a preview's answer. */
  showPreview(patch: Patch | null): void {
    const { sketch } = this.pointing.get();
    if (patch) this.context.sketch({ kind: "preview", patch });
    else if (sketch?.kind === "preview") this.context.sketch(null);
  }

  /** Ask for a preview where the pointer is, if one is wanted. */
  private askPreview(): void {
    const { tool, open } = this.context.state;
    const wanted = this.peeking && tool === "click" && !open && this.pointer && isInside(this.pointer, this.view);
    this.editor.preview.at(wanted ? clickAt(this.pointer!, true) : null);
  }
}
