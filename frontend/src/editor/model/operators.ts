/** Operations on the whole mask of the open object. */

import { grow, shrink, smooth } from "../mask/morphology";
import { holes, largest } from "../mask/parts";
import { subtract } from "../mask/spans";
import * as works from "./work";
import type { Work } from "./work";

export type Operator = "fillHoles" | "largest" | "grow" | "shrink" | "smooth";

/** The object after it; the same object when its mask stays as it is.
 *
 * Filling holes and dropping parts are drawing: clicks go on as before, and what was filled stays. The others move the
 * whole outline: their mask is what later clicks refine.
 */
export function operate(operator: Operator, work: Work): Work {
  const { view } = work;
  const mask = works.maskSpans(work);
  switch (operator) {
    case "fillHoles":
      return works.paint(work, operator, holes(work.mask, view.height), true);
    case "largest":
      return works.paint(work, operator, subtract(mask, largest(mask, view.height)), false);
    case "grow":
      return works.replaceMask(work, operator, grow(mask, view));
    case "shrink":
      return works.replaceMask(work, operator, shrink(mask, view));
    case "smooth":
      return works.replaceMask(work, operator, smooth(mask, view));
  }
}
