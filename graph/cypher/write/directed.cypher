// The directors of a batch of titles, in place of those they had.
UNWIND $rows AS row
MATCH (n:Title {id: row.id})
CALL (n, row) {
  MATCH (n)<-[old:DIRECTED]-(e:Person) WHERE NOT e.id IN row.ends DELETE old
}
UNWIND row.ends AS end
MATCH (e:Person {id: end})
MERGE (n)<-[:DIRECTED]-(e)
