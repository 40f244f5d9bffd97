// Finds the samples of the docs: ```ts fences in Markdown, and in the @example blocks of doc comments.
//
// After the fence's `ts`: `no-run` (type-check only), `ignore` (skip). On a line before a fence in Markdown:
// `<!-- fixture: name -->` puts docs/fixtures/name.ts before the sample, `<!-- continue -->` the fence before it.
//
// A sample is { file, line, mode: 'run' | 'no-run' | 'ignore', fixture?, lines: [{ text, file, line }] }.
// Every line remembers where it stands, so that failures can be reported there. A sample that cannot be read has
// mode 'broken' and a `problem` instead of lines.

const modes = ['no-run', 'ignore'];

export function samplesOfMarkdown(file, text) {
  const samples = [];
  let notes = [];
  for (const block of blocksOf(text)) {
    if (block.fence === undefined) {
      const note = /^\s*<!--\s*(fixture:\s*(?<fixture>[\w-]+)|(?<next>continue))\s*-->\s*$/.exec(block.text);
      if (note) notes.push(note.groups);
      else if (block.text.trim() !== '') notes = [];
      continue;
    }
    const sample = sampleOf(block, file);
    if (sample !== undefined) {
      sample.fixture = notes.find((note) => note.fixture)?.fixture;
      if (notes.some((note) => note.next)) continueWith(samples, sample);
      else samples.push(sample);
    }
    notes = [];
  }
  return samples;
}

export function samplesOfSource(file, text) {
  const samples = [];
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    const first = text.slice(0, comment.index).split('\n').length;
    const inner = comment[0].replace(/\*\/$/, '').split('\n').map((line) => line.replace(/^\s*\/?\*+ ?/, ''));
    let example; // the line of an @example that has shown no fence yet
    let inExample = false;
    const missing = () => {
      if (example !== undefined) samples.push(broken(file, example, 'an @example needs a ```ts fence'));
    };
    for (const block of blocksOf(inner.join('\n'), first)) {
      const tag = block.fence === undefined ? /^@(\w+)/.exec(block.text)?.[1] : undefined;
      if (tag !== undefined) {
        missing();
        inExample = tag === 'example';
        example = inExample ? block.line : undefined;
      } else if (inExample && block.fence !== undefined) {
        const sample = sampleOf(block, file);
        if (sample !== undefined) samples.push(sample);
        if (block.info !== '') example = undefined;
      }
    }
    missing();
  }
  return samples;
}

/** The lines outside fences one by one, and every fence as a whole. */
function* blocksOf(text, firstLine = 1) {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const open = /^(?<indent>\s*)(?<ticks>`{3,}|~{3,})\s*(?<info>[^`]*)$/.exec(lines[i])?.groups;
    if (open === undefined) {
      yield { text: lines[i], line: firstLine + i };
      continue;
    }
    const line = firstLine + i;
    const fence = [];
    while ((i += 1) < lines.length && !isClosing(lines[i], open.ticks)) {
      const text = lines[i].startsWith(open.indent) ? lines[i].slice(open.indent.length) : lines[i].trimStart();
      fence.push({ text, line: firstLine + i });
    }
    yield { fence, info: open.info.trim(), line };
  }
}

const isClosing = (text, ticks) => text.trim().startsWith(ticks) && /^(`+|~+)$/.test(text.trim());

function sampleOf({ fence, info, line }, file) {
  const [language, ...marks] = info.split(/\s+/);
  if (language !== 'ts' && language !== 'typescript') return undefined;
  const unknown = marks.filter((mark) => !modes.includes(mark));
  if (unknown.length > 0) return broken(file, line, `expected ${modes.join(' or ')}, got '${unknown.join(' ')}'`);
  return { file, line, mode: marks[0] ?? 'run', lines: fence.map((each) => ({ ...each, file })) };
}

function continueWith(samples, sample) {
  const previous = samples.at(-1);
  const canContinue = (each) => each?.mode === 'run' || each?.mode === 'no-run';
  if (!canContinue(previous) || !canContinue(sample)) {
    samples.push(broken(sample.file, sample.line, 'nothing to continue'));
    return;
  }
  previous.lines.push(...sample.lines);
  if (sample.mode === 'no-run') previous.mode = 'no-run';
}

export function broken(file, line, problem) {
  return { file, line, mode: 'broken', problem };
}
