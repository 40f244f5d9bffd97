/** What may stand where the cursor is: one answer per line, its description after a tab. No answer: a file, or nothing that can be known. */
import type { Command, Option } from 'commander';
import { exportNames } from './exports.ts';

interface Answer {
  readonly value: string;
  readonly description: string;
}

/** `words`: those after the command's name, up to the cursor; the last one is not finished. */
export function answer(root: Command, words: readonly string[]): string {
  return answers(root, words)
    .map(({ value, description }) => `${value}\t${description}\n`)
    .join('');
}

function answers(root: Command, words: readonly string[]): Answer[] {
  const current = words.at(-1) ?? '';
  const command = root.commands.find((each) => each.name() === words[0] && words.length > 1) ?? root;
  const beginning = (all: readonly Answer[]): Answer[] => all.filter(({ value }) => value.startsWith(current));

  const assigned = /^(?<flag>--[\w-]+)=(?<start>.*)$/.exec(current)?.groups;
  if (assigned !== undefined) return beginning(choicesOf(optionNamed(command, assigned['flag']!)).map((choice) => ({ value: `${assigned['flag']}=${choice}`, description: '' })));
  const before = words.length > 1 ? optionNamed(command, words.at(-2)!) : undefined;
  if (before !== undefined && (before.required || before.optional)) return beginning(choicesOf(before).map((choice) => ({ value: choice, description: '' })));
  if (current.startsWith('-')) return beginning(optionsOf(command));
  if (command === root) return words.length > 1 ? [] : beginning(root.createHelp().visibleCommands(root).map((each) => ({ value: each.name(), description: each.description() })));
  return current.includes('#') ? beginning(exportsOf(current)) : beginning((command.registeredArguments[0]?.argChoices ?? []).map((choice) => ({ value: choice, description: '' })));
}

const optionNamed = (command: Command, flag: string): Option | undefined => command.options.find(({ long, short }) => long === flag || short === flag);

const choicesOf = (option: Option | undefined): readonly string[] => option?.argChoices ?? [];

const optionsOf = (command: Command): Answer[] => command.createHelp().visibleOptions(command).flatMap(({ long, description }) => (long === undefined || long === null ? [] : [{ value: long, description }]));

function exportsOf(word: string): Answer[] {
  const file = word.slice(0, word.indexOf('#'));
  return exportNames(file).map((name) => ({ value: `${file}#${name}`, description: '' }));
}
