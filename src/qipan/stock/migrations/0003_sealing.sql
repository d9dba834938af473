-- Whose books there are, and by which clock, is the kernel's to know.
INSERT INTO kernel_tenant (id, clock) SELECT id, clock FROM stock_tenant;

-- The bodies of the leaves: accounts, goods and lots by their own names, so that a name changed behind them shows.
CREATE VIEW stock_movement_body AS
SELECT m.id AS ref, kernel_body('movement', m.id::text, m.tenant::text, m.kind, i.code, coalesce(l.number, ''),
       l.expires_on::text, s.kind, s.code, s.region_code, d.kind, d.code, d.region_code, m.qty::text, m.hold::text,
       m.reverses_id::text, m.basis, m.document, m.actor::text, m.idem::text, m.line::text,
       kernel_micros(m.occurred_at), kernel_micros(m.recorded_at)) AS body
FROM stock_movement m
JOIN catalogue_material i ON i.id = m.material_id
JOIN stock_account s ON s.id = m.src_id
JOIN stock_account d ON d.id = m.dst_id
LEFT JOIN stock_lot l ON l.id = m.lot;

CREATE VIEW stock_hold_body AS
SELECT h.id AS ref, kernel_body('hold', h.id::text, h.tenant::text, i.code, coalesce(l.number, ''),
       l.expires_on::text, a.kind, a.code, a.region_code, h.qty::text, h.document, h.actor::text, h.idem::text,
       h.line::text, kernel_micros(h.occurred_at), kernel_micros(h.recorded_at), kernel_micros(h.expires_at)) AS body
FROM stock_hold h
JOIN catalogue_material i ON i.id = h.material_id
JOIN stock_account a ON a.id = h.account_id
LEFT JOIN stock_lot l ON l.id = h.lot;

CREATE VIEW stock_holdend_body AS
SELECT e.hold_id AS ref, kernel_body('hold_end', e.hold_id::text, e.how, e.idem::text, e.actor::text,
       kernel_micros(e.occurred_at), kernel_micros(e.recorded_at)) AS body
FROM stock_holdend e;

CREATE FUNCTION stock_movement_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_waiting (kind, ref, tenant, at)
  SELECT 'stock_movement', id, tenant, recorded_at FROM fresh ORDER BY id;
  RETURN NULL;
END $$;

CREATE FUNCTION stock_hold_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_waiting (kind, ref, tenant, at)
  SELECT 'stock_hold', id, tenant, recorded_at FROM fresh ORDER BY id;
  RETURN NULL;
END $$;

CREATE FUNCTION stock_holdend_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO kernel_waiting (kind, ref, tenant, at)
  SELECT 'stock_holdend', f.hold_id, h.tenant, f.recorded_at
  FROM fresh f JOIN stock_hold h ON h.id = f.hold_id ORDER BY f.hold_id;
  RETURN NULL;
END $$;

CREATE TRIGGER stock_movement_waits AFTER INSERT ON stock_movement REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION stock_movement_waits();
CREATE TRIGGER stock_hold_waits AFTER INSERT ON stock_hold REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION stock_hold_waits();
CREATE TRIGGER stock_holdend_waits AFTER INSERT ON stock_holdend REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION stock_holdend_waits();

DROP FUNCTION IF EXISTS stock_seal();

-- Movements keep their numbers and the instants at which they became known; holds had none and wait.
INSERT INTO kernel_sealed (n, kind, ref, sealed_at, leaf)
SELECT z.n, 'stock_movement', z.movement_id, z.sealed_at, sha256('\x00'::bytea || b.body)
FROM stock_sealed z JOIN stock_movement_body b ON b.ref = z.movement_id;
INSERT INTO kernel_waiting (kind, ref, tenant, at)
SELECT 'stock_movement', m.id, m.tenant, m.recorded_at
FROM stock_unsealed w JOIN stock_movement m ON m.id = w.movement_id ORDER BY m.recorded_at, m.id;
INSERT INTO kernel_waiting (kind, ref, tenant, at)
SELECT 'stock_hold', id, tenant, recorded_at FROM stock_hold ORDER BY id;
INSERT INTO kernel_waiting (kind, ref, tenant, at)
SELECT 'stock_holdend', e.hold_id, h.tenant, e.recorded_at
FROM stock_holdend e JOIN stock_hold h ON h.id = e.hold_id ORDER BY e.hold_id;
