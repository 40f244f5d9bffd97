// Explores a scenario that leaves a rejection unhandled, in a process of its own, since a test runner hears of those too. Prints the kind of the failure.
import { explore, ScheduleError } from '@flowmodel/core/testing';

const found = await explore(
  async (schedule) => {
    void schedule.gate('fails', () => {
      throw new Error('nobody listens');
    });
    await schedule.gate('done');
  },
  { schedules: 5 },
).catch((error: unknown) => error);
console.log(found instanceof ScheduleError ? `${found.kind}: ${(found.cause as Error).message}` : 'nothing');
