import { enableMapSet, enablePatches, Immer } from 'immer';

enablePatches();
enableMapSet();

/** An Immer of our own: whatever an application sets on the global one does not concern created stores. */
export const immer = new Immer({ autoFreeze: true });
