// A batch of people: made with their defaults where new, and given what a source says of them.
UNWIND $rows AS row
MERGE (n:Person {id: row.id})
ON CREATE SET n += row.defaults
SET n += row.properties
