// Jobs from a database: the list is an upstream model, the connection a resource. What became of each job goes back into its row.
import { DatabaseSync } from 'node:sqlite';
import { batchModel } from '@flowmodel/batch';
import { flowModel, FromContext, Resource } from '@flowmodel/core';
import { z } from 'zod';

const Job = z.object({ jobId: z.string(), inputFile: z.string(), outputFormat: z.enum(['pdf', 'png', 'txt']), quality: z.string(), notify: z.string() });

const pendingJobs = flowModel({ name: 'pendingJobs', inputs: { database: Resource<DatabaseSync>() }, output: z.array(Job), volatile: true }, ({ database }) =>
  database.prepare("SELECT job_id AS jobId, input_file AS inputFile, output_format AS outputFormat, quality, notify FROM jobs WHERE state = 'pending' ORDER BY job_id").all() as never, // the schema checks
);

const convert = flowModel(
  { name: 'convert', inputs: { inputFile: FromContext(z.string()), outputFormat: FromContext(z.string()), quality: FromContext(z.string()) } },
  async ({ inputFile, outputFormat, quality }) => {
    if (!inputFile.endsWith('.md')) throw new Error(`cannot read ${inputFile}`);
    return `${inputFile.replace('.md', `.${outputFormat}`)} (${quality})`;
  },
);

const notify = flowModel({ name: 'notify', inputs: { file: z.string(), notify: FromContext(z.string()) } }, async ({ file, notify: address }) => `${file} → ${address}`);

const jobs = batchModel({ name: 'jobs', inputs: { jobs: z.array(Job) }, item: Job, params: ({ jobs: list }) => list, each: notify({ file: convert() }), concurrency: 4 });

if (import.meta.main) {
  const database = new DatabaseSync(':memory:');
  database.exec("CREATE TABLE jobs (job_id TEXT PRIMARY KEY, input_file TEXT, output_format TEXT, quality TEXT, notify TEXT, state TEXT DEFAULT 'pending', note TEXT)");
  const insert = database.prepare('INSERT INTO jobs (job_id, input_file, output_format, quality, notify) VALUES (?, ?, ?, ?, ?)');
  insert.run('j1', 'report.md', 'pdf', 'high', 'ada@example.org');
  insert.run('j2', 'movie.avi', 'txt', 'low', 'alan@example.org');
  insert.run('j3', 'notes.md', 'png', 'draft', 'grace@example.org');

  const { value } = await jobs({ jobs: pendingJobs() }).flow.compute({}, { resources: { database } });
  const update = database.prepare('UPDATE jobs SET state = ?, note = ? WHERE job_id = ?');
  for (const entry of value.results) update.run(entry.status === 'ok' ? 'done' : 'failed', entry.status === 'ok' ? entry.value : (entry.error as Error).message, entry.params.jobId);

  for (const row of database.prepare('SELECT job_id, state, note FROM jobs ORDER BY job_id').all()) console.log(Object.values(row).join('  '));
  database.close();
}
