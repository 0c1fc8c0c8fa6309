/** The display settings: a popover over the zoom buttons. */

import type { ComponentChildren } from "preact";
import type { ValueWindow } from "../server/types";
import { CHANNELS, PLAIN } from "../view/displaySettings";
import { useEditor, useEditorState } from "./context";
import { DISPLAY_PANEL } from "./focus";
import { Icon } from "./icons";
import { keyOf } from "./keys";
import type { Action } from "./shortcuts";

export function DisplayButton() {
  const changed = useEditorState(({ display }) => JSON.stringify(display) !== JSON.stringify(PLAIN));
  return (
    <button
      type="button"
      class="ghost small"
      title={`Display settings (${keyOf("look")})`}
      aria-label="Display settings"
      aria-pressed={changed}
      data-testid="display-settings"
      popovertarget={DISPLAY_PANEL}
    >
      <Icon name="display" />
    </button>
  );
}

export function DisplayPanel() {
  const editor = useEditor();
  const display = useEditorState((state) => state.display);
  const percent = (value: number) => `${value > 0 ? "+" : ""}${Math.round(value * 100)} %`;
  return (
    <div
      id={DISPLAY_PANEL}
      class="display-panel"
      popover="auto"
      role="dialog"
      aria-label="Display settings"
      data-testid="display-panel"
    >
      <Group title="Picture" action="plainPicture" onReset={() => editor.display.resetPicture()}>
        <Slider name="brightness" label="Brightness" range={[-1, 1]} shown={percent(display.brightness)} />
        <Slider name="contrast" label="Contrast" range={[-1, 1]} shown={percent(display.contrast)} />
        {editor.boot.image.deep && <WindowSliders window={editor.boot.image.deep.window} />}
        <Slider name="gamma" label="Gamma" range={[0.2, 5]} shown={display.gamma.toFixed(2)} />
        <div class="display-row" role="group" aria-label="Channel">
          <span>Channel</span>
          <span class="display-choices">
            {CHANNELS.map((channel) => (
              <button
                key={channel}
                type="button"
                class="small"
                aria-pressed={display.channel === channel}
                onClick={() => editor.display.set({ channel })}
              >
                {{ all: "All", red: "R", green: "G", blue: "B" }[channel]}
              </button>
            ))}
          </span>
        </div>
      </Group>
      <Group title="Masks">
        <Slider name="fill" label="Opacity" range={[0, 1]} shown={`${Math.round(display.fill * 100)} %`} />
        <Switch name="outlines" label="Outlines only" />
        <Switch name="blink" label="Blink" />
        <Switch name="overlaps" label="Hatch overlaps" />
        <Switch name="byObject" label="Colour by object" />
      </Group>
      <Group title="View">
        <Switch name="minimap" label="Overview map" />
      </Group>
    </div>
  );
}

interface GroupProps {
  title: string;
  action?: Action;
  onReset?: () => void;
  children: ComponentChildren;
}

function Group({ title, action, onReset, children }: GroupProps) {
  return (
    <section aria-label={title}>
      <h3>
        {title}
        {onReset && (
          <button type="button" class="link-button" title={action && `Reset (${keyOf(action)})`} onClick={onReset}>
            Reset
          </button>
        )}
      </h3>
      {children}
    </section>
  );
}

interface SliderProps {
  name: "brightness" | "contrast" | "gamma" | "fill";
  label: string;
  range: readonly [number, number];
  shown: string;
}

/** Gamma is even in its logarithm: as far to 2 as to 1/2. */
function Slider({ name, label, range: [least, most], shown }: SliderProps) {
  const editor = useEditor();
  const value = useEditorState((state) => state.display[name]);
  const log = name === "gamma";
  const to = (number: number) => (log ? Math.log(number) : number);
  const set = (number: number) => editor.display.set({ [name]: log ? Math.exp(number) : number });
  return (
    <label class="display-row" onDblClick={() => editor.display.set({ [name]: PLAIN[name] })}>
      <span>{label}</span>
      <input
        type="range"
        min={to(least)}
        max={to(most)}
        step={log ? (to(most) - to(least)) / 80 : 0.05}
        value={to(value)}
        aria-valuetext={shown}
        data-testid={`display-${name}`}
        onInput={(event) => set(near(Number(event.currentTarget.value), to(PLAIN[name])))}
      />
      <output>{shown}</output>
    </label>
  );
}

/** Which of the original's values are black and white: its range is around the view's own window. */
function WindowSliders({ window: own }: { window: ValueWindow }) {
  const editor = useEditor();
  const [low, high] = useEditorState((state) => state.window) ?? own;
  const span = own[1] - own[0];
  const step = Number.isInteger(own[0]) && Number.isInteger(own[1]) ? 1 : span / 1000;
  const unsigned = step === 1 && own[0] >= 0 && own[1] < 2 ** 16;
  const [least, most] = unsigned ? [0, 2 ** 16 - 1] : [-Infinity, Infinity];
  const range = { min: Math.max(least, own[0] - span), max: Math.min(most, own[1] + 3 * span), step };
  const shown = (value: number) => (step === 1 ? String(value) : value.toPrecision(4));
  const slider = (label: string, which: "low" | "high", value: number) => (
    <label class="display-row">
      <span>{label}</span>
      <input
        type="range"
        {...range}
        value={value}
        aria-valuetext={shown(value)}
        data-testid={`window-${which}`}
        onInput={(event) => {
          const wanted = Number(event.currentTarget.value);
          const [from, to] =
            which === "low" ? [Math.min(wanted, high - step), high] : [low, Math.max(wanted, low + step)];
          event.currentTarget.value = String(which === "low" ? from : to); // black stays below white: the thumb, too
          editor.display.setWindow([from, to]);
        }}
      />
      <output>{shown(value)}</output>
    </label>
  );
  return (
    <>
      {slider("Black point", "low", low)}
      {slider("White point", "high", high)}
    </>
  );
}

/** Close to the middle is the middle: easy to hit. */
function near(value: number, plain: number): number {
  return Math.abs(value - plain) < 0.02 ? plain : value;
}

function Switch({ name, label }: { name: "outlines" | "blink" | "overlaps" | "minimap" | "byObject"; label: string }) {
  const editor = useEditor();
  const on = useEditorState((state) => state.display[name]);
  return (
    <label class="display-row display-switch">
      <span>{label}</span>
      <input
        type="checkbox"
        checked={on}
        data-testid={`display-${name}`}
        onChange={() => editor.display.toggle(name)}
      />
      <kbd>{keyOf(name)}</kbd>
    </label>
  );
}
