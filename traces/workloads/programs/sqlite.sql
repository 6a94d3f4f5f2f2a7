-- Point look-ups by way of an index and a join.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
  SELECT sum(price), max(name) FROM n
    CROSS JOIN sale ON sale.customer = i * 48271 % 100000 + 1
    CROSS JOIN customer ON customer.id = sale.customer;
-- A scan.
SELECT day, count(*), sum(price) FROM sale
  WHERE id BETWEEN 100000 AND 102000 AND day < 10 GROUP BY day;
-- Updates and inserts all over the table and its index.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
  UPDATE sale SET price = price * 1.1 WHERE id IN (SELECT i * 69621 % 400000 + 1 FROM n);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8)
  INSERT INTO sale
    SELECT 500000 + i * 16807 % 1000003, i * 39373 % 100000 + 1, i % 365, i, 'new' FROM n;
