// The key art that a batch of titles wear, in place of what they wore. Other pictures stay.
UNWIND $rows AS row
MATCH (t:Title {id: row.id})
CALL (t, row) {
  MATCH (t)-[old:HAS_ARTWORK]->(a:Artwork)
  WHERE a.id STARTS WITH 'keyart/' AND NOT a.id IN row.ends
  DELETE old
}
UNWIND row.ends AS end
MATCH (a:Artwork {id: end})
MERGE (t)-[:HAS_ARTWORK]->(a)
