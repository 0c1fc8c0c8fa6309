/** The dialog of a conflict: both versions of each object, side by side. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { disputes, type Dispute, type Side, type Conflict } from "../model/conflict";
import { drawMask } from "../view/paint";
import type { Picture } from "../view/picture";
import { Modal } from "./Modal";
import { useEditor, useEditorState } from "./context";

export function ConflictDialog({ conflict }: { conflict: Conflict }) {
  const editor = useEditor();
  const other = useEditorState((state) => state.other) ?? "Someone else";
  const found = useMemo(() => disputes(conflict, editor.boot.image), [conflict]);
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const choose = (subject: string, mine: boolean) => setChosen(new Map(chosen).set(subject, mine));
  const open = undecided(conflict, found).filter((subject) => !chosen.has(subject)).length;
  const without = new Set([...chosen].flatMap(([subject, mine]) => (mine ? [] : [subject])));
  const row = { other, chosen, choose };
  return (
    <Modal title="Someone else changed this image" id="conflict">
      <p>
        {other} changed this image before your changes were saved. Nothing is overwritten. Compare both versions and
        choose which one to keep where they differ.
      </p>
      <div class="conflict-list" tabIndex={0} aria-label="Changes">
        <div class="conflict-row conflict-names" aria-hidden="true">
          <span />
          <h3>{other} (saved)</h3>
          <h3>You (not saved)</h3>
        </div>
        <div data-testid="disputes">
          {found.map((one) => (
            <DisputeRow key={one.uid} dispute={one} {...row} />
          ))}
        </div>
        <WordRow subject="status" conflict={conflict} {...row} />
        <WordRow subject="note" conflict={conflict} {...row} />
      </div>
      <div class="dialog-actions">
        {open > 0 && (
          <span class="muted" data-testid="undecided">
            {open === 1 ? "1 choice left" : `${open} choices left`}
          </span>
        )}
        <button type="button" data-testid="use-theirs" onClick={() => editor.image.resolve("theirs")}>
          Discard my changes
        </button>
        <button
          type="button"
          class="primary"
          autofocus={open === 0}
          disabled={open > 0}
          data-testid="keep-mine"
          onClick={() => editor.image.resolve("mine", without)}
        >
          {chosen.size > 0 || open > 0 ? "Save my selection" : "Keep theirs and add mine"}
        </button>
      </div>
    </Modal>
  );
}

/** What both changed: one of the two is overwritten, so a person says which. Two new objects can both stay. */
function undecided({ mine, theirs }: Conflict, found: readonly Dispute[]): string[] {
  const words = (["status", "note"] as const).filter(
    (kind) => theirs[kind] !== null && mine.some((one) => one.kind === kind),
  );
  return [...found.filter(({ who, twins }) => who === "both" && !twins).map(({ uid }) => uid), ...words];
}

interface Choosing {
  other: string;
  /** By subject: whether ours is kept. */
  chosen: ReadonlyMap<string, boolean>;
  choose: (subject: string, mine: boolean) => void;
}

function DisputeRow({ dispute, ...choosing }: { dispute: Dispute } & Choosing) {
  const editor = useEditor();
  const { uid, who, theirs, mine, twins } = dispute;
  const category = editor.classes.category((mine ?? theirs)?.category ?? null);
  const crop = cropOf([theirs, mine], editor.boot.image);
  return (
    <div class="conflict-row" role="group" aria-label={category?.name ?? "Object"} data-dispute={who}>
      <div>
        <strong class="conflict-class">
          <span class="color-chip" style={{ background: category?.color }} /> {category?.name ?? "Object"}
        </strong>
        <span class="muted">{wordsFor(dispute, choosing.other)}</span>
        {who === "both" && <Choice subject={uid} both={twins} {...choosing} />}
      </div>
      <MaskPicture
        side={theirs}
        crop={crop}
        name={`${choosing.other}'s`}
        gone={who === "mine" && !theirs ? "" : GONE}
      />
      {who === "theirs" ? (
        <p class="conflict-nothing">unchanged</p>
      ) : (
        <MaskPicture side={mine} crop={crop} name="Your" gone={GONE} />
      )}
    </div>
  );
}

const GONE = "deleted";

