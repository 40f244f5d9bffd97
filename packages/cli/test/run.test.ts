import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { flowmodel, terminal } from './command.ts';

vi.setConfig({ testTimeout: 60_000 }); // each test starts processes

const days = ['startDate=2024-01-01', 'endDate=2024-01-31'];

describe('the result goes to stdout, everything else to stderr', () => {
  test('what modules and bodies log does not get into the result', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#chatty']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'the result\n' });
    expect(stderr).toBe('to the log\nto the log, too\n');
  });

  test('the process ends when the result is there, whatever timers are left', () => {
    expect(flowmodel(['run', 'behaviour.ts#chatty', '--quiet']).status).toBe(0); // it leaves an interval behind
  });

  test('--verbose tells of each node and of progress, in order', () => {
    const { stderr } = flowmodel(['run', 'behaviour.ts#chatty', '--verbose']);
    expect(stderr).toMatch(/chatty 1\/2 half way\n✓ computed +chatty [\d.]+ ms\n1 computed in/);
    const { stderr: nodes } = flowmodel(['run', 'behaviour.ts#failing', 'day=4', '-v']);
    expect(nodes).toMatch(/computed +total\.loaded\.load .*\n.*computed +total /);
  });

  test('values are pretty, texts are as they are', () => {
    expect(flowmodel(['run', 'behaviour.ts#boxed']).stdout).toBe("{ rows: [ { price: 5 }, { price: 7n } ], at: Map(1) { 'day' => 1970-01-01T00:00:00.000Z } }\n");
    expect(flowmodel(['run', 'behaviour.ts#login', 'user=Ada', 'token=hunter2hunter2']).stdout).toBe('hello Ada\n');
  });

  test('data that goes to a file is whole, on a terminal it is cut', () => {
    const { stdout } = flowmodel(['run', 'behaviour.ts#large']);
    expect(stdout).toMatch(/ 148, +149\n? +\]/);
    expect(stdout).toContain('x'.repeat(20_000));
    const { screen } = terminal(['run', 'behaviour.ts#large', '--quiet']);
    expect(screen).toContain('50 more items');
    expect(screen).toContain('10000 more characters');
    expect(screen.length).toBeLessThan(20_000);
  });

  test('--json prints JSON, and what JSON does not have as documents do', () => {
    const { stdout } = flowmodel(['run', 'behaviour.ts#boxed', '--json']);
    expect(JSON.parse(stdout)).toEqual({ rows: [{ price: 5 }, { price: { $bigint: '7' } }], at: { $map: [['day', { $date: '1970-01-01T00:00:00.000Z' }]] } });
    expect(stdout.trimEnd()).not.toContain('\n');
  });

  test('--json says where something stands that is no data', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#opaque', '--json']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/error: SERIALIZE The value at open: .*Handle has no codec/);
  });

  test('JSON of one run is context of another', () => {
    const { stdout } = flowmodel(['run', 'types.ts#read.region', 'region.name=north', 'region.since=2024-01-01', '--json']);
    expect(flowmodel(['run', 'types.ts#read.region', '--context', `{"region":${stdout}}`]).stdout).toBe("{ name: 'north', since: 2024-01-01T00:00:00.000Z }\n");
  });
});

describe('--select', () => {
  test.for([
    ['rows[0].price', '5\n'],
    ['rows[1]', '{ price: 7n }\n'],
    ['at.day', '1970-01-01T00:00:00.000Z\n'],
    ['rows', '[ { price: 5 }, { price: 7n } ]\n'],
  ] as const)('%s', ([path, printed]) => {
    expect(flowmodel(['run', 'behaviour.ts#boxed', '--select', path])).toEqual({ status: 0, stdout: printed, stderr: '' });
  });

  test('of a place that is not there says how far it goes, and what is there', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#boxed', '--select', 'rows[0].prise']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe("error: 'rows[0]' of the result has no 'prise': it has 'price'. Did you mean 'price'?\n");
    expect(flowmodel(['run', 'behaviour.ts#boxed', '--select', 'rows[2]']).stderr).toContain("'rows' of the result has no '2': it has 2 elements");
  });

  test.for(['rows..price', 'rows[x]', '.rows', 'rows]'])('%s is no path, which is said before anything runs', (path) => {
    const { status, stderr } = flowmodel(['run', 'behaviour.ts#chatty', '--select', path]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `error: '${path}' is no path. Write it as rows[0].price.\n` });
  });
});

