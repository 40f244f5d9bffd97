import { fileURLToPath } from 'node:url';

/** The path of one of the documents. */
export const documents = (name: string): string => fileURLToPath(new URL(`../documents/${name}`, import.meta.url));
