/** What an `output_mapping` shows of a child: what it lists, under its root names and under the node; the rest stays private. */
import type { Path } from '../document/data.ts';
import type { Mapping, RootName, Work } from './work.ts';

/** A listed part of a child, and the keys under which it stands below some name. */
export interface Listed {
  readonly mapping: Mapping;
  readonly keys: readonly string[];
}

export const pathOf = ({ source }: Mapping): (string | number)[] => [source.name, ...source.path];

export const startsWith = (path: Path, start: Path): boolean => start.every((part, i) => path[i] === part);

const mappingsOf = ({ mappings }: Work): readonly Mapping[] => [...(mappings?.values() ?? [])].flat();

/** Whether `${node.path}` would see more than the mapping lists. What became of a failure is no output. */
export function isPrivate(work: Work, path: Path): boolean {
  if (work.mappings === undefined || isOfFailure(work, path)) return false;
  return !mappingsOf(work).some((mapping) => startsWith(path, pathOf(mapping)));
}

/** `${node.error}` and `${node.action}` of a node that routes its failures. */
export const isOfFailure = ({ errorAction }: Work, path: Path): boolean => errorAction !== undefined && (path[0] === 'error' || path[0] === 'action');

/** What is listed below `${node.path}`; elements of lists have no place in a record. */
export function listedBelow(work: Work, path: Path): Listed[] {
  const all = mappingsOf(work);
  const isPartOfAnother = (mapping: Mapping): boolean => all.some((other) => pathOf(other).length < pathOf(mapping).length && startsWith(pathOf(mapping), pathOf(other)));
  return all.flatMap((mapping) => {
    const keys = startsWith(pathOf(mapping), path) ? pathOf(mapping).slice(path.length) : [];
    return keys.length > 0 && keys.every((key) => typeof key === 'string') && !isPartOfAnother(mapping) ? [{ mapping, keys }] : [];
  });
}

/** What is mapped to names below `${name.path}`. */
export const mappedBelow = ({ mappings }: Extract<RootName, { kind: 'mapped' }>, path: Path): Listed[] =>
  mappings.flatMap((mapping) => (mapping.target.length > path.length && startsWith(mapping.target, path) ? [{ mapping, keys: mapping.target.slice(path.length) }] : []));
