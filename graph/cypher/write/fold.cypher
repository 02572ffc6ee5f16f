// Sets the folded interactions of a batch of events, and how far the log is folded, at once: either
// both are there or neither. Finds nothing where another fold has been there since `from`: then the
// interactions were folded from what is not there any more, and must be folded again.
MERGE (f:Fold {id: $log})
SET f.toward = $position // takes the lock, so that what is read next is what others left
WITH f WHERE coalesce(f.position, 0) = $from
SET f.position = $position
WITH f
CALL () {
  UNWIND $rows AS row
  MATCH (t:Title {id: row.title})
  MERGE (u:User {id: row.user})
  MERGE (u)-[r:INTERACTED]->(t)
  SET r += row.properties
  RETURN count(*) AS edges
}
RETURN f.position AS position, edges
