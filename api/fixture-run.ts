/** Made-up runs with curves that look like a training. */
import type pg from 'pg';
import { fraction } from './fixture-text.ts';

/** Names the trainer uses. */
export const FIXTURE_METRICS = [
  'loss',
  'explainedVariance',
  'deadFraction',
  'learningRate',
  'tokensPerSecond',
] as const;

const STEPS_PLANNED = 250;

export async function createFixtureRun(
  client: pg.ClientBase,
  slug: string,
  status: 'running' | 'done',
): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    `insert into run (slug, kind, name, status, config, phase, phase_step, phase_total, step, step_total, backend, started_at,
       heartbeat_at, finished_at)
     values ($1, 'train-sae', $2, $3, '{"width": 200, "k": 64, "seed": 1}', $4, 0, $5, 0, $5, 'none', now(), now(),
       case when $3 = 'done'::run_status then now() end) returning id`,
    [slug, `Fixture: ${slug}`, status, status === 'done' ? 'publish' : 'train', STEPS_PLANNED],
  );
  return rows[0].id;
}

/** Points of every metric for steps from <= step < to, as a worker writes them: rows, then the run, then a notification. */
export async function insertFixturePoints(
  client: pg.ClientBase,
  run: number,
  from: number,
  to: number,
): Promise<void> {
  const names: string[] = [];
  const steps: number[] = [];
  const values: number[] = [];
  for (let step = from; step < to; step++) {
    for (const name of FIXTURE_METRICS) {
      names.push(name);
      steps.push(step);
      values.push(metricAt(name, step));
    }
  }
  await client.query(
    `with counted as (
       update run set last_seq = last_seq + $5, step = $6, phase_step = $6, heartbeat_at = now() where id = $1
       returning last_seq - $5 as before
     )
     insert into metric_point (run_id, seq, name, step, value)
     select $1, counted.before + p.ord, p.name, p.step, p.value
     from counted, unnest($2::text[], $3::int[], $4::float8[]) with ordinality as p(name, step, value, ord)`,
    [run, names, steps, values, names.length, Math.min(to, STEPS_PLANNED)],
  );
  await client.query('select notify_run_progress(id, last_seq, status) from run where id = $1', [run]);
}

function metricAt(name: (typeof FIXTURE_METRICS)[number], step: number): number {
  const noise = fraction(name, step) - 0.5;
  switch (name) {
    case 'loss':
      return 0.15 + Math.exp(-step / 40) * (1 + 0.1 * noise);
    case 'explainedVariance':
      return 0.9 - 0.8 * Math.exp(-step / 50) + 0.01 * noise;
    case 'deadFraction':
      return Math.max(0, 0.3 * Math.exp(-step / 90) + 0.01 * noise);
    case 'learningRate':
      return 3e-4 * Math.min(1, step / 20);
    case 'tokensPerSecond':
      return 9_000 + 800 * noise;
  }
}
