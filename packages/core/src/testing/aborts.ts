/** A controller, and how many listeners are on its signal. */
export interface WatchedAbort {
  readonly name: string;
  readonly controller: AbortController;
  listeners(): number;
}

/** Listeners are counted where they are added and removed, which works in every runtime. An abort removes those that asked for one call. */
export function watchedAbort(name: string): WatchedAbort {
  const controller = new AbortController();
  const { signal } = controller;
  const on = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  const counting = {
    addEventListener: (...args: unknown[]): void => {
      if (args[0] === 'abort' && !signal.aborted) on.add(args[1]);
      add(...args);
    },
    removeEventListener: (...args: unknown[]): void => {
      on.delete(args[1]);
      remove(...args);
    },
  };
  Object.assign(signal, counting);
  return { name, controller, listeners: () => on.size };
}
