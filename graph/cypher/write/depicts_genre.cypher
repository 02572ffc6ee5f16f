// The genres that a batch of pictures depict, in place of those they did.
UNWIND $rows AS row
MATCH (n:Artwork {id: row.id})
CALL (n, row) {
  MATCH (n)-[old:DEPICTS]->(e:Genre) WHERE NOT e.id IN row.ends DELETE old
}
UNWIND row.ends AS end
MATCH (e:Genre {id: end})
MERGE (n)-[:DEPICTS]->(e)
