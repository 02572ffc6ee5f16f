// All relationships among some nodes.
MATCH (a)-[r]->(b) WHERE elementId(a) IN $nodes AND elementId(b) IN $nodes
RETURN elementId(a) AS start, elementId(b) AS end, type(r) AS type, properties(r) AS properties
ORDER BY start, end, type
