/** The scripts of `flowmodel completion`, sourced by the shells themselves. */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { command, flowmodel, Folder, quoted } from './command.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = new Folder({
  'bin/flowmodel': `#!/bin/sh\nexec ${quoted(command)} "$@"\n`,
  'pipeline.ts': 'throw new Error(\'completing runs nothing\');\nexport const delta = 1, x = 2;\n// export const commented = 1;\nexport async function make() {}\nexport class Visitors {}\nconst a = 1;\nexport { a as renamed, type B };\nexport default a;\ntype B = 1;',
});
chmodSync(join(folder.path, 'bin', 'flowmodel'), 0o755);
afterAll(() => folder.remove());

const env = { ...process.env, PATH: `${join(folder.path, 'bin')}:${process.env['PATH']}`, HOME: folder.path, NODE_OPTIONS: '' };

const SHELLS: Readonly<Record<string, (line: string) => readonly string[]>> = { bash: inBash, zsh: inZsh };

/** Calls the function that bash would call, with the variables that it would set. */
function inBash(line: string): readonly string[] {
  const script = `source <(flowmodel completion bash)
    COMP_LINE="$LINE"; COMP_POINT=\${#LINE}; compopt() { :; }
    complete -p flowmodel >&2
    _flowmodel && printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { cwd: folder.path, encoding: 'utf8', env: { ...env, LINE: line } });
  expect(stderr).toBe('complete -o default -F _flowmodel flowmodel\n');
  return stdout.split('\n').filter((word) => word !== '');
}

/** Presses Tab in an interactive zsh, and reads what it lists. */
function inZsh(line: string): readonly string[] {
  const script = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    say() { zpty -w shell "$1" }
    say 'PS1="READY>"; autoload -Uz compinit && compinit -u -D; unsetopt zle_bracketed_paste; source <(flowmodel completion zsh)'
    say 'zstyle ":completion:*" list-separator "#-"; LISTMAX=1000; setopt no_list_ambiguous; echo "LO""ADED"'
    zpty -r -m shell loaded '*LOADED*'
    say 'compadd() { local -a plain; builtin compadd -O plain "$@"; print -rl -- "\${(@)plain}" >> "$REPORT"; builtin compadd "$@" }'
    zpty -n -w shell "$LINE"$'\\t'
    zpty -n -w shell ''$'; echo "DO""NE"\n'
    zpty -r -m shell done '*DONE*'
    zpty -d shell`;
  const report = join(folder.path, `report-${line.length}`);
  spawnSync('zsh', ['-f', '-c', script], { cwd: folder.path, encoding: 'utf8', env: { ...env, LINE: line, REPORT: report } });
  return [...new Set(spawnSync('cat', [report], { encoding: 'utf8' }).stdout.split('\n').filter((word) => word !== ''))];
}

// What a machine lacks is skipped, or fails under FLOWMODEL_REQUIRE_SERVICES=1.
const isRequired = process.env['FLOWMODEL_REQUIRE_SERVICES'] === '1';
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

for (const shell of Object.keys(SHELLS)) {
  describe.runIf(has(shell) || isRequired)(`${shell} completes`, () => {
    const complete = (line: string): string[] => SHELLS[shell]!(line).toSorted();

    test('commands', () => {
      expect(complete('flowmodel ')).toEqual(['completion', 'explain', 'graph', 'inspect', 'run', 'validate']);
      expect(complete('flowmodel ex')).toEqual(['explain']);
    });

    test('options of a command', () => {
      expect(complete('flowmodel run --c')).toEqual(['--cache', '--concurrency', '--config', '--context']);
      expect(complete('flowmodel graph pipeline.ts --dir')).toEqual(['--direction']);
    });

    test('the values of options', () => {
      expect(complete('flowmodel graph pipeline.ts --format ')).toEqual(['dot', 'json', 'mermaid', 'svg']);
      expect(complete('flowmodel inspect pipeline.ts -d re')).toEqual(['recursive']);
      expect(complete('flowmodel completion ')).toEqual(['bash', 'zsh']);
    });

    test('exports of a module, without running it', () => {
      expect(complete('flowmodel run pipeline.ts#')).toEqual(['pipeline.ts#Visitors', 'pipeline.ts#default', 'pipeline.ts#delta', 'pipeline.ts#make', 'pipeline.ts#renamed']);
      expect(complete('flowmodel run pipeline.ts#d')).toEqual(['pipeline.ts#default', 'pipeline.ts#delta']);
    });
  });
}

describe.runIf(has('bash'))('bash', () => {
  test('a value after an equals sign, which readline takes for a break', () => {
    expect(inBash('flowmodel graph pipeline.ts --format=mer')).toEqual(['mermaid']);
  });

  test('completes files itself where the command has nothing to offer', () => {
    expect(inBash('flowmodel run pipe')).toEqual([]);
  });
});

test('an unknown shell is a usage error', () => {
  expect(flowmodel(['completion', 'fish'])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Allowed choices are bash, zsh.') });
});
