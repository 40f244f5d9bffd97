import { memory } from './memory.ts'; import { manyRuns } from './many-runs.ts';
const log = console.error;
console.log(JSON.stringify((await memory({ large: [{ shape: 'chain', size: 10_000 }, { shape: 'chain', size: 100_000 }, { shape: 'layered', size: 10_000 }, { shape: 'layered', size: 100_000 }, { shape: 'layered', size: 1_000_000 }], shortLived: 1000, log })).targets, null, 1));
console.log(JSON.stringify(await manyRuns({ inFlight: [1, 10, 100, 1000], rounds: 5, log }), null, 1));
