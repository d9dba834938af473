-- The ledger's functions, as they are now: a migration that changes one runs this file again. They run with the
-- owner's rights (SECURITY DEFINER) and
-- compare tenant and person with the session's settings themselves. Row-level security holds inside them too, for the
-- owner is not exempt: an account outside the session's scope is unknown. pg_temp stands last in the
-- search path: unnamed it would come first, and a caller's temporary table would be taken for ours.
-- The doors that book keep one plan of each statement for a session, which looks up by key and joins row by row
-- however small the tables were when it was made: for a few lines planning takes longer than booking. From 20 lines
-- on the planner may count them. These settings end with the function.
-- Errors carry a stable word as MESSAGE and JSON as DETAIL (SQLSTATE QP001..QP007).

CREATE OR REPLACE FUNCTION stock_check_session(p_tenant int, p_actor bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_clock text;
BEGIN
  IF nullif(current_setting('qipan.tenant', true), '')::int IS DISTINCT FROM p_tenant
     OR nullif(current_setting('qipan.actor', true), '')::bigint IS DISTINCT FROM p_actor THEN
    RAISE EXCEPTION 'session_differs' USING ERRCODE = 'QP001';
  END IF;
  SELECT clock INTO v_clock FROM kernel_tenant WHERE id = p_tenant;
  IF v_clock IS NULL THEN
    RAISE EXCEPTION 'tenant_unknown' USING ERRCODE = 'QP001';
  END IF;
  RETURN v_clock;
END $$;

-- Claims the key. True: go on. False: the same call was booked before. Another body raises.
CREATE OR REPLACE FUNCTION stock_claim(p_idem uuid, p_tenant int, p_actor bigint, p_body text, p_recorded timestamptz)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_digest bytea := sha256(convert_to(p_tenant || '|' || p_actor || '|' || p_body, 'UTF8'));
        v_known bytea;
BEGIN
  INSERT INTO stock_posting (idem, tenant, actor, body_sha256, recorded_at)
  VALUES (p_idem, p_tenant, p_actor, v_digest, p_recorded) ON CONFLICT (idem) DO NOTHING;
  IF FOUND THEN RETURN true; END IF;
  SELECT body_sha256 INTO v_known FROM stock_posting WHERE idem = p_idem;
  IF v_known IS DISTINCT FROM v_digest THEN
    RAISE EXCEPTION 'same_key_other_body' USING ERRCODE = 'QP002';
  END IF;
  RETURN false;
END $$;

-- Adds (onhand, held) to balances, in key order; refuses what would oversell, naming the first.
CREATE OR REPLACE FUNCTION stock_apply(p_account bigint[], p_item bigint[], p_lot bigint[], p_onhand bigint[], p_held bigint[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_bad record;
BEGIN
  -- A balance is never deleted: one that is seen stays.
  IF EXISTS (SELECT FROM unnest(p_account, p_item, p_lot) AS t(a, i, l) WHERE NOT EXISTS (
             SELECT FROM stock_balance b WHERE (b.account_id, b.material_id, b.lot) = (t.a, t.i, t.l))) THEN
    INSERT INTO stock_balance (account_id, material_id, lot, onhand, held)
    SELECT DISTINCT a, i, l, 0, 0 FROM unnest(p_account, p_item, p_lot) AS t(a, i, l)
    ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING;
  END IF;

  PERFORM 1 FROM stock_balance b
  JOIN (SELECT DISTINCT a, i, l FROM unnest(p_account, p_item, p_lot) AS t(a, i, l)) k
    ON (b.account_id, b.material_id, b.lot) = (k.a, k.i, k.l)
  ORDER BY b.account_id, b.material_id, b.lot FOR UPDATE OF b;

  SELECT b.account_id, b.material_id, b.lot, b.onhand - b.held AS free, d.held - d.onhand AS asked INTO v_bad
  FROM stock_balance b
  JOIN (SELECT a, i, l, sum(o)::bigint AS onhand, sum(h)::bigint AS held
        FROM unnest(p_account, p_item, p_lot, p_onhand, p_held) AS t(a, i, l, o, h) GROUP BY 1, 2, 3) d
    ON (b.account_id, b.material_id, b.lot) = (d.a, d.i, d.l)
  WHERE b.held + d.held < 0 OR b.onhand + d.onhand < b.held + d.held
  ORDER BY 1, 2, 3 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'stock_insufficient' USING ERRCODE = 'QP003', DETAIL = row_to_json(v_bad)::text;
  END IF;

  UPDATE stock_balance b SET onhand = b.onhand + d.onhand, held = b.held + d.held
  FROM (SELECT a, i, l, sum(o)::bigint AS onhand, sum(h)::bigint AS held
        FROM unnest(p_account, p_item, p_lot, p_onhand, p_held) AS t(a, i, l, o, h) GROUP BY 1, 2, 3) d
  WHERE (b.account_id, b.material_id, b.lot) = (d.a, d.i, d.l);
END $$;

-- The holds of a posting: each is posted once, whole, by its own quantity, and out of its own store.
CREATE OR REPLACE FUNCTION stock_check_holds(
  p_tenant int, p_hold bigint[], p_src bigint[], p_item bigint[], p_lot bigint[], p_qty bigint[]
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- Whoever comes second for a hold waits here, and then finds it ended.
  PERFORM 1 FROM stock_hold WHERE id = ANY(p_hold) ORDER BY id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM unnest(p_hold, p_src, p_item, p_lot, p_qty) AS t(hold, src, item, lot, qty)
             LEFT JOIN stock_hold h ON h.id = t.hold AND h.tenant = p_tenant
             LEFT JOIN stock_holdend e ON e.hold_id = h.id
             WHERE t.hold IS NOT NULL AND (h.id IS NULL OR e.hold_id IS NOT NULL
                   OR (h.account_id, h.material_id, h.lot, h.qty) <> (t.src, t.item, t.lot, t.qty)))
     OR EXISTS (SELECT FROM unnest(p_hold) AS t(hold) WHERE hold IS NOT NULL GROUP BY hold HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'hold_not_open' USING ERRCODE = 'QP005';
  END IF;
END $$;

-- The reversals of a posting: each goes back the same way, once, and is not itself reversed.
CREATE OR REPLACE FUNCTION stock_check_reversals(
  p_tenant int, p_reverses bigint[], p_item bigint[], p_lot bigint[], p_src bigint[], p_dst bigint[], p_qty bigint[]
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM stock_movement WHERE id = ANY(p_reverses) ORDER BY id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM unnest(p_item, p_lot, p_src, p_dst, p_qty, p_reverses) AS t(item, lot, src, dst, qty, reverses)
             LEFT JOIN stock_movement m ON m.id = t.reverses AND m.tenant = p_tenant
             LEFT JOIN stock_movement r ON r.reverses_id = t.reverses
             WHERE t.reverses IS NOT NULL AND (m.id IS NULL OR m.kind = 'reversal' OR r.id IS NOT NULL
                   OR (m.material_id, m.lot, m.src_id, m.dst_id, m.qty) <> (t.item, t.lot, t.dst, t.src, t.qty)))
     OR EXISTS (SELECT FROM unnest(p_reverses) AS t(m) WHERE m IS NOT NULL GROUP BY m HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'not_reversible' USING ERRCODE = 'QP006';
  END IF;
END $$;

-- Posts movements, all or nothing. Arrays have one length; p_hold and p_reverses may hold NULLs.
CREATE OR REPLACE FUNCTION stock_post(
  p_tenant int, p_actor bigint, p_idem uuid, p_occurred timestamptz, p_recorded timestamptz,
  p_kind text[], p_item bigint[], p_lot bigint[], p_src bigint[], p_dst bigint[], p_qty bigint[],
  p_hold bigint[], p_reverses bigint[], p_basis text[], p_document text[]
) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE v_recorded timestamptz; v_changes record; v_ids bigint[];
        v_has_holds boolean := cardinality(array_remove(p_hold, NULL)) > 0;
BEGIN
  IF cardinality(p_qty) >= 20 THEN
    PERFORM set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_hashjoin', 'on', true),
            set_config('enable_mergejoin', 'on', true);
  END IF;
  v_recorded := CASE WHEN stock_check_session(p_tenant, p_actor) = 'driven' THEN p_recorded ELSE clock_timestamp() END;
  IF NOT stock_claim(p_idem, p_tenant, p_actor, concat_ws('|', 'post', p_occurred, p_kind, p_item, p_lot, p_src,
                     p_dst, p_qty, p_hold, p_reverses, p_basis, p_document), v_recorded) THEN
    RETURN QUERY SELECT m.id FROM stock_movement m WHERE m.idem = p_idem ORDER BY m.line;
    RETURN;
  END IF;

  -- Every account is known, and what the lines do to those that have balances.
  WITH account AS MATERIALIZED (
    SELECT t.a AS id, (SELECT x.kind FROM stock_account x WHERE x.id = t.a AND x.tenant = p_tenant) AS kind
    FROM (SELECT DISTINCT unnest(p_src || p_dst)) AS t(a)),
  change AS (
    SELECT t.src AS a, t.item AS i, t.lot AS l, -t.qty AS o, CASE WHEN t.hold IS NULL THEN 0 ELSE -t.qty END AS h
    FROM unnest(p_src, p_item, p_lot, p_qty, p_hold) AS t(src, item, lot, qty, hold)
    UNION ALL
    SELECT t.dst, t.item, t.lot, t.qty, 0 FROM unnest(p_dst, p_item, p_lot, p_qty) AS t(dst, item, lot, qty))
  SELECT array_agg(c.a) AS a, array_agg(c.i) AS i, array_agg(c.l) AS l, array_agg(c.o) AS o, array_agg(c.h) AS h,
         EXISTS (SELECT FROM account WHERE kind IS NULL) AS has_unknown INTO v_changes
  FROM change c JOIN account x ON x.id = c.a AND x.kind IN ('store', 'awaiting', 'road', 'seized');
  IF v_changes.has_unknown THEN
    RAISE EXCEPTION 'account_unknown' USING ERRCODE = 'QP004';
  END IF;

  IF v_has_holds THEN PERFORM stock_check_holds(p_tenant, p_hold, p_src, p_item, p_lot, p_qty); END IF;
  IF cardinality(array_remove(p_reverses, NULL)) > 0 THEN
    PERFORM stock_check_reversals(p_tenant, p_reverses, p_item, p_lot, p_src, p_dst, p_qty);
  END IF;

  IF v_changes.a IS NOT NULL THEN
    PERFORM stock_apply(v_changes.a, v_changes.i, v_changes.l, v_changes.o, v_changes.h);
  END IF;

  IF v_has_holds THEN
    INSERT INTO stock_holdend (hold_id, how, idem, actor, occurred_at, recorded_at)
    SELECT t.hold, 'posted', p_idem, p_actor, p_occurred, v_recorded FROM unnest(p_hold) AS t(hold)
    WHERE t.hold IS NOT NULL;
  END IF;

  -- No RETURNING: it would ask for the right to read, which is decided for many rows at once.
  v_ids := ARRAY(SELECT nextval('stock_movement_id_seq') FROM generate_series(1, cardinality(p_qty)));
  INSERT INTO stock_movement (id, tenant, kind, material_id, lot, src_id, dst_id, qty, hold, reverses_id, basis,
                              document, actor, idem, line, occurred_at, recorded_at)
  SELECT t.id, p_tenant, t.kind, t.item, t.lot, t.src, t.dst, t.qty, t.hold, t.reverses, t.basis,
         t.document, p_actor, p_idem, t.line, p_occurred, v_recorded
  FROM unnest(v_ids, p_kind, p_item, p_lot, p_src, p_dst, p_qty, p_hold, p_reverses, p_basis, p_document)
       WITH ORDINALITY AS t(id, kind, item, lot, src, dst, qty, hold, reverses, basis, document, line);
  RETURN QUERY SELECT unnest(v_ids);
END $$;

-- Promises quantities out of stores, all or nothing.
CREATE OR REPLACE FUNCTION stock_hold_out(
  p_tenant int, p_actor bigint, p_idem uuid, p_occurred timestamptz, p_recorded timestamptz,
  p_account bigint[], p_item bigint[], p_lot bigint[], p_qty bigint[], p_document text[], p_expires timestamptz
) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE v_recorded timestamptz;
BEGIN
  IF cardinality(p_qty) >= 20 THEN
    PERFORM set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_hashjoin', 'on', true),
            set_config('enable_mergejoin', 'on', true);
  END IF;
  v_recorded := CASE WHEN stock_check_session(p_tenant, p_actor) = 'driven' THEN p_recorded ELSE clock_timestamp() END;
  IF NOT stock_claim(p_idem, p_tenant, p_actor, concat_ws('|', 'hold', p_occurred, p_account, p_item, p_lot, p_qty,
                     p_document, p_expires), v_recorded) THEN
    RETURN QUERY SELECT h.id FROM stock_hold h WHERE h.idem = p_idem ORDER BY h.line;
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM unnest(p_account) AS t(a) LEFT JOIN stock_account x ON x.id = t.a
             WHERE x.id IS NULL OR x.tenant <> p_tenant OR x.kind <> 'store') THEN
    RAISE EXCEPTION 'account_unknown' USING ERRCODE = 'QP004';
  END IF;
  PERFORM stock_apply(p_account, p_item, p_lot, array_fill(0::bigint, ARRAY[cardinality(p_qty)]), p_qty);
  RETURN QUERY
  WITH booked AS (
    INSERT INTO stock_hold (tenant, account_id, material_id, lot, qty, document, actor, idem, line, occurred_at,
                            recorded_at, expires_at)
    SELECT p_tenant, t.account, t.item, t.lot, t.qty, t.document, p_actor, p_idem, t.line, p_occurred, v_recorded,
           p_expires
    FROM unnest(p_account, p_item, p_lot, p_qty, p_document)
         WITH ORDINALITY AS t(account, item, lot, qty, document, line)
    ORDER BY t.line RETURNING id)
  SELECT id FROM booked ORDER BY id;
END $$;

-- Ends holds without a movement: voided by a person, or expired.
CREATE OR REPLACE FUNCTION stock_hold_end(
  p_tenant int, p_actor bigint, p_idem uuid, p_occurred timestamptz, p_recorded timestamptz, p_hold bigint[], p_how text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE v_recorded timestamptz;
BEGIN
  IF cardinality(p_hold) >= 20 THEN
    PERFORM set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_hashjoin', 'on', true),
            set_config('enable_mergejoin', 'on', true);
  END IF;
  v_recorded := CASE WHEN stock_check_session(p_tenant, p_actor) = 'driven' THEN p_recorded ELSE clock_timestamp() END;
  IF p_how NOT IN ('voided', 'expired') THEN RAISE EXCEPTION 'hold_not_open' USING ERRCODE = 'QP005'; END IF;
  IF NOT stock_claim(p_idem, p_tenant, p_actor, concat_ws('|', 'end', p_occurred, p_hold, p_how), v_recorded) THEN
    RETURN;
  END IF;
  PERFORM 1 FROM stock_hold WHERE id = ANY(p_hold) ORDER BY id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM stock_hold h LEFT JOIN stock_holdend e ON e.hold_id = h.id
      WHERE h.id = ANY(p_hold) AND h.tenant = p_tenant AND e.hold_id IS NULL
        AND (p_how = 'voided' OR h.expires_at <= p_occurred)) <> cardinality(p_hold) THEN
    RAISE EXCEPTION 'hold_not_open' USING ERRCODE = 'QP005';
  END IF;
  PERFORM stock_apply(array_agg(h.account_id), array_agg(h.material_id), array_agg(h.lot),
                      array_agg(0::bigint), array_agg(-h.qty)) FROM stock_hold h WHERE h.id = ANY(p_hold);
  INSERT INTO stock_holdend (hold_id, how, idem, actor, occurred_at, recorded_at)
  SELECT h, p_how, p_idem, p_actor, p_occurred, v_recorded FROM unnest(p_hold) AS t(h);
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'hold_not_open' USING ERRCODE = 'QP005';
END $$;

-- Opens an account, once per code.
CREATE OR REPLACE FUNCTION stock_open_account(
  p_tenant int, p_actor bigint, p_kind text[], p_code text[], p_place bigint[], p_region text[], p_origin text[],
  p_known timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_known timestamptz;
BEGIN
  v_known := CASE WHEN stock_check_session(p_tenant, p_actor) = 'driven' THEN p_known ELSE clock_timestamp() END;
  INSERT INTO stock_account (tenant, kind, code, place_id, region_code, origin_code, known_at)
  SELECT p_tenant, t.kind, t.code, t.place, t.region, t.origin, v_known
  FROM unnest(p_kind, p_code, p_place, p_region, p_origin) AS t(kind, code, place, region, origin) ORDER BY t.code
  ON CONFLICT (code) DO NOTHING;
END $$;

-- Names a lot, once per item and number; another expiry for the same lot is refused.
CREATE OR REPLACE FUNCTION stock_open_lot(p_tenant int, p_actor bigint, p_item bigint, p_number text, p_expires date)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_lot record;
BEGIN
  PERFORM stock_check_session(p_tenant, p_actor);
  INSERT INTO stock_lot (material_id, number, expires_on) VALUES (p_item, p_number, p_expires)
  ON CONFLICT (material_id, number) DO NOTHING;
  SELECT id, expires_on INTO v_lot FROM stock_lot WHERE material_id = p_item AND number = p_number;
  IF v_lot.expires_on IS DISTINCT FROM p_expires THEN
    RAISE EXCEPTION 'lot_differs' USING ERRCODE = 'QP007';
  END IF;
  RETURN v_lot.id;
END $$;

-- Opens a set of books; a driven clock is for replayed cases and is never changed afterwards.
CREATE OR REPLACE FUNCTION stock_open_books(p_tenant int, p_clock text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_tenant (id, clock)
  SELECT p_tenant, p_clock WHERE p_clock IN ('server', 'driven') ON CONFLICT (id) DO NOTHING;
END $$;

-- Notes what is sealed after a snapshot of a later instant was kept: readings from that snapshot add it.
CREATE OR REPLACE FUNCTION stock_movement_is_late() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO stock_late (n, movement_id, occurred_at)
  SELECT f.n, m.id, m.occurred_at FROM fresh f JOIN stock_movement m ON m.id = f.ref
   WHERE f.kind = 'stock_movement' AND m.occurred_at <= (SELECT max(at) FROM stock_snapshot);
  RETURN NULL;
END $$;

-- Keeps what was where at p_at, of everything sealed by now: the last snapshot before it and what came since.
-- Returns its id; a cut that was kept at the same length of the log is kept once.
CREATE OR REPLACE FUNCTION stock_take_snapshot(p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_n bigint; v_known timestamptz; v_id bigint; v_base bigint; v_base_at timestamptz; v_base_n bigint;
BEGIN
  IF current_setting('qipan.scope', true) IS DISTINCT FROM '%' THEN
    RAISE EXCEPTION 'scope_too_narrow' USING ERRCODE = 'QP001';
  END IF;
  PERFORM pg_advisory_xact_lock(7160001);
  SELECT max(n), max(sealed_at) INTO v_n, v_known FROM kernel_sealed;
  IF v_n IS NULL THEN RETURN NULL; END IF;
  SELECT id, at, n INTO v_base, v_base_at, v_base_n FROM stock_snapshot WHERE at <= p_at ORDER BY at DESC, n DESC LIMIT 1;
  v_base_at := coalesce(v_base_at, '-infinity');
  v_base_n := coalesce(v_base_n, 0);
  INSERT INTO stock_snapshot (at, n, known_to, taken_at) VALUES (p_at, v_n, v_known, clock_timestamp())
  ON CONFLICT DO NOTHING RETURNING id INTO v_id;
  IF v_id IS NULL THEN RETURN v_base; END IF;
  INSERT INTO stock_snapshotrow (snapshot_id, account_id, material_id, lot, onhand, is_simulated)
  WITH fresh AS (
    SELECT m.* FROM stock_movement m
      JOIN kernel_sealed z ON z.kind = 'stock_movement' AND z.ref = m.id AND z.n <= v_n
     WHERE m.occurred_at > v_base_at AND m.occurred_at <= p_at
    UNION ALL
    SELECT m.* FROM stock_late l JOIN stock_movement m ON m.id = l.movement_id
     WHERE l.n > v_base_n AND l.n <= v_n AND l.occurred_at <= v_base_at)
  SELECT v_id, a, i, l, sum(q)::bigint, bool_or(s) FROM (
    SELECT account_id, material_id, lot, onhand, is_simulated FROM stock_snapshotrow WHERE snapshot_id = v_base
    UNION ALL SELECT dst_id, material_id, lot, qty, basis = 'simulated' FROM fresh
    UNION ALL SELECT src_id, material_id, lot, -qty, basis = 'simulated' FROM fresh) t(a, i, l, q, s)
  GROUP BY a, i, l;
  RETURN v_id;
END $$;
