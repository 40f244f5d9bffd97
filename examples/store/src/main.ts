/** npm start: all examples, one after the other. */
import { ask, picture } from './agent.ts';
import { params, sharedStore } from './communication.ts';
import { countWords } from './files.ts';
import { meanMasses } from './map-reduce.ts';

const store = await sharedStore();
console.log('Shared store');
console.log(`  ${store.state.summary['my_file.txt']}`);
for (const { node, phase, patches } of store.patches) console.log(`  ${node}.${phase} wrote ${patches.map(({ path }) => path.join('.')).join(', ')}`);

const { alone, inFlow } = await params();
console.log('Params');
console.log(`  the node alone: ${alone.join()}`);
console.log(`  in a flow: ${inFlow.join()}`);

console.log('A batch flow over files');
for (const [file, { lines, words }] of Object.entries(await countWords(new URL('.', import.meta.url)))) console.log(`  ${file}: ${lines} lines, ${words} words`);

const memory = await ask(['Seattle', 'New York'], 7);
console.log('An agent: which city has the warmest July days?');
console.log(`  ${memory.patches.map(({ node }) => node).join(', ')}`);
console.log(`  ${memory.state.answer}`);
console.log(picture().replaceAll(/^/gm, '  ').trimEnd());

console.log('Map and reduce: mean body mass of penguins');
for (const [species, grams] of Object.entries(await meanMasses(50))) console.log(`  ${species}: ${grams.toFixed(0)} g`);