function wordsFor({ who, theirs, mine, twins }: Dispute, other: string): string {
  if (twins) return "both of you added an object here";
  if (who === "both") return "both of you changed it";
  if (who === "theirs") return theirs ? `changed or added by ${other}` : `deleted by ${other}`;
  return !mine ? "deleted by you" : theirs ? "changed by you" : "added by you";
}

/** Which of the two is kept; `both`: they are two objects, and ours stays beside theirs unless somebody says no. */
function Choice({ subject, both = false, chosen, choose, other }: { subject: string; both?: boolean } & Choosing) {
  const mine = chosen.get(subject) ?? (both || undefined);
  return (
    <div class="conflict-choice" role="radiogroup" aria-label="Keep">
      <label>
        <input type="radio" checked={mine === false} onChange={() => choose(subject, false)} /> {other}'s
      </label>
      <label>
        <input type="radio" checked={mine === true} onChange={() => choose(subject, true)} /> {both ? "Both" : "Mine"}
      </label>
    </div>
  );
}

function WordRow({ subject, conflict, ...choosing }: { subject: "status" | "note"; conflict: Conflict } & Choosing) {
  const mine = conflict.mine.findLast((one) => one.kind === subject);
  const theirs = conflict.theirs[subject];
  if (!mine && theirs === null) return null;
  const own = mine?.kind === "status" ? said(mine.status, mine.reason) : mine?.kind === "note" ? mine.text : null;
  const there = subject === "note" ? theirs : theirs && said(theirs, conflict.current.reason);
  return (
    <div class="conflict-row" role="group" aria-label={subject === "note" ? "Note" : "Image status"}>
      <div>
        <strong>{subject === "note" ? "Note" : "Image status"}</strong>
        {mine && theirs !== null && <Choice subject={subject} {...choosing} />}
      </div>
      <p>{there ?? <span class="muted">unchanged</span>}</p>
      <p>{own ?? <span class="muted">unchanged</span>}</p>
    </div>
  );
}

function said(status: string, reason = ""): string {
  return reason ? `${status}: ${reason}` : status.replace("_", " ");
}

type Crop = readonly [x: number, y: number, width: number, height: number];

/** Around all the masks, with some of the picture at the sides. */
function cropOf(sides: readonly (Side | null)[], { width, height }: { width: number; height: number }): Crop {
  const boxes = sides.flatMap((one) => (one ? [one.patch.box] : []));
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , wide]) => x + wide));
  const bottom = Math.max(...boxes.map(([, y, , high]) => y + high));
  if (boxes.length === 0) return [0, 0, width, height];
  const margin = Math.max(16, 0.25 * Math.max(right - left, bottom - top));
  const [x, y] = [Math.max(0, left - margin), Math.max(0, top - margin)];
  return [x, y, Math.min(width, right + margin) - x, Math.min(height, bottom + margin) - y];
}

const WIDE = 250;
const HIGH = 170;

function MaskPicture({ side, crop, name, gone }: { side: Side | null; crop: Crop; name: string; gone: string }) {
  const editor = useEditor();
  const canvas = useRef<HTMLCanvasElement>(null);
  const color = editor.classes.category(side?.category ?? null)?.color ?? "#9aa3b5";
  const picture = useEditorState((state) => state.picture);
  useEffect(() => {
    if (side && canvas.current) draw(canvas.current, picture, crop, side, color);
  }, [side, picture]);
  if (!side) return <p class="conflict-nothing">{gone}</p>;
  return <canvas ref={canvas} class="conflict-picture" role="img" aria-label={`${name} mask`} />;
}

function draw(
  canvas: HTMLCanvasElement,
  picture: Picture | null,
  [x, y, width, height]: Crop,
  { patch }: Side,
  color: string,
): void {
  const ratio = window.devicePixelRatio || 1;
  const scale = Math.min(WIDE / width, HIGH / height);
  const screen = { width: width * scale, height: height * scale };
  canvas.width = Math.round(screen.width * ratio);
  canvas.height = Math.round(screen.height * ratio);
  canvas.style.width = `${screen.width}px`;
  const context = canvas.getContext("2d")!;
  picture?.drawPart(context, [x, y, width, height]);
  const surface = { context, viewport: { scale, x: -x * scale, y: -y * scale }, screen, ratio };
  drawMask(surface, patch, { color, fill: 0.4, line: 1.5, bright: false });
}
