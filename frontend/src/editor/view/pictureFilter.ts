/** Brightness, contrast, gamma and channel of the picture, as an SVG filter.
 *
 * The filter is applied when the picture is painted, not when layers are composed. Brushing over a filtered picture is
 * therefore as fast as over a plain one.
 */

import { isPlainPicture, type DisplaySettings } from "./displaySettings";

const SVG = "http://www.w3.org/2000/svg";

type Attributes = Readonly<Record<string, string>>;
type Primitive = readonly [name: string, attributes: Attributes];

const ROWS = { red: "1 0 0", green: "0 1 0", blue: "0 0 1" } as const;

/** Slope and intercept of brightness and contrast: `value × slope + intercept`, 0 to 1. */
export function line({ brightness, contrast }: Pick<DisplaySettings, "brightness" | "contrast">): [number, number] {
  // At contrast −1 all is grey, at 1 it is black or white; brightness ±1 is all white or all black.
  const slope = Math.tan(((contrast * 0.999 + 1) * Math.PI) / 4);
  return [slope, 0.5 - slope / 2 + brightness];
}

/** The filter's steps in their order: channel, gamma, then brightness and contrast. */
export function primitives(settings: DisplaySettings): Primitive[] {
  const steps: Primitive[] = [];
  if (settings.channel !== "all") {
    const row = `${ROWS[settings.channel]} 0 0`;
    steps.push(["feColorMatrix", { type: "matrix", values: `${row} ${row} ${row} 0 0 0 1 0` }]);
  }
  if (settings.gamma !== 1) steps.push(transfer({ type: "gamma", exponent: String(1 / settings.gamma) }));
  const [slope, intercept] = line(settings);
  if (settings.brightness !== 0 || settings.contrast !== 0) {
    steps.push(transfer({ type: "linear", slope: String(slope), intercept: String(intercept) }));
  }
  return steps;
}

function transfer(attributes: Attributes): Primitive {
  return ["feComponentTransfer", attributes];
}

/** The filter in the page, made anew for each setting: a changed one would be remembered as it was. */
export class DisplayFilter {
  private element: SVGSVGElement | null = null;
  private serial = 0;

  /** For `context.filter`. */
  of(settings: DisplaySettings): string {
    this.element?.remove();
    this.element = null;
    if (isPlainPicture(settings)) return "none";
    const id = `picture-display-${++this.serial}`;
    const filter = make("filter", {
      id,
      "color-interpolation-filters": "sRGB",
      x: "0",
      y: "0",
      width: "1",
      height: "1",
    });
    for (const [name, attributes] of primitives(settings)) filter.append(primitive(name, attributes));
    this.element = make("svg", { width: "0", height: "0", "aria-hidden": "true", style: "position:absolute" });
    this.element.append(filter);
    document.body.append(this.element);
    return `url(#${id})`;
  }

  dispose(): void {
    this.element?.remove();
  }
}

function primitive(name: string, attributes: Attributes): SVGElement {
  if (name !== "feComponentTransfer") return make(name, attributes);
  const element = make(name, {});
  for (const channel of ["feFuncR", "feFuncG", "feFuncB"]) element.append(make(channel, attributes));
  return element;
}

function make<Name extends string>(
  name: Name,
  attributes: Attributes,
): Name extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[Name] : SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element as ReturnType<typeof make<Name>>;
}
