-- Trigram search in labels: must exist before the index on label.text below.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- CreateEnum
CREATE TYPE "dictionary_kind" AS ENUM ('topk', 'batch_topk', 'hierarchical_topk', 'jumprelu', 'matryoshka_batch_topk');

-- CreateEnum
CREATE TYPE "logit_side" AS ENUM ('top', 'bottom');

-- CreateEnum
CREATE TYPE "score_status" AS ENUM ('ok', 'failed', 'skipped', 'not_enough_examples');

-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('queued', 'running', 'done', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "corpus" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "document_count" INTEGER NOT NULL,
    "byte_count" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "corpus_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "token_window" (
    "id" BIGSERIAL NOT NULL,
    "model_id" INTEGER NOT NULL,
    "corpus_id" INTEGER NOT NULL,
    "start" BIGINT NOT NULL,
    "length" INTEGER NOT NULL,
    "tokens" INTEGER[],

    CONSTRAINT "token_window_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dictionary" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "dictionary_kind" NOT NULL,
    "model_id" INTEGER NOT NULL,
    "hookpoint" TEXT NOT NULL,
    "layer" INTEGER NOT NULL,
    "width" INTEGER NOT NULL,
    "hidden_width" INTEGER NOT NULL,
    "max_budget" INTEGER NOT NULL,
    "parent_id" INTEGER,
    "domain" TEXT,
    "run_id" INTEGER,
    "provenance_id" INTEGER,
    "published_at" TIMESTAMPTZ,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "dictionary_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sparsity_level" (
    "dictionary_id" INTEGER NOT NULL,
    "budget" INTEGER NOT NULL,
    "explained_variance" DOUBLE PRECISION NOT NULL,
    "ce_original" DOUBLE PRECISION NOT NULL,
    "ce_spliced" DOUBLE PRECISION NOT NULL,
    "ce_zero" DOUBLE PRECISION NOT NULL,
    "ce_recovered" DOUBLE PRECISION,
    "delta_ce" DOUBLE PRECISION NOT NULL,
    "kl_nats" DOUBLE PRECISION NOT NULL,
    "l0" DOUBLE PRECISION NOT NULL,
    "dead_fraction" DOUBLE PRECISION NOT NULL,
    "token_count" BIGINT NOT NULL,
    "ce_token_count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "sparsity_level_pkey" PRIMARY KEY ("dictionary_id","budget")
);

-- CreateTable
CREATE TABLE "provenance" (
    "id" SERIAL NOT NULL,
    "sha256" TEXT NOT NULL,
    "model_slug" TEXT NOT NULL,
    "model_revision" TEXT NOT NULL,
    "model_sha256" TEXT NOT NULL,
    "checkpoint_sha256" TEXT NOT NULL,
    "train_corpora" JSONB NOT NULL,
    "read_corpora" JSONB NOT NULL,
    "tokenizer" TEXT NOT NULL,
    "context_length" INTEGER NOT NULL,
    "bos_policy" TEXT NOT NULL,
    "normalisation" TEXT NOT NULL,
    "code_commit" TEXT NOT NULL,
    "backend" TEXT NOT NULL,
    "seed" INTEGER NOT NULL,
    "train_token_count" BIGINT NOT NULL,
    "read_token_count" BIGINT NOT NULL,
    "command" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "provenance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "publication_part" (
    "dictionary_id" INTEGER NOT NULL,
    "relation" TEXT NOT NULL,
    "part" INTEGER NOT NULL,
    "row_count" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "publication_part_pkey" PRIMARY KEY ("dictionary_id","relation","part")
);

-- CreateTable
CREATE TABLE "feature" (
    "dictionary_id" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "density" DOUBLE PRECISION NOT NULL,
    "max_act" DOUBLE PRECISION NOT NULL,
    "encoder_norm" DOUBLE PRECISION NOT NULL,
    "encoder_bias" DOUBLE PRECISION NOT NULL,
    "encoder_decoder_cosine" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "feature_pkey" PRIMARY KEY ("dictionary_id","index")
);

-- CreateTable
CREATE TABLE "feature_level_stat" (
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "budget" INTEGER NOT NULL,
    "fire_count" BIGINT NOT NULL,
    "token_count" BIGINT NOT NULL,
    "density" DOUBLE PRECISION NOT NULL,
    "max_act" DOUBLE PRECISION NOT NULL,
    "mean_act" DOUBLE PRECISION NOT NULL,
    "histogram" INTEGER[],

    CONSTRAINT "feature_level_stat_pkey" PRIMARY KEY ("dictionary_id","feature_index","budget")
);

-- CreateTable
CREATE TABLE "feature_corpus_stat" (
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "budget" INTEGER NOT NULL,
    "corpus_id" INTEGER NOT NULL,
    "fire_count" BIGINT NOT NULL,
    "token_count" BIGINT NOT NULL,

    CONSTRAINT "feature_corpus_stat_pkey" PRIMARY KEY ("dictionary_id","feature_index","budget","corpus_id")
);

-- CreateTable
CREATE TABLE "feature_logit" (
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "side" "logit_side" NOT NULL,
    "rank" INTEGER NOT NULL,
    "token_index" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "feature_logit_pkey" PRIMARY KEY ("dictionary_id","feature_index","side","rank")
);

-- CreateTable
CREATE TABLE "feature_neighbour" (
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "rank" INTEGER NOT NULL,
    "neighbour_index" INTEGER NOT NULL,
    "cosine" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "feature_neighbour_pkey" PRIMARY KEY ("dictionary_id","feature_index","rank")
);

-- CreateTable
CREATE TABLE "feature_interval" (
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "budget" INTEGER NOT NULL,
    "interval" INTEGER NOT NULL,
    "lower_act" DOUBLE PRECISION NOT NULL,
    "upper_act" DOUBLE PRECISION NOT NULL,
    "fire_count" BIGINT NOT NULL,

    CONSTRAINT "feature_interval_pkey" PRIMARY KEY ("dictionary_id","feature_index","budget","interval")
);

-- CreateTable
CREATE TABLE "example" (
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "window_id" BIGINT NOT NULL,
    "interval" INTEGER NOT NULL,
    "is_top" BOOLEAN NOT NULL,
    "max_act" DOUBLE PRECISION NOT NULL,
    "max_position" INTEGER NOT NULL,
    "min_rank" INTEGER NOT NULL,
    "positions" INTEGER[],
    "acts" REAL[],
    "ranks" INTEGER[],

    CONSTRAINT "example_pkey" PRIMARY KEY ("dictionary_id","feature_index","window_id")
);

-- CreateTable
CREATE TABLE "label" (
    "id" SERIAL NOT NULL,
    "dictionary_id" INTEGER NOT NULL,
    "feature_index" INTEGER NOT NULL,
    "explainer" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "model" TEXT NOT NULL DEFAULT '',
    "prompt_sha256" TEXT NOT NULL DEFAULT '',
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "label_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "score" (
    "label_id" INTEGER NOT NULL,
    "scorer" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "status" "score_status" NOT NULL,
    "value" DOUBLE PRECISION,
    "example_count" INTEGER NOT NULL,
    "detail" JSONB,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "score_pkey" PRIMARY KEY ("label_id","scorer","version")
);

-- CreateTable
CREATE TABLE "model" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "family" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "layer_count" INTEGER NOT NULL,
    "hidden_width" INTEGER NOT NULL,
    "head_count" INTEGER NOT NULL,
    "kv_head_count" INTEGER NOT NULL,
    "vocab_size" INTEGER NOT NULL,
    "context_length" INTEGER NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "revision" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "training" JSONB,
    "held_out_nats" DOUBLE PRECISION,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "token" (
    "model_id" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "token_pkey" PRIMARY KEY ("model_id","index")
);

-- CreateTable
CREATE TABLE "run" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'queued',
    "config" JSONB NOT NULL,
    "phase" TEXT NOT NULL DEFAULT '',
    "phase_step" INTEGER NOT NULL DEFAULT 0,
    "phase_total" INTEGER NOT NULL DEFAULT 0,
    "step" INTEGER NOT NULL DEFAULT 0,
    "step_total" INTEGER NOT NULL DEFAULT 0,
    "backend" TEXT NOT NULL DEFAULT '',
    "error" TEXT,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ,
    "heartbeat_at" TIMESTAMPTZ,
    "finished_at" TIMESTAMPTZ,

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metric_point" (
    "run_id" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "metric_point_pkey" PRIMARY KEY ("run_id","seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "corpus_slug_sha256_key" ON "corpus"("slug", "sha256");

-- CreateIndex
CREATE UNIQUE INDEX "token_window_model_id_corpus_id_start_length_key" ON "token_window"("model_id", "corpus_id", "start", "length");

-- CreateIndex
CREATE UNIQUE INDEX "dictionary_slug_key" ON "dictionary"("slug");

-- CreateIndex
CREATE INDEX "dictionary_model_id_idx" ON "dictionary"("model_id");

-- CreateIndex
CREATE UNIQUE INDEX "provenance_sha256_key" ON "provenance"("sha256");

-- CreateIndex
CREATE INDEX "feature_dictionary_id_density_index_idx" ON "feature"("dictionary_id", "density", "index");

-- CreateIndex
CREATE INDEX "feature_dictionary_id_max_act_index_idx" ON "feature"("dictionary_id", "max_act", "index");

-- CreateIndex
CREATE INDEX "feature_level_stat_dictionary_id_budget_density_feature_ind_idx" ON "feature_level_stat"("dictionary_id", "budget", "density", "feature_index");

-- CreateIndex
CREATE INDEX "feature_level_stat_dictionary_id_budget_max_act_feature_ind_idx" ON "feature_level_stat"("dictionary_id", "budget", "max_act", "feature_index");

-- CreateIndex
CREATE INDEX "label_text_idx" ON "label" USING GIN ("text" gin_trgm_ops);

-- CreateIndex
CREATE UNIQUE INDEX "label_dictionary_id_feature_index_explainer_version_model_p_key" ON "label"("dictionary_id", "feature_index", "explainer", "version", "model", "prompt_sha256");

-- CreateIndex
CREATE UNIQUE INDEX "model_slug_key" ON "model"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "run_slug_key" ON "run"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "metric_point_run_id_name_step_key" ON "metric_point"("run_id", "name", "step");

-- AddForeignKey
ALTER TABLE "token_window" ADD CONSTRAINT "token_window_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "token_window" ADD CONSTRAINT "token_window_corpus_id_fkey" FOREIGN KEY ("corpus_id") REFERENCES "corpus"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dictionary" ADD CONSTRAINT "dictionary_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dictionary" ADD CONSTRAINT "dictionary_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "dictionary"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dictionary" ADD CONSTRAINT "dictionary_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dictionary" ADD CONSTRAINT "dictionary_provenance_id_fkey" FOREIGN KEY ("provenance_id") REFERENCES "provenance"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sparsity_level" ADD CONSTRAINT "sparsity_level_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "dictionary"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "publication_part" ADD CONSTRAINT "publication_part_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "dictionary"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature" ADD CONSTRAINT "feature_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "dictionary"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_level_stat" ADD CONSTRAINT "feature_level_stat_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_corpus_stat" ADD CONSTRAINT "feature_corpus_stat_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_corpus_stat" ADD CONSTRAINT "feature_corpus_stat_corpus_id_fkey" FOREIGN KEY ("corpus_id") REFERENCES "corpus"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_logit" ADD CONSTRAINT "feature_logit_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_neighbour" ADD CONSTRAINT "feature_neighbour_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_interval" ADD CONSTRAINT "feature_interval_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "dictionary"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feature_interval" ADD CONSTRAINT "feature_interval_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "example" ADD CONSTRAINT "example_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "example" ADD CONSTRAINT "example_window_id_fkey" FOREIGN KEY ("window_id") REFERENCES "token_window"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "label" ADD CONSTRAINT "label_dictionary_id_feature_index_fkey" FOREIGN KEY ("dictionary_id", "feature_index") REFERENCES "feature"("dictionary_id", "index") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "score" ADD CONSTRAINT "score_label_id_fkey" FOREIGN KEY ("label_id") REFERENCES "label"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "token" ADD CONSTRAINT "token_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metric_point" ADD CONSTRAINT "metric_point_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;


