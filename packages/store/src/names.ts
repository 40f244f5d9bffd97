import type { AnyNode } from './types.ts';

const names = new WeakMap<object, string>();

/** Gives a node a name other than its class's. */
export const setNodeName = (node: object, name: string): void => void names.set(node, name);

/** What a node is called in messages, patches, events and pictures: its `name` option, or its class. */
export const nodeName = (node: AnyNode): string => names.get(node) ?? (node.constructor.name || 'Node');
/** Whether the name was given. */
export const givenName = (node: AnyNode): string | undefined => names.get(node);
