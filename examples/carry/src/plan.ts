/** Wires the graph and prints its document: node src/plan.ts --meter 1174 --price 0.31 */
import { parseArgs } from 'node:util';
import { bill, Money, usage, yearEarlier } from './definitions.ts';

try {
  const { values } = parseArgs({ options: { meter: { type: 'string', default: '1174' }, price: { type: 'string', default: '0.31' } } });
  const measured = usage({ meter: Number(values.meter) });
  const model = bill({
    usage: measured,
    usageBefore: measured.flow.withContext(yearEarlier()),
    price: new Money(BigInt(Math.round(Number(values.price) * 100)), 'EUR'),
  });
  process.stdout.write(`${JSON.stringify(model, null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
