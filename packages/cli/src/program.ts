/** The command line: which commands there are, and what they take. */
import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { answer } from './completion/answer.ts';
import { script, SHELLS } from './completion/scripts.ts';
import type { Shell } from './completion/scripts.ts';
import { DIRECTIONS, FORMATS } from './commands/drawing.ts';
import type { ExplainOptions } from './commands/explain.ts';
import type { GraphOptions } from './commands/graph.ts';
import type { InspectCommandOptions } from './commands/inspect.ts';
import type { RunOptions } from './commands/run.ts';
import type { ValidateOptions } from './commands/validate.ts';
import { PAIRS, TARGET, toCount, toMilliseconds, withContext, withImports } from './options.ts';
import { painter, written } from './output/terminal.ts';
import type { Session } from './session.ts';
import { isWatched } from './watch/watched.ts';

/** Told the exit code of a command that ran. */
type Settle = (exitCode: number) => void;

export function program(settle: Settle): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  const root = new Command('flowmodel')
    .description('Runs, inspects, explains, draws and validates flowmodel graphs.')
    .version(version)
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, painter(process.stderr)(['red', 'bold'], 'error:'))) });
  // `exitOverride` and output settings are handed down to commands that are made by `command`.
  root.exitOverride();

  addRun(root, settle);
  addInspect(root, settle);
  addExplain(root, settle);
  addGraph(root, settle);
  addValidate(root, settle);
  addCompletion(root, settle);
  return root;
}

const example = (...lines: readonly string[]): string => `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** A command that works on one model, in a context. */
const modelCommand = (root: Command, name: string, description: string): Command => withImports(withContext(root.command(name).description(description).argument('<target>', TARGET).argument('[fields...]', PAIRS)));

function addRun(root: Command, settle: Settle): void {
  modelCommand(root, 'run', 'Compute a model and print its value; progress and logs go to stderr.')
    .option('--sync', 'compute synchronously')
    .option('--cache <file>', 'take results from a SQLite file and keep them there; it is made if need be')
    .option('--json', "print JSON; what JSON does not have is written as in documents: { \"$date\": … }")
    .option('-s, --select <path>', 'print a part of the value: rows[0].price')
    .addOption(new Option('--concurrency <count>', 'how many bodies run at once').argParser(toCount))
    .addOption(new Option('--timeout <time>', 'the time each body has, at each attempt: 500ms, 5s, 2m').argParser(toMilliseconds))
    .addOption(new Option('--retry <attempts>', 'how often a body that fails is called in all').argParser(toCount))
    .option('-w, --watch', 'run again whenever the module, its imports or the context change')
    .addOption(new Option('-q, --quiet', 'no progress and no summary').conflicts('verbose'))
    .option('-v, --verbose', 'a line for each node')
    .addHelpText('after', example("flowmodel run pipeline.ts#delta startDate=2024-01-01 endDate=2024-01-31", "flowmodel run pipeline.ts#delta --context '{\"startDate\":\"2024-01-01\",\"endDate\":\"2024-01-31\"}' --json", 'flowmodel run graph.json --import ./definitions.ts --context month.yaml --cache results.sqlite'))
    .action(async (target: string, fields: readonly string[], options: RunOptions & { readonly watch?: boolean }) => {
      if (options.watch === true && !isWatched) {
        const { watch } = await import('./watch/watch.ts');
        return settle(await watch());
      }
      await inSession(settle, async (session) => {
        const { run } = await import('./commands/run.ts');
        await run(session, target, fields, options);
      });
    });
}

function addInspect(root: Command, settle: Settle): void {
  modelCommand(root, 'inspect', 'Print what is bound, where each field comes from, and what the graph still needs. Runs nothing.')
    .addOption(new Option('-d, --dependencies <which>', 'the models upstream').choices(['direct', 'recursive', 'none']).default('direct'))
    .option('--json', 'print JSON')
    .addHelpText('after', example('flowmodel inspect pipeline.ts#delta startDate=2024-01-01'))
    .action(async (target: string, fields: readonly string[], options: InspectCommandOptions) =>
      inSession(settle, async (session) => {
        const { inspect } = await import('./commands/inspect.ts');
        await inspect(session, target, fields, options);
      }),
    );
}

function addExplain(root: Command, settle: Settle): void {
  modelCommand(root, 'explain', 'Print what a run would do with every node: run it, take it from the cache, or lack something. Runs nothing.')
    .option('--cache <file>', 'the SQLite file that the run would use')
    .addOption(new Option('-f, --format <format>', 'a table, or a picture').choices(['text', ...FORMATS]).default('text'))
    .addHelpText('after', example('flowmodel explain pipeline.ts#delta startDate=2024-01-01 endDate=2024-01-31 --cache results.sqlite'))
    .action(async (target: string, fields: readonly string[], options: ExplainOptions) =>
      inSession(settle, async (session) => {
        const { explain } = await import('./commands/explain.ts');
        await explain(session, target, fields, options);
      }),
    );
}

function addGraph(root: Command, settle: Settle): void {
  modelCommand(root, 'graph', 'Draw a graph; with a context, its fields show their values. Runs nothing.')
    .addOption(new Option('-f, --format <format>', 'the language of the picture').choices([...FORMATS]).default('mermaid'))
    .addOption(new Option('--direction <direction>', 'left to right, or top to bottom').choices([...DIRECTIONS]))
    .option('-o, --output <file>', 'write to a file')
    .addHelpText('after', example('flowmodel graph pipeline.ts#delta --format svg --output delta.svg'))
    .action(async (target: string, fields: readonly string[], options: GraphOptions) =>
      inSession(settle, async (session) => {
        const { graph } = await import('./commands/graph.ts');
        await graph(session, target, fields, options);
      }),
    );
}

function addValidate(root: Command, settle: Settle): void {
  withImports(root.command('validate').description('Check documents: graphs, workflows, configurations; and models of modules. Runs nothing.').argument('<targets...>', TARGET))
    .option('--json', 'print the reports as JSON')
    .addHelpText('after', example('flowmodel validate flows/*.yaml --import ./definitions.ts'))
    .action(async (targets: readonly string[], options: ValidateOptions) =>
      inSession(settle, async (session) => {
        const { validate } = await import('./commands/validate.ts');
        return (await validate(session, targets, options)) ? 0 : 1;
      }),
    );
}

function addCompletion(root: Command, settle: Settle): void {
  root
    .command('completion')
    .description('Print the script that lets a shell complete this command.')
    .addArgument(new Argument('<shell>', 'the shell').choices([...SHELLS]))
    .addHelpText('after', example('source <(flowmodel completion bash)', 'source <(flowmodel completion zsh)'))
    .action(async (shell: Shell) => {
      await written(process.stdout, script(shell));
      settle(0);
    });
  root
    .command('complete', { hidden: true })
    .description('Answers the scripts of completion.')
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      await written(process.stdout, answer(root, words));
      settle(0);
    });
}

async function inSession(settle: Settle, work: (session: Session) => Promise<number | void>): Promise<void> {
  const { Session } = await import('./session.ts'); // completion needs none of this, and is waited for
  const session = new Session();
  try {
    settle(await session.exitCodeOf(async () => work(session)));
  } finally {
    session.end();
  }
}
