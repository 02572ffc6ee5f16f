// The nodes next to some nodes, nearest hop by hop: each once, in the order of its element id.
MATCH (n) WHERE elementId(n) IN $around
MATCH (n)--(m) WHERE NOT elementId(m) IN $seen
WITH DISTINCT m ORDER BY elementId(m) LIMIT $limit
RETURN elementId(m) AS node
