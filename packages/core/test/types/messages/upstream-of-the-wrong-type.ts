import { z } from 'zod';
import { flowModel, FromContext } from '@flowmodel/core';

const visits = flowModel({ name: 'visits', inputs: { place: z.string(), date: FromContext(z.date()) } }, ({ place, date }) => place.length * date.getDay());
const label = flowModel({ name: 'label', inputs: { title: z.string() } }, ({ title }) => title.toUpperCase());

// @ts-expect-error a model of numbers, and the input is a string
label({ title: visits({ place: 'library' }) });
