-- NOTIFY payloads in one place; prisma/channels.ts gives their types. Called by the writers, once per batch: a row trigger
-- would slow bulk loads down fourfold.

CREATE FUNCTION notify_run_progress(run_id int, last_seq int, status run_status) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('run_progress', json_build_object('run', run_id, 'lastSeq', last_seq, 'status', status)::text)
$$;

CREATE FUNCTION notify_dictionary_published(dictionary_id int) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('dictionary_published', json_build_object('dictionary', dictionary_id)::text)
$$;
