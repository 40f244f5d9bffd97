import type { Container } from '../model/container.ts';

const orders = new WeakMap<Container, readonly number[]>();

/** The models of a container by their places: the order in which keys were given does not count. */
export function inOrder(container: Container): readonly number[] {
  let order = orders.get(container);
  if (order === undefined) {
    const { leaves } = container;
    order = leaves.map((_, i) => i);
    if (!container.isFlat) {
      const places = leaves.map(({ path }) => JSON.stringify(path));
      order = order.toSorted((a, b) => (places[a]! < places[b]! ? -1 : 1));
    }
    orders.set(container, order);
  }
  return order;
}
