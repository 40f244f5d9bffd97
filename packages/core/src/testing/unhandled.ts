type Process = { on(event: string, listener: (reason: unknown) => void): void; off(event: string, listener: (reason: unknown) => void): void };
type Listening = { addEventListener(event: string, listener: (event: { reason: unknown }) => void): void; removeEventListener(event: string, listener: (event: { reason: unknown }) => void): void };

/** Calls back for each rejection that nobody handles, until what it returns is called. Test runners hear of them beside. */
export function onUnhandledRejection(listener: (reason: unknown) => void): () => void {
  const { process, addEventListener } = globalThis as { readonly process?: Partial<Process>; readonly addEventListener?: unknown };
  if (typeof process?.on === 'function') {
    const node = process as Process;
    node.on('unhandledRejection', listener);
    return () => node.off('unhandledRejection', listener);
  }
  if (typeof addEventListener !== 'function') return () => {};
  const page = globalThis as unknown as Listening;
  const heard = ({ reason }: { reason: unknown }): void => listener(reason);
  page.addEventListener('unhandledrejection', heard);
  return () => page.removeEventListener('unhandledrejection', heard);
}
