// What an earlier model said of each of a batch of User nodes, of whom this one says nothing here.
UNWIND $rows AS row
MATCH (n:User {id: row.id})
SET n.embedding = null
WITH n
MATCH (n)-[old:SIMILAR_TO]->(:User)
DELETE old
