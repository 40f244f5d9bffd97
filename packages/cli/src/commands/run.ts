import type { ComputeOptions, Evaluator } from '@flowmodel/core';
import type { Core } from '../load/core.ts';
import { workflowFor } from '../load/core.ts';
import type { ContextOptions, ImportOptions } from '../options.ts';
import { placed } from '../output/placed.ts';
import { Progress } from '../output/progress.ts';
import type { Verbosity } from '../output/progress.ts';
import { valueText } from '../output/value.ts';
import { parsePath } from '../path.ts';
import type { Opened, Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { withCache } from './with-cache.ts';

export interface RunOptions extends ImportOptions, ContextOptions {
  readonly sync?: boolean;
  readonly cache?: string;
  readonly json?: boolean;
  readonly select?: string;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly retry?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What an observer is told in place of a secret. */
const SECRET = '[secret]';

/** Computes a model and prints its value. */
export async function run(session: Session, target: string, pairs: readonly string[], options: RunOptions): Promise<void> {
  const format = { json: options.json === true, select: parsePath(options.select ?? '') };
  const opened = await session.open(target, pairs, options);
  const { model, core, read } = opened;
  if (read.refused.length > 0) throw await misfit(opened);

  const verbosity: Verbosity = options.quiet === true ? 'quiet' : options.verbose === true ? 'verbose' : 'normal';
  const progress = new Progress(session.line, session.paint, verbosity, session.line.isLive ? eagerNodes(opened) : 0);
  const start = performance.now();
  const compute = async (cache: ComputeOptions): Promise<unknown> => {
    const all: ComputeOptions = {
      ...cache,
      ...evaluatorOf(core, options),
      observer: progress.observer,
      ...(options.sync !== true && { signal: session.interruption.arm() }),
      concurrency: options.concurrency,
    };
    return options.sync === true ? model.flow.computeSync(read.context, all) : model.flow.compute(read.context, all);
  };
  if (options.sync === true) session.interruption.end(); // nobody would hear a signal; without listeners it ends the process
  session.pathOf = (error) => core.flowPathOf(error) ?? progress.pathOf(error);
  session.stall.waiting = () => progress.running || 'the run';
  progress.start();
  let result: unknown;
  try {
    result = await withCache(options.cache, opened.path, compute);
  } catch (error) {
    throw progress.hasStarted ? await placed(error, opened) : await asMisfit(error, opened);
  } finally {
    progress.end(performance.now() - start);
  }
  const isSecret = progress.root?.value === SECRET;
  await session.out(valueText(isSecret ? SECRET : result, isSecret ? { ...format, select: [] } : format, core, process.stdout));
}

/** How many nodes will be evaluated at most, lazy ones aside. */
const eagerNodes = ({ model, core }: Opened): number => core.graphOf(model).nodes.filter(({ lazy, unevaluated }) => lazy !== true && unevaluated !== true).length;

/** Each attempt has its own time. */
function evaluatorOf(core: Core, { retry, timeout }: RunOptions): { readonly evaluator?: Evaluator } {
  const evaluators = [...(retry === undefined ? [] : [core.retry({ attempts: retry })]), ...(timeout === undefined ? [] : [core.timeout(timeout)])];
  return evaluators.length === 0 ? {} : { evaluator: core.compose(...evaluators) };
}

/* ---------- contexts that do not fit ---------- */

interface Findings {
  readonly findings?: readonly { readonly code: string; readonly field: string }[];
}

const OF_CONTEXT: ReadonlySet<string> = new Set(['MISSING_CONTEXT', 'INVALID_CONTEXT', 'REGULAR_OVERRIDE']);

const INPUTS_ELSEWHERE = 'On the command line: inputs are bound in the module; those of a configuration are overridden by their path there, as visits.now.place=zoo.';

/** An error of the up-front check, where the command line is to blame: with how to say it there. */
async function asMisfit(error: unknown, { core, read, model, path }: Opened): Promise<unknown> {
  if (!(error instanceof core.FlowError) || !OF_CONTEXT.has(error.code)) return error;
  const lacking = ((error.details as Findings).findings ?? []).filter(({ code }) => code === 'MISSING_CONTEXT').map(({ field }) => `${field}=…`);
  const here = error.code === 'REGULAR_OVERRIDE' ? [INPUTS_ELSEWHERE] : lacking.length === 0 ? [] : [`On the command line: ${[...new Set(lacking)].join(' ')}`];
  const { workflowErrorOf } = await workflowFor(path);
  return new UsageError([`${error.code} ${workflowErrorOf(error, model).message}`, ...[...read.hints, ...here].map((hint) => `  ${hint}`)].join('\n'), { cause: error });
}

/**
 * Values that nobody accepts, also where only lazy branches would find out. What else the up-front check has to say is said with them;
 * to hear it, the graph is computed without its bodies.
 */
async function misfit(opened: Opened): Promise<UsageError> {
  const { model, core, read } = opened;
  const found = await model.flow.compute(read.context, { evaluator: core.dryRun() }).then(
    () => undefined,
    (error: unknown) => asMisfit(error, opened),
  );
  const told = new Set(found instanceof UsageError ? ((found.cause as { readonly details?: Findings }).details?.findings ?? []).map(({ field }) => field) : []);
  const more = read.refused.filter(({ field }) => !told.has(field));
  const own = more.length === 0 ? [] : ['INVALID_CONTEXT context fields are invalid:', ...more.map(({ text }) => `  - ${text}`), ...(found instanceof UsageError ? [] : read.hints.map((hint) => `  ${hint}`))];
  return new UsageError([...(found instanceof UsageError ? [found.message] : []), ...own].join('\n'));
}
