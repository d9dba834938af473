-- The log: every row of a sealed table waits until the sealer gives it the next number and hashes its body
-- (RFC 6962: SHA-256 of a zero byte and the body). The order never changes afterwards.
-- A table is sealed when it has a trigger that fills kernel_waiting and a view "<table>_body" (ref, body).

-- Fields, each behind its length in four bytes (ff ff ff ff for none), so that no two rows have one body.
CREATE FUNCTION kernel_body(VARIADIC p_fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(CASE WHEN f IS NULL THEN '\xffffffff'::bytea
                         ELSE int4send(octet_length(convert_to(f, 'UTF8'))) || convert_to(f, 'UTF8') END,
                    ''::bytea ORDER BY o)
  FROM unnest(p_fields) WITH ORDINALITY AS t(f, o)
$$;

-- An instant as whole microseconds since 1970.
CREATE FUNCTION kernel_micros(p_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$ SELECT (extract(epoch FROM p_at) * 1000000)::bigint::text $$;

CREATE VIEW kernel_event_body AS
SELECT e.id AS ref, kernel_body('event', e.id::text, e.key, e.tenant::text, e.actor_id::text, e.actor_name,
       e.subject, kernel_micros(e.at), kernel_micros(e.known_at), e.detail::text) AS body
FROM kernel_event e;

CREATE FUNCTION kernel_event_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_waiting (kind, ref, tenant, at)
  SELECT 'kernel_event', id, tenant, known_at FROM fresh ORDER BY id;
  RETURN NULL;
END $$;
CREATE TRIGGER kernel_event_waits AFTER INSERT ON kernel_event REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION kernel_event_waits();

-- What was there before the log had bodies waits again, in its old order.
INSERT INTO kernel_waiting (kind, ref, tenant, at) SELECT 'kernel_event', id, tenant, known_at FROM kernel_event ORDER BY id;
