import leven from 'leven';

const MOST_LISTED = 12;

/** The known name nearest to a mistyped one, if one is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = leven(name.toLowerCase(), candidate.toLowerCase(), { maxDistance: least });
    if (distance >= least || candidate === name) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

/** ` Did you mean 'delta'?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? '' : ` Did you mean '${near}'?`;
}

/** `'a', 'b' and 3 more`. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map((name) => `'${name}'`);
  if (names.length > MOST_LISTED) return `${shown.join(', ')} and ${names.length - MOST_LISTED} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
