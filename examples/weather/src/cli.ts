import { startOfMonth } from 'date-fns/startOfMonth';
import { subMonths } from 'date-fns/subMonths';
import { Command, InvalidArgumentError, Option } from 'commander';
import { sqliteCache } from '@flowmodel/cache';
import { explain, FlowError } from '@flowmodel/core';
import type { AnyModel } from '@flowmodel/core';
import { z } from 'zod';
import { dayText, inUtc, plain } from './dates.ts';
import { InputError } from './input-error.ts';
import { pictureOf } from './picture.ts';
import { printReport } from './print.ts';
import { reportOn } from './report.ts';
import { Tally } from './tally.ts';
import { unreliableReads } from './unreliable.ts';

const command = new Command('weather')
  .description('Compares the weather in a window of days with the window before it and with a year earlier.')
  .addOption(new Option('--city <name...>', 'one city or several').default(['New York', 'Seattle'], 'New York and Seattle'))
  .option('--from <day>', 'the first day (default: that of the three months up to the last day)', toDay)
  .addOption(new Option('--to <day>', 'the last day').argParser(toDay).default(toDay('2015-12-31'), '2015-12-31'))
  .option('--cache <file>', 'keep results in an SQLite file, and take them from there')
  .option('--explain', 'say what would be computed, and why, instead of computing it')
  .option('--unreliable', 'let the first read of the file fail and the second hang')
  .addHelpText('after', '\nExample: npm run demo -- --city Seattle --from 2014-06-01 --to 2014-08-31')
  .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s+/g, ' ')}\n`) }) // whatever is wrong takes one line
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();

interface Options {
  readonly city: readonly string[];
  readonly from?: Date;
  readonly to: Date;
  readonly cache?: string;
  readonly explain?: true;
  readonly unreliable?: true;
}

const { city, to: endDate, ...options } = command.opts<Options>();
const cities = new Map(city.map((name) => [name.toLowerCase(), name]));
const startDate = options.from ?? plain(startOfMonth(subMonths(endDate, 2, inUtc), inUtc));
if (startDate > endDate) command.error(`error: the first day, ${dayText(startDate)}, comes after the last, ${dayText(endDate)}`);

const report = reportOn([...cities.values()]);
const tally = new Tally();
try {
  const cache = options.cache === undefined ? undefined : sqliteCache({ path: options.cache });
  const computeOptions = { cache, observer: tally, overrides: options.unreliable ? [unreliableReads] : [] };
  if (options.explain) {
    console.log(String(await explain(report, { startDate, endDate }, computeOptions)));
  } else {
    const { value } = await report.flow.compute({ startDate, endDate }, computeOptions);
    console.log(printReport({ startDate, endDate }, value, { picture: pictureOf(report), needs: neededBy(report), runs: tally.counts }));
  }
  cache?.close();
  for (const line of tally.retries) console.error(line);
} catch (error) {
  if (!(error instanceof InputError || (error instanceof FlowError && error.code === 'CACHE'))) throw error;
  command.error(`error: ${error.message}`);
}

/** Without a context, an inspection says what the graph needs of it. */
function neededBy(model: AnyModel): Record<string, string> {
  const { requiredInputs } = model.flow.inspect().graph;
  return Object.fromEntries(Object.entries(requiredInputs).map(([field, { type }]) => [field, type]));
}

function toDay(text: string): Date {
  if (!z.iso.date().safeParse(text).success) throw new InvalidArgumentError('Give a day of the calendar, as 2015-10-01.');
  return new Date(text);
}
