// Contract §3: secrets print as [secret] in every inspection and picture.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, flowModel, FromContext, fromField, graphOf, modelClass, toDot, toMermaid } from '@flowmodel/core';
import type { CallableModel } from '@flowmodel/core';

const SECRET = 'hunter2-hunter2';
const secret = z.string().meta({ secret: true });
const ambient = flowModel({ name: 'ambient', inputs: { token: FromContext(secret) } }, ({ token }) => token.length);
const relay = flowModel({ name: 'relay', inputs: { x: z.number() } }, ({ x }) => x);

/** Everything that could be shown of a graph in a context, also by a program that walks through it. */
function shown(model: CallableModel, context?: object): string {
  const inspection = model.flow.inspect(context, { dependencies: 'recursive' });
  const graph = graphOf(model, context);
  const parts = Object.entries(inspection).map(([name, part]) => (name === 'model' ? '' : inspect(part, { depth: 12, showHidden: false })));
  return [String(inspection), inspect(inspection), inspect(inspection, { depth: 0 }), ...parts, JSON.stringify(graph), toMermaid(graph), toDot(graph)].join('\n');
}

class Login extends modelClass({ name: 'InspectedLogin', inputs: { salt: secret.default(`${SECRET}-default`) }, context: z.object({ token: secret, user: z.string() }), output: z.number() }) {
  call(): number {
    return 1;
  }
}
const leaky = contextTransform({ name: 'leaky', inputs: { token: FromContext(z.string()) } }, ({ token }): string => {
  throw new Error(`bad token ${token}`);
});
const salted = contextTransform({ name: 'salted', inputs: { salt: secret }, patches: { token: z.string() } }, ({ salt }) => ({ token: salt }));
const open = flowModel({ name: 'open', inputs: { x: z.number(), token: FromContext(z.string()), label: FromContext(z.string().optional()) } }, ({ x }) => x);

describe('a secret prints as [secret]', () => {
  test.each<[string, CallableModel, object?]>([
    ['bound to an input', flowModel({ inputs: { token: secret } }, () => 1)({ token: SECRET })],
    ['as an input’s default', flowModel({ inputs: { token: secret.default(SECRET) } }, () => 1)()],
    ['as a field’s default', flowModel({ inputs: { token: FromContext(secret.default(SECRET)) } }, () => 1)()],
    ['as an instance’s contextual default', ambient({ token: SECRET })],
    ['in the given context', ambient(), { token: SECRET }],
    ['in the context of an edge', relay({ x: ambient() }), { token: SECRET }],
    ['written by a wrapper', ambient().flow.withContext({ token: SECRET })],
    ['written by a wrapper for upstream', relay({ x: ambient() }).flow.withContext({ token: SECRET })],
    ['bound to a transform, and what that writes', ambient().flow.withContext(salted({ salt: SECRET }))],
    ['moved to another field', open({ x: 1 }).flow.withContext({ label: fromField('token', secret) }), { token: SECRET }],
    ['read by somebody who does not call it one', open({ x: ambient() }), { token: SECRET }],
    ['in the error of a transform', ambient().flow.withContext({ token: leaky() }), { token: SECRET }],
    ['in a class-based model', new Login(), { token: SECRET, user: 'Ada' }],
    ['beside models in a container', flowModel({ inputs: { all: Dependency(z.array(secret)) } }, () => 1)({ all: [SECRET] })],
  ])('%s', (_, model, context) => {
    const text = shown(model, context);
    expect(text).toContain('[secret]');
    expect(text).not.toContain('hunter2');
  });

  test('a field of another name beside it is shown', () => {
    expect(shown(new Login(), { token: SECRET, user: 'Ada' })).toContain('"Ada"');
  });
});
