/** Runs, their metric points, and both of them live. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { Run } from '@residua/prisma/generated/client/client';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { CodedError } from '../errors.ts';
import { parseGlobalId, parseKey } from '../global-id.ts';
import { parseFirst, POINT_LIST, RUN_PAGE } from '../limits.ts';
import { PUBLISHED } from '../loaders/index.ts';
import type { PointRow } from '../run-feed.ts';
import { loadIdPage, ROWS } from './id-page.ts';

const RunStatus = builder.enumType('RunStatus', {
  description: 'How far a run is.',
  values: {
    QUEUED: { value: 'queued', description: 'Waits for a worker.' },
    RUNNING: { value: 'running', description: 'A worker has it.' },
    DONE: { value: 'done', description: 'It is over and did what it should.' },
    FAILED: { value: 'failed', description: 'It is over; `error` says why.' },
    CANCELLED: { value: 'cancelled', description: 'Somebody stopped it.' },
  } as const,
});

/** A point, and the run as it was then where it comes live. */
const MetricPointRef = builder.objectRef<PointRow & { readonly run?: Run }>('MetricPoint');

export const RunNode = builder.prismaNode('Run', {
  id: { field: 'id' },
  description: 'One execution of a command: what it is doing, how far it is, what it made.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Natural key given by whoever asked for it.' }),
    kind: t.exposeString('kind', { description: 'The command: train-sae, train-lm, ...' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    status: t.expose('status', { type: RunStatus, description: 'How far it is.' }),
    config: t.expose('config', { type: 'JSON', description: 'The flat config of the command.' }),
    phase: t.exposeString('phase', {
      description: 'What it is doing now, in a word: harvest, train, read-out, publish.',
    }),
    phaseStep: t.exposeInt('phaseStep', { description: 'Steps done of this phase.' }),
    phaseTotal: t.exposeInt('phaseTotal', { description: 'Steps of this phase; 0 where nobody knows.' }),
    step: t.exposeInt('step', { description: 'Steps done of the whole run.' }),
    stepTotal: t.exposeInt('stepTotal', {
      description: 'Steps planned for the whole run; 0 where nobody knows.',
    }),
    backend: t.exposeString('backend', {
      description: 'Tensor backend it runs on; empty before it has started.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Why it failed, in words; null unless it did.',
    }),
    lastSeq: t.exposeInt('lastSeq', {
      description: 'Highest seq of its metric points; 0 where there are none yet.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a worker first took it.',
    }),
    heartbeatAt: t.expose('heartbeatAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its worker last gave a sign of life.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was over.',
    }),
    dictionaries: t.relation('dictionaries', {
      description: 'Published dictionaries it made, oldest first.',
      query: { where: PUBLISHED, orderBy: { id: 'asc' } },
    }),
    points: t.field({
      type: [MetricPointRef],
      description:
        'Its metric points after a seq, oldest first. For the next page ask after the last seq of this one.',
      args: {
        afterSeq: t.arg.int({
          defaultValue: 0,
          description: 'Points with a greater seq; 0 is before the first.',
        }),
        first: t.arg.int({
          defaultValue: POINT_LIST.usual,
          description: `At most so many, up to ${POINT_LIST.most}.`,
        }),
        name: t.arg.string({ description: 'Only this metric.' }),
      },
      resolve: ({ id }, { afterSeq, first, name }, { loaders }) =>
        loaders.points.load([id, afterSeq ?? 0, parseFirst(first, POINT_LIST, 'points'), name ?? null]),
    }),
  }),
});

MetricPointRef.implement({
  description: 'One number of a run at one step.',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: '1, 2, 3, ... inside its run, in the order they were written.' }),
    name: t.exposeString('name', {
      description: 'Which metric, with its unit where it has one: lossNats, tokensPerSecond, ...',
    }),
    step: t.exposeInt('step', { description: 'Step of the run it was measured at.' }),
    value: t.exposeFloat('value', { description: 'The number.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was written.' }),
    run: t.field({
      type: RunNode,
      description: 'The run it belongs to.',
      // No promise where the run came with the point: that is once a point and follower.
      resolve: ({ run, runId }, _args, { loaders }) => run ?? loaders.run.load(runId).then((found) => found!),
    }),
  }),
});

const RUN_KEY = 'Global id, slug, or number of the run.';

/** A run by whatever a person may have at hand. A slug may look like a number: the number wins. */
async function findRunId(text: string, { db }: Context): Promise<number | null> {
  const global = parseGlobalId(text);
  const id = global?.type === 'Run' ? parseKey(global.key) : parseKey(text);
  const where = id === null ? { slug: text } : { OR: [{ id }, { slug: text }] };
  const runs = await db.run.findMany({ where, select: { id: true } });
  return (runs.find((run) => run.id === id) ?? runs[0])?.id ?? null;
}

async function findFollowed(text: string, context: Context): Promise<number> {
  const id = await context.feeds.patiently(() => findRunId(text, context));
  if (id === null)
    throw new CodedError(
      'NOT_FOUND',
      `expected the id or slug of a run, got ${JSON.stringify(text.slice(0, 80))}`,
    );
  return id;
}

builder.queryFields((t) => ({
  runs: t.connection({
    type: RunNode,
    description: 'Runs, newest first.',
    args: { status: t.arg({ type: RunStatus, description: 'Only those that are this far.' }) },
    resolve: (_root, args, context, info) => {
      const where = { status: args.status ?? undefined };
      return loadIdPage(
        {
          name: args.status ? `runs.${args.status}` : 'runs',
          limit: RUN_PAGE,
          isNewestFirst: true,
          find: ({ idFilter, ...query }) =>
            context.db.run.findMany({
              ...queryFromInfo({ context, info, paths: ROWS }),
              ...query,
              where: { ...where, id: idFilter },
            }),
          count: () => context.db.run.count({ where }),
        },
        args,
      );
    },
  }),
  run: t.prismaField({
    type: 'Run',
    nullable: true,
    description: 'One run; null where there is none.',
    args: { id: t.arg.id({ required: true, description: RUN_KEY }) },
    resolve: async (query, _root, args, context) => {
      const id = await findRunId(String(args.id), context);
      return id === null ? null : context.db.run.findUnique({ ...query, where: { id } });
    },
  }),
}));

builder.subscriptionFields((t) => ({
  runProgress: t.field({
    type: MetricPointRef,
    description:
      'Metric points of a run, one an event: every point after afterSeq in order, then live, without a gap or a repeat. Completes when the run ends. After a lost connection subscribe again with the last seq that came.',
    args: {
      run: t.arg.id({ required: true, description: RUN_KEY }),
      afterSeq: t.arg.int({ defaultValue: 0, description: 'Points with a greater seq; 0 is everything.' }),
    },
    subscribe: async (_root, { run, afterSeq }, context) => {
      if ((afterSeq ?? 0) < 0)
        throw new CodedError('BAD_USER_INPUT', `expected afterSeq >= 0, got ${afterSeq}`);
      return context.feeds.points(await findFollowed(String(run), context), afterSeq ?? 0);
    },
    resolve: ({ point, run }, _args, context) => {
      context.forget();
      return run ? { ...point, run } : point;
    },
  }),
  runChanged: t.field({
    type: RunNode,
    description:
      'A run as it changes: its present state first, then each newer one; a slow reader misses what came between. Completes when the run ends.',
    args: { run: t.arg.id({ required: true, description: RUN_KEY }) },
    subscribe: async (_root, { run }, context) =>
      context.feeds.changes(await findFollowed(String(run), context)),
    resolve: (run, _args, context) => {
      context.forget();
      return run;
    },
  }),
}));
