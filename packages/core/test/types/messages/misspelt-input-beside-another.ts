import { z } from 'zod';
import { flowModel, FromContext } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), date: FromContext(z.date()) } }, ({ place, date }) => place.length * date.getDay());

// @ts-expect-error no input of that name
visits({ place: 'library', dat: new Date() });
