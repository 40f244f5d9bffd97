// Contract §3: values of a schema with `.meta({ secret: true })` print as [secret], in every error and in printed models.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contextTransform, Dependency, FlowContext, flowModel, FromContext, modelClass } from '@flowmodel/core';
import type { CallableModel, FlowError } from '@flowmodel/core';
import { refusal } from './refusal.ts';

describe('secrets', () => {
  const SECRET = 'hunter2-hunter2';
  const secret = z.string().max(5).meta({ secret: true });
  const long = z.string().meta({ secret: true });
  /** Everything that a log of an error would show, and what a logger could reach. */
  const logged = (error: FlowError): string => [error.message, error.stack, inspect(error, { depth: 12 }), JSON.stringify(error.details)].join('\n');
  const leaks = (text: string): boolean => text.includes('hunter2');

  const login = flowModel({ name: 'login', inputs: { token: secret, n: z.number().default(0) } }, ({ token }) => token.length);
  const ambient = flowModel({ name: 'ambient', inputs: { token: FromContext(secret) } }, ({ token }) => token.length);
  const yields = flowModel({ name: 'yields', inputs: { it: z.unknown() } }, ({ it: value }) => value as never);
  const keyed = flowModel({ name: 'keyed', inputs: { key: FromContext(long) } }, ({ key }) => key.length);

  it.each<[string, string, () => unknown]>([
    ['a literal', 'BIND', () => login({ token: SECRET })],
    ['a contextual default', 'BIND', () => ambient({ token: SECRET })],
    ['the runtime context', 'INVALID_CONTEXT', () => ambient().flow.computeSync({ token: SECRET })],
    ['a rewrite', 'WITH_CONTEXT', () => ambient().flow.withContext({ token: SECRET })],
    ['an upstream value', 'INVALID_RESULT', () => login({ token: yields({ it: SECRET }) }).flow.computeSync()],
    ['a result', 'INVALID_RESULT', () => flowModel({ name: 'out', replace: true, inputs: {}, output: secret }, () => SECRET)().flow.computeSync()],
    ['an optional secret', 'BIND', () => flowModel({ name: 'opt', replace: true, inputs: { token: secret.optional() } }, () => 1)({ token: SECRET })],
    ['a secret with a default', 'BIND', () => flowModel({ name: 'def', replace: true, inputs: { token: secret.default('x') } }, () => 1)({ token: SECRET })],
    ['a patch', 'TRANSFORM', () => ambient().flow.withContext(contextTransform({ inputs: {}, patches: { token: secret } }, () => ({ token: SECRET }))()).flow.computeSync()],
    ['the value of a field transform', 'TRANSFORM', () => ambient().flow.withContext({ token: contextTransform({ inputs: {}, output: secret }, () => SECRET)() }).flow.computeSync()],
    ['a field of an object', 'BIND', () => flowModel({ name: 'obj', replace: true, inputs: { user: z.object({ name: z.string(), password: long }) } }, () => 1)({ user: { name: 5 as never, password: SECRET } })],
    ['an element of an array', 'BIND', () => flowModel({ name: 'arr', replace: true, inputs: { tokens: z.array(long).max(1) } }, () => 1)({ tokens: [SECRET, SECRET] })],
    ['a value of a record', 'INVALID_CONTEXT', () => flowModel({ name: 'rec', replace: true, inputs: { tokens: FromContext(z.record(z.string(), secret)) } }, () => 1)().flow.computeSync({ tokens: { a: SECRET } })],
    ['a leaf beside models', 'BIND', () => flowModel({ name: 'dep', replace: true, inputs: { tokens: Dependency(z.array(secret)) } }, () => 1)({ tokens: [yields({ it: 'x' }), SECRET] })],
    ['an upstream value in a container', 'INVALID_RESULT', () => flowModel({ name: 'dep2', replace: true, inputs: { tokens: Dependency(z.array(secret)) } }, () => 1)({ tokens: [yields({ it: SECRET })] }).flow.computeSync()],
    ['a value that the schema’s own message repeats', 'BIND', () => flowModel({ inputs: { token: z.string().meta({ secret: true }).refine(() => false, { error: ({ input }) => `${String(input)} will not do` }) } }, () => 1)({ token: SECRET })],
    ['a key of a record', 'BIND', () => flowModel({ inputs: { byToken: z.record(secret, z.number()) } }, () => 1)({ byToken: { [SECRET]: 1 } })],
    ['a field of contextType', 'INVALID_CONTEXT', () => flowModel({ name: 'ctype', replace: true, inputs: { token: FromContext(z.string()) }, contextType: z.object({ token: secret }) }, () => 1)().flow.computeSync({ token: SECRET })],
    ['a secret input that contextType refuses', 'INVALID_CONTEXT', () => flowModel({ name: 'ctype2', replace: true, inputs: { token: FromContext(long) }, contextType: z.object({ token: z.string().max(5) }) }, () => 1)().flow.computeSync({ token: SECRET })],
    ['a secret default that contextType refuses', 'BIND', () => flowModel({ name: 'ctype3', replace: true, inputs: { token: FromContext(long) }, contextType: z.object({ token: z.string().max(5) }) }, () => 1)({ token: SECRET })],
    ['a context that is refused as a whole', 'INVALID_CONTEXT', () => flowModel({ name: 'ctype4', replace: true, inputs: { token: FromContext(long) }, contextType: z.object({ token: z.string() }).refine(() => false) }, () => 1)().flow.computeSync({ token: SECRET })],
    ['a secret result that its consumer refuses', 'INVALID_RESULT', () => flowModel({ name: 'wants', replace: true, inputs: { x: z.number() } }, ({ x }) => x)({ x: flowModel({ inputs: {}, output: long }, () => SECRET)() as CallableModel<any> }).flow.computeSync()],
  ])('%s that is refused prints as [secret]: %s', (_, code, act) => {
    const error = refusal(act);
    expect(error.code).toBe(code);
    expect(leaks(logged(error))).toBe(false);
    expect(error.message).toContain('[secret]');
  });

  it('a field that one reader calls secret is one for all readers in the branch', () => {
    const open = flowModel({ name: 'open', inputs: { key: FromContext(z.string().max(5)), x: z.number() } }, ({ x }) => x);
    const model: CallableModel = open({ x: keyed() });
    expect(leaks(logged(refusal(() => model.flow.computeSync({ key: SECRET }))))).toBe(false);
    expect(leaks(logged(refusal(() => model.flow.withContext({ key: SECRET }))))).toBe(false);
  });

  it('a class-based model’s secret field prints as [secret]', () => {
    class Login extends modelClass({ name: 'Login', context: z.object({ token: secret, name: z.string() }), output: z.number() }) {
      call(): number {
        return 1;
      }
    }
    expect(leaks(logged(refusal(() => new Login().flow.computeSync({ token: SECRET, name: 'x' }))))).toBe(false);
    expect(leaks(logged(refusal(() => new Login().flow.computeSync({ token: SECRET, name: 5 as never }))))).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['a literal', () => flowModel({ inputs: { token: long } }, () => 1)({ token: SECRET })],
    ['a contextual default', () => keyed({ key: SECRET })],
    ['a rewrite', () => keyed().flow.withContext({ key: SECRET })],
    ['a rewrite of an upstream field', () => flowModel({ inputs: { x: z.number() } }, ({ x }) => x)({ x: keyed() }).flow.withContext({ key: SECRET })],
    ['an input of a transform', () => keyed().flow.withContext({ key: contextTransform({ inputs: { salt: long } }, ({ salt }) => salt)({ salt: SECRET }) })],
    ['a field of an object', () => flowModel({ inputs: { user: z.object({ name: z.string(), password: long }) } }, () => 1)({ user: { name: 'Ada', password: SECRET } })],
    ['an element of a container', () => flowModel({ inputs: { tokens: Dependency(z.array(long)) } }, () => 1)({ tokens: [SECRET] })],
  ])('%s in a printed model prints as [secret]', (_, make) => {
    const text = inspect(make());
    expect(leaks(text)).toBe(false);
    expect(text).toContain('[secret]');
  });

  it('the body receives the value itself', () => {
    expect(keyed().flow.computeSync({ key: SECRET }).value).toBe(SECRET.length);
    expect(keyed().flow.withContext({ key: SECRET }).flow.computeSync().value).toBe(SECRET.length);
    expect((keyed() as CallableModel).flow.computeSync(new FlowContext({ key: SECRET }))).toMatchObject({ value: SECRET.length });
  });
});
