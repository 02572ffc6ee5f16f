// Sets the folded interactions of a batch of events, and how far the log is folded, in the
// transaction that read them.
MERGE (f:Fold {id: $log})
SET f.position = $position
WITH f
UNWIND $rows AS row
MATCH (t:Title {id: row.title})
MERGE (u:User {id: row.user})
MERGE (u)-[r:INTERACTED]->(t)
SET r += row.properties
