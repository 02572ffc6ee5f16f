// The themes and moods of a batch of titles, in place of those they had.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL (n, row) {
  MATCH (n)-[old:HAS_TAG]->(e:Tag) WHERE NOT e.id IN row.ends DELETE old
}
UNWIND row.ends AS end
MATCH (e:Tag {id: end})
MERGE (n)-[:HAS_TAG]->(e)
