import { z } from 'zod';
import { flowModel, FromContext } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), date: FromContext(z.date()) } }, ({ place, date }) => place.length * date.getDay());
const start = 1;

// @ts-expect-error a field that the graph reads is missing
void visits({ place: 'library' }).flow.compute({ start });
