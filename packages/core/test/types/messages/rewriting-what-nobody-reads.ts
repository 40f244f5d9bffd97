import { z } from 'zod';
import { flowModel, FromContext } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), date: FromContext(z.date()) } }, ({ place, date }) => place.length * date.getDay());

// @ts-expect-error nobody in the branch reads that field
visits({ place: 'library' }).flow.withContext({ day: new Date() });
