/** The drawing order: each object has a place `z`; higher ones lie over lower ones. Pure.
 *
 * Between neighbours there is room, so that moving an object changes that object alone, as a rule.
 */

/** Between two objects that were kept one after the other; the same on the server. */
export const Z_GAP = 2 ** 16;

interface Placed {
  readonly z?: number;
}

/** The place over all others. */
export function zOnTop(objects: readonly Placed[]): number {
  if (objects.length === 0) return 0;
  return Math.max(...objects.map(({ z = 0 }) => z)) + Z_GAP;
}

/** From the lowest to the highest; of equals as they came. */
export function inOrder<One extends Placed>(objects: readonly One[]): One[] {
  return objects.toSorted((one, other) => (one.z ?? 0) - (other.z ?? 0));
}

export type Move = "up" | "down" | "top" | "bottom";

/** Where `chosen` go: the index in the order without them. */
export function target(order: readonly string[], chosen: ReadonlySet<string>, move: Move): number {
  const places = order.flatMap((uid, place) => (chosen.has(uid) ? [place] : []));
  const below = (place: number) => order.slice(0, place).filter((uid) => !chosen.has(uid)).length;
  const rest = order.length - places.length;
  if (move === "top") return rest;
  if (move === "bottom") return 0;
  return move === "up" ? Math.min(rest, below(places.at(-1)!) + 1) : Math.max(0, below(places[0]!) - 1);
}

/** The new places that put `chosen` together at an index of the order without them; only what changes.
 *
 * Where there is no room left between the neighbours, everything gets a new place.
 */
export function moved(
  objects: readonly { readonly uid: string; readonly z: number }[],
  chosen: ReadonlySet<string>,
  index: number,
): Map<string, number> {
  const rest = objects.filter(({ uid }) => !chosen.has(uid));
  const block = objects.filter(({ uid }) => chosen.has(uid));
  const after = [...rest.slice(0, index), ...block, ...rest.slice(index)];
  const changed = new Map<string, number>();
  if (after.every(({ uid }, place) => uid === objects[place]!.uid)) return changed;
  const [below, above] = [rest[index - 1]?.z, rest[index]?.z];
  const first = below ?? (above ?? 0) - Z_GAP * (block.length + 1);
  const step = below === undefined || above === undefined ? Z_GAP : Math.floor((above - below) / (block.length + 1));
  const places = new Map(
    step > 0
      ? block.map(({ uid }, place) => [uid, first + step * (place + 1)])
      : after.map(({ uid }, place) => [uid, Z_GAP * place]),
  );
  for (const { uid, z } of objects) {
    const place = places.get(uid);
    if (place !== undefined && place !== z) changed.set(uid, place);
  }
  return changed;
}
