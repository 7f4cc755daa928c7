/** What the index of steering is made of, as the API answers it. */
import type {
  SteeringAccuracyQuery,
  SteeringEvidenceQuery,
  SteeringLayersQuery,
  SteeringPairsQuery,
  SteeringTrainingQuery,
  SteeringTransferQuery,
} from '../../graphql/generated/graphql.ts';

export type AccuracyStudy = NonNullable<SteeringAccuracyQuery['steeringStudies']['accuracy']>;
export type Condition = AccuracyStudy['conditions'][number];
export type TrainedCondition = NonNullable<
  SteeringTrainingQuery['steeringStudies']['accuracy']
>['conditions'][number];
export type Evidence = NonNullable<SteeringEvidenceQuery['steeringVector']>;
export type GainCurve = NonNullable<SteeringLayersQuery['steeringStudies']['gainCurve']>;
export type PairStudy = NonNullable<SteeringPairsQuery['steeringStudies']['pairs']>;
export type TransferStudy = NonNullable<SteeringTransferQuery['steeringStudies']['transfer']>;
