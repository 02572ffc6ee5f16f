// The nearest User nodes of a batch of User nodes, in place of those an earlier model found; `scores`
// by their ids. Edges to those that are still near stay, which takes less than to make them anew.
UNWIND $rows AS row
MATCH (n:User {id: row.id})
CALL (n, row) {
  MATCH (n)-[old:SIMILAR_TO]->(far:User)
  WHERE row.scores[far.id] IS NULL
  DELETE old
}
CALL (n, row) {
  MATCH (n)-[old:SIMILAR_TO]->(far:User)
  WITH old, far.id AS id
  SET old += {score: row.scores[id], model: row.model}
  RETURN collect(id) AS still
}
UNWIND [id IN keys(row.scores) WHERE NOT id IN still] AS id
MATCH (other:User {id: id})
CREATE (n)-[:SIMILAR_TO {score: row.scores[id], model: row.model}]->(other)
