// How the scripts start other programs: from the root, with the workspace's own tools (and its own Node) first.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The words that start the pnpm which package.json names, on a machine that has only npm. */
export const pnpm = ['npx', '--yes', manifest.packageManager];

const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) };

/** Runs a program to its end. `capture` hands back what it prints (`stdout`; `output` has stderr too) instead of showing it. */
export function run([program, ...args], { capture = false, cwd = root, timeout } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env,
      timeout,
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32',
    });
    let stdout = '';
    let output = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ ok: false, code: 1, stdout, output: `${program}: ${error.message}` }));
    child.on('close', (code, signal) => {
      resolve({ ok: code === 0, code: code ?? 1, stdout, output: signal ? `${output}\nended by ${signal}` : output });
    });
  });
}