describe('exit codes', () => {
  test('1: a body that throws; the error with its cause, and where in the graph', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#failing', 'day=-1']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const place = String.raw`\n +at .*behaviour\.ts:\d+:\d+\)?`; // a line of the user's own code
    expect(stderr).toMatch(new RegExp(`^error: total\\.loaded\\.load failed\n  RangeError: no data before day 0${place}\n    \\[cause\\]: Error: the archive is closed${place}\n$`));
  });

  test('1: a body that waits for what nobody brings is named, where Node would end without a word', () => {
    expect(flowmodel(['run', 'behaviour.ts#stuck'])).toEqual({ status: 1, stdout: '', stderr: 'error: stuck will never be done: a promise is waited for, and nothing is left that could settle it.\n' });
  });

  test.for([
    ['uncaught', 'in a callback'],
    ['unhandled', 'not awaited'],
  ] as const)('1: what is thrown where nobody can catch it: %s', ([name, message]) => {
    const { status, stdout, stderr } = flowmodel(['run', `behaviour.ts#${name}`]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error: thrown where nobody could catch it, in a callback or a promise that is not awaited:\n  RangeError: ${message}\n( +at .*behaviour\\.ts.*\n)+$`));
  });

  test("1: a result that its schema refuses, in the schema's words and without its data structure", () => {
    const { status, stderr } = flowmodel(['run', 'behaviour.ts#misfit']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'error: INVALID_RESULT misfit returned "five", and its output is number (Invalid input: expected number, received string). Change the body, or the output schema.\n' });
  });

  test('1: what an error says does not reach the terminal as orders to it', () => {
    expect(flowmodel(['run', 'behaviour.ts#clearing']).stderr).toMatch(/^error: clearing failed\n {2}Error: gone\\u001b\[2J\n {2}and away\n/);
  });

  test('1: a body that throws what is no error; where in the graph all the same', () => {
    expect(flowmodel(['run', 'behaviour.ts#bare'])).toEqual({ status: 1, stdout: '', stderr: "error: total.loaded.thrower failed\n  'just a text'\n" });
  });

  test('1: a graph that cannot run', () => {
    expect(flowmodel(['run', 'behaviour.ts#unbound'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: UNBOUND_INPUT .*loaded/s) });
    expect(flowmodel(['run', 'behaviour.ts#needsClient'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: MISSING_RESOURCE .*client/s) });
  });

  test('2: a context that does not fit, with everything that is wrong in one message', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'visitors.ts#delta', 'startDate=soon']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('endDate: Date (needed by visitorDelta.current, visitorDelta.previous)');
    expect(stderr).toContain('startDate: Date, got "soon": Invalid input: expected date, received string');
    expect(stderr).toContain('Dates are written 2024-01-31');
    expect(stderr).toContain('On the command line: endDate=…');
  });

  test('2: an input in the context', () => {
    const { status, stderr } = flowmodel(['run', 'visitors.ts#current', ...days, 'location=zoo']);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/^error: REGULAR_OVERRIDE .*location/s) }); // and no warning that nothing reads it
  });

  test.for([
    [['run'], "error: missing required argument 'target'"],
    [['walk'], "error: unknown command 'walk'"],
    [['run', 'visitors.ts', '--jsn'], "error: unknown option '--jsn'"],
    [['run', 'visitors.ts', '--retry', 'often'], "error: option '--retry <attempts>' argument 'often' is invalid. Give a whole number from 1 up."],
    [['run', 'visitors.ts', '--timeout', '5 parsecs'], "error: option '--timeout <time>' argument '5 parsecs' is invalid. Give a time: 500ms, 5s, 2m, 1h."],
    [['run', 'visitors.ts', '-q', '-v'], "error: option '-q, --quiet' cannot be used with option '-v, --verbose'"],
    [['graph', 'visitors.ts', '--format', 'png'], "error: option '-f, --format <format>' argument 'png' is invalid. Allowed choices are mermaid, dot, svg, json."],
    [['run', 'visitors.ts#delta', 'startDate'], "error: 'startDate' is no key=value. A field of the context is given as startDate=2024-01-01."],
    [['run', 'nowhere.ts'], "error: There is no file 'nowhere.ts'."],
  ] as const)('2: %s', ([args, message]) => {
    const { status, stdout, stderr } = flowmodel(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.startsWith(message)).toBe(true);
  });
});

describe('a value that nobody accepts', () => {
  test('is told although only a lazy branch reads it', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#lazy', 'depth=deep']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('error: INVALID_CONTEXT context fields are invalid:\n  - depth: number, got "deep": Invalid input: expected number, received string\n');
  });

  test('is told together with what the graph itself has to say', () => {
    const { stderr } = flowmodel(['run', 'behaviour.ts#lazy', 'depth=deep', 'ask=perhaps']);
    expect(stderr).toContain('depth: number, got "deep"');
    expect(stderr.match(/ask: boolean, got "perhaps"/g)).toHaveLength(1); // once, although both would say it
  });
});

describe('fields that nobody reads', () => {
  test('are warned of, with a guess', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'visitors.ts#current', ...days, 'endate=2024-02-01', 'zzz=1']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '360\n' });
    expect(stderr).toContain("warning: nothing reads 'endate'. Did you mean 'endDate'?\n");
    expect(stderr).toContain("warning: nothing reads 'zzz'.\n");
  });
});

test('a field that upstream reads may have the name of an input of the root', () => {
  expect(flowmodel(['run', 'behaviour.ts#ambient', 'day=21'])).toEqual({ status: 0, stdout: '[ 1, 42 ]\n', stderr: '' });
});

describe('secrets', () => {
  const secret = 'hunter2';

  test.for(['run', 'inspect', 'explain', 'graph'])('%s shows none', (name) => {
    const valid = flowmodel([name, 'behaviour.ts#login', 'user=Ada', `token=${secret}${secret}`, ...(name === 'run' ? ['-v'] : [])]);
    const refused = flowmodel([name, 'behaviour.ts#login', 'user=Ada', `token=${secret}`]);
    for (const { stdout, stderr } of [valid, refused]) expect(stdout + stderr).not.toContain(secret);
    expect(valid.status).toBe(0);
    expect(refused.stderr).toContain('[secret]');
  });

  test.for([[], ['--json'], ['--select', 'length']])('a secret result is masked: %s', (more) => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#password', '-v', ...more]);
    expect(status).toBe(0);
    expect(stdout).toContain('[secret]');
    expect(stdout + stderr).not.toContain(secret);
  });
});

describe('control', () => {
  test('--retry calls again what fails, and says so', () => {
    const { status, stdout, stderr } = flowmodel(['run', 'behaviour.ts#flaky', '--retry', '3']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '3\n' });
    expect(stderr).toBe('retry flaky: attempt 1 failed: Error: call 1 failed\nretry flaky: attempt 2 failed: Error: call 2 failed\n');
    expect(flowmodel(['run', 'behaviour.ts#flaky', '--retry', '2'])).toMatchObject({ status: 1, stderr: expect.stringContaining('call 2 failed') });
  });

  test('--timeout ends a body that takes too long', () => {
    expect(flowmodel(['run', 'behaviour.ts#endless', '--timeout', '50ms'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/error: TIMEOUT endless took longer than 50 ms/) });
  });

  test('--sync computes synchronously, or says what would wait', () => {
    expect(flowmodel(['run', 'visitors.ts#current', ...days, '--sync']).stdout).toBe('360\n');
    expect(flowmodel(['run', 'behaviour.ts#endless', '--sync'])).toMatchObject({ status: 1, stderr: expect.stringContaining('error: ASYNC_IN_SYNC') });
  });

  test('--concurrency is handed on', () => {
    expect(flowmodel(['run', 'visitors.ts#delta', ...days, '--concurrency', '1'])).toMatchObject({ status: 0, stdout: '{ change: -11, counts: [ 371, 360 ] }\n' });
  });
});

describe('--cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flowmodel-cli-cache-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.sqlite');
  const run = (...more: readonly string[]) => flowmodel(['run', 'visitors.ts#delta', ...days, '--cache', file, ...more]);

  test('a second process computes nothing', () => {
    expect(run().stderr).toBe('counting in the library\ncounting in the library\n');
    const again = run('-v');
    expect(again.stdout).toBe('{ change: -11, counts: [ 371, 360 ] }\n');
    expect(again.stderr).toMatch(/^• cached +visitorDelta\n1 cached in .*\n$/);
  });

  test('explain tells it before', () => {
    const explain = (...context: readonly string[]) => flowmodel(['explain', 'visitors.ts#delta', ...context, '--cache', file]).stdout;
    expect(explain(...days)).toMatch(/^ *cached +visitorDelta /m);
    expect(explain('startDate=2024-01-02', 'endDate=2024-01-31')).toMatch(/^ *run +visitorDelta /m);
    expect(explain('startDate=2024-01-02')).toMatch(/^ *missing +visitorDelta\.current .*endDate/m);
  });

  test('a file that is no cache is refused', () => {
    expect(flowmodel(['run', 'visitors.ts#delta', ...days, '--cache', folder])).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/error: CACHE /) });
  });
});
