// The nearest Title nodes of a batch of Title nodes, in place of those an earlier model found.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL (n) { MATCH (n)-[old:SIMILAR_TO]->(:Title) DELETE old }
WITH n, row
UNWIND range(0, size(row.ids) - 1) AS i
MATCH (other:Title {id: row.ids[i]})
CREATE (n)-[:SIMILAR_TO {score: row.scores[i], model: row.model}]->(other)
