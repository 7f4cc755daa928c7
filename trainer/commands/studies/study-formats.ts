/** The shapes of studies there are: how each is checked, named and found again. A new one is a line in FORMATS. */
import { createHash } from 'node:crypto';
import { checkStudy } from '../../lime/check-study.ts';
import { STUDY_FORMAT, type LimeStudy, type StudyPart } from '../../lime/study.ts';
import { checkSteeringStudy } from '../../steering/check-record.ts';
import {
  STUDY_FORMAT as STEERING_FORMAT,
  type SteeringPart,
  type SteeringStudy,
} from '../../steering/record.ts';
import type { StudyRecord } from '../../store/studies.ts';

const FORMATS: Readonly<Record<string, (json: unknown, source: string) => StudyRecord>> = {
  [STUDY_FORMAT]: (json, source) => describeLime(checkStudy(json, source)),
  [STEERING_FORMAT]: (json, source) => describeSteering(checkSteeringStudy(json, source)),
};

/** A study as it is stored; throws where the record is not what its format says. `source` names the file in errors. */
export function describeStudy(json: unknown, source: string): StudyRecord {
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format](json, source);
  throw new Error(
    `${source}: expected a study of format ${Object.keys(FORMATS).join(' or ')}, got ${JSON.stringify(format)}. ` +
      'residua studies save writes such files; residua trials load reads those of trials, residua vectors load those of ' +
      'steering vectors.',
  );
}

const TITLES: Readonly<Record<StudyPart, string>> = {
  arithmetic: 'Arithmetic expressions',
  loss: 'Loss at equal tokens and at equal FLOPs',
  collapse: 'Entropy and separability by layer',
  routers: 'What routers read',
  ablation: 'Other routers',
};

function describeLime(study: LimeStudy): StudyRecord {
  const { part, format, provenance } = study;
  const { command, codeCommit, backend, seeds, tokens, models } = provenance;
  return {
    slug: `lime/${part}/${hashSubject(study)}`,
    kind: 'lime',
    part,
    title: TITLES[part],
    format,
    record: study,
    ...{ command, codeCommit, backend, seeds, trainTokenCount: tokens },
    models: models
      .map(({ name, parameterCount }) => ({ name, parameterCount }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Ten hex digits over what was studied and how: running the same again replaces it, another depth or text is another study. */
function hashSubject({ provenance }: LimeStudy): string {
  const { models, tokens, corpora, training, seeds } = provenance;
  const subject = [
    models.map(({ name, width, heads, kvHeads, parameterCount, contextLength }) => [
      ...[name, width, heads, kvHeads, parameterCount, contextLength],
    ]),
    tokens,
    corpora.map(({ slug, sha256 }) => [slug, sha256]),
    Object.entries(training).sort(([a], [b]) => (a < b ? -1 : 1)),
    seeds,
  ];
  return digest(subject);
}

const digest = (subject: unknown): string =>
  createHash('sha256').update(JSON.stringify(subject)).digest('hex').slice(0, 10);

const STEERING_TITLES: Readonly<Record<SteeringPart, string>> = {
  accuracy: 'Vectors, full training and controls',
  'gain-curve': 'What one layer gains',
  pairs: 'Whether vectors add up',
  transfer: 'Vectors of one model in another',
};

function describeSteering(study: SteeringStudy): StudyRecord {
  const { part, format, model, modelParameterCount, seeds, provenance } = study;
  const { command, codeCommit, backend, settings, problems } = provenance;
  const told = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  const subject = [model, modelParameterCount, seeds, told, problems.sha256];
  return {
    slug: `steering/${part}/${digest(subject)}`,
    kind: 'steering',
    part,
    title: STEERING_TITLES[part],
    format,
    record: study,
    ...{ command, codeCommit, backend, seeds, trainTokenCount: mostTokens(settings) },
    models: [{ name: model, parameterCount: modelParameterCount }],
  };
}

/** That each of its trainings could generate; 0 where its settings do not tell. */
function mostTokens(settings: SteeringStudy['provenance']['settings']): number {
  const { steps, prompts, generations, maxTokens } = settings;
  const total = [steps, prompts, generations, maxTokens].reduce<number>(
    (product, value) => product * (typeof value === 'number' ? value : 0),
    1,
  );
  return Number.isSafeInteger(total) && total >= 0 ? total : 0;
}
