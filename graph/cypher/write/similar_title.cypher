// The nearest Title nodes of a batch of Title nodes, in place of those an earlier model found. Edges
// between those that are still near stay, which takes less than to make them anew.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL (n, row) {
  MATCH (n)-[old:SIMILAR_TO]->(far:Title)
  WHERE NOT far.id IN row.ids
  DELETE old
}
WITH n, row
UNWIND range(0, size(row.ids) - 1) AS i
MATCH (other:Title {id: row.ids[i]})
MERGE (n)-[r:SIMILAR_TO]->(other)
SET r.score = row.scores[i], r.model = row.model
