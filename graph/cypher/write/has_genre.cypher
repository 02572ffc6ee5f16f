// The genres of a batch of titles, in place of those they had.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL (n, row) {
  MATCH (n)-[old:HAS_GENRE]->(e:Genre) WHERE NOT e.id IN row.ends DELETE old
}
UNWIND row.ends AS end
MATCH (e:Genre {id: end})
MERGE (n)-[:HAS_GENRE]->(e)
