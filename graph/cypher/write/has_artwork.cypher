// The artwork of a batch of titles, in place of what they had.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL (n, row) {
  MATCH (n)-[old:HAS_ARTWORK]->(e:Artwork) WHERE NOT e.id IN row.ends DELETE old
}
UNWIND row.ends AS end
MATCH (e:Artwork {id: end})
MERGE (n)-[:HAS_ARTWORK]->(e)
