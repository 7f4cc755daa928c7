-- What no row may say, whoever writes it. NaN sorts above every number in Postgres, so BETWEEN refuses it too.

ALTER TABLE "model"
  ADD CONSTRAINT "model_sizes" CHECK (layer_count >= 1 AND hidden_width >= 1 AND head_count >= 1 AND kv_head_count >= 1
    AND vocab_size >= 1 AND context_length >= 1 AND parameter_count >= 1),
  ADD CONSTRAINT "model_sha256" CHECK (sha256 ~ '^[0-9a-f]{64}$');

ALTER TABLE "token" ADD CONSTRAINT "token_index" CHECK (index >= 0);

ALTER TABLE "corpus"
  ADD CONSTRAINT "corpus_counts" CHECK (document_count >= 0 AND byte_count >= 0),
  ADD CONSTRAINT "corpus_sha256" CHECK (sha256 ~ '^[0-9a-f]{64}$');

ALTER TABLE "token_window"
  ADD CONSTRAINT "token_window_start" CHECK (start >= 0),
  ADD CONSTRAINT "token_window_length" CHECK (length >= 1 AND tokens IS NOT NULL AND cardinality(tokens) = length);

ALTER TABLE "dictionary"
  ADD CONSTRAINT "dictionary_sizes" CHECK (width >= 1 AND hidden_width >= 1 AND max_budget BETWEEN 1 AND width),
  ADD CONSTRAINT "dictionary_parent" CHECK (parent_id <> id),
  -- Whatever is visible says how it was made.
  ADD CONSTRAINT "dictionary_provenance" CHECK (published_at IS NULL OR provenance_id IS NOT NULL);

ALTER TABLE "sparsity_level"
  ADD CONSTRAINT "sparsity_level_budget" CHECK (budget >= 1),
  -- Explained variance has no lower bound: a bad reconstruction is worse than the mean.
  ADD CONSTRAINT "sparsity_level_explained_variance" CHECK (explained_variance <= 1),
  ADD CONSTRAINT "sparsity_level_l0" CHECK (l0 >= 0 AND l0 <> 'NaN'),
  ADD CONSTRAINT "sparsity_level_dead_fraction" CHECK (dead_fraction BETWEEN 0 AND 1),
  ADD CONSTRAINT "sparsity_level_token_count" CHECK (token_count >= 1);

ALTER TABLE "publication_part" ADD CONSTRAINT "publication_part_counts" CHECK (part >= 0 AND row_count >= 0);

ALTER TABLE "feature"
  ADD CONSTRAINT "feature_index" CHECK (index >= 0),
  ADD CONSTRAINT "feature_density" CHECK (density BETWEEN 0 AND 1),
  ADD CONSTRAINT "feature_max_act" CHECK (max_act >= 0 AND max_act < 'Infinity'),
  -- A cosine may leave [-1, 1] by rounding.
  ADD CONSTRAINT "feature_cosine" CHECK (encoder_decoder_cosine BETWEEN -1.001 AND 1.001);

ALTER TABLE "feature_level_stat"
  ADD CONSTRAINT "feature_level_stat_budget" CHECK (budget >= 1),
  ADD CONSTRAINT "feature_level_stat_counts" CHECK (fire_count BETWEEN 0 AND token_count),
  ADD CONSTRAINT "feature_level_stat_density" CHECK (density BETWEEN 0 AND 1),
  ADD CONSTRAINT "feature_level_stat_histogram" CHECK (histogram IS NOT NULL),
  ADD CONSTRAINT "feature_level_stat_acts" CHECK (max_act >= 0 AND max_act < 'Infinity' AND mean_act >= 0 AND mean_act < 'Infinity');

ALTER TABLE "feature_corpus_stat"
  ADD CONSTRAINT "feature_corpus_stat_budget" CHECK (budget >= 1),
  ADD CONSTRAINT "feature_corpus_stat_counts" CHECK (fire_count BETWEEN 0 AND token_count);

ALTER TABLE "feature_logit" ADD CONSTRAINT "feature_logit_rank" CHECK (rank >= 0 AND token_index >= 0);

ALTER TABLE "feature_neighbour"
  ADD CONSTRAINT "feature_neighbour_rank" CHECK (rank >= 0),
  ADD CONSTRAINT "feature_neighbour_other" CHECK (neighbour_index >= 0 AND neighbour_index <> feature_index),
  ADD CONSTRAINT "feature_neighbour_cosine" CHECK (cosine BETWEEN -1.001 AND 1.001);

ALTER TABLE "feature_interval"
  ADD CONSTRAINT "feature_interval_budget" CHECK (budget >= 1 AND interval >= 0),
  ADD CONSTRAINT "feature_interval_edges" CHECK (lower_act <= upper_act AND upper_act < 'Infinity'),
  ADD CONSTRAINT "feature_interval_fire_count" CHECK (fire_count >= 0);

ALTER TABLE "example"
  ADD CONSTRAINT "example_interval" CHECK (interval >= 0),
  ADD CONSTRAINT "example_max" CHECK (max_act > 0 AND max_act < 'Infinity' AND max_position >= 0 AND min_rank >= 0),
  ADD CONSTRAINT "example_acts" CHECK (positions IS NOT NULL AND acts IS NOT NULL AND ranks IS NOT NULL
    AND cardinality(positions) >= 1 AND cardinality(acts) = cardinality(positions) AND cardinality(ranks) = cardinality(positions));

ALTER TABLE "label" ADD CONSTRAINT "label_text" CHECK (text <> '');

ALTER TABLE "score"
  ADD CONSTRAINT "score_value" CHECK ((status = 'ok') = (value IS NOT NULL) AND (value IS NULL OR value BETWEEN 0 AND 1)),
  ADD CONSTRAINT "score_example_count" CHECK (example_count >= 0);

ALTER TABLE "run"
  ADD CONSTRAINT "run_progress" CHECK (phase_step >= 0 AND phase_total >= 0 AND step >= 0 AND step_total >= 0 AND last_seq >= 0),
  ADD CONSTRAINT "run_error" CHECK (status <> 'failed' OR error IS NOT NULL),
  ADD CONSTRAINT "run_finished" CHECK ((status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL));

ALTER TABLE "metric_point"
  ADD CONSTRAINT "metric_point_counts" CHECK (seq >= 1 AND step >= 0),
  -- JSON and GraphQL know neither NaN nor Infinity.
  ADD CONSTRAINT "metric_point_value" CHECK (value > '-Infinity' AND value < 'Infinity');
