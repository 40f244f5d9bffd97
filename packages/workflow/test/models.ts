/** The flow models that the documents of these tests name. */
import { DefinitionRegistry, Dependency, flowModel, FromContext, Lazy, ModelInput, modelClass, registerModel, Resource } from '@flowmodel/core';
import { compileWorkflow } from '@flowmodel/workflow';
import type { CompileOptions, WorkflowError } from '@flowmodel/workflow';
import { z } from 'zod';

export class Refused extends Error {}

/** A registry of its own, and what its bodies did, in order. */
export function models() {
  const definitions = new DefinitionRegistry();
  const ran: string[] = [];
  flowModel({ name: 'echo', definitions, inputs: { value: z.unknown() } }, ({ value }) => {
    ran.push('echo');
    return value;
  });
  flowModel({ name: 'shout', definitions, inputs: { text: z.string() }, output: z.string() }, ({ text }) => {
    ran.push('shout');
    return text.toUpperCase();
  });
  flowModel({ name: 'add', definitions, inputs: { a: z.number(), b: z.number().default(1) }, output: z.number() }, ({ a, b }) => {
    ran.push('add');
    return a + b;
  });
  flowModel({ name: 'total', definitions, inputs: { values: Dependency(z.array(z.number())) }, output: z.number() }, ({ values }) => {
    ran.push('total');
    return values.reduce((a, b) => a + b, 0);
  });
  flowModel({ name: 'score', definitions, inputs: { text: z.string() }, output: z.object({ score: z.number(), label: z.string(), note: z.string().nullable() }) }, ({ text }) => {
    ran.push('score');
    return { score: text.length, label: text.slice(0, 1), note: null };
  });
  flowModel(
    { name: 'visits', definitions, inputs: { place: z.string(), days: FromContext(z.number()), verbose: FromContext(z.boolean().default(false)) }, output: z.object({ place: z.string(), days: z.number(), verbose: z.boolean() }) },
    ({ place, days, verbose }) => {
      ran.push('visits');
      return { place, days, verbose };
    },
  );
  flowModel({ name: 'risky', definitions, inputs: { text: z.string() }, output: z.object({ text: z.string() }) }, ({ text }) => {
    ran.push('risky');
    if (text.startsWith('bad')) throw new Refused(`cannot take ${text}`);
    return { text };
  });
  flowModel({ name: 'decide', definitions, inputs: { text: z.string() }, output: z.object({ action: z.string(), text: z.string() }) }, ({ text }) => ({ action: text, text }));
  flowModel({ name: 'slow', definitions, inputs: { text: z.string() }, output: z.string() }, async ({ text }) => {
    ran.push(`slow ${text}`);
    await Promise.resolve();
    return text;
  });
  flowModel({ name: 'lazily', definitions, inputs: { wanted: z.boolean(), branch: Lazy(z.string()) } }, ({ wanted, branch }) => (wanted ? branch() : 'unasked'));
  flowModel({ name: 'twice', definitions, inputs: { each: ModelInput(z.unknown()) } }, async ({ each }, run) => [await run.compute(each, { days: 1 }), await run.compute(each, { days: 2 })]);
  flowModel({ name: 'client', definitions, inputs: { http: Resource<{ get(): string }>() } }, ({ http }) => http.get());
  class Window extends modelClass({ name: 'Window', definitions, inputs: { unit: z.string() }, context: z.object({ days: z.number() }), output: z.string() }) {
    call({ days }: { days: number }): string {
      return `${days} ${this.inputs.unit}`;
    }
  }
  registerModel(Window);

  const compile = (document: string | object, options: CompileOptions = {}) => compileWorkflow(document, { definitions, ...options });
  const run = async (document: string | object, context: object = {}, options: CompileOptions = {}) => (await compile(document, options).flow.compute(context)).value;
  return { definitions, ran, compile, run };
}

/** What a compilation is refused for. */
export function refusal(compile: () => unknown): WorkflowError {
  try {
    compile();
  } catch (error) {
    return error as WorkflowError;
  }
  throw new Error('it was not refused');
}

/** The messages of a refusal, each with where it stands. */
export const problems = (compile: () => unknown): string[] => refusal(compile).issues.map(({ at, message }) => `${at.join('.')}: ${message}`);
