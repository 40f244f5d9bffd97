import { z } from 'zod';
import { contextTransform, flowModel, FromContext } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), date: FromContext(z.date()) } }, ({ place, date }) => place.length * date.getDay());
const tomorrow = contextTransform({ name: 'tomorrow', inputs: { date: FromContext(z.date()) } }, ({ date }) => new Date(date.getTime() + 86_400_000));

// @ts-expect-error a field transform goes by name
visits({ place: 'library' }).flow.withContext(tomorrow());
