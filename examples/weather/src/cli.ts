import { startOfMonth } from 'date-fns/startOfMonth';
import { subMonths } from 'date-fns/subMonths';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { dayText, inUtc } from './dates.ts';
import { InputError } from './input-error.ts';
import { printReport } from './print.ts';
import { reportOn } from './report.ts';
import { Tally } from './tally.ts';

const command = new Command('weather')
  .description('Compares the weather in a window of days with the window before it and with a year earlier.')
  .addOption(new Option('--city <name...>', 'one city or several').default(['New York', 'Seattle'], 'New York and Seattle'))
  .option('--from <day>', 'the first day (default: that of the three months up to the last day)', toDay)
  .addOption(new Option('--to <day>', 'the last day').argParser(toDay).default(toDay('2015-12-31'), '2015-12-31'))
  .addHelpText('after', '\nExample: npm run demo -- --city Seattle --from 2014-06-01 --to 2014-08-31')
  .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s+/g, ' ')}\n`) }) // whatever is wrong takes one line
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();

const { city, to: endDate, ...options } = command.opts<{ city: string[]; from?: Date; to: Date }>();
const cities = new Map(city.map((name) => [name.toLowerCase(), name]));
const startDate = options.from ?? startOfMonth(subMonths(endDate, 2, inUtc), inUtc);
if (startDate > endDate) command.error(`error: the first day, ${dayText(startDate)}, comes after the last, ${dayText(endDate)}`);

try {
  const tally = new Tally();
  const { value } = await reportOn([...cities.values()]).flow.compute({ startDate, endDate }, { resources: { tally } });
  console.log(printReport({ startDate, endDate }, value, tally.counts));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  command.error(`error: ${error.message}`);
}

function toDay(text: string): Date {
  if (!z.iso.date().safeParse(text).success) throw new InvalidArgumentError('Give a day of the calendar, as 2015-10-01.');
  return new Date(text);
}
