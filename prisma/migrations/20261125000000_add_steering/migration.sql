-- CreateTable
CREATE TABLE "steering_vector" (
    "id" SERIAL NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "model_slug" TEXT NOT NULL,
    "model_sha256" TEXT NOT NULL,
    "model_id" INTEGER,
    "adapter" TEXT NOT NULL,
    "reward" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "rank" INTEGER,
    "seed" INTEGER NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "layers" INTEGER[],
    "curve" JSONB NOT NULL,
    "provenance" JSONB NOT NULL,
    "recorded" BOOLEAN NOT NULL DEFAULT false,
    "run_id" INTEGER,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "steering_vector_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "steering_layer" (
    "vector_id" INTEGER NOT NULL,
    "layer" INTEGER NOT NULL,
    "norm" DOUBLE PRECISION NOT NULL,
    "hidden_norm" DOUBLE PRECISION NOT NULL,
    "values" REAL[],
    "read_out" REAL[],

    CONSTRAINT "steering_layer_pkey" PRIMARY KEY ("vector_id","layer")
);

-- CreateTable
CREATE TABLE "steering_score" (
    "vector_id" INTEGER NOT NULL,
    "is_base" BOOLEAN NOT NULL,
    "test_set" TEXT NOT NULL,
    "rank" INTEGER NOT NULL,
    "accuracy" DOUBLE PRECISION NOT NULL,
    "low" DOUBLE PRECISION NOT NULL,
    "high" DOUBLE PRECISION NOT NULL,
    "n" INTEGER NOT NULL,
    "samples" INTEGER NOT NULL,

    CONSTRAINT "steering_score_pkey" PRIMARY KEY ("vector_id","is_base","test_set")
);

-- CreateTable
CREATE TABLE "steering_analysis" (
    "vector_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "record" JSONB NOT NULL,
    "recorded" BOOLEAN NOT NULL DEFAULT false,
    "command" TEXT NOT NULL,
    "run_id" INTEGER,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "steering_analysis_pkey" PRIMARY KEY ("vector_id","kind")
);

-- CreateIndex
CREATE UNIQUE INDEX "steering_vector_slug_key" ON "steering_vector"("slug");

-- CreateIndex
CREATE INDEX "steering_vector_model_id_idx" ON "steering_vector"("model_id");

-- CreateIndex
CREATE INDEX "steering_vector_run_id_idx" ON "steering_vector"("run_id");

-- AddForeignKey
ALTER TABLE "steering_vector" ADD CONSTRAINT "steering_vector_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "model"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steering_vector" ADD CONSTRAINT "steering_vector_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steering_layer" ADD CONSTRAINT "steering_layer_vector_id_fkey" FOREIGN KEY ("vector_id") REFERENCES "steering_vector"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steering_score" ADD CONSTRAINT "steering_score_vector_id_fkey" FOREIGN KEY ("vector_id") REFERENCES "steering_vector"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steering_analysis" ADD CONSTRAINT "steering_analysis_vector_id_fkey" FOREIGN KEY ("vector_id") REFERENCES "steering_vector"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steering_analysis" ADD CONSTRAINT "steering_analysis_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- What no row may say. NaN sorts above every number in Postgres, so BETWEEN refuses it too.

ALTER TABLE "steering_vector"
  ADD CONSTRAINT "steering_vector_adapter" CHECK (adapter IN ('vectors', 'rank', 'adaptive', 'random')),
  ADD CONSTRAINT "steering_vector_reward" CHECK (reward IN ('exact', 'random')),
  ADD CONSTRAINT "steering_vector_place" CHECK (place IN ('mlp.out', 'attention.out', 'residual.pre', 'residual.post')),
  ADD CONSTRAINT "steering_vector_sizes" CHECK (parameter_count >= 0 AND cardinality(layers) >= 1 AND (rank IS NULL OR rank >= 1)),
  ADD CONSTRAINT "steering_vector_sha256" CHECK (model_sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "steering_vector_json" CHECK (jsonb_typeof(curve) = 'array' AND jsonb_typeof(provenance) = 'object');

-- Lists stand by model, the sets of most layers first; ids keep sets apart that are alike in all of this.
CREATE INDEX "steering_vector_order_idx"
  ON "steering_vector" (model_slug COLLATE "C", (-cardinality(layers)), (layers[1]), adapter, seed, id);

ALTER TABLE "steering_layer"
  ADD CONSTRAINT "steering_layer_values" CHECK (layer >= 0 AND cardinality("values") >= 1),
  ADD CONSTRAINT "steering_layer_norms" CHECK (
    norm >= 0 AND norm < 'Infinity' AND hidden_norm >= 0 AND hidden_norm < 'Infinity');

ALTER TABLE "steering_score"
  ADD CONSTRAINT "steering_score_share" CHECK (
    accuracy BETWEEN 0 AND 1 AND low BETWEEN 0 AND 1 AND high BETWEEN 0 AND 1 AND low <= high),
  ADD CONSTRAINT "steering_score_sizes" CHECK (rank >= 0 AND n >= 1 AND samples >= 1);

ALTER TABLE "steering_analysis"
  ADD CONSTRAINT "steering_analysis_kind" CHECK (kind IN ('logit-lens', 'cosines', 'token-shift', 'prefix', 'persistence',
    'patching', 'token-scaling', 'features', 'generations')),
  ADD CONSTRAINT "steering_analysis_record" CHECK (jsonb_typeof(record) = 'object');
