/** What refers to what, brought in order: depth first, without recursion. */

/** The names that can be reached from some, each after those that it needs. `needsOf` is asked once per name; `from` is the one that named it. */
export function dependenciesFirst(starts: Iterable<string>, needsOf: (name: string, from: string | undefined) => readonly string[], onCycle: (cycle: string) => never): string[] {
  const order: string[] = [];
  const isOpen = new Map<string, boolean>();
  const stack: { readonly name: string; readonly needs: readonly string[]; next: number }[] = [];
  const open = (name: string, from: string | undefined): void => {
    const needs = needsOf(name, from);
    isOpen.set(name, true);
    stack.push({ name, needs, next: 0 });
  };
  for (const start of starts) {
    if (!isOpen.has(start)) open(start, undefined);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const name = top.needs[top.next++];
      if (name === undefined) {
        isOpen.set(top.name, false);
        order.push(top.name);
        stack.pop();
      } else if (isOpen.get(name) === true) {
        onCycle(cycleText(stack.map((each) => each.name), name));
      } else if (!isOpen.has(name)) {
        open(name, top.name);
      }
    }
  }
  return order;
}

/** `a → b → a`, the middle of a long one left out. */
function cycleText(open: readonly string[], again: string): string {
  const names = [...open.slice(open.lastIndexOf(again)), again].map((name) => name.slice(0, 100));
  return (names.length > 20 ? [...names.slice(0, 10), `… ${names.length - 20} more …`, ...names.slice(-10)] : names).join(' → ');
}
