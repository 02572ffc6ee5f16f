// A batch of pictures: made with their defaults where new, and given what a source says of them.
UNWIND $rows AS row
MERGE (n:Artwork {id: row.id})
ON CREATE SET n += row.defaults
SET n += row.properties
