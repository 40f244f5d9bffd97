/** One turn of the event loop: resolves when every reaction to a promise that can run has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers have no setImmediate, and clamp timers that follow one another; messages they do not.
    if (typeof setImmediate === 'function') return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
