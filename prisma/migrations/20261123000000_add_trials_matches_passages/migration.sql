-- CreateEnum
CREATE TYPE "match_method" AS ENUM ('decoder_cosine', 'encoder_cosine', 'one_to_one', 'act_correlation');

-- AlterEnum
ALTER TYPE "dictionary_kind" ADD VALUE 'relu';

-- CreateTable
CREATE TABLE "feature_match" (
    "dictionary_id" INTEGER NOT NULL,
    "other_dictionary_id" INTEGER NOT NULL,
    "method" "match_method" NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "rank" INTEGER NOT NULL,
    "other_index" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "feature_match_pkey" PRIMARY KEY ("dictionary_id","other_dictionary_id","method","feature_index","rank")
);

-- CreateTable
CREATE TABLE "passage" (
    "dictionary_id" INTEGER NOT NULL,
    "window_id" BIGINT NOT NULL,
    "rank" INTEGER NOT NULL,
    "base_width" INTEGER NOT NULL,
    "base_indices" INTEGER[],
    "base_acts" REAL[],
    "boost_width" INTEGER NOT NULL,
    "boost_indices" INTEGER[],
    "boost_acts" REAL[],
    "base_errors" REAL[],
    "boosted_errors" REAL[],
    "ce_original" REAL[],
    "ce_base" REAL[],
    "ce_boosted" REAL[],

    CONSTRAINT "passage_pkey" PRIMARY KEY ("dictionary_id","window_id")
);

-- CreateTable
CREATE TABLE "trial" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "experiment" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "kind" "dictionary_kind" NOT NULL,
    "model_id" INTEGER NOT NULL,
    "hookpoint" TEXT NOT NULL,
    "base_id" INTEGER,
    "dictionary_id" INTEGER,
    "domain" TEXT,
    "seed" INTEGER NOT NULL,
    "width" INTEGER NOT NULL,
    "k" DOUBLE PRECISION NOT NULL,
    "train_token_count" BIGINT NOT NULL,
    "weights_sha256" TEXT NOT NULL,
    "base_cosines" INTEGER[],
    "config" JSONB NOT NULL,
    "recorded" BOOLEAN NOT NULL DEFAULT false,
    "run_id" INTEGER,
    "provenance_id" INTEGER,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "trial_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluation" (
    "trial_id" INTEGER NOT NULL,
    "corpus_id" INTEGER NOT NULL,
    "budget" INTEGER NOT NULL,
    "explained_variance" DOUBLE PRECISION NOT NULL,
    "ce_original" DOUBLE PRECISION NOT NULL,
    "ce_spliced" DOUBLE PRECISION NOT NULL,
    "ce_zero" DOUBLE PRECISION NOT NULL,
    "ce_recovered" DOUBLE PRECISION,
    "delta_ce" DOUBLE PRECISION NOT NULL,
    "kl_nats" DOUBLE PRECISION NOT NULL,
    "l0" DOUBLE PRECISION NOT NULL,
    "residual_l0" DOUBLE PRECISION,
    "dead_fraction" DOUBLE PRECISION NOT NULL,
    "token_count" BIGINT NOT NULL,
    "ce_token_count" BIGINT NOT NULL,

    CONSTRAINT "evaluation_pkey" PRIMARY KEY ("trial_id","corpus_id","budget")
);

-- CreateIndex
CREATE INDEX "feature_match_dictionary_id_other_dictionary_id_method_rank_idx" ON "feature_match"("dictionary_id", "other_dictionary_id", "method", "rank", "value");

-- CreateIndex
CREATE UNIQUE INDEX "trial_slug_key" ON "trial"("slug");

-- CreateIndex
CREATE INDEX "trial_experiment_domain_method_seed_idx" ON "trial"("experiment", "domain", "method", "seed");

-- AddForeignKey
ALTER TABLE "feature_match" ADD CONSTRAINT "feature_match_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_match" ADD CONSTRAINT "feature_match_other_dictionary_id_other_index_fkey" FOREIGN KEY ("other_dictionary_id", "other_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "passage" ADD CONSTRAINT "passage_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "dictionary"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "passage" ADD CONSTRAINT "passage_window_id_fkey" FOREIGN KEY ("window_id") REFERENCES "token_window"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_base_id_fkey" FOREIGN KEY ("base_id") REFERENCES "dictionary"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "dictionary"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_provenance_id_fkey" FOREIGN KEY ("provenance_id") REFERENCES "provenance"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trial"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_corpus_id_fkey" FOREIGN KEY ("corpus_id") REFERENCES "corpus"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What no row may say. NaN sorts above every number in Postgres, so BETWEEN refuses it too.

ALTER TABLE "trial"
  ADD CONSTRAINT "trial_sizes" CHECK (width >= 1 AND k > 0 AND k <> 'NaN' AND train_token_count >= 0),
  ADD CONSTRAINT "trial_sha256" CHECK (weights_sha256 ~ '^[0-9a-f]{64}$');

ALTER TABLE "evaluation"
  ADD CONSTRAINT "evaluation_budget" CHECK (budget >= 1),
  ADD CONSTRAINT "evaluation_explained_variance" CHECK (explained_variance <= 1),
  ADD CONSTRAINT "evaluation_l0" CHECK (l0 >= 0 AND l0 <> 'NaN' AND (residual_l0 IS NULL OR residual_l0 >= 0 AND residual_l0 <> 'NaN')),
  ADD CONSTRAINT "evaluation_dead_fraction" CHECK (dead_fraction BETWEEN 0 AND 1),
  ADD CONSTRAINT "evaluation_token_count" CHECK (token_count >= 1 AND ce_token_count >= 0);

ALTER TABLE "feature_match"
  ADD CONSTRAINT "feature_match_rank" CHECK (rank >= 0),
  -- A hair above 1 for rounding.
  ADD CONSTRAINT "feature_match_value" CHECK (value BETWEEN -1.0001 AND 1.0001);

ALTER TABLE "passage"
  ADD CONSTRAINT "passage_widths" CHECK (rank >= 0 AND base_width >= 1 AND boost_width >= 1),
  ADD CONSTRAINT "passage_arrays" CHECK (
    cardinality(base_indices) = cardinality(base_acts) AND cardinality(boost_indices) = cardinality(boost_acts)
    AND cardinality(base_acts) = base_width * cardinality(base_errors)
    AND cardinality(boost_acts) = boost_width * cardinality(base_errors)
    AND cardinality(boosted_errors) = cardinality(base_errors) AND cardinality(ce_original) = cardinality(base_errors)
    AND cardinality(ce_base) = cardinality(base_errors) AND cardinality(ce_boosted) = cardinality(base_errors));
