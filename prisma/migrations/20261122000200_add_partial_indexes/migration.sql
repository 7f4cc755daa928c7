-- The few rows that are looked for all the time among many that are not. Prisma's schema language cannot say these.

-- The site's list of dictionaries, newest first.
CREATE INDEX "dictionary_published_idx" ON "dictionary" (published_at DESC, id DESC) WHERE published_at IS NOT NULL;

-- Runs in progress on the home page.
CREATE INDEX "run_active_idx" ON "run" (id DESC) WHERE status IN ('queued', 'running');
