// The Model node of a snapshot whose write-back begins.
MERGE (m:Model {id: $id})
SET m += $properties
REMOVE m.written_at
