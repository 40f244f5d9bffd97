/** Use case 4: a workflow for each item of a list. The compiled document is a model, so a body can compute it once per item, inside its own run. */
import { flowModel, ModelInput } from '@flowmodel/core';
import { compileWorkflowFile } from '@flowmodel/workflow';
import { z } from 'zod';
import { documents } from './documents.ts';
import { definitions } from './models.ts';

const Item = z.object({ item_id: z.string(), item_data: z.record(z.string(), z.unknown()) });

const forEach = flowModel(
  { name: 'forEach', definitions, inputs: { items: z.array(Item), each: ModelInput(z.unknown()) }, orchestrates: true },
  ({ items, each }, run) => Promise.all(items.map((item) => run.compute(each, item))),
);

export const scoresOf = (items: readonly z.input<typeof Item>[]) => forEach({ items: [...items], each: compileWorkflowFile(documents('parameters/item.yaml'), { definitions }) });
