import { z } from 'zod';
import { flowModel, FromContext } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), date: FromContext(z.date()) } }, ({ place, date }) => place.length * date.getDay());
const label = flowModel({ name: 'label', inputs: { count: z.number() } }, ({ count }) => `${count} visits`);

// @ts-expect-error an input of the upstream model is not bound
void label({ count: visits({ date: new Date() }) }).flow.compute();
