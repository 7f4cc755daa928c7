/** What the page of a vector is made of, as the API answers it. */
import type {
  SteeringPointFragment,
  TestScoreFragment,
  TokenValueFragment,
  VectorCosinesQuery,
  VectorFeaturesQuery,
  VectorLensQuery,
  VectorPatchingQuery,
  VectorPersistenceQuery,
  VectorPrefixQuery,
  VectorQuery,
  VectorScalingQuery,
  VectorShiftQuery,
  VectorTextsQuery,
} from '../../graphql/generated/graphql.ts';

export type TestScore = TestScoreFragment;
export type TrainingPoint = SteeringPointFragment;
export type TokenValue = TokenValueFragment;

type Of<Query extends { readonly steeringVector: unknown }> = NonNullable<Query['steeringVector']>;

export type Vector = Of<VectorQuery>;
export type LogitLens = NonNullable<Of<VectorLensQuery>['logitLens']>;
export type Cosines = NonNullable<Of<VectorCosinesQuery>['cosines']>;
export type TokenShift = NonNullable<Of<VectorShiftQuery>['tokenShift']>;
export type PrefixTest = NonNullable<Of<VectorPrefixQuery>['prefixTest']>;
export type Persistence = NonNullable<Of<VectorPersistenceQuery>['persistence']>;
export type Patching = NonNullable<Of<VectorPatchingQuery>['patching']>;
export type TokenScaling = NonNullable<Of<VectorScalingQuery>['tokenScaling']>;
export type FeatureReading = NonNullable<Of<VectorFeaturesQuery>['features']>;
export type Generations = NonNullable<Of<VectorTextsQuery>['generations']>;
