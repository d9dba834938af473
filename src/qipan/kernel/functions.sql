-- The log's functions, as they are now: a migration that changes one runs this file again. They run with the
-- owner's rights; the web role may execute the doors, the sealer's role the rest as well.

-- Seals at most p_most of what waits and was committed, the earliest first. One sealer at a time.
-- In a replayed case the time of the case is the time of sealing.
-- It reads every row: whoever sees only a part of the books may not seal.
CREATE OR REPLACE FUNCTION kernel_seal(p_most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_last bigint; v_kind text; v_kinds text[]; v_refs bigint[]; v_times timestamptz[];
BEGIN
  IF current_setting('qipan.scope', true) IS DISTINCT FROM '%' THEN
    RAISE EXCEPTION 'scope_too_narrow' USING ERRCODE = 'QP001';
  END IF;
  PERFORM pg_advisory_xact_lock(7160001);
  SELECT coalesce(max(n), 0) INTO v_last FROM kernel_sealed;
  WITH taken AS (
    DELETE FROM kernel_waiting WHERE id IN (SELECT id FROM kernel_waiting ORDER BY at, id LIMIT p_most)
    RETURNING id, kind, ref, tenant, at)
  SELECT array_agg(w.kind ORDER BY w.at, w.id), array_agg(w.ref ORDER BY w.at, w.id),
         array_agg(CASE WHEN t.clock = 'driven' THEN w.at ELSE clock_timestamp() END ORDER BY w.at, w.id)
    INTO v_kinds, v_refs, v_times
    FROM taken w LEFT JOIN kernel_tenant t ON t.id = w.tenant;
  IF v_kinds IS NULL THEN RETURN 0; END IF;
  FOR v_kind IN SELECT DISTINCT k FROM unnest(v_kinds) AS t(k) ORDER BY k LOOP
    -- A row that is gone before it was sealed has no body, and the sealing stops: kernel_sealed.leaf is NOT NULL.
    EXECUTE format(
      'INSERT INTO kernel_sealed (n, kind, ref, sealed_at, leaf)
       SELECT $1 + p.o, p.kind, p.ref, p.at, sha256(''\x00''::bytea || b.body)
       FROM unnest($2, $3, $4) WITH ORDINALITY AS p(kind, ref, at, o)
       LEFT JOIN %I b ON b.ref = p.ref WHERE p.kind = $5', v_kind || '_body')
    USING v_last, v_kinds, v_refs, v_times, v_kind;
  END LOOP;
  RETURN cardinality(v_kinds);
END $$;

-- Keeps the roots of whole blocks of 256 leaves, each once.
CREATE OR REPLACE FUNCTION kernel_put_blocks(p_first bigint, p_roots bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_block (number, root)
  SELECT p_first + o - 1, r FROM unnest(p_roots) WITH ORDINALITY AS t(r, o) ON CONFLICT DO NOTHING;
END $$;

-- Keeps a checkpoint; a size has one.
CREATE OR REPLACE FUNCTION kernel_put_checkpoint(p_size bigint, p_root bytea, p_at timestamptz, p_note text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_checkpoint (size, root, made_at, note) VALUES (p_size, p_root, p_at, p_note)
  ON CONFLICT (size) DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION kernel_put_cosignature(p_size bigint, p_witness text, p_line text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_cosignature (checkpoint_id, witness, line, known_at) VALUES (p_size, p_witness, p_line, p_at)
  ON CONFLICT DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION kernel_put_sighting(
  p_origin text, p_key text, p_size bigint, p_root bytea, p_note text, p_cosignature text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_sighting (origin, key, size, root, note, cosignature, known_at)
  VALUES (p_origin, p_key, p_size, p_root, p_note, p_cosignature, p_at) ON CONFLICT DO NOTHING;
END $$;
