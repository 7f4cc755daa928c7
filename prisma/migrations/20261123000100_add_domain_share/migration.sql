-- How far a boost's features keep to the text they were made for: stored, because lists are sorted by it.

ALTER TABLE "feature" ADD COLUMN "domain_share" DOUBLE PRECISION;

-- NaN sorts above every number in Postgres, so BETWEEN refuses it too.
ALTER TABLE "feature" ADD CONSTRAINT "feature_domain_share" CHECK (domain_share BETWEEN 0 AND 1);

-- Features without a share come below all that have one. Prisma's schema language cannot say an expression.
CREATE INDEX "feature_domain_share_idx" ON "feature" (dictionary_id, (coalesce(domain_share, -1)), index);

-- Called once the corpus stats of a dictionary are complete, before it is published; does nothing without a domain.
-- share = sum of densities over the corpora of the domain / sum of densities over all corpora, at the largest budget.
CREATE FUNCTION fill_domain_share(dictionary_id int) RETURNS void LANGUAGE sql AS $$
  UPDATE feature f SET domain_share = r.domain_density / r.density
  FROM (
    SELECT s.feature_index,
      coalesce(sum(s.fire_count::float8 / s.token_count) FILTER (WHERE c.domain = ANY (string_to_array(d.domain, '+'))), 0)
        AS domain_density,
      sum(s.fire_count::float8 / s.token_count) AS density
    FROM dictionary d
    JOIN feature_corpus_stat s ON s.dictionary_id = d.id AND s.budget = d.max_budget AND s.token_count > 0
    JOIN corpus c ON c.id = s.corpus_id
    WHERE d.id = $1 AND d.domain IS NOT NULL
    GROUP BY s.feature_index
  ) r
  WHERE f.dictionary_id = $1 AND f.index = r.feature_index AND r.density > 0
$$;

SELECT fill_domain_share(id) FROM dictionary WHERE domain IS NOT NULL;
