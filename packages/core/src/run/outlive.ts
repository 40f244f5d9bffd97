/** Bodies that outlive their run, because other runs of the same cache wait for them. */
import type { Activation } from './activation.ts';
import type { Run } from './run.ts';
import { PENDING } from './states.ts';
import type { Task } from './task.ts';

/** Gives a task a run of its own. What is done is done there too; what the body was waiting for is asked for once more, and usually still under way. */
export function outlive(task: Task, run: Run): void {
  const { act, cell, caller } = task;
  const heir = run.successor(act.settledCopy());
  heir.isAsync = true;
  heir.identify();
  heir.main.values[cell] = PENDING;
  heir.main.callers.set(cell, caller);
  task.heir = heir;
  caller.services = heir.asks;
  caller.act = heir.main;
  const deliveries = [...caller.deliveries];
  caller.deliveries.clear();
  for (const delivery of deliveries) delivery.deliver(); // it has no need of a place any more
  const copies = new Map<Activation, Activation>([[act, heir.main]]);
  const waits = [...caller.waits]; // they change while they move
  for (const wait of waits) {
    const copy = copies.get(wait.act) ?? wait.act.settledCopy();
    copies.set(wait.act, copy);
    wait.move?.(heir.asks, copy);
  }
}
