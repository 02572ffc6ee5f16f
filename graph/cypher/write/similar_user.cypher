// The nearest User nodes of a batch of User nodes, in place of those an earlier model found.
UNWIND $rows AS row
MATCH (n:User {id: row.id})
CALL (n) { MATCH (n)-[old:SIMILAR_TO]->(:User) DELETE old }
WITH n, row
UNWIND range(0, size(row.ids) - 1) AS i
MATCH (other:User {id: row.ids[i]})
CREATE (n)-[:SIMILAR_TO {score: row.scores[i], model: row.model}]->(other)
