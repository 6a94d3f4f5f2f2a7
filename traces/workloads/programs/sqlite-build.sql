-- Makes the database that sqlite.sql works on; not recorded.
PRAGMA page_size = 4096;
CREATE TABLE customer(id INTEGER PRIMARY KEY, region INTEGER, name TEXT);
CREATE TABLE sale(id INTEGER PRIMARY KEY, customer INTEGER, day INTEGER, price REAL, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
  INSERT INTO customer SELECT i, i * 7919 % 23, 'customer ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
  INSERT INTO sale
    SELECT i, i * 7907 % 100000 + 1, i * 31 % 365, i * 7919 % 9973 / 100.0, hex(i * 2654435761)
    FROM n;
CREATE INDEX sale_by_customer ON sale(customer, day);
