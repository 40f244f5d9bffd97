/** The data sets of the package vega-datasets. */
import { readFile } from 'node:fs/promises';

/** The package keeps its data in a folder beside the one of its entry point. */
export const dataFile = (name: string): URL => new URL(`../data/${name}`, import.meta.resolve('vega-datasets'));

export const readData = (name: string): Promise<string> => readFile(dataFile(name), 'utf8');
