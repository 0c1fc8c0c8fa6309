/** A value that panels and canvas watch. */

import { useEffect, useState } from "preact/hooks";

export class Store<State extends object> {
  private readonly watchers = new Set<(state: State, before: State) => void>();

  constructor(private state: State) {}

  get(): State {
    return this.state;
  }

  set(change: Partial<State>): void {
    const before = this.state;
    const differs = (Object.keys(change) as (keyof State)[]).some((key) => !Object.is(before[key], change[key]));
    if (!differs) return;
    this.state = { ...before, ...change };
    for (const watcher of [...this.watchers]) watcher(this.state, before);
  }

  /** Calls `watcher` after each change; returns how to stop it. */
  watch(watcher: (state: State, before: State) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** The part of the store that `select` picks; the component renders anew when it changes. */
export function useStore<State extends object, Part>(store: Store<State>, select: (state: State) => Part): Part {
  const [part, setPart] = useState(() => select(store.get()));
  useEffect(() => {
    const update = () => setPart(() => select(store.get()));
    update();
    return store.watch(update);
  }, [store]);
  return part;
}
